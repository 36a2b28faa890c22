//! The life of an incident: what people do, and what keeps others from being told.

use super::*;
use bellwether_core::incident::{IncidentStatus, Verdict};
use bellwether_core::state::ComponentState::{DegradedPerformance, MajorOutage, PartialOutage};

const MINUTE: u64 = 60;

fn later(now: Timestamp, minutes: u64) -> Timestamp {
    now.plus(Duration::from_secs(60 * minutes))
}

#[test]
fn s11_an_acknowledgement_that_expires_pages_again_through_the_next_target() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    story.acknowledge("ann");
    story.told();
    story.pass(30 * MINUTE - 1);
    let quiet = story.told();
    assert!(quiet.iter().all(|it| it.ends_with("updated")), "{quiet:?}");
    story.pass(1);
    let told = story.told();
    assert!(told.contains(&"pagerduty/second opened".to_owned()), "{told:?}");
    assert!(told.contains(&"slack/emergency reminded".to_owned()), "{told:?}");
    assert!(story.incident().response.acknowledged.is_none());
    assert_eq!(story.incident().response.owner.as_deref(), Some("ann"));
    story.pass(20 * MINUTE);
    assert!(story.told().contains(&"email/executives opened".to_owned()), "as far apart as before");
}

#[test]
fn what_gets_louder_than_what_was_acknowledged_is_told() {
    let mut story = Story::example();
    story.fire("auth", DegradedPerformance);
    story.pass(31);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    story.acknowledge("ann");
    story.told();
    story.fire("auth", MajorOutage);
    story.pass(1);
    let told = story.told();
    assert!(told.contains(&"pagerduty opened".to_owned()), "{told:?}");
    assert!(
        story.whys("slack/emergency").iter().any(|it| it.contains("more than ann acknowledged"))
    );
}

#[test]
fn s8_a_silence_stops_messages_and_nothing_else_and_what_still_fires_is_told_as_new() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    let until = later(story.now, 60);
    story.silence(wish("database", Some(until)));
    assert!(story.of_all().last().unwrap().contains("silenced by ann"), "{:?}", story.of_all());
    story.pass(59 * MINUTE);
    assert_eq!(story.told(), [""; 0], "no step, no reminder, no update");
    assert_eq!(story.incident().status, IncidentStatus::Investigating, "it goes on");
    story.pass(MINUTE);
    let told = story.told();
    assert!(told.contains(&"slack/emergency reminded".to_owned()), "{told:?}");
    assert!(!told.contains(&"pagerduty/second opened".to_owned()), "steps count anew: {told:?}");
    story.pass(10 * MINUTE);
    assert!(story.told().contains(&"pagerduty/second opened".to_owned()));
    assert_eq!(story.desk.silences(story.now).count(), 0, "it is forgotten");
}

#[test]
fn a_silence_until_resolved_ends_with_the_incident_and_the_end_is_told() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    let incident = Some(story.incident().id);
    let wish = Wish { incident, component: None, until: None, ..wish("database", None) };
    story.silence(wish);
    story.pass(2 * 60 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
    story.mend("database");
    story.pass(1);
    assert!(story.told().contains(&"pagerduty resolved".to_owned()), "no resolve is lost");
    assert_eq!(story.desk.silences(story.now).count(), 0);
    // the next one is told
    story.fire("database", MajorOutage);
    story.pass(31);
    assert!(story.told().contains(&"pagerduty opened".to_owned()));
}

#[test]
fn a_silence_that_is_ended_early_is_over() {
    let mut story = Story::example();
    let until = later(story.now, 60);
    let id = story.silence(wish("database", Some(until)));
    story.fire("database", MajorOutage);
    story.pass(MINUTE);
    assert_eq!(story.told(), [""; 0]);
    story.act(Act::Unsilence { id: id.clone(), by: "bob".to_owned() }).unwrap();
    assert!(story.told().contains(&"pagerduty opened".to_owned()), "at once");
    let again = story.act(Act::Unsilence { id, by: "bob".to_owned() });
    assert!(matches!(again, Err(Refused::Unknown(_))), "{again:?}");
}

#[test]
fn s10_maintenance_is_a_silence_and_what_still_fires_at_its_end_is_told_as_new() {
    let mut raw = example();
    let window = json!({ "components": ["database"], "at": "08:10", "lasts": "1h" });
    raw["maintenance"] = json!({ "upgrade": window });
    let mut story = Story::of(raw);
    story.pass(11 * MINUTE);
    assert!(story.desk.maintenance(story.now).contains("database"));
    story.fire("database", MajorOutage);
    story.pass(58 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
    story.pass(2 * MINUTE);
    assert!(story.told().contains(&"pagerduty opened".to_owned()));
}

#[test]
fn s10_maintenance_that_begins_while_an_incident_is_open_stops_its_messages() {
    let mut raw = example();
    let window = json!({ "components": ["database"], "at": "08:10", "lasts": "1h" });
    raw["maintenance"] = json!({ "upgrade": window });
    let mut story = Story::of(raw);
    story.fire("database", MajorOutage);
    story.pass(5 * MINUTE);
    story.told();
    story.pass(MINUTE * 60);
    let told = story.told();
    assert!(!told.iter().any(|it| it.contains("opened") || it.contains("reminded")), "{told:?}");
    assert!(story.of_all().iter().any(|it| it.contains("under maintenance: upgrade")));
}

#[test]
fn s8_routes_are_quiet_outside_their_times_and_told_when_they_come() {
    let raw = json!({
        "routes": [
            { "to": ["slack/emergency"], "active": ["office"] },
            { "to": ["slack/zebra"], "mute": ["morning"] },
        ],
        "time_intervals": {
            "office": { "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "17:00" },
            "morning": { "from": "07:00", "to": "08:30" },
        },
    });
    let mut story = Story::of(raw);
    story.fire("database", MajorOutage);
    story.pass(1);
    assert_eq!(story.told(), [""; 0]);
    assert_eq!(story.whys("slack/emergency"), ["withheld: the route is active in office only"]);
    assert_eq!(story.whys("slack/zebra"), ["withheld: the route is muted in morning"]);
    story.pass(30 * MINUTE);
    assert_eq!(story.told(), ["slack/zebra opened"]);
    story.pass(30 * MINUTE);
    assert_eq!(story.told(), ["slack/emergency opened"]);
}

#[test]
fn what_is_over_before_anybody_had_to_be_told_is_told_to_nobody() {
    let mut story = Story::of(one_route(json!({})));
    story.fire("admin", DegradedPerformance);
    story.pass(20);
    story.mend("admin");
    story.pass(60);
    assert_eq!(story.told(), [""; 0]);
    assert_eq!(story.of_all(), ["cancelled: it was over before anybody had to be told"]);
}

/// Scenario: what fails is good again after 15 s, and fails again after 9 s; then it stays good.
/// Guarantee: that is one incident, which is over once it has been good for as long as it lasted, at most
/// 30 s; one that lasted for a minute is over at once.
#[test]
fn what_has_only_just_begun_is_watched_for_as_long_as_it_lasted() {
    let mut story = Story::of(one_route(json!({})));
    story.fire("database", MajorOutage);
    story.pass(15);
    let first = story.incident().id;
    assert_eq!(story.told(), ["slack/emergency opened"]);
    story.mend("database");
    story.pass(9);
    assert_eq!(story.incident().status, IncidentStatus::Monitoring);
    story.fire("database", MajorOutage);
    story.pass(6);
    assert_eq!(
        (story.incident().id, story.incident().status),
        (first, IncidentStatus::Investigating)
    );
    story.mend("database");
    story.pass(30);
    assert_eq!(story.told(), [""; 0]);
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency resolved"]);
    story.pass(620);
    story.fire("database", MajorOutage);
    story.pass(62);
    story.mend("database");
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency opened", "slack/emergency resolved"]);
}

/// Scenario: what failed for a minute fails again after 9 s, for 15 s, for ten minutes; then it stays away.
/// Guarantee: the first time is told, and its end; then nothing until it stays, which is told after 30 s.
#[test]
fn what_comes_and_goes_is_told_once_it_stays() {
    let mut story = Story::of(one_route(json!({})));
    story.fire("database", MajorOutage);
    story.pass(61);
    story.mend("database");
    story.pass(9);
    for _ in 0..25 {
        story.fire("database", MajorOutage);
        story.pass(15);
        story.mend("database");
        story.pass(9);
    }
    assert_eq!(story.told(), ["slack/emergency opened", "slack/emergency resolved"]);
    story.fire("database", MajorOutage);
    story.pass(30);
    assert_eq!(story.told(), [""; 0]);
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    story.mend("database");
    story.pass(650);
    assert_eq!(story.told(), ["slack/emergency resolved"]);
    story.fire("database", MajorOutage);
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency opened"], "that is another matter");
}

#[test]
fn changes_come_together_and_what_gets_louder_waits_for_nothing() {
    let mut story = Story::of(one_route(json!({})));
    story.fire("auth", DegradedPerformance);
    story.pass(31);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    // another customer of the cause, no louder
    story.fire("admin", DegradedPerformance);
    story.pass(4 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
    assert!(
        story
            .whys("slack/emergency")
            .iter()
            .any(|it| it.starts_with("waits: told something just now"))
    );
    story.pass(MINUTE);
    assert_eq!(story.told(), ["slack/emergency updated"]);
    story.fire("auth", PartialOutage);
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency updated"], "louder");
}

#[test]
fn who_was_told_is_reminded_until_somebody_works_on_it() {
    let mut story = Story::of(one_route(json!({ "repeat_interval": "1h" })));
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    let revision = story.incident().revision;
    story.pass(60 * MINUTE);
    assert_eq!(story.told(), ["slack/emergency reminded"]);
    assert!(story.incident().revision > revision, "a provider forgets what it knows already");
    story.acknowledge("ann");
    story.told();
    story.pass(29 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
}

#[test]
fn flapping_is_one_message() {
    let mut story = Story::of(one_route(json!({ "group_interval": "0s" })));
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    for change in 0..50 {
        let alert = story.alert("database");
        alert.flapping = change > 3;
        story.pass(12);
    }
    assert_eq!(story.told(), ["slack/emergency updated"], "that it flaps");
    assert!(story.incident().timeline.iter().any(|it| it.text.starts_with("it flaps")));
    story.mend("database");
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency resolved"]);
}

#[test]
fn those_who_answer_for_a_customer_hear_at_most_once_in_a_period() {
    let raw = json!({ "routes": [{ "to": ["owner"] }] });
    let mut story = Story::of(raw);
    story.fire("admin", MajorOutage);
    story.pass(1);
    assert_eq!(story.told(), ["email/zebra-owner opened"]);
    let mut times = Vec::new();
    for second in 0..3 * 60 * MINUTE {
        if second % 300 == 0 {
            let state = if second % 600 == 0 { MajorOutage } else { PartialOutage };
            story.alert("admin").state = state;
            story.alert("admin").phase =
                if second % 600 == 0 { Phase::Firing } else { Phase::Recovering };
        }
        story.pass(1);
        if !story.told().is_empty() {
            times.push(second);
        }
    }
    assert!(times[0] < 301, "the first change is told at once: {times:?}");
    assert!(times.windows(2).all(|it| it[1] - it[0] >= 30 * MINUTE), "{times:?}");
    assert!(times.len() >= 5, "and every 30 min: {times:?}");
    story.mend("admin");
    story.pass(1);
    assert_eq!(story.told(), ["email/zebra-owner resolved"], "the last tells the recovery");
}

#[test]
fn an_incident_that_no_route_holds_for_is_told_to_everybody() {
    let mut story =
        Story::of(json!({ "routes": [{ "when": "component == 'admin'", "to": ["slack/zebra"] }] }));
    story.fire("database", MajorOutage);
    story.pass(1);
    let told = story.told();
    // of two destinations with one key the second would page nobody
    assert_eq!(told.len(), crate::policy::tests::channels().len() - 1, "{told:?}");
    assert!(story.whys("pagerduty/copy")[0].contains("pagerduty told the same people already"));
    assert!(story.whys("slack/zebra")[0].contains("no route holds"));
}

#[test]
fn a_collector_that_starts_anew_goes_on_where_it_was() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(5 * MINUTE);
    story.told();
    story.restart();
    story.pass(5 * MINUTE + 1);
    assert_eq!(story.told(), ["pagerduty/second opened"], "on time, and nobody twice");
    story.acknowledge("ann");
    story.told();
    story.restart();
    story.pass(25 * MINUTE);
    let quiet = story.told();
    assert!(!quiet.iter().any(|it| it.contains("executives")), "{quiet:?}");
    let until = later(story.now, 60);
    story.silence(wish("database", Some(until)));
    story.restart();
    story.pass(30 * MINUTE);
    assert_eq!(story.told(), [""; 0], "the silence holds");
    story.mend("database");
    story.pass(1);
    assert!(story.told().contains(&"pagerduty resolved".to_owned()));
}

#[test]
fn a_clock_that_is_set_back_delays_no_step() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(5 * MINUTE);
    story.told();
    story.now = story.now.minus(Duration::from_secs(6 * 3_600));
    story.pass(5 * MINUTE + 2);
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    story.pass(15 * MINUTE);
    story.restart();
    story.pass(5 * MINUTE);
    assert!(story.told().contains(&"email/executives opened".to_owned()), "nor does a restart");
}

#[test]
fn a_person_ends_an_incident_and_its_alerts_open_no_other_one() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(1);
    story.told();
    let incident = story.incident().id;
    let by = "ann".to_owned();
    let verdict = Some(Verdict::False);
    story.act(Act::Resolve { incident, by, verdict }).unwrap();
    assert!(story.told().contains(&"pagerduty resolved".to_owned()));
    story.restart();
    story.pass(MINUTE);
    assert_eq!(story.desk.open().count(), 0);
    // another life of it is another incident
    story.mend("database");
    story.pass(1);
    story.fire("database", MajorOutage);
    story.pass(1);
    assert_eq!(story.incident().response.verdict, None);
}

#[test]
fn notes_and_verdicts_are_kept_and_wrong_acts_change_nothing() {
    let mut story = Story::example();
    story.fire("database", MajorOutage);
    story.pass(1);
    let id = story.incident().id;
    let by = || "ann".to_owned();
    let text = "the disk is full".to_owned();
    story.act(Act::Note { incident: id.clone(), by: by(), text }).unwrap();
    let verdict = Verdict::Real;
    story.act(Act::Judge { incident: id.clone(), by: by(), verdict }).unwrap();
    let to = "bob".to_owned();
    story.act(Act::Assign { incident: id.clone(), by: by(), to }).unwrap();
    story.pass(1);
    let before = story.incident();
    assert_eq!(before.response.owner.as_deref(), Some("bob"));
    assert_eq!((before.response.notes.len(), before.response.verdict), (1, Some(Verdict::Real)));
    let nobody = Act::Note { incident: id.clone(), by: " ".to_owned(), text: "x".to_owned() };
    assert!(matches!(story.act(nobody), Err(Refused::Wrong(_))));
    let long = Act::Note { incident: id, by: by(), text: "x".repeat(5_000) };
    assert!(matches!(story.act(long), Err(Refused::Wrong(_))));
    let no_one = Act::Assign { incident: before.id.clone(), by: by(), to: String::new() };
    assert!(matches!(story.act(no_one), Err(Refused::Wrong(_))));
    let unknown = Act::Acknowledge { incident: "inc-0".into(), by: by(), hold: None };
    assert!(matches!(story.act(unknown), Err(Refused::Unknown(_))));
    let vague = Wish { author: by(), reason: "x".to_owned(), ..Wish::default() };
    assert!(matches!(story.act(Act::Silence(vague)), Err(Refused::Wrong(_))));
    let never = Wish { until: None, ..wish("database", None) };
    assert!(matches!(story.act(Act::Silence(never)), Err(Refused::Wrong(_))));
    let misspelt = Wish {
        when: Some("severty == 'low'".to_owned()),
        ..wish("database", Some(later(story.now, 1)))
    };
    assert!(matches!(story.act(Act::Silence(misspelt)), Err(Refused::Wrong(_))));
    assert_eq!(story.incident(), before);
}

#[test]
fn a_route_that_holds_later_is_told_though_the_step_that_tells_routes_was_taken() {
    let mut story = Story::of(json!({
        "routes": [
            { "when": "severity == \"emergency\"", "to": ["pagerduty"], "escalate": "all" },
            { "to": ["slack/emergency"], "escalate": "all" },
        ],
        "escalation": { "all": [{ "after": "0s", "to": ["route"] }] },
    }));
    story.fire("auth", PartialOutage);
    story.pass(MINUTE);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    story.fire("auth", MajorOutage);
    story.pass(1);
    assert!(story.told().contains(&"pagerduty opened".to_owned()));
}
