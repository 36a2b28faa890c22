use bellwether_core::alert::{Data, Phase};
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use serde_json::{Value, json};

use crate::testing::otlp::{served, spans};
use crate::testing::play::{Play, build, catalog};

fn components() -> Value {
    json!({ "components": {
        "one": { "services": ["api"], "routes": ["/one"] },
        "the-other": { "services": ["api"], "routes": ["/other"] },
        "shop": { "uses": ["one"] },
        "front": { "depends_on": ["shop"] },
    } })
}

fn errors(component: &str) -> Value {
    json!({
        "component": component, "kind": "threshold", "indicator": "error_ratio", "above": "50%",
        "window": "10s", "successes": 1, "state": "major_outage",
    })
}

/// "`composite`: a CEL condition over component states holds."
#[test]
fn a_condition_over_states_gives_a_state() {
    let rule = json!({
        "component": "shop", "kind": "composite", "state": "major_outage",
        "when": "state.one == 'major_outage' && state.`the-other` == 'major_outage'",
    });
    let rules = [("one", errors("one")), ("other", errors("the-other")), ("both", rule)];
    let mut play = Play::of(components(), &rules);
    play.pass(2);
    assert_eq!(play.alert("both").map(|it| it.phase), None, "nothing is known yet");
    let mut told = Vec::new();
    for (one, other) in [(200, 200), (500, 200), (500, 500), (200, 500)] {
        let second = play.second();
        let all = vec![served(second, 1, "/one", one), served(second, 1, "/other", other)];
        play.send(Signal::Traces, &spans("api", all));
        // states of one evaluation are those that the next one asks for; three are needed to clear
        play.pass(6);
        told.push((play.fires("both"), play.state("shop")));
        play.skip(10);
    }
    use ComponentState::{DegradedPerformance, MajorOutage, Operational};
    let wanted = [
        (false, Operational),
        (false, DegradedPerformance),
        (true, MajorOutage),
        (false, Operational),
    ];
    assert_eq!(told, wanted);
    assert_eq!(play.alert("both").unwrap().phase, Phase::Resolved);
}

#[test]
fn it_says_which_states_it_found() {
    let rule = json!({
        "component": "shop", "kind": "composite",
        "when": "state.one in ['unknown', 'operational']",
    });
    let mut play = Play::of(components(), &[("r", rule)]);
    play.pass(1);
    assert!(play.fires("r"));
    assert_eq!(play.alert("r").unwrap().data, Data::Fresh);
    assert_eq!(play.reason("r"), "`state.one in ['unknown', 'operational']` holds: one is unknown");
}

#[test]
fn what_would_hold_itself_up_and_what_is_not_there_is_refused() {
    let catalog = catalog(&components());
    for when in [
        "state.shop == 'operational'",
        "state.front == 'major_outage'",
        "state.nobody == 'operational'",
        "state.one",
        "one == 'operational'",
        "state.one == 1 +",
    ] {
        let settings = json!({ "component": "shop", "kind": "composite", "when": when });
        let flaw = build("r", &settings, &catalog).err().unwrap_or_else(|| panic!("{when}"));
        assert_eq!(flaw.path, "rules.r.when", "{when}");
    }
}
