//! An empty configuration works: services that are nobody's are components of their own.

use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use serde_json::json;

use crate::testing::otlp::{manifest, records, served, spans};
use crate::testing::play::Play;

fn ids(play: &Play) -> Vec<String> {
    play.engine.catalog().components().map(|it| it.id.to_string()).collect()
}

#[test]
fn a_service_that_is_nobodys_is_a_component_with_all_rules_that_need_no_configuration() {
    let mut play = Play::with_defaults(json!({}));
    let second = play.second();
    play.send(
        Signal::Logs,
        &records("api", vec![manifest(second, &["GET /x", "GET /y"], Some(15))]),
    );
    play.pass(1);
    assert_eq!(ids(&play), ["api"]);
    assert_eq!(play.state("api"), ComponentState::Operational);
    let serve = |play: &mut Play, status| {
        let second = play.second();
        play.send(Signal::Traces, &spans("api", vec![served(second, 1, "/x", status); 20]));
        play.pass(1);
    };
    serve(&mut play, 200);
    serve(&mut play, 500);
    assert_eq!(play.active(), ["api-threshold"]);
    // what was adopted survives a restart, and its alerts with it
    play.restart();
    play.pass(1);
    assert_eq!(play.active(), ["api-threshold"]);
    // and is missed when it is killed
    play.pass(60);
    assert!(play.fires("api-instance_gone"));
}

/// Going over to other rules forgets nothing of what is asked for as before.
#[test]
fn what_was_counted_goes_on_when_another_service_comes() {
    let mut play = Play::with_defaults(json!({}));
    let serve = |play: &mut Play, service: &str| {
        let second = play.second();
        let all = vec![served(second, 1, "/x", 500); 20];
        play.send(Signal::Traces, &spans(service, all));
        play.pass(1);
    };
    serve(&mut play, "api");
    serve(&mut play, "api");
    let events = |play: &Play| play.alert("api-threshold").unwrap().values["events"];
    assert_eq!(events(&play), 20.0, "by the first it was met");
    serve(&mut play, "other");
    assert_eq!(ids(&play), ["api", "other"]);
    serve(&mut play, "api");
    assert_eq!(events(&play), 40.0);
}

#[test]
fn a_service_that_only_sends_spans_is_met_too() {
    let mut play = Play::with_defaults(json!({ "components": { "a": { "services": ["api"] } } }));
    let second = play.second();
    play.send(Signal::Traces, &spans("api", vec![served(second, 1, "/x", 200)]));
    play.send(Signal::Traces, &spans("other", vec![served(second, 1, "/x", 200)]));
    play.send(Signal::Traces, &spans("", vec![served(second, 1, "/x", 200)]));
    play.pass(1);
    assert_eq!(ids(&play), ["a", "other"], "what the catalog names is not adopted");
}

#[test]
fn a_flood_of_made_up_services_is_bounded() {
    let mut play = Play::with_defaults(json!({}));
    for service in 0..600 {
        let second = play.second();
        let body = spans(&format!("s-{service}"), vec![served(second, 1, "/x", 200)]);
        play.send(Signal::Traces, &body);
    }
    play.pass(1);
    assert_eq!(ids(&play).len(), 512);
}
