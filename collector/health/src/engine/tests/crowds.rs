//! Rules with thousands of groups: a collector that is killed after any evaluation goes on as if
//! nothing had been, however many of them something comes of.

use std::ops::Range;

use bellwether_core::ingest::Signal;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::kills::essence;
use super::*;
use crate::testing::otlp::{counter, metrics, served, spans, text};
use crate::testing::play::Play;

const STORES: usize = 3_000;

/// What happens in a second to some of the stores.
#[derive(Clone, Debug)]
enum Deed {
    /// A request each: how long it takes in milliseconds, answered how.
    Requests(Range<usize>, u64, i64),
    /// So many orders each, told as a total.
    Orders(Range<usize>, u64),
    /// So many seconds pass.
    Pause(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    // of some of them, of more than half, of all
    let stores = prop_oneof![
        2 => (0..STORES, 1..200_usize),
        1 => (0..STORES / 3, STORES / 2..STORES),
        2 => Just((0, STORES)),
    ];
    let stores = stores.prop_map(|(from, count)| from..STORES.min(from + count));
    let millis = prop::sample::select(vec![5_u64, 3_000]);
    let status = prop::sample::select(vec![200, 200, 500]);
    let deed = prop_oneof![
        4 => (stores.clone(), millis, status).prop_map(|(it, millis, status)| Deed::Requests(it, millis, status)),
        2 => (stores, 1_u64..100).prop_map(|(it, orders)| Deed::Orders(it, orders)),
        1 => (1_u64..30).prop_map(Deed::Pause),
    ];
    prop::collection::vec(deed, 3..10)
}

fn begin() -> Play {
    let rule = |mut it: Value| {
        it["group_by"] = json!(["store.id"]);
        it
    };
    let requests = |indicator: &str, above: &str, more: Value| {
        let mut it = json!({ "kind": "threshold", "match": { "span.kind": "server" }, "indicator": indicator, "above": above, "window": "30s" });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule(it)
    };
    Play::new(&[
        (
            "errors",
            requests("error_ratio", "20%", json!({ "failures": 2, "keep_firing_for": "3s" })),
        ),
        ("slow", requests("p95", "1s", json!({ "for": "2s" }))),
        ("slowest", requests("max", "2s", json!({ "on_missing": "ok" }))),
        (
            "silent",
            rule(json!({ "kind": "absence", "match": { "span.kind": "server" }, "after": "20s" })),
        ),
        (
            "orders",
            rule(
                json!({ "kind": "threshold", "signal": "metrics", "metric": "orders", "indicator": "rate", "above": 1.5, "window": "30s" }),
            ),
        ),
    ])
}

fn store(number: usize) -> String {
    format!("store-{number}")
}

/// Lets a deed happen, and evaluates every second.
fn happen(play: &mut Play, totals: &mut [u64], deed: &Deed, mut told: impl FnMut(&mut Play)) {
    let second = play.second();
    let mut seconds = 1;
    match deed {
        Deed::Requests(stores, millis, status) => {
            let request = |it: usize| {
                let mut span = served(second, *millis, "/a", *status);
                span.attributes.push(text("store.id", &store(it)));
                span
            };
            let all: Vec<Span> = stores.clone().map(request).collect();
            play.send(Signal::Traces, &spans("api", all));
        }
        Deed::Orders(stores, more) => {
            let start = crate::testing::play::MONDAY as u64 + 1;
            let all = stores.clone().map(|it| {
                totals[it] += more;
                let of = [text("store.id", &store(it))];
                counter("orders", second, start, totals[it] as f64, &of)
            });
            let all = all.collect();
            play.send(Signal::Metrics, &metrics("api", all));
        }
        Deed::Pause(pause) => seconds = *pause,
    }
    for _ in 0..seconds {
        play.skip(1);
        told(play);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn kills_change_nothing_of_thousands_of_groups(
        deeds in deeds(),
        kills in prop::collection::vec(1_u64..30, 1..6),
    ) {
        let (mut steady, mut killed) = (begin(), begin());
        let (mut ones, mut others) = (vec![0; STORES], vec![0; STORES]);
        let mut kills = kills.into_iter().cycle();
        let mut left = kills.next().unwrap();
        for deed in &deeds {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            happen(&mut steady, &mut ones, deed, |it| one.push(essence(&it.last)));
            happen(&mut killed, &mut others, deed, |it| {
                other.push(essence(&it.last));
                left -= 1;
                if left == 0 {
                    it.restart();
                    left = kills.next().unwrap();
                }
            });
            for (one, other) in one.iter().zip(&other) {
                // what thousands of groups came to is nothing that anybody would read
                prop_assert!(one == other, "after {deed:?}: {}", first_difference(one, other));
            }
        }
    }
}

fn first_difference(one: &Evaluation, other: &Evaluation) -> String {
    let alerts = one.commit.alerts.iter().zip(&other.commit.alerts);
    let alert = alerts.filter(|it| it.0 != it.1).map(|it| format!("{it:#?}")).next();
    let counts = [one, other].map(|it| (it.commit.alerts.len(), it.active.len()));
    format!("{counts:?} alerts and active ones; {}", alert.unwrap_or_default())
}

#[test]
fn what_is_damaged_is_lost_alone() {
    let mut play = begin();
    let mut totals = vec![0; STORES];
    happen(&mut play, &mut totals, &Deed::Pause(59), |_| {});
    happen(&mut play, &mut totals, &Deed::Requests(0..STORES, 5, 200), |_| {});
    happen(&mut play, &mut totals, &Deed::Orders(0..STORES, 1), |_| {});
    // all that is known is written down, and nothing came since
    happen(&mut play, &mut totals, &Deed::Pause(60), |_| {});
    let (groups, series) = (play.engine.indicators().groups(), play.engine.indicators().series());
    assert!(groups > 4 * STORES, "{groups}");
    let whole = play.stored.clone();
    let mut lost = (0, 0);
    for at in 0..whole.snapshots.len() {
        play.stored = whole.clone();
        let mut body = whole.snapshots[at].body.as_ref().unwrap().to_vec();
        let middle = body.len() / 2;
        body[middle] ^= 1;
        play.stored.snapshots[at].body = Some(body.into());
        play.restart();
        let left = play.engine.indicators();
        lost.0 += groups - left.groups();
        lost.1 += series - left.series();
        play.evaluate();
    }
    assert_eq!(lost, (groups, series), "each in one of {} parts", whole.snapshots.len());
}

#[test]
fn what_is_no_longer_known_is_taken_away() {
    let mut play = begin();
    let mut totals = vec![0; STORES];
    happen(&mut play, &mut totals, &Deed::Requests(0..STORES, 5, 200), |_| {});
    happen(&mut play, &mut totals, &Deed::Pause(60), |_| {});
    let names = |play: &Play| {
        let all = play.stored.snapshots.iter().map(|it| it.name.clone());
        all.filter(|it| it.starts_with("indicator:")).collect::<Vec<_>>()
    };
    let many = names(&play);
    assert!(many.len() >= 4, "{many:?}");
    // of absence alone it is remembered for days that something came
    play.restart();
    play.skip(2 * 3_600);
    play.skip(60);
    let few = names(&play);
    assert!(few.len() == 1 && many.contains(&few[0]), "{few:?} of {many:?}");
}
