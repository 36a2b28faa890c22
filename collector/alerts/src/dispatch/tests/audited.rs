//! What the auditor finds, and what is done about it.

use bellwether_core::state::ComponentState::MajorOutage;

use super::*;
use crate::audit::What;

const MINUTE: u64 = 60;

/// Returns what the auditor finds of the open incident, as `destination what`.
fn found(story: &Story) -> Vec<String> {
    let findings = story.audit(&story.incident());
    findings.iter().map(|it| format!("{} {:?}", it.recipient, it.what)).collect()
}

fn mend(story: &mut Story) {
    let incident = story.incident();
    let findings = story.audit(&incident);
    let decision = story.desk.found(&incident, findings, &story.catalog, story.now);
    story.store(decision);
}

/// Lets the store lose the messages to a destination, or say something else of them.
fn spoil(story: &mut Story, destination: &str, state: Option<&'static str>) {
    let id = destination.into();
    match state {
        Some(state) => drop(story.states.insert(id, state)),
        None => story.transactions.iter_mut().for_each(|it| it.1.retain(|it| it.destination != id)),
    }
}

#[test]
fn nothing_is_found_while_all_is_as_it_should_be() {
    let mut story = Story::example();
    story.fire("auth", MajorOutage);
    for minute in 0..150 {
        story.pass(MINUTE);
        assert_eq!(found(&story), [""; 0], "minute {minute}");
        match minute {
            20 | 70 => story.acknowledge("ann"),
            30 => story.restart(),
            90 => {
                let until = story.now.plus(Duration::from_secs(600));
                story.silence(wish("auth", Some(until)));
            }
            _ => {}
        }
    }
}

/// Once an incident is about its cause, other people are told by the step that was taken already.
#[test]
fn who_is_to_be_told_only_since_the_cause_is_known_is_not_late_at_once() {
    let raw = json!({
        "routes": [
            { "when": "component == \"admin\"", "to": ["pagerduty"], "escalate": "two", "stop": true },
            { "to": ["pagerduty/second"], "escalate": "two" },
        ],
        "escalation": { "two": [{ "after": "1m", "to": ["slack/emergency", "route"] }] },
    });
    let mut story = Story::of(raw);
    story.fire("admin", MajorOutage);
    story.pass(2 * MINUTE);
    story.fire("database", MajorOutage);
    for second in 0..2 * MINUTE {
        story.pass(1);
        assert_eq!(found(&story), [""; 0], "second {second}");
    }
    assert!(story.told().contains(&"pagerduty/second opened".to_owned()));
}

#[test]
fn who_was_not_told_is_told_and_that_is_alarmed_of_once() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    spoil(&mut story, "slack/emergency", None);
    assert_eq!(found(&story), ["slack/emergency Missing"]);
    story.told();
    mend(&mut story);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    let text = "slack/emergency should have been told by now, and was not";
    assert!(story.incident().timeline.iter().any(|it| it.text == text));
    assert!(story.whys("slack/emergency").last().unwrap().contains("the auditor found"));
    assert_eq!(found(&story), [""; 0]);
    // a step that was to be taken
    story.pass(10 * MINUTE);
    spoil(&mut story, "pagerduty/second", None);
    story.pass(MINUTE);
    assert_eq!(found(&story), ["pagerduty/second Missing"]);
    // once it is somebody's nobody is disturbed for it
    story.acknowledge("ann");
    story.told();
    mend(&mut story);
    assert_eq!(story.told(), [""; 0]);
}

#[test]
fn what_does_not_get_there_is_told_through_another_channel() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    spoil(&mut story, "pagerduty", Some("waiting"));
    assert_eq!(found(&story), [""; 0], "it may still get there");
    story.pass(5 * MINUTE);
    assert_eq!(found(&story).len(), 1);
    story.told();
    mend(&mut story);
    story.pass(1);
    assert_eq!(story.told(), ["pagerduty/second opened"], "the next step, long before its time");
    let mut story = Story::of(one_route(json!({})));
    story.fire("database", MajorOutage);
    story.pass(1);
    spoil(&mut story, "slack/emergency", Some("refused"));
    story.told();
    mend(&mut story);
    let told = story.told();
    assert!(told.contains(&"pagerduty opened".to_owned()), "there is no step: {told:?}");
    let before = told.len();
    mend(&mut story);
    assert_eq!((before, story.told().len()), (5, 0), "once");
}

#[test]
fn who_is_disturbed_or_left_open_is_found() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.acknowledge("ann");
    story.pass(10);
    let mut page = story.notices.iter().find(|it| says(it).0 == Change::Opened).unwrap().clone();
    page.at = story.now;
    let to = page.destination.clone();
    story.transactions.push((vec![], vec![page]));
    assert_eq!(found(&story), [format!("{to} Disturbed")]);
    story.transactions.pop();
    story.mend("database");
    story.pass(1);
    let over = story.incidents.values().next().unwrap().clone();
    let last = story.transactions.len() - 1;
    story.transactions[last].1.retain(|it| it.destination.as_str() != "pagerduty");
    assert_eq!(story.audit(&over), [], "a moment is left for it");
    story.pass(20);
    let findings = story.audit(&over);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].what, What::LeftOpen);
    story.told();
    let decision = story.desk.found(&over, findings, &story.catalog, story.now);
    story.store(decision);
    assert_eq!(story.told(), ["pagerduty resolved"]);
    assert_eq!(story.audit(&over), []);
}
