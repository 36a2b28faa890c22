//! Stories that chance writes: whatever may happen to services, second by second.

use bellwether_core::ingest::Signal;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::otlp::{event, gauge, manifest, metrics, monitor, records, served, spans};
use super::play::Play;

/// What happens in a second, or in some in which nothing else does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Requests: how many, how long each takes in milliseconds, on which route, answered how.
    Requests(u64, u64, usize, i64),
    /// An instance says what it serves.
    Manifest(usize),
    Stopping,
    Monitor(bool),
    Gauge(u8),
    /// So many seconds pass.
    Pause(u64),
}

const ROUTES: [&str; 3] = ["/a", "/b", "/c/{id}"];

/// Chance writes a story: mostly of requests and of short pauses.
pub(crate) fn story(longest: usize) -> impl Strategy<Value = Vec<Deed>> {
    let status = prop::sample::select(vec![200, 200, 200, 500, 404]);
    let millis = prop::sample::select(vec![5_u64, 40, 3_000]);
    let pause = prop_oneof![6 => 1_u64..4, 2 => 4_u64..40, 1 => 40_u64..310, 1 => 890_u64..910];
    let deed = prop_oneof![
        8 => (1_u64..8, millis, 0..ROUTES.len(), status)
            .prop_map(|(count, millis, route, status)| Deed::Requests(count, millis, route, status)),
        1 => (0..=ROUTES.len()).prop_map(Deed::Manifest),
        1 => Just(Deed::Stopping),
        2 => any::<bool>().prop_map(Deed::Monitor),
        2 => any::<u8>().prop_map(Deed::Gauge),
        6 => pause.prop_map(Deed::Pause),
    ];
    prop::collection::vec(deed, 1..longest)
}

/// The same without what instances say of themselves: a collector that was away takes nobody for
/// gone.
pub(crate) fn story_of_signals(longest: usize) -> impl Strategy<Value = Vec<Deed>> {
    let says = |it: &Deed| matches!(it, Deed::Manifest(_) | Deed::Stopping);
    story(longest).prop_map(move |deeds| deeds.into_iter().filter(|it| !says(it)).collect())
}

/// Begins with rules of many kinds and many ways to count.
pub(crate) fn begin() -> Play {
    let server = json!({ "span.kind": "server" });
    let threshold = |indicator: &str, more: Value| {
        let mut rule =
            json!({ "kind": "threshold", "match": server, "indicator": indicator, "window": "1m" });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let by_route = json!(["http.route"]);
    Play::with_rules(
        json!({ "components": {
            "a": { "services": ["api"], "criticality": "critical", "routes": ["/a", "/b"], "revenue_per_hour": "1000 GBP" },
            "b": { "depends_on": ["a"] },
        } }),
        &[
            (
                "slow",
                threshold("p95", json!({ "above": "1s", "for": "5s", "keep_firing_for": "7s" })),
            ),
            (
                "slow-by-route",
                threshold(
                    "p50",
                    json!({ "above": "1s", "group_by": by_route, "failures": "2 of 4" }),
                ),
            ),
            (
                "errors",
                threshold(
                    "error_ratio",
                    json!({ "above": "20%", "clear": "10%", "group_by": by_route, "failures": 3, "successes": 4 }),
                ),
            ),
            ("few", threshold("rate", json!({ "below": 0.02, "window": "5m", "max_hold": "1m" }))),
            ("longest", threshold("max", json!({ "above": "2s", "on_missing": "fire" }))),
            ("mean", threshold("avg", json!({ "above": "2s", "on_missing": "ok" }))),
            (
                "depth",
                json!({ "kind": "threshold", "signal": "metrics", "metric": "depth", "indicator": "last", "above": 200, "window": "2m", "max_hold": "90s" }),
            ),
            (
                "silent",
                json!({ "kind": "absence", "match": server, "group_by": by_route, "after": "30s" }),
            ),
            ("slo", json!({ "kind": "burn_rate", "objective": "90%", "min_events": 10 })),
            ("check", json!({ "kind": "monitor", "monitor": "db" })),
            (
                "both",
                json!({ "component": "b", "kind": "composite", "when": "state.a == 'major_outage'" }),
            ),
        ],
    )
}

/// Lets a deed happen, and evaluates every second.
pub(crate) fn happen(play: &mut Play, deed: &Deed, mut told: impl FnMut(&mut Play)) {
    let second = play.second();
    let mut seconds = 1;
    match *deed {
        Deed::Requests(count, millis, route, status) => {
            let mut all: Vec<_> =
                (0..count).map(|_| served(second, millis, ROUTES[route], status)).collect();
            if status == 404 {
                // no route answered
                for span in &mut all {
                    span.attributes.retain(|it| it.key != "http.route");
                }
            }
            play.send(Signal::Traces, &spans("api", all));
        }
        Deed::Manifest(routes) => say(play, routes),
        Deed::Stopping => {
            play.send(Signal::Logs, &records("api", vec![event("service.stopping", second)]));
        }
        Deed::Monitor(passed) => {
            play.send(Signal::Traces, &spans("api", vec![monitor(second, "db", passed, vec![])]));
        }
        Deed::Gauge(value) => {
            let points = vec![gauge("depth", "1", second, f64::from(value))];
            play.send(Signal::Metrics, &metrics("api", points));
        }
        Deed::Pause(pause) => seconds = pause,
    }
    for _ in 0..seconds {
        play.skip(1);
        told(play);
    }
}

/// Keeps an instance that said what it serves from falling silent: it says so again every ten
/// seconds until it stops, as the library does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alive(Option<usize>);

impl Alive {
    /// Takes note of what is about to happen.
    pub(crate) fn sees(&mut self, deed: &Deed) {
        match *deed {
            Deed::Manifest(routes) => self.0 = Some(routes),
            Deed::Stopping => self.0 = None,
            _ => {}
        }
    }

    /// Says what it serves, if it is time to.
    pub(crate) fn report(self, play: &mut Play) {
        let second = play.second();
        if let Some(routes) = self.0.filter(|_| second.is_multiple_of(10)) {
            say(play, routes);
        }
    }
}

fn say(play: &mut Play, routes: usize) {
    let second = play.second();
    let routes: Vec<String> = ROUTES[..routes].iter().map(|it| format!("GET {it}")).collect();
    let routes: Vec<&str> = routes.iter().map(String::as_str).collect();
    play.send(Signal::Logs, &records("api", vec![manifest(second, &routes, Some(15))]));
}

/// The same with what instances say of themselves, as long as none falls silent: by that a
/// collector that was away takes nobody for gone before it has waited anew.
pub(crate) fn story_of_instances(longest: usize) -> impl Strategy<Value = Vec<Deed>> {
    let keeps = |it: &Deed| !matches!(it, Deed::Gauge(_));
    story(longest).prop_map(move |deeds| deeds.into_iter().filter(|it| keeps(it)).collect())
}
