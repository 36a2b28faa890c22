//! Deployments as change events: delivered beside everything else, and in nobody's way.

use bellwether_core::notice::Notice;
use bellwether_core::store::Attempt;

use super::bench::{Bench, Reply, Script, answer, answer_with};
use super::conformance::{Outcome, table};
use super::samples::{SECRET, about, deployment, incident, later, resolved};
use crate::call::Call;
use crate::status::Health;

const CHANGE: &str = "https://events.pagerduty.com/v2/change/enqueue";
const HOUR: u64 = 3_600;

fn deployed(version: &str, secs: u64) -> Notice {
    deployment("pagerduty", "marketedge-api", version, secs)
}

fn is_change(call: &Call) -> bool {
    call.url == CHANGE
}

/// Returns a script that answers change events with these, and takes everything else.
fn refusing(reply: impl Fn() -> Reply + Send + Sync + 'static) -> std::sync::Arc<Script> {
    Script::by(move |call| if is_change(call) { reply() } else { answer(202, "") })
}

/// Scenario: each of the answers of the table to a change event.
/// Guarantee: it is sent, dropped, or tried again, never sooner than after 30 s; a key that is
/// refused is tried again, too, and the destination is not shown as failing or paused for it.
#[tokio::test(start_paused = true)]
async fn change_events_are_treated_by_the_table() {
    for (case, reply, outcome) in table("pagerduty", true) {
        let script = Script::of([reply]);
        let mut bench = Bench::new("pagerduty", &script);
        bench.outbox.push(deployed("2", 0));
        bench.run_notices();
        bench.until(case, |it| !script.calls().is_empty() && it.outbox.waiting() <= 1).await;
        bench.until(case, |it| it.outbox.waiting() == 0).await;
        let (lane, seconds) = (bench.notices(), script.seconds());
        let sent = u64::from(outcome != Outcome::Dropped);
        assert_eq!((lane.sent, lane.dropped.values().sum::<u64>()), (sent, 1 - sent), "{case}");
        match outcome {
            Outcome::Sent | Outcome::Dropped => assert_eq!(seconds.len(), 1, "{case}"),
            Outcome::Retried(wait) => {
                let waited = seconds[1] - seconds[0];
                assert!((wait.max(30)..=wait.max(30) + 12).contains(&waited), "{case}: {waited}");
            }
            Outcome::Paused => assert!(seconds[1] - seconds[0] >= 30, "{case}"),
        }
        let shown = format!("{lane:?} {:?}", bench.outbox.settled());
        assert!(!shown.contains(SECRET), "{case}: {shown}");
        bench.stop().await;
    }
}

/// Scenario: PagerDuty refuses the key for change events, or has an outage of them alone, while an
/// incident opens and ends.
/// Guarantee: pages leave at once and the destination is well; the change event is dropped after an
/// hour, counted, and nobody is told of that.
#[tokio::test(start_paused = true)]
async fn what_is_not_taken_beside_pages_holds_up_none_of_them() {
    for status in [401, 403, 429, 500, 503] {
        let script = refusing(move || answer_with(status, "x-none", ""));
        let mut bench = Bench::new("pagerduty", &script);
        bench.outbox.push(deployed("2", 0));
        bench.run_notices();
        bench
            .until("it is tried", |it| it.outbox.waiting() == 1 && !script.calls().is_empty())
            .await;
        let before = tokio::time::Instant::now();
        bench.outbox.push(about("pagerduty", &incident()));
        bench.until("the page", |it| it.notices().sent == 1).await;
        assert!(before.elapsed().as_secs() <= 1, "{status}: {:?}", before.elapsed());
        assert_eq!(bench.notices().health, Health::Healthy, "{status}");
        bench.until("it lapses", |it| it.outbox.waiting() == 0).await;
        let lapsed = script.calls().iter().filter(|(_, call)| is_change(call)).count();
        assert!((50..=121).contains(&lapsed), "{status}: {lapsed} tries");
        let last = *script.seconds().last().unwrap();
        assert!(last < HOUR && last > HOUR - 120, "{status}: {last} s");
        assert_eq!(bench.notices().dropped["lapsed"], 1, "{status}");
        let settled = bench.outbox.settled();
        assert!(
            matches!(&settled.last().unwrap().1, Attempt::Refused { why } if why.contains("1h"))
        );
        bench.outbox.push(about("pagerduty", &resolved(&later(&incident(), 10), 60)));
        bench.until("the end", |it| it.notices().sent == 2).await;
        bench.stop().await;
    }
}

/// Scenario: PagerDuty answers no change event, and an incident opens while one is on its way.
/// Guarantee: the page leaves within 2 s.
#[tokio::test(start_paused = true)]
async fn one_that_is_never_answered_delays_a_page_by_two_seconds_at_most() {
    let script = refusing(|| Reply::Silence);
    let mut bench = Bench::new("pagerduty", &script);
    bench.outbox.push(deployed("2", 0));
    bench.run_notices();
    bench.until("it is on its way", |_| !script.calls().is_empty()).await;
    let before = tokio::time::Instant::now();
    bench.outbox.push(about("pagerduty", &incident()));
    bench.until("the page", |it| it.notices().sent == 1).await;
    assert!(before.elapsed().as_secs() <= 2, "{:?}", before.elapsed());
    bench.stop().await;
}

/// Scenario: 150 services are deployed at once; a little later an incident opens.
/// Guarantee: the page does not wait until all of that is told, nor for its rate.
#[tokio::test(start_paused = true)]
async fn many_deployments_leave_room_for_a_page() {
    let script = refusing(|| answer(202, ""));
    let mut bench = Bench::new("pagerduty", &script);
    for at in 0..150 {
        bench.outbox.push(deployment("pagerduty", &format!("service-{at}"), "2", 0));
    }
    bench.run_notices();
    bench.until("half of a minute's", |_| script.calls().len() == 50).await;
    // it may leave after a second
    bench.outbox.push(about("pagerduty", &incident()));
    bench.until("the page", |_| script.calls().iter().any(|(_, it)| !is_change(it))).await;
    assert!(script.seconds().last() <= Some(&2), "{:?}", script.seconds());
    bench.until("all", |it| it.outbox.waiting() == 0).await;
    assert_eq!(bench.notices().sent, 151);
}

/// Scenario: the answer to a change event is lost; another time the process ends before it is settled.
/// Guarantee: it is sent again, and counted as one that may be there twice, since it has no key; one
/// whose receipt is there is not sent again.
#[tokio::test(start_paused = true)]
async fn one_that_may_be_there_twice_is_counted() {
    let script = Script::of([Reply::Lost]);
    let mut bench = Bench::new("pagerduty", &script);
    bench.outbox.push(deployed("2", 0));
    bench.run_notices();
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!((script.calls().len(), bench.notices().repeated), (2, 1));
    bench.outbox.push(deployed("2", 0));
    bench.outbox.push(deployed("3", 60));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!((script.calls().len(), bench.notices().skipped["already told"]), (3, 1));
}

/// Scenario: a follower that asks for no change events is owed one, from before its settings changed.
/// Guarantee: it is skipped, as with every kind that knows none.
#[tokio::test(start_paused = true)]
async fn who_does_not_ask_for_them_gets_none() {
    for kind in ["datadog", "email", "newrelic", "pagerduty", "slack", "statuspage", "webhook"] {
        let script = Script::of([]);
        let mut settings = super::samples::settings(kind);
        if kind == "pagerduty" {
            settings["change_events"] = false.into();
        }
        let mut bench = Bench::with(kind, settings, &script);
        assert!(!bench.exporter.notice_policy().unwrap().follows_deployments, "{kind}");
        bench.outbox.push(deployment(kind, "marketedge-api", "2", 0));
        bench.run_notices();
        bench.until(kind, |it| it.outbox.waiting() == 0).await;
        assert_eq!((script.calls().len(), bench.notices().sent), (0, 0), "{kind}");
        bench.stop().await;
    }
}
