//! Rules that rest say what they would have said.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bellwether_core::alert::Flaps;
use proptest::prelude::*;

use super::*;
use crate::rules::rest::NEVER;
use crate::rules::{Judge, View};
use crate::sample::{Sample, Verdict};
use crate::testing::catalog;
use crate::testing::otlp::{served, spans};
use crate::testing::play::Play;
use crate::testing::story::{begin, happen, story};

/// What an evaluation came to, without the numbers of alerts that are not active, which nobody
/// sees, and of flapping with what was found last: while it was the same, time alone says the rest.
fn essence(evaluation: &Evaluation) -> Evaluation {
    let mut all = evaluation.clone();
    for it in all.commit.alerts.iter_mut().chain(&mut all.active) {
        if !it.phase.is_active() {
            it.values.clear();
        }
        it.flaps = Flaps { results: it.flaps.results & 1, slot: 0 };
    }
    all.commit.snapshots.clear();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn what_rests_would_have_found_the_same(deeds in story(40)) {
        let (mut rested, mut restless) = (begin(), begin());
        restless.restless = true;
        for deed in &deeds {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            happen(&mut rested, deed, |it| one.push((it.now, essence(&it.last))));
            happen(&mut restless, deed, |it| other.push((it.now, essence(&it.last))));
            for (one, other) in one.iter().zip(&other) {
                prop_assert_eq!(one, other);
            }
        }
    }

    #[test]
    fn evaluations_that_are_left_out_would_have_found_nothing(deeds in story(60)) {
        let (mut skipping, mut each) = (begin(), begin());
        skipping.skips = true;
        for deed in &deeds {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            happen(&mut skipping, deed, |it| one.push(found(it)));
            happen(&mut each, deed, |it| other.push(found(it)));
            for ((skipped, mut one), (_, mut other)) in one.into_iter().zip(other) {
                if skipped {
                    let known = (one.effective, one.impact);
                    one = Evaluation { effective: known.0, impact: known.1, ..Evaluation::default() };
                    // how many requests there are is asked for only while something is wrong
                    other.measured.clear();
                }
                prop_assert_eq!(one, other);
            }
        }
    }
}

/// Returns whether an evaluation was left out, and what it or the one before it found.
fn found(play: &mut Play) -> (bool, Evaluation) {
    let mut all = play.last.clone();
    all.commit.snapshots.clear();
    // nobody keeps the numbers of a minute in which nothing is evaluated
    all.commit.observations.clear();
    (play.skipped, all)
}

#[test]
fn most_evaluations_of_a_quiet_day_are_left_out() {
    let catalog = serde_json::json!({ "components": { "a": { "services": ["api"] } } });
    let mut play = Play::with_defaults(catalog);
    play.skips = true;
    let requests = (0..20).map(|_| served(play.second(), 5, "/a", 200)).collect();
    play.send(bellwether_core::ingest::Signal::Traces, &spans("api", requests));
    let mut evaluated = 0;
    for _ in 0..900 {
        play.pass(1);
        evaluated += usize::from(!play.skipped);
    }
    assert!(evaluated < 100, "{evaluated} of 900 seconds");
    assert!(play.last.active.is_empty());
}

/// A rule that finds the same breach each time, and counts how often it is asked.
struct Breach(Arc<AtomicUsize>);

impl Judge for Breach {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let (state, fault_at) = (ComponentState::PartialOutage, scene.now);
        vec![Sample::of(Verdict::Bad { state, fault_at, reasons: vec![Reason::AsExpected] })]
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Facts])
    }

    fn holds_until(&self, _: &Scene<'_>) -> Timestamp {
        NEVER
    }
}

#[test]
fn a_rule_rests_while_its_alert_fires_steadily() {
    for (settings, most) in [
        (serde_json::json!({}), 4),
        // each result counts
        (serde_json::json!({ "failures": "2 of 3" }), 121),
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut settings = settings;
        settings["component"] = "admin".into();
        settings["kind"] = "scripted".into();
        let common = serde_json::from_value(settings).unwrap();
        let catalog = catalog();
        let rule = Rule::scripted("breach", common, Box::new(Breach(asked.clone())), &catalog);
        let start = Timestamp::from_secs(600);
        let mut engine = Engine::new(catalog, vec![rule], &Restored::default(), start);
        for second in 0..=120 {
            let evaluation = engine.evaluate(start.plus(Duration::from_secs(second)));
            assert!(second == 0 || evaluation.active.len() == 1, "{second}");
        }
        let asked = asked.load(Ordering::Relaxed);
        // once a minute numbers are kept, and for that each rule is asked
        assert!((2..=most).contains(&asked), "{asked}");
        assert_eq!(asked == 121, most == 121);
    }
}
