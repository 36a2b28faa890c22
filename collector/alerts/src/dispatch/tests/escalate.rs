//! Escalating by hand, and what is still to come.

use super::*;
use crate::Stands;
use bellwether_core::state::ComponentState::MajorOutage;

const MINUTE: u64 = 60;

fn escalate(story: &mut Story, step: Option<usize>) -> Result<Done, Refused> {
    let incident = story.incident().id;
    let (by, reason) = ("ann".to_owned(), "I cannot get in".to_owned());
    story.act(Act::Escalate { incident, by, reason, policy: None, step })
}

fn refused(story: &mut Story, step: Option<usize>) -> String {
    escalate(story, step).unwrap_err().to_string()
}

/// Returns how the steps of the only open incident stand, times in seconds from `since`.
fn steps(story: &Story, since: Timestamp) -> Vec<String> {
    let all = story.desk.escalations(&story.catalog, story.now);
    assert!(all.len() <= 1, "{all:#?}");
    let at = |at: Timestamp| at.since(since).as_secs();
    let stands = |it: &Stands| match it {
        Stands::Over => "over".to_owned(),
        Stands::Due(due) => format!("in {} s", at(*due)),
        Stands::Stopped { why, at: None } => format!("stopped, {why}"),
        Stands::Stopped { why, at: Some(until) } => format!("stopped, {why}, {} s", at(*until)),
    };
    let steps = all.into_iter().flat_map(|it| it.steps);
    steps.map(|it| format!("{} {}: {}", it.policy, it.step, stands(&it.stands))).collect()
}

#[test]
fn a_step_is_taken_now_and_later_ones_keep_their_distance() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.told();
    let done = escalate(&mut story, None).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    let Done::Incident(incident) = done else { unreachable!("it was about an incident") };
    let said = &incident.timeline.last().unwrap().text;
    assert_eq!(said, "escalated to step 2 of executives by ann: I cannot get in");
    let why = story.whys("pagerduty/second");
    assert_eq!(why, ["told: escalated to step 2 of executives by ann: I cannot get in"]);
    story.pass(10 * MINUTE);
    assert_eq!(story.told(), [""; 0], "it is not taken once more");
    story.restart();
    story.pass(10 * MINUTE);
    assert_eq!(story.told(), ["email/executives opened"], "20 min after the step before it");
}

#[test]
fn a_step_that_is_chosen_leaves_out_those_before_it_and_the_auditor_misses_nobody() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.told();
    escalate(&mut story, Some(3)).unwrap();
    assert_eq!(story.told(), ["email/executives opened"]);
    story.pass(60 * MINUTE);
    let told = story.told();
    assert!(told.iter().all(|it| it.ends_with("updated")), "{told:?}");
    assert_eq!(story.audit(&story.incident()), []);
    // one that was left out can be taken all the same, and one that was taken once more
    escalate(&mut story, Some(2)).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    escalate(&mut story, Some(3)).unwrap();
    assert_eq!(story.told(), ["email/executives reminded"]);
}

/// A machine that slept has steps whose time passed meanwhile.
#[test]
fn steps_after_one_that_was_taken_late_follow_it_and_the_auditor_waits_for_them() {
    let mut story = Story::of(json!({
        "routes": [{ "to": ["pagerduty"], "escalate": "three" }],
        "escalation": { "three": [
            { "after": "0s", "to": ["route"] },
            { "after": "1m", "to": ["pagerduty/second"] },
            { "after": "5m", "to": ["slack/emergency"] },
        ] },
    }));
    story.fire("database", MajorOutage);
    story.pass(1);
    story.now = story.now.plus(Duration::from_secs(6 * MINUTE));
    escalate(&mut story, None).unwrap();
    story.told();
    for second in 0..5 * MINUTE {
        story.pass(1);
        assert_eq!(story.audit(&story.incident()), [], "second {second}");
    }
    assert_eq!(story.told(), ["slack/emergency opened"], "4 min after the step before it");
}

#[test]
fn whoever_escalates_says_that_nobody_has_it_in_hand() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.acknowledge("bob");
    story.pass(20 * MINUTE);
    story.told();
    escalate(&mut story, None).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    assert!(story.incident().response.acknowledged.is_none());
    let said = story.incident().timeline.last().unwrap().text.clone();
    assert_eq!(said, "the acknowledgement of bob is over");
    story.pass(20 * MINUTE - 1);
    assert!(!story.told().contains(&"email/executives opened".to_owned()));
    story.pass(1);
    assert!(story.told().contains(&"email/executives opened".to_owned()));
    assert_eq!(story.audit(&story.incident()), []);
}

#[test]
fn what_is_silenced_is_told_to_whom_it_is_escalated_and_nobody_else() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.silence(wish("database", Some(story.now.plus(Duration::from_secs(7_200)))));
    story.told();
    escalate(&mut story, None).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    story.pass(60 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
}

#[test]
fn what_cannot_be_escalated_says_why_and_changes_nothing() {
    let mut story = Story::of(json!({ "routes": [{ "to": ["slack/emergency"] }] }));
    story.fire("database", MajorOutage);
    story.pass(1);
    assert!(refused(&mut story, None).contains("no route that holds for it escalates"));
    assert_eq!(steps(&story, story.now), [""; 0]);

    let mut raw = example();
    raw["escalation"]["executives"][1]["to"] = json!(["pagerduty/second", "pagerduty/copy"]);
    let mut story = Story::of(raw);
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    let before = story.incident();
    assert_eq!(refused(&mut story, Some(4)), "executives has steps 1 to 3");
    assert_eq!(refused(&mut story, Some(0)), "executives has steps 1 to 3");
    let incident = before.id.clone();
    let act = |policy: &str, reason: &str| Act::Escalate {
        incident: incident.clone(),
        by: "ann".to_owned(),
        reason: reason.to_owned(),
        policy: Some(policy.to_owned()),
        step: None,
    };
    let refused = |it: Result<Done, Refused>| it.unwrap_err().to_string();
    let other = refused(story.act(act("managers", "why")));
    assert_eq!(other, "it is not escalated by `managers`, but by executives");
    assert!(refused(story.act(act("executives", " "))).contains("has a reason"));
    assert_eq!(story.incident(), before);
    // the third key of PagerDuty is the first one, which paged
    escalate(&mut story, None).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    assert_eq!(story.whys("pagerduty/copy"), ["withheld: pagerduty told the same people already"]);
    let deaf = self::refused(&mut story, Some(2));
    assert_eq!(
        deaf,
        "step 2 of executives reaches nobody: pagerduty/second pages once for an incident, and did"
    );
    escalate(&mut story, None).unwrap();
    assert!(self::refused(&mut story, None).starts_with("every step was taken"));
}

#[test]
fn of_several_policies_the_one_whose_step_comes_first_goes_on() {
    let mut raw = example();
    raw["routes"][2] = json!({ "to": ["slack/emergency"], "escalate": "managers" });
    raw["escalation"]["managers"] = json!([{ "after": "5m", "to": ["slack/zebra"] }]);
    let mut story = Story::of(raw);
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.told();
    let by = refused(&mut story, Some(1));
    assert_eq!(by, "it is escalated by executives, managers: say by which of them");
    escalate(&mut story, None).unwrap();
    assert!(story.told().contains(&"slack/zebra reminded".to_owned()));
    escalate(&mut story, None).unwrap();
    assert_eq!(story.told(), ["pagerduty/second opened"]);
}

#[test]
fn it_is_told_what_is_to_come_and_what_stopped_it() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(1);
    let opened = story.now;
    assert_eq!(
        steps(&story, opened),
        ["executives 1: over", "executives 2: in 600 s", "executives 3: in 1800 s"]
    );
    let first = &story.desk.escalations(&story.catalog, story.now)[0].steps;
    let to = |at: usize| {
        let to = first[at].to.iter().map(|it| it.destination.as_str());
        to.collect::<Vec<_>>()
    };
    assert_eq!(to(1), ["pagerduty/second"]);
    assert!(to(0).contains(&"pagerduty") && to(0).contains(&"slack/zebra"), "{:?}", to(0));
    story.pass(10 * MINUTE);
    assert_eq!(steps(&story, opened)[1..], ["executives 2: over", "executives 3: in 1800 s"]);
    story.acknowledge("bob");
    let stopped = format!("executives 3: stopped, acknowledged by bob, {} s", 40 * MINUTE);
    assert_eq!(steps(&story, opened)[2], stopped, "when it expires");
    story.pass(30 * MINUTE);
    assert_eq!(steps(&story, opened)[2], "executives 3: over");
    story.mend("database");
    story.pass(1);
    assert_eq!(steps(&story, opened), [""; 0]);
}

#[test]
fn what_is_silenced_or_muted_has_no_time() {
    let mut raw = example();
    raw["time_intervals"] = json!({ "night": { "from": "07:00", "to": "08:30" } });
    raw["routes"][0]["mute"] = json!(["night"]);
    raw["routes"][1]["mute"] = json!(["night"]);
    let mut story = Story::of(raw);
    story.fire("database", MajorOutage);
    story.pass(1);
    assert_eq!(steps(&story, story.now)[0], "executives 1: stopped, the route is muted in night");
    story.silence(wish("database", Some(story.now.plus(Duration::from_secs(7_200)))));
    let silenced = steps(&story, story.now)[0].clone();
    assert!(silenced.starts_with("executives 1: stopped, silenced by ann"), "{silenced}");
}
