//! Maintenance that is announced, moved and called off: one scheduled incident, and one mail for each
//! change, whatever breaks off.

use std::time::Duration;

use bellwether_core::notice::Change::{self, Opened, Resolved, Updated};
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use super::tell_through_a_crash;
use crate::status::Health;
use crate::tests::bench::{Bench, Reply};
use crate::tests::board::Page;
use crate::tests::conformance::{Outcome, check, table};
use crate::tests::samples::{SECRET, START, maintenance};

/// What becomes of the work: announced for in two hours, moved by an hour, called off.
const CHANGES: [(Change, u64); 3] = [(Opened, 7_200), (Updated, 10_800), (Resolved, 10_800)];

/// What each change asks the page, the page already having what was before.
const CALLS: [&[&str]; 3] = [
    &["look for maintenance", "look for maintenance", "create incident"],
    &["check incident", "update incident"],
    &["check incident", "update incident"],
];

/// Tells changes up to one of them, from a second on for each.
async fn tell(bench: &Bench, changes: std::ops::Range<usize>) {
    for n in changes {
        let (change, begins) = CHANGES[n];
        bench.outbox.push(maintenance(change, n as u64, begins));
        bench.until("told", |it| it.outbox.waiting() == 0).await;
    }
}

/// Checks that the page has the work once, and as it is after so many changes, each of them told once.
fn is_told(page: &Page, changes: usize, case: &str) {
    let board = page.board();
    let written = [&["create incident"][..], &["update incident"; 2]].concat();
    assert_eq!(board.written, written[..changes], "{case}");
    assert_eq!(board.incidents.len(), usize::from(changes > 0), "{case}");
    let Some(it) = board.incidents.get("i1") else { return };
    let status = if changes == 3 { "completed" } else { "scheduled" };
    let begins = START.plus(Duration::from_secs(if changes == 1 { 7_200 } else { 10_800 }));
    assert_eq!((&it["status"], &it["scheduled_for"]), (&json!(status), &json!(begins.to_string())));
    let at = START.plus(Duration::from_secs(changes as u64 - 1)).nanos().to_string();
    assert_eq!(
        it["metadata"]["bellwether"],
        json!({ "maintenance": "upgrade", "at": at }),
        "{case}"
    );
}

/// Scenario: work is announced, moved and called off, and each is told only once it was.
/// Guarantee: one scheduled incident, with words for customers about what they know; each change makes
/// two calls, or three for the first.
#[tokio::test(start_paused = true)]
async fn the_life_of_a_maintenance() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    for n in 0..3 {
        tell(&bench, n..n + 1).await;
        is_told(&page, n + 1, "all goes well");
    }
    assert_eq!(page.script.whats(), CALLS.concat());
    let told = serde_json::to_string(&page.board().incidents["i1"]).unwrap();
    assert!(!told.contains("vm-17"), "{told}");
    let of = |at: usize| -> Value {
        serde_json::from_slice(&page.script.calls()[at].1.body.to_bytes()).unwrap()
    };
    assert_eq!(of(2)["incident"]["component_ids"], json!(["c2"]));
    assert_eq!(of(6)["incident"]["body"], "The maintenance of Admin panel does not take place.");
}

/// Returns what becomes of a change when a call of it is answered so. A page that says that one thing
/// of it is not there is asked for it in another way.
fn outcome(what: &str, case: &str, by_table: Outcome) -> Outcome {
    match (case, what) {
        ("404", "check incident") => Outcome::Sent,
        ("404", "update incident") => Outcome::Retried(0),
        // then the page itself is not there
        ("404", _) => Outcome::Paused,
        _ => by_table,
    }
}

/// Scenario: each call of an announcement, of a move and of a calling off is answered in each way in which
/// a destination may refuse, with the change not taken.
/// Guarantee: what may be tried again is, once and not too early, and the page has the change once; what is
/// refused for good is told as such, and leaves the page as it was.
#[tokio::test(start_paused = true)]
async fn every_refusal_of_a_maintenance_is_treated_by_the_table() {
    for (case, reply, by_table) in table("statuspage", true) {
        for (change, calls) in CALLS.iter().enumerate() {
            // what is no refusal; and a date that is told from the start on, when time has passed
            if by_table == Outcome::Sent || (case == "503, date" && change > 0) {
                continue;
            }
            for (step, what) in calls.iter().enumerate() {
                let case = (case, what, change, step);
                refused(case, &reply, outcome(what, case.0, by_table)).await;
            }
        }
    }
}

async fn refused(case: (&str, &&'static str, usize, usize), reply: &Reply, outcome: Outcome) {
    let (answered, what, change, step) = case;
    let case = format!("change {change}, {what} ({step}): {answered}");
    let page = Page::new();
    let mut before = page.bench();
    before.run_notices();
    tell(&before, 0..change).await;
    // the one before may have lost what it noted, and goes on in another process
    let mut bench = page.bench();
    for (subject, receipt) in before.outbox.all_receipts() {
        bench.outbox.knows(subject, receipt);
    }
    before.kill().await;
    // the second look is the one at what has begun
    for _ in 0..step.min(1) * usize::from(*what == "look for maintenance") {
        page.passes(what);
    }
    page.fails(what, reply.clone(), false);
    let calls = page.script.calls().len();
    let (kind, begins) = CHANGES[change];
    bench.outbox.push(maintenance(kind, change as u64, begins));
    bench.run_notices();
    if outcome == Outcome::Paused {
        bench.until(&case, |it| matches!(it.notices().health, Health::Paused { .. })).await;
    }
    bench.until(&case, |it| it.outbox.waiting() == 0).await;
    let seconds: Vec<u64> = page.script.calls()[calls..].iter().map(|it| it.0).collect();
    // the call that was refused, and what came next
    let seconds = match outcome {
        Outcome::Sent | Outcome::Dropped => &seconds[step..=step],
        Outcome::Retried(_) | Outcome::Paused => &seconds[step..step + 2],
    };
    check(&case, outcome, &bench.notices(), seconds);
    let told = change + usize::from(outcome != Outcome::Dropped);
    is_told(&page, told, &case);
    assert!(!format!("{:?}", bench.outbox.settled()).contains(SECRET), "{case}");
    bench.stop().await;
}

/// Scenario: the page takes each change, and its answer is late, lost, or a failure of the way.
/// Guarantee: the next try sees that it was taken: one scheduled incident, one mail for each change.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_announces_nothing_twice() {
    for (case, reply, outcome) in table("statuspage", true) {
        if !matches!(outcome, Outcome::Retried(_)) {
            continue;
        }
        let page = Page::new();
        let mut bench = page.bench();
        bench.run_notices();
        for (change, calls) in CALLS.iter().enumerate() {
            page.fails(calls.last().unwrap(), reply.clone(), true);
            tell(&bench, change..change + 1).await;
            is_told(&page, change + 1, case);
        }
        assert!(page.board().faults.is_empty(), "{case}");
        bench.stop().await;
    }
}

/// Scenario: the process dies between the page's answer and our own note of it, for each change.
/// Guarantee: after the restart there is one scheduled incident, and one mail for each change.
#[tokio::test(start_paused = true)]
async fn a_crash_before_the_note_announces_nothing_twice() {
    let page = Page::new();
    let mut bench = page.bench();
    for (n, (change, begins)) in CHANGES.into_iter().enumerate() {
        let notice = maintenance(change, n as u64, begins);
        tell_through_a_crash(&mut bench, notice, || page.board().written.len() == n + 1).await;
        is_told(&page, n + 1, "a crash");
    }
}

/// Scenario: work is called off that was never announced, or is moved before that was; somebody deletes
/// what was announced, ends it on the page, or writes something into its metadata.
/// Guarantee: nothing is announced that will not be; what was deleted or ended and is still to come is
/// announced anew; what others wrote stays.
#[tokio::test(start_paused = true)]
async fn a_page_on_which_people_act() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    tell(&bench, 2..3).await;
    assert_eq!(bench.notices().skipped["never told"], 1);
    assert_eq!(page.board().incidents.len(), 0);
    bench.outbox.push(maintenance(Opened, 3, 7_200));
    bench.outbox.push(maintenance(Updated, 4, 10_800));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.board().written, ["create incident"]);

    let metadata = |id: &str| page.board().incidents[id]["metadata"].clone();
    page.board().incidents.get_mut("i1").unwrap()["metadata"]["jira"] = json!({ "key": "OPS-1" });
    bench.outbox.push(maintenance(Updated, 5, 14_400));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(metadata("i1")["jira"]["key"], "OPS-1");

    page.board().incidents.get_mut("i1").unwrap()["status"] = json!("completed");
    bench.outbox.push(maintenance(Updated, 6, 18_000));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.statuses(), ["completed", "scheduled"]);
    page.board().incidents.remove("i2");
    bench.outbox.push(maintenance(Updated, 7, 21_600));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.statuses(), ["completed", "scheduled"]);
    page.board().incidents.get_mut("i2").unwrap()["status"] = json!("completed");
    bench.outbox.push(maintenance(Resolved, 8, 21_600));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(bench.notices().skipped["over on the page"], 1);
    assert_eq!(page.board().written.len(), 4);
}

/// Scenario: what is told comes when the work has begun, or is over: the collector was away.
/// Guarantee: the page shows it as it is by now; work that is over is not announced.
#[tokio::test(start_paused = true)]
async fn what_is_told_late_is_told_as_it_is() {
    let page = Page::new();
    let mut bench = page.bench();
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    bench.run_notices();
    let told = async |change, secs, begins| {
        bench.outbox.push(maintenance(change, secs, begins));
        bench.until("told", |it| it.outbox.waiting() == 0).await;
    };
    told(Opened, 0, 600).await;
    assert_eq!(page.statuses(), ["in_progress"]);
    told(Updated, 1, 7_200).await;
    assert_eq!(page.statuses(), ["scheduled"], "it was moved to what is still to come");
    told(Updated, 2, 600).await;
    told(Resolved, 3, 600).await;
    let said = page.board().incidents["i1"]["body"].clone();
    assert_eq!(said, "The maintenance of Admin panel is over earlier than planned.");
    assert_eq!(page.statuses(), ["completed"]);
    let mut other = maintenance(Opened, 4, 0);
    let bellwether_core::notice::Body::Maintenance { maintenance, .. } = &mut other.body else {
        return;
    };
    (maintenance.id, maintenance.until) =
        ("other".to_owned(), Timestamp::from_secs(START.secs() + 60));
    other.subject = "maintenance:other".to_owned();
    bench.outbox.push(other);
    bench.until("told", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.statuses(), ["completed"]);
}

/// Scenario: our scheduled incident stands on the second page of those that are scheduled, or of those
/// that have begun, and our receipts are lost.
/// Guarantee: it is found there, and no second one is made.
#[tokio::test(start_paused = true)]
async fn the_search_goes_through_all_that_is_scheduled() {
    for status in ["scheduled", "in_progress"] {
        let page = Page::new();
        for number in 100..250 {
            let mark = match number {
                240 => json!({ "bellwether": { "maintenance": "upgrade", "at": "0" } }),
                _ => json!({ "bellwether": { "maintenance": "other", "at": "0" } }),
            };
            let other = json!({ "status": status, "metadata": mark, "scheduled_for": "" });
            page.board().incidents.insert(format!("h{number}"), other.as_object().unwrap().clone());
        }
        let mut bench = page.bench();
        bench.run_notices();
        tell(&bench, 1..2).await;
        assert_eq!(page.board().written, ["update incident"], "{status}");
        assert!(page.board().incidents["h240"]["body"].is_string(), "{status}");
    }
}
