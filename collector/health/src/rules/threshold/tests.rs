//! The numbers in the names are those of the sentences in the health model.

use bellwether_core::alert::{Data, Phase};
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use serde_json::{Value, json};

use super::limit::Unit;
use crate::testing::otlp::{counter, gauge, int, metrics, served, spans, text};
use crate::testing::play::{Play, build, catalog};

mod examples;

fn rule(more: Value) -> (&'static str, Value) {
    let mut settings = json!({ "kind": "threshold", "window": "1m", "indicator": "error_ratio" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ("r", settings)
}

impl Play {
    /// Serves requests this second, of which some fail.
    fn serve(&mut self, good: u64, bad: u64) {
        let second = self.second();
        let one = |status| move |_| served(second, 100, "/x", status);
        let all = (0..good).map(one(200)).chain((0..bad).map(one(500))).collect();
        self.send(Signal::Traces, &spans("api", all));
    }

    fn gauge(&mut self, name: &str, unit: &str, value: f64) {
        let second = self.second();
        self.send(Signal::Metrics, &metrics("api", vec![gauge(name, unit, second, value)]));
    }
}

/// "`threshold`: an indicator is beyond `above`/`below` over `window`".
#[test]
fn every_indicator_is_held_against_its_limit() {
    let with = |indicator: &str, limit: Value, more: Value| {
        let mut settings = json!({ "indicator": indicator });
        settings.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    // 8 good requests of 100 ms and 2 bad ones
    for (indicator, limit, fires) in [
        ("error_ratio", json!({ "above": "19%" }), true),
        ("error_ratio", json!({ "above": 0.2 }), false),
        ("count", json!({ "above": 9 }), true),
        ("count", json!({ "above": 10 }), false),
        ("count", json!({ "below": 11 }), true),
        ("rate", json!({ "above": 0.16 }), true),
        ("rate", json!({ "above": 0.17 }), false),
        ("p95", json!({ "above": "98ms" }), true),
        ("p95", json!({ "above": "102ms" }), false),
        ("p99.9", json!({ "below": "1s" }), true),
        ("max", json!({ "above": "99ms" }), true),
        ("min", json!({ "below": 0.101 }), true),
        ("avg", json!({ "above": 0.101 }), false),
        ("sum", json!({ "above": "999ms" }), true),
        ("last", json!({ "above": "99ms" }), true),
    ] {
        let mut play = Play::new(&[rule(with(indicator, limit.clone(), json!({})))]);
        play.serve(8, 2);
        play.pass(1);
        assert_eq!(play.fires("r"), fires, "{indicator} {limit} {}", play.reason("r"));
    }
    // attributes and points
    for (indicator, more, fires) in [
        ("sum", json!({ "value": "cart.total", "above": 29 }), true),
        ("max", json!({ "value": "cart.total", "above": 20 }), false),
        ("last", json!({ "signal": "metrics", "metric": "depth", "above": 4 }), true),
        ("avg", json!({ "signal": "metrics", "metric": "depth", "below": 4 }), true),
        ("delta", json!({ "signal": "metrics", "metric": "done", "above": 69 }), true),
        ("delta", json!({ "signal": "metrics", "metric": "done", "above": 70 }), false),
        ("rate", json!({ "signal": "metrics", "metric": "done", "above": 1.1 }), true),
        ("p50", json!({ "signal": "metrics", "metric": "took", "above": "4s" }), true),
        ("p50", json!({ "signal": "metrics", "metric": "took", "above": "6s" }), false),
    ] {
        let mut play = Play::new(&[rule(with(indicator, json!({}), more.clone()))]);
        let second = play.second();
        let cart = |total| {
            let mut span = served(second, 1, "/cart", 200);
            span.attributes.push(int("cart.total", total));
            span
        };
        play.send(Signal::Traces, &spans("api", vec![cart(10), cart(20)]));
        for (depth, done, took) in [(1.0, 30.0, 5_000.0), (5.0, 100.0, 5_000.0)] {
            play.gauge("depth", "{message}", depth);
            play.gauge("took", "ms", took);
            let done = counter("done", play.second(), 1_000, done, &[]);
            play.send(Signal::Metrics, &metrics("api", vec![done]));
            play.pass(1);
        }
        assert_eq!(play.fires("r"), fires, "{indicator} {more} {}", play.reason("r"));
    }
}

#[test]
fn what_breaches_says_by_how_much() {
    for (settings, told) in [
        (json!({ "above": "5%" }), "error_ratio of spans was 20 % over 1m, above the limit of 5 %"),
        (
            json!({ "indicator": "p95", "below": "1500ms" }),
            "p95 of spans was 0.1 s over 1m, below the limit of 1.5 s",
        ),
        (
            json!({ "indicator": "rate", "below": 3, "match": { "span.kind": "server" } }),
            "rate of spans was 0.1667/s over 1m, below the limit of 3/s",
        ),
    ] {
        let mut play = Play::new(&[rule(settings)]);
        play.serve(8, 2);
        play.pass(1);
        let told_now = play.reason("r").replace("0.1007", "0.1").replace("0.1001", "0.1");
        assert_eq!(told_now, told);
    }
}

#[test]
fn numbers_are_written_with_four_digits_that_say_something() {
    for (unit, value, text) in [
        (Unit::None, 0.0, "0"),
        (Unit::None, 1234.56, "1235"),
        (Unit::None, 0.000_123_456, "0.0001235"),
        (Unit::None, -2.5, "-2.5"),
        (Unit::None, 1000.0, "1000"),
        (Unit::Share, 0.999, "99.9 %"),
        (Unit::Share, 0.05, "5 %"),
        (Unit::Named("ms".into()), 800.0, "800 ms"),
    ] {
        assert_eq!(unit.write(value), text);
    }
}

/// "A rule's `component` also restricts its signals to those that the catalog maps to that
/// component (`scope: all` lifts that); where two components match one signal, both count it."
#[test]
fn only_the_component_counts_unless_all_do() {
    let raw = json!({ "components": {
        "a": { "services": ["api"], "routes": ["/x"] },
        "b": { "services": ["api"], "routes": ["/**"] },
        "c": { "services": ["api"], "routes": ["/y"] },
    } });
    let of = |id: &'static str, component: &str, more: Value| {
        let mut settings =
            rule(json!({ "component": component, "indicator": "count", "above": 9 })).1;
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (id, settings)
    };
    let rules = [
        of("a", "a", json!({})),
        of("b", "b", json!({})),
        of("c", "c", json!({})),
        of("all", "c", json!({ "scope": "all" })),
    ];
    let mut play = Play::of(raw, &rules);
    play.serve(10, 0);
    play.pass(1);
    assert_eq!(play.active(), ["a", "all", "b"]);
}

/// Sentence 2: "Identity = rule id + sorted group labels, never values or annotations."
#[test]
fn s2_groups_are_judged_each_by_itself_and_only_those_that_breach_are_alerts() {
    let mut play = Play::new(&[rule(json!({ "group_by": ["http.route"], "above": "50%" }))]);
    for _ in 0..5 {
        let second = play.second();
        let all = (0..20).flat_map(|route| {
            let status = if route == 7 { 500 } else { 200 };
            (0..3).map(move |_| served(second, 5, &format!("/{route}"), status))
        });
        play.send(Signal::Traces, &spans("api", all.collect()));
        play.pass(1);
    }
    assert_eq!(play.active(), ["r{http.route=/7}"]);
    let all: Vec<String> = play.engine.alerts().map(|it| it.key.to_string()).collect();
    assert_eq!(all, ["r", "r{http.route=/7}"], "what is well is no alert");
    assert_eq!(play.alert("r").unwrap().data, Data::Fresh, "but there is evidence");
    // once it is well again it is still told, until the alert has resolved
    for _ in 0..70 {
        let second = play.second();
        play.send(Signal::Traces, &spans("api", vec![served(second, 5, "/7", 200); 3]));
        play.pass(1);
    }
    assert_eq!(play.phase("r{http.route=/7}"), Phase::Resolved);
    assert_eq!(play.state("a"), ComponentState::Operational);
}

/// Sentence 4: "Clear: below `clear` (a separate recovery threshold, when given)".
#[test]
fn s4_between_limit_and_recovery_threshold_it_fires_on() {
    let mut play = Play::new(&[rule(
        json!({ "above": "50%", "clear": "10%", "window": "5s", "successes": 1 }),
    )]);
    let mut told = Vec::new();
    for (good, bad) in [(4, 6), (7, 3), (10, 0), (7, 3), (4, 6)] {
        play.serve(good, bad);
        play.pass(1);
        // five seconds later nothing of it is left in the window
        told.push(play.phase("r"));
        play.skip(10);
    }
    use Phase::{Firing, Resolved};
    assert_eq!(told, [Firing, Firing, Resolved, Resolved, Firing]);
}

/// Sentence 5: "Missing data never resolves anything."
#[test]
fn s5_no_requests_and_too_few_hold_what_was_found() {
    let mut play = Play::new(&[rule(json!({ "above": "50%", "min_events": 5, "window": "10s" }))]);
    play.serve(0, 4);
    play.pass(1);
    assert_eq!(play.alert("r"), None, "four are too few to say anything");
    play.serve(0, 1);
    play.pass(1);
    assert!(play.fires("r"));
    play.pass(30);
    assert!(play.fires("r"), "nobody asks");
    let alert = play.alert("r").unwrap();
    assert_eq!((alert.data, alert.lost_since), (Data::Missing, None), "and nobody promised to");
    play.serve(4, 0);
    play.pass(1);
    assert!(play.fires("r"), "too few to resolve it");
    play.serve(10, 0);
    play.pass(3);
    assert_eq!(play.phase("r"), Phase::Resolved);
}

/// Sentence 5: "`max_hold` ... raises a data-loss alert".
#[test]
fn s5_a_metric_that_stays_away_is_a_loss_of_data() {
    let settings = json!({ "signal": "metrics", "metric": "depth", "indicator": "last", "above": 10, "max_hold": "1m" });
    let mut play = Play::new(&[rule(settings)]);
    play.gauge("depth", "", 11.0);
    play.pass(1);
    assert!(play.fires("r"));
    play.pass(65);
    assert_eq!(play.active(), ["r"], "held");
    play.pass(60);
    assert_eq!(play.active(), ["r", "r{bellwether.alert=data_loss}"]);
    play.gauge("depth", "", 1.0);
    play.pass(3);
    assert_eq!(play.active(), Vec::<String>::new());
}

/// Sentence 5: Zero of something that is counted is a number, not missing data.
#[test]
fn s5_none_is_a_count() {
    let mut play = Play::new(&[rule(json!({ "indicator": "count", "below": 1, "window": "10s" }))]);
    play.pass(5);
    assert_eq!(play.alert("r"), None, "what never came is not expected");
    play.serve(1, 0);
    play.pass(5);
    assert_eq!(play.phase("r"), Phase::Inactive);
    play.pass(6);
    assert!(play.fires("r"));
}

#[test]
fn a_limit_in_time_is_held_against_the_unit_of_the_metric() {
    let rule = rule(
        json!({ "signal": "metrics", "metric": "took", "indicator": "max", "above": "800ms", "for": "0s" }),
    );
    for (unit, value, phase) in [
        ("ms", 900.0, Phase::Firing),
        ("ms", 700.0, Phase::Inactive),
        ("s", 0.9, Phase::Firing),
        ("us", 900.0, Phase::Inactive),
    ] {
        let mut play = Play::new(std::slice::from_ref(&rule));
        play.gauge("took", unit, value);
        play.pass(1);
        assert_eq!(play.phase("r"), phase, "{value} {unit}");
    }
    let mut play = Play::new(&[rule]);
    play.gauge("took", "By", 900.0);
    play.pass(1);
    assert_eq!(play.alert("r").unwrap().data, Data::Error);
}

#[test]
fn good_is_what_the_rule_says() {
    let settings = json!({ "above": "50%", "good": "http.response.status_code < 300" });
    let mut play = Play::new(&[rule(settings)]);
    let second = play.second();
    let all = vec![
        served(second, 1, "/x", 404),
        served(second, 1, "/x", 302),
        served(second, 1, "/x", 200),
    ];
    let mut unknown = served(second, 1, "/x", 200);
    unknown.attributes = vec![text("http.route", "/x")];
    play.send(Signal::Traces, &spans("api", [all, vec![unknown; 5]].concat()));
    play.pass(1);
    assert!(play.fires("r"), "two of three; of five it cannot be told");
    assert_eq!(play.alert("r").unwrap().values["events"], 3.0);
}

#[test]
fn an_error_ratio_is_watched_without_being_written() {
    let mut play = Play::with_defaults(json!({ "components": { "a": { "services": ["api"] } } }));
    play.serve(88, 12);
    play.pass(1);
    assert!(play.fires("a-threshold"));
    assert_eq!(play.state("a"), ComponentState::DegradedPerformance);
    play.serve(0, 50);
    play.pass(1);
    assert_eq!(play.state("a"), ComponentState::PartialOutage);
}

#[test]
fn what_does_not_fit_is_told_with_its_key() {
    let catalog = catalog(&json!({ "components": { "a": {} } }));
    for (more, path) in [
        (json!({}), "rules.r"),
        (json!({ "above": 5, "below": 1, "clear": 3 }), "rules.r.clear"),
        (json!({ "above": 5, "clear": 6 }), "rules.r.clear"),
        (json!({ "below": "5%", "clear": "4%" }), "rules.r.clear"),
        (json!({ "above": 1, "window": "10ms" }), "rules.r.window"),
        (json!({ "above": 1, "signal": "metrics" }), "rules.r.signal"),
        (json!({ "above": 1, "metric": "x" }), "rules.r.metric"),
        (json!({ "above": 1, "event": "x" }), "rules.r.event"),
        (json!({ "above": 1, "signal": "metrics", "metric": "x" }), "rules.r.good"),
        (json!({ "above": 1, "indicator": "max", "signal": "logs" }), "rules.r.value"),
        (json!({ "above": 1, "indicator": "max", "good": "true" }), "rules.r.good"),
        (json!({ "above": 1, "good": "span.knid == 'server'" }), "rules.r.good"),
        (json!({ "above": 1, "when": "has(x)" }), "rules.r.when"),
        (json!({ "above": 1, "match": { "span.knid": "server" } }), "rules.r.match"),
        (json!({ "above": 1, "group_by": ["span.nmae"] }), "rules.r.group_by"),
    ] {
        let flaw = build("r", &rule(more.clone()).1, &catalog).err().unwrap();
        assert_eq!(flaw.path, path, "{more}");
    }
    for indicator in ["p0", "p100", "p", "P95", "mean", "pNaN", ""] {
        let settings = rule(json!({ "indicator": indicator, "above": 1 })).1;
        let flaw = build("r", &settings, &catalog).err().unwrap();
        assert!(flaw.message.contains("p95"), "{}", flaw.message);
    }
}

/// Sentence 1: "a point older than the bound counts in the current slot and in the indicator `late`".
#[test]
fn s1_a_rule_can_ask_how_many_signals_come_too_late() {
    let settings = json!({ "indicator": "late", "above": 2, "lateness": "10s", "successes": 1 });
    let mut play = Play::new(&[rule(settings)]);
    let serve = |play: &mut Play, ago: u64| {
        let span = served(play.second() - ago, 1, "/x", 200);
        play.send(Signal::Traces, &spans("api", vec![span]));
    };
    for ago in [0, 5, 10, 11, 60] {
        serve(&mut play, ago);
    }
    play.pass(1);
    assert_eq!(play.phase("r"), Phase::Inactive, "two of five were late");
    assert_eq!(play.alert("r").unwrap().data, Data::Fresh);
    serve(&mut play, 40);
    play.pass(1);
    assert_eq!(play.reason("r"), "late of spans was 3 over 1m, above the limit of 2");
    play.pass(60);
    assert_eq!(play.phase("r"), Phase::Resolved);
    let error = build(
        "r",
        &rule(json!({ "indicator": "late", "above": 2, "value": "x" })).1,
        &catalog(&json!({ "components": { "a": {} } })),
    )
    .err()
    .unwrap();
    assert_eq!(error.path, "rules.r.value");
}

/// Sentence 7: "A ratio outside [0, 1], good > total, or a zero denominator for long is an alert about the
/// indicator itself."
#[test]
fn s7_a_share_that_is_none_is_an_alert_about_the_indicator() {
    let mut play = Play::new(&[rule(json!({
        "signal": "metrics", "metric": "jobs", "good": "error.type == null", "above": "5%", "max_hold": "2m",
    }))]);
    let send = |play: &mut Play, good: f64, bad: f64| {
        let second = play.second();
        let failed = [text("error.type", "timeout")];
        let both = vec![
            crate::testing::otlp::delta("jobs", second, good, &[]),
            crate::testing::otlp::delta("jobs", second, bad, &failed),
        ];
        play.send(Signal::Metrics, &metrics("api", both));
    };
    send(&mut play, 99.0, 1.0);
    play.pass(1);
    assert_eq!(play.alert("r").map(|it| it.data), Some(Data::Fresh));
    // a counter that falls: -5 of 5 have failed
    for _ in 0..14 {
        play.pass(10);
        send(&mut play, 10.0, -5.0);
    }
    play.pass(1);
    let alert = play.alert("r").unwrap();
    assert_eq!((alert.data, alert.phase), (Data::Error, Phase::Inactive));
    assert_eq!(play.active(), ["r{bellwether.alert=data_loss}"]);
}

/// "An evaluation error is an `error`, not missing data", and "after `max_hold` raises a data-loss
/// alert": a rule of whose signals none says whether it is good does not pass for one without
/// traffic.
#[test]
fn s5_a_rule_whose_signals_never_say_whether_they_are_good_cannot_be_judged() {
    let odd = |play: &Play| {
        let mut span = served(play.second(), 1, "/x", 200);
        span.attributes = vec![text("http.route", "/x")];
        span
    };
    for group_by in [json!([]), json!(["http.route"])] {
        let good = "http.response.status_code < 300";
        let (id, rule) =
            rule(json!({ "above": "50%", "good": good, "group_by": group_by, "max_hold": "2m" }));
        let mut play = Play::new(&[(id, rule)]);
        play.pass(1);
        assert!(play.alert("r").is_none(), "nothing came, so nothing is wrong");
        for _ in 0..130 {
            let span = odd(&play);
            play.send(Signal::Traces, &spans("api", vec![span]));
            play.pass(1);
        }
        let alert = play.alert("r").unwrap();
        assert_eq!((alert.data, alert.phase), (Data::Error, Phase::Inactive), "{group_by}");
        assert_eq!(play.active(), ["r{bellwether.alert=data_loss}"]);
        let why = play.reason("r{bellwether.alert=data_loss}");
        assert!(why.contains("of 130 signals none says whether it is good"), "{why}");
        assert_eq!(play.state("a"), ComponentState::Unknown);
        // one that says so is enough
        let span = served(play.second(), 1, "/x", 200);
        play.send(Signal::Traces, &spans("api", vec![span, odd(&play)]));
        play.pass(1);
        assert_eq!(play.alert("r").unwrap().data, Data::Fresh);
        assert_eq!(play.active(), [""; 0]);
        // and where nothing comes any more that is no error
        play.pass(120);
        assert_eq!(play.alert("r").map(|it| it.data), Some(Data::Missing));
        assert_eq!(play.active(), [""; 0]);
    }
}
