//! What is owed, in which order, and what became of it.

use bellwether_core::ids::Destination;
use bellwether_core::notice::Owed;
use bellwether_core::state::ComponentState::{
    DegradedPerformance, MajorOutage, Operational, PartialOutage,
};
use bellwether_core::store::{
    Addressed, Attempt, Commit, Outbox, Receipts, Records, Store, Withdrawal,
};
use serde_json::json;

use super::Place;
use super::samples::{at, newest, notice, owes};

/// Reads what is due at a second, as (component's subject, state, attempts).
async fn due(store: &impl Outbox, destination: &str, now: i64) -> Vec<Owed> {
    store.due(&destination.into(), at(now), 100).await.unwrap()
}

async fn only(store: &impl Outbox, destination: &str, now: i64) -> Owed {
    let mut due = due(store, destination, now).await;
    assert_eq!(due.len(), 1, "{due:?}");
    due.remove(0)
}

async fn next(store: &impl Outbox, destination: &str) -> Option<i64> {
    store.next_due(&destination.into()).await.unwrap().map(|at| at.secs())
}

async fn delivered(store: &impl Outbox, number: i64, now: i64) {
    let attempt = Attempt::Delivered { receipts: Receipts::new(), but: None };
    store.settle(number, attempt, at(now)).await.unwrap();
}

fn postponed(until: i64) -> Attempt {
    Attempt::Postponed { until: at(until), why: "HTTP 503".to_owned(), receipts: Receipts::new() }
}

fn refused() -> Attempt {
    Attempt::Refused { why: "HTTP 422".to_owned() }
}

pub(crate) async fn notices_of_a_subject_leave_in_order(place: &impl Place) {
    let store = place.open().await;
    let first = notice("datadog", "admin", MajorOutage, 10, 50);
    let second = notice("datadog", "admin", Operational, 20, 0);
    let other = notice("datadog", "auth", MajorOutage, 30, 0);
    let elsewhere = notice("newrelic", "admin", MajorOutage, 10, 0);
    store.commit(owes([first.clone(), second.clone(), other.clone(), elsewhere])).await.unwrap();

    let owed = only(&store, "datadog", 40).await;
    assert_eq!(owed.notice, other, "the second of admin waits behind the first");
    let both = due(&store, "datadog", 60).await;
    assert_eq!(both.iter().map(|it| &it.notice).collect::<Vec<_>>(), [&first, &other]);
    let limited = store.due(&Destination::new("datadog"), at(60), 1).await.unwrap();
    assert_eq!(limited, both[..1]);
    delivered(&store, both[0].number, 60).await;
    let both = due(&store, "datadog", 60).await;
    assert_eq!(both.iter().map(|it| &it.notice).collect::<Vec<_>>(), [&second, &other]);
}

pub(crate) async fn a_notice_waits_for_its_time(place: &impl Place) {
    let store = place.open().await;
    store.commit(owes([notice("statuspage", "admin", MajorOutage, 10, 60)])).await.unwrap();
    assert_eq!(next(&store, "statuspage").await, Some(70));
    assert_eq!(due(&store, "statuspage", 69).await, []);
    let owed = only(&store, "statuspage", 70).await;
    delivered(&store, owed.number, 70).await;
    assert_eq!(next(&store, "statuspage").await, None);
}

pub(crate) async fn the_newest_replaces_what_waits(place: &impl Place) {
    let store = place.open().await;
    store
        .commit(owes([
            newest("statuspage", "admin", PartialOutage, 10, 0),
            newest("statuspage", "auth", PartialOutage, 10, 0),
            newest("second", "admin", PartialOutage, 10, 0),
        ]))
        .await
        .unwrap();
    let newer = newest("statuspage", "admin", MajorOutage, 11, 0);
    store.commit(owes([newer.clone()])).await.unwrap();
    let owed = due(&store, "statuspage", 20).await;
    assert_eq!(owed.len(), 2, "auth is another subject");
    assert_eq!(owed[1].notice.body, newer.body);
    assert_eq!(due(&store, "second", 20).await.len(), 1, "another destination");
}

pub(crate) async fn the_newest_of_one_commit_replaces_the_others(place: &impl Place) {
    let store = place.open().await;
    let last = newest("statuspage", "admin", DegradedPerformance, 12, 60);
    store
        .commit(owes([
            newest("statuspage", "admin", PartialOutage, 10, 60),
            newest("statuspage", "admin", MajorOutage, 11, 60),
            last.clone(),
        ]))
        .await
        .unwrap();
    let owed = only(&store, "statuspage", 100).await;
    assert_eq!(owed.notice.body, last.body);
    assert_eq!(owed.notice.not_before, at(70), "the hold of the first goes on");
}

pub(crate) async fn flapping_does_not_starve_the_first_word(place: &impl Place) {
    let store = place.open().await;
    // never one state for as long as its hold
    for (state, when, hold) in [
        (MajorOutage, 0, 60),
        (Operational, 30, 120),
        (MajorOutage, 50, 60),
        (Operational, 55, 120),
        (MajorOutage, 80, 60),
    ] {
        store.commit(owes([newest("statuspage", "admin", state, when, hold)])).await.unwrap();
    }
    let owed = only(&store, "statuspage", 80).await;
    assert_eq!(owed.notice.not_before, at(60));
}

pub(crate) async fn a_delivered_word_ends_the_deadline(place: &impl Place) {
    let store = place.open().await;
    store.commit(owes([newest("statuspage", "admin", MajorOutage, 0, 60)])).await.unwrap();
    let on_its_way = only(&store, "statuspage", 60).await;
    store.commit(owes([newest("statuspage", "admin", Operational, 61, 120)])).await.unwrap();
    delivered(&store, on_its_way.number, 62).await;
    store.commit(owes([newest("statuspage", "admin", MajorOutage, 70, 60)])).await.unwrap();
    assert_eq!(next(&store, "statuspage").await, Some(130), "a hold of its own");
}

pub(crate) async fn a_postponed_notice_keeps_its_turn(place: &impl Place) {
    let store = place.open().await;
    store
        .commit(owes([
            notice("datadog", "admin", MajorOutage, 10, 0),
            notice("datadog", "admin", Operational, 11, 0),
        ]))
        .await
        .unwrap();
    let first = only(&store, "datadog", 20).await;
    store.settle(first.number, postponed(30), at(20)).await.unwrap();
    assert_eq!(due(&store, "datadog", 29).await, []);
    assert_eq!(next(&store, "datadog").await, Some(30));
    let again = only(&store, "datadog", 30).await;
    assert_eq!((again.number, again.attempts), (first.number, 1));
    store.settle(again.number, refused(), at(30)).await.unwrap();
    let second = only(&store, "datadog", 30).await;
    assert!(second.number > first.number);
    assert_eq!(second.attempts, 0);
}

pub(crate) async fn settling_twice_changes_nothing(place: &impl Place) {
    let store = place.open().await;
    store.commit(owes([notice("datadog", "admin", MajorOutage, 10, 0)])).await.unwrap();
    let owed = only(&store, "datadog", 10).await;
    let receipt = |id: &str| Attempt::Delivered {
        receipts: Receipts::from([("s".into(), json!(id))]),
        but: None,
    };
    store.settle(owed.number, receipt("one"), at(10)).await.unwrap();
    for again in [receipt("two"), postponed(50), refused()] {
        store.settle(owed.number, again, at(11)).await.unwrap();
    }
    store.settle(owed.number + 1_000, receipt("three"), at(11)).await.unwrap();
    assert_eq!(next(&store, "datadog").await, None);
    let receipts = store.receipts(&"datadog".into()).await.unwrap();
    assert_eq!(receipts, Receipts::from([("s".into(), json!("one"))]));
}

pub(crate) async fn who_was_told_is_kept_while_others_wait(place: &impl Place) {
    let store = place.open().await;
    store.commit(owes([notice("email", "admin", MajorOutage, 10, 0)])).await.unwrap();
    let owed = only(&store, "email", 10).await;
    let told = |who: &str| Receipts::from([("s".to_owned(), json!(who))]);
    let (until, why) = (at(20), "b is put off".to_owned());
    let attempt = Attempt::Postponed { until, why, receipts: told("a") };
    store.settle(owed.number, attempt, at(10)).await.unwrap();
    assert_eq!(store.receipts(&"email".into()).await.unwrap(), told("a"));
    assert_eq!(only(&store, "email", 20).await.attempts, 1);
    let but = Some("b: no such user".to_owned());
    let attempt = Attempt::Delivered { receipts: told("a, c"), but: but.clone() };
    store.settle(owed.number, attempt, at(20)).await.unwrap();
    let told = store.notifications(&Addressed::default(), 1).await.unwrap().remove(0);
    assert_eq!((told.state.as_str(), told.why), ("delivered", but));
}

pub(crate) async fn what_is_superseded_on_its_way_is_still_settled(place: &impl Place) {
    let store = place.open().await;
    store.commit(owes([newest("statuspage", "admin", MajorOutage, 10, 0)])).await.unwrap();
    let first = only(&store, "statuspage", 10).await;
    store.commit(owes([newest("statuspage", "admin", Operational, 11, 0)])).await.unwrap();
    store.settle(first.number, postponed(20), at(12)).await.unwrap();
    let second = only(&store, "statuspage", 12).await;
    assert!(second.number > first.number, "what was replaced does not come back");
    let receipts = Receipts::from([("incident:1".to_owned(), json!({"id": "abc"}))]);
    let attempt = Attempt::Delivered { receipts: receipts.clone(), but: None };
    store.settle(first.number, attempt, at(13)).await.unwrap();
    assert_eq!(store.receipts(&"statuspage".into()).await.unwrap(), receipts);
    assert_eq!(only(&store, "statuspage", 13).await, second);
}

pub(crate) async fn receipts_are_merged_by_destination_and_subject(place: &impl Place) {
    let store = place.open().await;
    for (destination, subject, value) in [
        ("statuspage", "incident:1", json!({"id": 1})),
        ("statuspage", "incident:2", json!("x")),
        ("statuspage", "incident:1", json!({"id": 2})),
        ("pagerduty", "incident:1", json!(null)),
    ] {
        store.commit(owes([notice(destination, "admin", MajorOutage, 10, 0)])).await.unwrap();
        let owed = only(&store, destination, 10).await;
        let receipts = Receipts::from([(subject.to_owned(), value)]);
        store
            .settle(owed.number, Attempt::Delivered { receipts, but: None }, at(10))
            .await
            .unwrap();
    }
    let expected = Receipts::from([
        ("incident:1".to_owned(), json!({"id": 2})),
        ("incident:2".to_owned(), json!("x")),
    ]);
    assert_eq!(store.receipts(&"statuspage".into()).await.unwrap(), expected);
    let expected = Receipts::from([("incident:1".to_owned(), json!(null))]);
    assert_eq!(store.receipts(&"pagerduty".into()).await.unwrap(), expected);
}

pub(crate) async fn more_notices_than_one_statement_takes_keep_their_order(place: &impl Place) {
    let store = place.open().await;
    let notices: Vec<_> =
        (0..501).map(|n| newest("statuspage", &format!("c-{n:03}"), MajorOutage, 10, 0)).collect();
    for _ in 0..2 {
        store.commit(owes(notices.clone())).await.unwrap();
        let due = store.due(&"statuspage".into(), at(10), 1_000).await.unwrap();
        let due: Vec<_> = due.into_iter().map(|owed| owed.notice).collect();
        assert_eq!(due, notices);
    }
}

pub(crate) async fn what_is_withdrawn_waits_no_more_and_what_comes_after_it_does(
    place: &impl Place,
) {
    let store = place.open().await;
    let page = |to: &str, when| notice(to, "admin", MajorOutage, when, 0);
    let first = [page("pagerduty", 10), page("slack", 10), page("datadog", 10)];
    store.commit(owes(first)).await.unwrap();
    let on_its_way = store.due(&"slack".into(), at(10), 10).await.unwrap()[0].number;
    let withdrawal = Withdrawal {
        subject: "component:admin".to_owned(),
        destinations: ["pagerduty".into(), "slack".into()].into(),
        at: at(11),
        why: "acknowledged by ann".to_owned(),
    };
    let notices = vec![page("pagerduty", 11)];
    let step = Commit { withdrawals: vec![withdrawal], notices, ..Commit::default() };
    store.commit(step).await.unwrap();
    for (to, waiting) in [("pagerduty", vec![at(11)]), ("slack", vec![]), ("datadog", vec![at(10)])]
    {
        let due = store.due(&to.into(), at(20), 10).await.unwrap();
        assert_eq!(due.iter().map(|it| it.notice.at).collect::<Vec<_>>(), waiting, "{to}");
    }
    assert!(!store.waits(on_its_way).await.unwrap());
    // what was on its way arrived all the same, and what the vendor answered is remembered
    let receipts = [("component:admin".to_owned(), serde_json::json!(1))];
    let delivered = Attempt::Delivered { receipts: receipts.into(), but: None };
    store.settle(on_its_way, delivered, at(12)).await.unwrap();
    assert_eq!(store.receipts(&"slack".into()).await.unwrap().len(), 1);
    let about = store.messages_about("component:admin").await.unwrap();
    let told: Vec<(&str, &str)> =
        about.iter().map(|it| (it.owed.notice.destination.as_str(), it.state.as_str())).collect();
    let all = [
        ("pagerduty", "withdrawn"),
        ("slack", "delivered"),
        ("datadog", "waiting"),
        ("pagerduty", "waiting"),
    ];
    assert_eq!(told, all);
    assert_eq!(about[0].why.as_deref(), Some("acknowledged by ann"));
    // of one subject, of one destination, of both, and of nothing that there is; the newest first
    for (subject, destination, all) in [
        (Some("component:admin"), None, vec!["pagerduty", "datadog", "slack", "pagerduty"]),
        (None, Some("pagerduty"), vec!["pagerduty", "pagerduty"]),
        (Some("component:admin"), Some("slack"), vec!["slack"]),
        (Some("component:auth"), Some("slack"), vec![]),
        (None, None, vec!["pagerduty", "datadog", "slack", "pagerduty"]),
    ] {
        let of = Addressed {
            subject: subject.map(str::to_owned),
            destination: destination.map(Destination::new),
        };
        let found = store.notifications(&of, 9).await.unwrap();
        let found: Vec<&str> = found.iter().map(|it| it.owed.notice.destination.as_str()).collect();
        assert_eq!(found, all, "{of:?}");
        let newest = store.notifications(&of, 1).await.unwrap();
        assert_eq!(newest.len(), all.len().min(1), "{of:?}");
    }
}
