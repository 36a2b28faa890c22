//! The rules `monitor` and `journey`, which go by the same evidence. The numbers in the names are
//! those of the sentences in the health model.

use bellwether_core::alert::Phase;
use bellwether_core::ingest::Signal;
use bellwether_core::state::{ComponentState, Severity};
use serde_json::{Value, json};

use crate::testing::otlp::{event, manifest, monitor, records_of, spans_of, text};
use crate::testing::play::{Play, build, catalog};

impl Play {
    /// An instance reports that it serves, and one run of a monitor of it, and 30 s pass.
    fn run(&mut self, id: &str, name: &str, passed: bool) {
        self.runs(&[(id, passed)], name);
    }

    /// The same of several instances at the same time.
    fn runs(&mut self, instances: &[(&str, bool)], name: &str) {
        for (id, passed) in instances {
            let second = self.second();
            self.send(
                Signal::Logs,
                &records_of("api", id, vec![manifest(second, &["GET /x"], None)]),
            );
            let more = vec![text("business.component", "a")];
            let run = monitor(second, name, *passed, more);
            self.send(Signal::Traces, &spans_of("api", id, vec![run]));
        }
        self.skip(1);
        self.pass(29);
    }
}

fn with(kind: &str, more: Value) -> Vec<(&'static str, Value)> {
    let mut settings = json!({ "kind": kind });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    vec![("r", settings)]
}

/// "`monitor`: a runtime monitor failed `failures` (2) in a row; clears after `successes` (3)."
#[test]
fn two_failures_in_a_row_fire_and_three_good_runs_clear() {
    let mut play = Play::new(&with("monitor", json!({ "monitor": "database" })));
    let mut told = String::new();
    for run in "gbgbbgbgggb".chars() {
        play.run("i", "database", run == 'g');
        told.push(if play.phase("r").is_active() { '!' } else { '.' });
    }
    assert_eq!(told, "....!!!!!..");
    assert_eq!(play.phase("r"), Phase::Resolved);
}

#[test]
fn other_counts_can_be_asked_for() {
    let rule = with("monitor", json!({ "monitor": "database", "failures": 1, "successes": 1 }));
    let mut play = Play::new(&rule);
    let mut told = String::new();
    for run in "gbgb".chars() {
        play.run("i", "database", run == 'g');
        told.push(if play.phase("r").is_active() { '!' } else { '.' });
    }
    assert_eq!(told, ".!.!");
}

/// One instance's failures are not interrupted by another's successes.
#[test]
fn runs_are_counted_for_each_instance_by_itself() {
    let mut play = Play::new(&with("monitor", json!({ "monitor": "database" })));
    play.runs(&[("i", false), ("j", true)], "database");
    play.runs(&[("i", false), ("j", true)], "database");
    assert!(play.fires("r"));
    assert_eq!(play.state("a"), ComponentState::PartialOutage);
    play.runs(&[("i", false), ("j", false)], "database");
    play.runs(&[("i", false), ("j", false)], "database");
    assert_eq!(play.state("a"), ComponentState::MajorOutage);
    let told = "monitor database of api 2 (i) did not pass 4 times in a row: connection refused";
    assert_eq!(play.reason("r"), told);
    // an instance that ended takes its failures with it
    let stopping = |play: &mut Play, id: &str| {
        let record = event("service.stopping", play.second());
        play.send(Signal::Logs, &records_of("api", id, vec![record]));
    };
    stopping(&mut play, "i");
    stopping(&mut play, "j");
    play.pass(1);
    assert!(play.fires("r"), "missing data resolves nothing");
    play.run("k", "database", true);
    assert_eq!(play.phase("r"), Phase::Resolved);
}

/// Sentence 5: "A missing sample neither counts nor resets", and a monitor that fell silent in an instance
/// that runs is a loss of data.
#[test]
fn s5_a_monitor_that_falls_silent_holds_what_it_said() {
    let mut play = Play::new(&with("monitor", json!({ "monitor": "database", "max_hold": "60s" })));
    play.run("i", "database", true);
    play.run("i", "database", false);
    for _ in 0..6 {
        let record = manifest(play.second(), &["GET /x"], None);
        play.send(Signal::Logs, &records_of("api", "i", vec![record]));
        play.pass(30);
    }
    assert_eq!(play.active(), ["r{bellwether.alert=data_loss}"]);
    play.run("i", "database", false);
    assert_eq!(play.active(), ["r"], "the second failure in a row");
}

#[test]
fn every_monitor_of_a_component_is_watched_without_being_written() {
    let raw = json!({ "components": { "a": { "services": ["api"], "criticality": "critical" }, "b": {} } });
    let mut play = Play::with_defaults(raw);
    for _ in 0..2 {
        play.run("i", "database", false);
        play.run("i", "cache", true);
    }
    assert_eq!(play.active(), ["a-monitor{monitor.name=database}"]);
    assert_eq!(play.last.active[0].severity, Severity::Emergency);
}

fn journeys() -> Value {
    let step = json!({ "name": "log in", "request": { "url": "https://x.example/login" } });
    json!({
        "components": { "a": { "services": ["api"] }, "b": {}, "c": {} },
        "customers": { "zebra": {} },
        "journeys": {
            "zebra-admin": { "customer": "zebra", "components": ["a", "b"], "every": "60s", "steps": [step] },
        },
    })
}

/// "`journey`: a step of a customer journey fails for that customer."
#[test]
fn a_journey_that_fails_takes_the_components_that_it_leads_through() {
    let mut play = Play::with_defaults(journeys());
    for _ in 0..2 {
        let second = play.second();
        let more = vec![
            text("business.component", "b"),
            text("business.journey", "zebra-admin"),
            text("business.customer", "zebra"),
        ];
        play.send(Signal::Logs, &records_of("api", "i", vec![manifest(second, &["GET /x"], None)]));
        let run = monitor(second, "zebra-admin", false, more);
        play.send(Signal::Traces, &spans_of("api", "i", vec![run]));
        play.pass(60);
    }
    let labels = "{business.customer=zebra,business.journey=zebra-admin}";
    assert_eq!(play.active(), [format!("a-journey{labels}"), format!("b-journey{labels}")]);
    assert_eq!(play.state("a"), ComponentState::PartialOutage, "others get in");
    assert_eq!(play.state("c"), ComponentState::Unknown);
    assert_eq!(
        play.reason(&format!("a-journey{labels}")),
        "journey zebra-admin of zebra, walked by api 2 (i), does not get to its end: connection refused"
    );
}

#[test]
fn what_does_not_fit_is_told_with_its_key() {
    let catalog = catalog(&journeys());
    for (kind, more, path) in [
        ("monitor", json!({ "failures": "2 of 3" }), "rules.r.failures"),
        ("monitor", json!({ "successes": 0 }), "rules.r.successes"),
        ("journey", json!({ "journey": "zebra-admim" }), "rules.r.journey"),
    ] {
        let flaw = build("r", &with(kind, more.clone())[0].1, &catalog).err().unwrap();
        assert_eq!(flaw.path, path, "{more}");
    }
}

/// A probe of the collector's, which promises no reports, counts by its own rhythm.
#[test]
fn a_probe_that_asks_once_an_hour_counts_all_the_time() {
    let mut play = Play::new(&with("monitor", json!({})));
    let asked = |play: &mut Play, passed| {
        let more = vec![text("business.component", "a")];
        let run = monitor(play.second(), "idp_tls", passed, more);
        play.send(Signal::Traces, &spans_of("bellwether", "idp_tls", vec![run]));
        play.skip(3_600);
    };
    asked(&mut play, true);
    assert_eq!(play.active(), Vec::<String>::new(), "one run promises no other");
    for passed in [true, true, false, false] {
        asked(&mut play, passed);
    }
    assert_eq!(play.active(), ["r{monitor.name=idp_tls}"]);
    play.skip(3 * 3_600);
    assert_eq!(play.active(), ["r{monitor.name=idp_tls}"], "held");
}
