//! The numbers in the names are those of the sentences in the health model.

use bellwether_core::alert::Phase;
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use serde_json::{Value, json};

use crate::testing::otlp::{event, records, served, spans};
use crate::testing::play::Play;

const HOUR: u64 = 3_600;

fn rule(more: Value) -> (&'static str, Value) {
    let mut settings = json!({ "kind": "absence", "after": "5m" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ("r", settings)
}

impl Play {
    fn request(&mut self, route: &str) {
        let second = self.second();
        self.send(Signal::Traces, &spans("api", vec![served(second, 5, route, 200)]));
    }

    /// Sends a request every so many seconds for a while, and evaluates after each.
    fn rhythm(&mut self, every: u64, seconds: u64) {
        for _ in 0..seconds / every {
            self.request("/x");
            self.skip(every);
        }
    }
}

/// "An expected signal did not come for `after`. Expectation comes from the catalog", declared.
#[test]
fn what_is_declared_is_expected_from_the_beginning() {
    let mut play = Play::new(&[rule(json!({}))]);
    play.pass(299);
    assert_eq!(play.alert("r"), None);
    play.pass(1);
    assert!(play.fires("r"));
    assert_eq!(play.state("a"), ComponentState::PartialOutage);
    assert_eq!(
        play.reason("r"),
        "no spans since 2026-11-30T00:00:00.000Z, though one every 5m is expected"
    );
    play.request("/x");
    play.pass(3);
    assert_eq!(play.phase("r"), Phase::Resolved);
    play.skip(290);
    assert_eq!(play.phase("r"), Phase::Resolved);
    play.skip(10);
    assert!(play.fires("r"));
}

/// Sentence 5: "Missing data never resolves anything": not a restart, either.
#[test]
fn s5_a_restart_neither_resolves_nor_fires_it_anew() {
    let mut play = Play::new(&[rule(json!({}))]);
    play.skip(300);
    let fired_at = play.alert("r").unwrap().fired_at;
    for _ in 0..3 {
        play.restart();
        play.skip(250);
        assert!(play.fires("r"));
    }
    play.skip(100);
    let alert = play.alert("r").unwrap();
    assert_eq!((alert.phase, alert.fired_at), (Phase::Firing, fired_at));
}

/// "or is learnt from the signal's own rhythm by hour of week".
#[test]
fn what_is_usual_at_this_hour_of_the_week_is_learnt() {
    let mut play = Play::new(&[rule(json!({ "after": "learn" }))]);
    // by day a request every 20 s, at night one every 10 min, for a week
    for _ in 0..7 {
        play.rhythm(600, 8 * HOUR);
        play.rhythm(20, 12 * HOUR);
        play.rhythm(600, 4 * HOUR);
    }
    assert_eq!(play.phase("r"), Phase::Inactive, "{}", play.reason("r"));
    play.rhythm(600, 4 * HOUR);
    play.skip(19 * 60);
    assert_eq!(play.phase("r"), Phase::Inactive, "at four in the morning that is usual");
    play.skip(90);
    assert!(play.fires("r"), "three pauses are not");
    play.request("/x");
    play.pass(3);
    assert_eq!(play.phase("r"), Phase::Resolved);
    play.rhythm(600, 4 * HOUR);
    play.rhythm(20, 4 * HOUR);
    play.skip(90);
    assert_eq!(play.phase("r"), Phase::Resolved, "by day, it is two minutes at least");
    play.skip(31);
    assert!(play.fires("r"));
    assert!(play.reason("r").ends_with("though one every 20s is usual at this hour"));
}

/// "never from 'the selector matched nothing'".
#[test]
fn what_never_came_is_not_missed_unless_declared() {
    let mut play = Play::new(&[rule(json!({ "after": "learn" }))]);
    for _ in 0..200 {
        play.skip(HOUR);
    }
    assert_eq!(play.alert("r"), None);
    let mut play = Play::new(&[rule(json!({ "group_by": ["http.route"] }))]);
    play.skip(HOUR);
    assert_eq!(play.alert("r"), None, "of groups only those that came once are known");
}

#[test]
fn each_group_is_missed_by_itself() {
    let mut play = Play::new(&[rule(json!({ "group_by": ["http.route"] }))]);
    play.request("/a");
    play.request("/b");
    for _ in 0..6 {
        play.request("/b");
        play.skip(60);
    }
    assert_eq!(play.active(), ["r{http.route=/a}"]);
}

/// A service that says that it stops is not missed.
#[test]
fn an_orderly_end_is_no_absence() {
    let mut play = Play::new(&[rule(json!({}))]);
    play.request("/x");
    play.pass(1);
    let stopping = records("api", vec![event("service.stopping", play.second())]);
    play.send(Signal::Logs, &stopping);
    play.skip(2 * HOUR);
    assert_eq!(play.phase("r"), Phase::Inactive);
}

#[test]
fn an_event_can_be_expected_too() {
    let settings = json!({ "signal": "logs", "event": "backup.done", "after": "25h" });
    let mut play = Play::new(&[rule(settings)]);
    let done = |play: &mut Play, name: &str| {
        let body = records("api", vec![event(name, play.second())]);
        play.send(Signal::Logs, &body);
        play.skip(1);
    };
    done(&mut play, "backup.done");
    for _ in 0..24 {
        done(&mut play, "backup.begun");
        play.skip(HOUR);
    }
    assert_eq!(play.phase("r"), Phase::Inactive);
    play.skip(HOUR);
    assert!(play.fires("r"));
    assert!(play.reason("r").starts_with("no events backup.done since"));
}

#[test]
fn requests_are_expected_without_being_written() {
    let mut play = Play::with_defaults(json!({ "components": { "a": { "services": ["api"] } } }));
    play.rhythm(10, 3 * HOUR);
    assert_eq!(play.state("a"), ComponentState::Operational);
    play.skip(14 * 60);
    assert_eq!(play.phase("a-absence"), Phase::Inactive, "the first day, a little more patient");
    play.skip(65);
    assert!(play.fires("a-absence"));
}

#[test]
fn what_is_usual_is_known_after_a_restart() {
    let mut play = Play::new(&[rule(json!({ "after": "learn" }))]);
    play.rhythm(10, 3 * HOUR);
    play.restart();
    play.rhythm(10, 600);
    play.skip(14 * 60);
    assert_eq!(play.phase("r"), Phase::Inactive);
    play.skip(65);
    assert!(play.fires("r"));
}
