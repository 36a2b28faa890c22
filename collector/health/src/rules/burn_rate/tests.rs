//! The numbers in the names are those of the sentences in the health model.

use bellwether_core::alert::{Data, Phase};
use bellwether_core::ingest::Signal;
use bellwether_core::state::{ComponentState, Severity};
use serde_json::{Value, json};

use super::*;
use crate::testing::otlp::{served, spans};
use crate::testing::play::{Play, build, catalog};

fn rule(more: Value) -> (&'static str, Value) {
    let mut settings = json!({ "kind": "burn_rate", "objective": "99.9%" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ("r", settings)
}

/// Requests at a steady pace, of which a share fails.
struct Traffic {
    play: Play,
    /// Seconds between evaluations.
    step: u64,
    /// Requests in a step.
    requests: u64,
    /// How many of ten thousand requests fail.
    bad: u64,
    sent: u64,
}

impl Traffic {
    fn new(settings: Value, step: u64, requests: u64) -> Self {
        Self { play: Play::new(&[rule(settings)]), step, requests, bad: 0, sent: 0 }
    }

    fn step(&mut self) {
        self.serve(self.requests);
        self.play.skip(self.step);
    }

    fn serve(&mut self, requests: u64) {
        let second = self.play.second();
        let mut all = Vec::new();
        for _ in 0..requests {
            // spread as evenly as can be
            let fails = (self.sent + 1) * self.bad / 10_000 > self.sent * self.bad / 10_000;
            all.push(served(second, 1, "/x", if fails { 500 } else { 200 }));
            self.sent += 1;
        }
        self.play.send(Signal::Traces, &spans("api", all));
    }

    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds / self.step {
            self.step();
        }
    }

    /// Lets three days pass, so that every window is full of good requests.
    fn history(&mut self) {
        for _ in 0..3 * DAY / 600 {
            self.serve(self.requests * 600 / self.step);
            self.play.skip(600);
        }
        assert_eq!(self.play.phase("r"), Phase::Inactive);
        self.sent = 0;
    }

    /// Says whether the budget burns at more than so many times what it may.
    fn burns_beyond(&self, factor: f64) -> bool {
        let told = format!("beyond {factor} times too");
        self.play.fires("r") && self.play.reason("r").ends_with(&told)
    }

    /// Runs while it does, or until it does, and returns how many seconds that took.
    fn until(&mut self, burns: bool, factor: f64, most: u64) -> f64 {
        let begin = self.play.second();
        while self.burns_beyond(factor) != burns {
            self.step();
            assert!(self.play.second() - begin < most, "{}", self.play.reason("r"));
        }
        (self.play.second() - begin) as f64
    }
}

/// Sentence 10: "Maintenance is a scheduled silence plus `under_maintenance` plus exclusion from
/// SLOs".
#[test]
fn s10_what_fails_under_maintenance_burns_no_budget() {
    let burns = |maintained: &str| {
        let mut traffic = Traffic::new(json!({}), 10, 10);
        traffic.history();
        traffic.play.maintained = [maintained.into()].into();
        traffic.bad = 10_000;
        traffic.run(1_200);
        traffic.play.maintained.clear();
        let fired = traffic.play.phase("r") != Phase::Inactive;
        traffic.bad = 0;
        traffic.run(60);
        (fired, traffic.play.phase("r") != Phase::Inactive)
    };
    assert_eq!(burns("a"), (false, false), "its own");
    assert_eq!(burns("b"), (true, true), "another one's");
}

/// Sentence 7: "Burn-rate pairs for 30 d: 14.4 in 1 h & 5 min, 6 in 6 h & 30 min (page); 3 in 1 d & 2 h, 1 in
/// 3 d & 6 h (ticket)".
#[test]
fn s7_the_pairs_are_those_of_the_model() {
    let told = PAIRS.map(|it| {
        let month = Duration::from_secs(30 * DAY);
        (it.factor(month), it.long.as_secs(), it.short.as_secs(), it.page)
    });
    let wanted = [
        (14.4, 3_600, 300, true),
        (6.0, 21_600, 1_800, true),
        (3.0, 86_400, 7_200, false),
        (1.0, 259_200, 21_600, false),
    ];
    assert_eq!(told, wanted);
}

/// Sentence 7: "other periods scale by budget share x period / long window".
#[test]
fn s7_other_periods_scale() {
    let factors = |days: u64| {
        let settings = rule(json!({ "window": format!("{days}d"), "component": "a" })).1;
        let settings: Settings = serde_json::from_value(settings).unwrap();
        let rule = BurnRate::check(&settings).unwrap();
        rule.pairs.iter().map(|it| it.1).collect::<Vec<f64>>()
    };
    assert_eq!(factors(90), [43.2, 18.0, 9.0, 3.0]);
    assert_eq!(factors(7), [3.36, 1.4], "below 1 nothing burns too fast");
}

/// Detection takes factor x (1 - objective) x long / bad ratio, and the reset
/// short x (1 - factor x (1 - objective) / bad ratio).
#[test]
fn s7_detection_and_reset_take_as_long_as_the_closed_forms_say() {
    for (pair, bad, step, requests) in [
        (0, 10_000, 10, 1),
        (0, 1_000, 10, 1),
        (0, 200, 10, 2),
        (1, 120, 60, 30),
        (2, 40, 300, 120),
        (3, 20, 600, 60),
    ] {
        let (long, short) = (PAIRS[pair].long.as_secs_f64(), PAIRS[pair].short.as_secs_f64());
        let factor = [14.4, 6.0, 3.0, 1.0][pair];
        let burnt = factor * 0.001;
        let ratio = bad as f64 / 10_000.0;
        let (detects, resets) = (burnt * long / ratio, short * (1.0 - burnt / ratio));
        let mut traffic = Traffic::new(json!({ "min_bad": 1 }), step, requests);
        traffic.history();
        traffic.bad = bad;
        let detected = traffic.until(true, factor, 2 * long as u64);
        // a bad request comes whole, a step is a step, and a slot is a part of its window
        let every = step as f64 / (requests as f64 * ratio);
        let error = (detected - detects).abs();
        assert!(
            error <= every + step as f64 + detects / 24.0,
            "{pair} {bad}: {detected} {detects}"
        );
        // until the short window is full of it
        traffic.run(short as u64);
        assert!(traffic.burns_beyond(factor));
        traffic.bad = 0;
        let reset = traffic.until(false, factor, 2 * long as u64);
        let error = (reset - resets).abs();
        assert!(error <= every + step as f64 + short / 24.0, "{pair} {bad}: {reset} {resets}");
    }
}

/// A burn that is slower than every factor never fires.
#[test]
fn s7_below_the_factor_nothing_fires() {
    // 0.09 %, where the budget is 0.1 %
    let mut traffic = Traffic::new(json!({}), 600, 100);
    traffic.history();
    traffic.bad = 9;
    for _ in 0..6 * DAY / 600 {
        traffic.step();
        assert_eq!(traffic.play.phase("r"), Phase::Inactive);
    }
}

/// Sentence 7: "(page)" and "(ticket)".
#[test]
fn s7_a_ticket_is_no_louder_than_medium() {
    let told = |bad, step, seconds| {
        let mut traffic = Traffic::new(json!({ "severity": "critical" }), step, step / 10);
        traffic.history();
        traffic.bad = bad;
        traffic.run(seconds);
        let alert = traffic.play.alert("r").unwrap();
        (alert.phase, alert.severity, alert.state)
    };
    let (partial, degraded) = (ComponentState::PartialOutage, ComponentState::DegradedPerformance);
    assert_eq!(told(5_000, 60, 600), (Phase::Firing, Severity::Critical, partial));
    assert_eq!(told(40, 600, DAY), (Phase::Firing, Severity::Medium, degraded));
}

/// Sentence 7: "Low traffic: at least `min_events` (100) in the long window or `min_bad` (10); a sustained
/// trickle of failures alerts even so."
#[test]
fn s7_few_requests_page_nobody_and_a_trickle_that_fails_does_in_time() {
    // one an hour: 72 in the longest window
    let mut traffic = Traffic::new(json!({}), 3_600, 1);
    traffic.run(3 * DAY);
    traffic.bad = 10_000;
    traffic.run(9 * HOUR);
    assert_eq!(traffic.play.phase("r"), Phase::Inactive, "nine of nine failed");
    traffic.run(HOUR);
    assert!(traffic.play.fires("r"), "ten did");
}

/// Sentence 7: "A ratio outside [0, 1], good > total, or a zero denominator for long is an alert about the
/// indicator itself."
#[test]
fn s7_numbers_that_cannot_be_are_an_error_of_the_indicator() {
    for (total, bad, is_absurd) in [
        (10.0, 5.0, false),
        (0.0, 0.0, false),
        (5.0, 6.0, true),
        (5.0, -1.0, true),
        (-1.0, -1.0, true),
    ] {
        assert_eq!(absurd(Tally { total, bad }).is_some(), is_absurd, "{bad} of {total}");
    }
    let mut traffic = Traffic::new(json!({}), 600, 1);
    traffic.run(DAY);
    traffic.requests = 0;
    traffic.run(3 * DAY + HOUR);
    let alert = traffic.play.alert("r").unwrap();
    assert!(alert.data == Data::Missing && alert.lost_since.is_some(), "three days without any");
    assert_eq!(traffic.play.active(), ["r{bellwether.alert=data_loss}"]);
}

/// Sentence 5: "Missing data never resolves anything."
#[test]
fn s5_that_nobody_asks_any_more_resolves_nothing() {
    let mut traffic = Traffic::new(json!({}), 10, 10);
    traffic.run(HOUR);
    traffic.bad = 10_000;
    traffic.run(600);
    assert!(traffic.play.fires("r"));
    traffic.requests = 0;
    traffic.run(1_800);
    assert!(traffic.play.fires("r"));
}

#[test]
fn what_does_not_fit_is_told_with_its_key() {
    let catalog = catalog(&json!({ "components": { "a": {} } }));
    for (more, path) in [
        (json!({ "objective": "100%" }), "rules.r.objective"),
        (json!({ "objective": "0%" }), "rules.r.objective"),
        (json!({ "window": "1h" }), "rules.r.window"),
        (json!({ "good": "1 +" }), "rules.r.good"),
        (json!({ "signal": "metrics", "metric": "x" }), "rules.r.good"),
    ] {
        let flaw = build("r", &rule(more.clone()).1, &catalog).err().unwrap();
        assert_eq!(flaw.path, path, "{more}");
    }
}

/// Sentence 4: "Timers and counters persist across restarts", and so do long windows, but for the
/// last minute.
#[test]
fn s4_what_burnt_before_a_restart_counts_after_it() {
    let story = |restarts: bool| {
        let mut traffic = Traffic::new(json!({}), 60, 60);
        traffic.history();
        traffic.bad = 120;
        let mut told = Vec::new();
        for step in 0..360 {
            if restarts && step % 50 == 25 {
                traffic.play.restart();
            }
            traffic.step();
            told.push(traffic.play.fires("r"));
        }
        told.iter().position(|it| *it)
    };
    let (calm, disturbed) = (story(false).unwrap(), story(true).unwrap());
    assert!((160..=200).contains(&calm), "6 x 0.001 x 6 h / 0.012 is three hours: {calm}");
    assert!(disturbed.abs_diff(calm) <= 10, "{disturbed} {calm}");
}
