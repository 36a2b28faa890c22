//! What is kept for how long, and what is left of it.

use std::time::Duration;

use bellwether_core::incident::IncidentStatus::Resolved;
use bellwether_core::notice::Body;
use bellwether_core::period::Period;
use bellwether_core::state::ComponentState::MajorOutage;
use bellwether_core::store::{
    Addressed, Attempt, Commit, Observation, Outbox, Receipts, Records, Retention, Span, Store,
    Summary, Transition,
};
use bellwether_core::time::Timestamp;

use super::Place;
use super::samples::{at, incident, life, loss, notice, risk, transition};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

pub(crate) fn measured(series: &str, when: i64, value: f64, failed: bool) -> Observation {
    Observation { series: series.to_owned(), at: at(when), value, failed }
}

fn of(observations: Vec<Observation>) -> Commit {
    Commit { observations, ..Commit::default() }
}

/// Puts together and away all that is too old.
pub(crate) async fn compact(store: &impl Store, now: i64) -> u64 {
    let mut done = 0;
    loop {
        match store.compact(at(now), Retention::default()).await.unwrap() {
            0 => return done,
            some => done += some,
        }
    }
}

async fn detail(store: &impl Records, series: &str) -> Vec<Observation> {
    store.observations(series, at(0), Timestamp::from_nanos(i64::MAX)).await.unwrap()
}

async fn left(store: &impl Records, series: &str, span: Span) -> Vec<Summary> {
    store.summaries(series, span, at(0), Timestamp::from_nanos(i64::MAX)).await.unwrap()
}

pub(crate) async fn observations_are_read_back_by_series(place: &impl Place) {
    let store = place.open().await;
    let a = [measured("a", 10, 1.5, false), measured("a", 20, -2.0, true)];
    let b = measured("b", 10, 0.1, false);
    let odd = [f64::NAN, f64::INFINITY].map(|value| measured("a", 15, value, true));
    let mut all = vec![a[1].clone(), b.clone(), a[0].clone()];
    all.extend(odd);
    store.commit(of(all)).await.unwrap();
    assert_eq!(detail(&store, "a").await, a, "what is no number is left out");
    assert_eq!(store.observations("a", at(10), at(20)).await.unwrap(), a[..1]);
    assert_eq!(detail(&store, "b").await, [b]);
    assert_eq!(compact(&store, 30 * DAY).await, 0, "nothing is too old yet");
}

pub(crate) async fn the_names_of_series_are_found_by_how_they_begin(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.series("", 9).await.unwrap(), [""; 0]);
    let names = ["rule:b:p99", "rule:a{x=\u{10ffff}}:value", "monitor:api:login", "rule:a:value"];
    let all = names.iter().flat_map(|it| [1, 2, 3].map(|when| measured(it, when, 0.5, false)));
    store.commit(of(all.collect())).await.unwrap();
    let found = async |prefix, limit| store.series(prefix, limit).await.unwrap();
    assert_eq!(found("", 9).await, [names[2], names[3], names[1], names[0]]);
    assert_eq!(found("rule:a", 9).await, [names[3], names[1]]);
    assert_eq!(found("rule:", 1).await, [names[3]]);
    assert_eq!(found("rule:c", 9).await, [""; 0]);
    assert_eq!(found("monitor:api:login", 9).await, [names[2]]);
}

pub(crate) async fn old_observations_become_hours_and_days(place: &impl Place) {
    let store = place.open().await;
    // every ten minutes for two days and a half, more than one step takes together
    let all: Vec<Observation> = (0..360)
        .flat_map(|n| {
            let value = f64::from(n % 7);
            ["a", "b", "c"].map(|series| measured(series, i64::from(n) * 600, value, n % 5 == 0))
        })
        .collect();
    store.commit(of(all.clone())).await.unwrap();
    // the first day and a half is older than 30 days
    let now = 31 * DAY + 12 * HOUR;
    assert_eq!(compact(&store, now).await, 3 * 216);
    for series in ["a", "b", "c"] {
        let mine: Vec<&Observation> = all.iter().filter(|it| it.series == series).collect();
        let (old, young): (Vec<_>, Vec<_>) =
            mine.into_iter().partition(|it| it.at < at(DAY + 12 * HOUR));
        assert_eq!(detail(&store, series).await.iter().collect::<Vec<_>>(), young);
        for (span, spans) in [(Span::Hour, 36), (Span::Day, 2)] {
            let found = left(&store, series, span).await;
            assert_eq!(found.len(), spans);
            for summary in found {
                let its = old.iter().filter(|it| span.begin(it.at) == summary.from);
                let whole = its
                    .map(|it| Summary::of(it, span))
                    .reduce(|mut whole, one| {
                        whole.add(&one);
                        whole
                    })
                    .unwrap();
                assert_eq!(summary, whole);
            }
        }
    }
    // what comes late is added to what is left of its hour
    let before = left(&store, "a", Span::Hour).await;
    store.commit(of(vec![measured("a", 10, 100.0, true)])).await.unwrap();
    assert_eq!(compact(&store, now).await, 1);
    let after = left(&store, "a", Span::Hour).await;
    assert_eq!((after[0].count, after[0].failed), (before[0].count + 1, before[0].failed + 1));
    assert_eq!((after[0].max, after[0].sum), (100.0, before[0].sum + 100.0));
    assert_eq!(after[1..], before[1..]);
    // and a year later nothing is left of it
    compact(&store, now + 366 * DAY).await;
    assert_eq!(left(&store, "a", Span::Hour).await, []);
    assert_eq!(left(&store, "a", Span::Day).await, []);
}

pub(crate) async fn alerts_lose_their_details_and_then_go(place: &impl Place) {
    let store = place.open().await;
    let (mut old, mut open) = (incident("old", 10, Resolved), incident("open", 10, Resolved));
    old.resolved_at = Some(at(20));
    (open.status, open.resolved_at) = (bellwether_core::incident::IncidentStatus::Identified, None);
    let mut told = notice("datadog", "admin", MajorOutage, 10, 0);
    told.body = Body::Incident {
        change: bellwether_core::notice::Change::Resolved,
        incident: Box::new(old.clone()),
        recipients: vec!["zebra-owner@marketedge.example".to_owned()],
    };
    let waits = notice("statuspage", "admin", MajorOutage, 10, 0);
    store
        .commit(Commit {
            transitions: vec![transition("admin", 10)],
            lives: vec![life("r", 1, 10, Some(20)), life("r", 2, 30, None)],
            incidents: vec![old.clone(), open.clone()],
            notices: vec![told.clone(), waits.clone()],
            losses: vec![loss("old", 10, 20)],
            risks: vec![risk("deal", 10, Some(20))],
            ..Commit::default()
        })
        .await
        .unwrap();
    let owed = store.due(&"datadog".into(), at(10), 1).await.unwrap().remove(0);
    let delivered = Attempt::Delivered { receipts: Receipts::new(), but: None };
    store.settle(owed.number, delivered, at(20)).await.unwrap();

    assert_eq!(compact(&store, 90 * DAY).await, 0, "details are kept for 90 days");
    assert_eq!(compact(&store, 91 * DAY).await, 4);
    let [transition] = store.transitions(9).await.unwrap().try_into().unwrap();
    assert!(transition.reasons.is_empty() && transition.at == at(10), "{transition:?}");
    let lives = store.alerts(9).await.unwrap();
    assert_eq!(lives[0], life("r", 2, 30, None), "one that fires is whole");
    assert!(lives[1].reasons.is_empty() && lives[1].resolved_at == Some(at(20)), "{lives:?}");
    let mut incidents = store.incidents(9).await.unwrap();
    incidents.sort_by_key(|it| it.id.clone());
    assert_eq!(incidents[1], open, "one that is open is whole");
    assert!(incidents[0].timeline.is_empty() && incidents[0].causes.is_empty());
    assert_eq!(incidents[0].impact, old.impact, "what it cost is kept for ever");
    let [waiting, done] =
        store.notifications(&Addressed::default(), 9).await.unwrap().try_into().unwrap();
    assert_eq!((waiting.state.as_str(), &waiting.owed.notice), ("waiting", &waits));
    assert_eq!((done.state.as_str(), done.settled_at), ("delivered", Some(at(20))));
    let Body::Incident { incident, recipients, .. } = done.owed.notice.body else {
        panic!("an incident")
    };
    assert_eq!(recipients, ["zebra-owner@marketedge.example"]);
    assert!(incident.timeline.is_empty() && incident.impact == old.impact);

    compact(&store, 731 * DAY).await;
    assert_eq!(store.transitions(9).await.unwrap(), [transition], "it says how it is since");
    assert_eq!(store.alerts(9).await.unwrap(), lives[..1]);
    assert_eq!(
        store.notifications(&Addressed::default(), 9).await.unwrap().len(),
        1,
        "what waits stays"
    );
    compact(&store, 100 * 366 * DAY).await;
    assert_eq!(store.incidents(9).await.unwrap().len(), 2);
    assert_eq!(store.losses(&"old".into()).await.unwrap(), [loss("old", 10, 20)]);
    let risks = store.risks_ended_between(at(0), at(DAY)).await.unwrap();
    assert_eq!(risks, [risk("deal", 10, Some(20))]);
}

pub(crate) async fn how_a_component_was_when_what_is_kept_began_stays(place: &impl Place) {
    let store = place.open().await;
    // `steady` never changed again, `now` only lately, and `shop` twice at the same time
    let changes =
        [("shop", 1), ("steady", 2), ("shop", 3), ("shop", 3), ("now", 4), ("now", 800 * DAY)];
    let transitions: Vec<_> = changes
        .into_iter()
        .map(|(id, when)| Transition { reasons: vec![], ..transition(id, when) })
        .collect();
    store.commit(Commit { transitions: transitions.clone(), ..Commit::default() }).await.unwrap();
    assert!(compact(&store, 900 * DAY).await > 0);
    let left = [1, 3, 4, 5].map(|it| transitions[it].clone());
    let newest_first: Vec<_> = left.iter().rev().cloned().collect();
    assert_eq!(store.transitions(9).await.unwrap(), newest_first);
    assert_eq!(compact(&store, 900 * DAY).await, 0);
    let period = |from, until| Period { from: at(from), until: at(until) };
    let course = store.transitions_between(period(170 * DAY, 900 * DAY), 9).await.unwrap();
    assert_eq!(course, left);
    // once a later change is as old, it says so instead
    compact(&store, 2_000 * DAY).await;
    let of = |it: Vec<Transition>| -> Vec<_> { it.into_iter().map(|it| it.at).collect() };
    let kept = of(store.transitions(9).await.unwrap());
    assert_eq!(kept, [800 * DAY, 3, 2].map(at));
}

pub(crate) async fn a_step_is_bounded(place: &impl Place) {
    let store = place.open().await;
    let many = (0..2_500).map(|n| measured("a", n, 1.0, false)).collect();
    store.commit(of(many)).await.unwrap();
    let retention = Retention { observations: Duration::ZERO, ..Retention::default() };
    let mut steps = Vec::new();
    loop {
        match store.compact(at(10_000), retention).await.unwrap() {
            0 => break,
            some => steps.push(some),
        }
        let counted: u64 = left(&store, "a", Span::Day).await.iter().map(|it| it.count).sum();
        assert_eq!(counted + detail(&store, "a").await.len() as u64, 2_500);
    }
    assert_eq!(steps, [1_000, 1_000, 500]);
}
