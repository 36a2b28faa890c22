use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use serde_json::json;

use crate::testing::otlp::{
    event, gauge, manifest, metrics_of, monitor, records_of, spans_of, startup,
};
use crate::testing::play::Play;

/// An instance that reports every so many seconds until it is killed.
struct Killed {
    play: Play,
    every: Option<i64>,
}

impl Killed {
    fn new(every: Option<i64>) -> Self {
        Self { play: Play::new(&[("r", json!({ "kind": "instance_gone" }))]), every }
    }

    fn reports(&mut self, id: &str) {
        let record = manifest(self.play.second(), &["GET /x"], self.every);
        self.play.send(Signal::Logs, &records_of("api", id, vec![record]));
    }

    fn stops(&mut self, id: &str) {
        let record = event("service.stopping", self.play.second());
        self.play.send(Signal::Logs, &records_of("api", id, vec![record]));
    }

    /// Returns after how many seconds it fires, if it does within so many.
    fn fires_within(&mut self, most: u64) -> Option<u64> {
        (1..=most).find(|_| {
            self.play.pass(1);
            self.play.fires("r")
        })
    }
}

/// "`instance_gone`: an instance that reported went silent for three of its periods without saying
/// that it shuts down; fires in less than 60 s and needs nothing learnt."
#[test]
fn one_that_is_killed_fires_within_a_minute_without_any_history() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    // killed just after its very first report
    let after = story.fires_within(120).unwrap();
    assert!((45..60).contains(&after), "{after}");
    assert_eq!(story.play.state("a"), ComponentState::MajorOutage, "nobody is left");
    let told = "api 2 (a) fell silent at 2026-11-30T00:00:00.000Z without saying that it stops";
    assert_eq!(story.play.reason("r"), told);
}

#[test]
fn one_that_stops_in_an_orderly_way_fires_nothing() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    story.play.pass(10);
    story.stops("a");
    assert_eq!(story.fires_within(1_000), None);
}

#[test]
fn one_that_does_not_say_how_often_it_reports_has_three_minutes() {
    let mut story = Killed::new(None);
    story.reports("a");
    let after = story.fires_within(600).unwrap();
    assert!((180..190).contains(&after), "{after}");
}

#[test]
fn one_that_goes_on_reporting_fires_nothing() {
    let mut story = Killed::new(Some(15));
    for _ in 0..50 {
        story.reports("a");
        assert_eq!(story.fires_within(30), None, "one report of two may be lost");
    }
    assert_eq!(story.play.state("a"), ComponentState::Operational);
}

#[test]
fn with_others_left_it_is_a_part_and_not_for_ever() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    for _ in 0..4 {
        story.reports("b");
        story.play.pass(15);
    }
    assert!(story.play.fires("r"));
    assert_eq!(story.play.state("a"), ComponentState::PartialOutage);
    for _ in 0..60 {
        story.reports("b");
        story.play.pass(15);
    }
    assert_eq!(story.play.state("a"), ComponentState::Operational);
}

#[test]
fn one_that_takes_its_place_ends_it() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    assert!(story.fires_within(60).is_some());
    story.reports("c");
    story.play.pass(3);
    assert_eq!(story.play.state("a"), ComponentState::Operational);
}

#[test]
fn one_newcomer_does_not_stand_for_two() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    story.reports("b");
    story.play.pass(20);
    for _ in 0..3 {
        story.reports("c");
        story.play.pass(15);
    }
    assert!(story.play.fires("r"));
    assert_eq!(story.play.alert("r").unwrap().reasons.len(), 1);
}

/// While the collector was away, nobody could report.
#[test]
fn a_collector_that_was_away_waits_for_those_who_are_there() {
    let mut story = Killed::new(Some(15));
    story.reports("a");
    story.play.pass(1);
    story.play.now = story.play.now.plus(std::time::Duration::from_secs(3_600));
    story.play.restart();
    assert_eq!(story.fires_within(40), None);
    story.reports("a");
    assert_eq!(story.fires_within(40), None);
    // and one that was killed in the meantime is found all the same
    assert!(story.fires_within(20).is_some());
}

impl Killed {
    fn started(&mut self, id: &str) {
        let span = startup(self.play.second(), "ready");
        self.play.send(Signal::Traces, &spans_of("api", id, vec![span]));
    }

    fn exports(&mut self, id: &str) {
        let gauge = gauge("queue.depth", "", self.play.second(), 1.0);
        self.play.send(Signal::Metrics, &metrics_of("api", id, vec![gauge]));
    }
}

/// A worker serves no routes; it is missed by the rhythm of its metrics.
#[test]
fn one_that_serves_no_routes_is_missed_by_the_rhythm_of_its_metrics() {
    let mut story = Killed::new(None);
    story.started("w");
    for _ in 0..20 {
        story.exports("w");
        assert_eq!(story.fires_within(15), None);
    }
    assert_eq!(story.play.state("a"), ComponentState::Operational);
    // killed 15 s ago
    let after = story.fires_within(120).unwrap() + 15;
    assert!((45..60).contains(&after), "{after}");
    assert_eq!(story.play.state("a"), ComponentState::MajorOutage);
    // one that says that it stops is not missed
    story.started("v");
    story.exports("v");
    story.play.pass(15);
    story.exports("v");
    story.play.pass(15);
    story.stops("v");
    assert!(!story.play.fires("r"));
    assert_eq!(story.fires_within(1_000), None);
}

#[test]
fn one_that_serves_no_routes_is_missed_by_the_rhythm_of_its_monitors() {
    let mut story = Killed::new(None);
    story.started("w");
    for _ in 0..5 {
        let run = monitor(story.play.second(), "queue", true, vec![]);
        story.play.send(Signal::Traces, &spans_of("api", "w", vec![run]));
        assert_eq!(story.fires_within(10), None);
    }
    assert!(story.fires_within(40).is_some());
}

/// Who never told how it started did not promise to say that it stops.
#[test]
fn one_that_only_exports_metrics_is_not_missed() {
    let mut story = Killed::new(None);
    for _ in 0..5 {
        story.exports("w");
        story.play.pass(15);
    }
    assert_eq!(story.fires_within(1_000), None);
}

#[test]
fn what_was_learnt_of_its_rhythm_survives_a_restart() {
    let mut story = Killed::new(None);
    story.started("w");
    for _ in 0..3 {
        story.exports("w");
        story.play.pass(15);
    }
    story.play.restart();
    // killed while the collector was away
    let after = story.fires_within(120).unwrap();
    assert!((45..60).contains(&after), "{after}");
}
