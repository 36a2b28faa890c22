//! The example's matrix: who hears of what.

use super::*;
use bellwether_core::incident::IncidentStatus;
use bellwether_core::state::ComponentState::{DegradedPerformance, MajorOutage};

const MINUTE: u64 = 60;

/// Scenario: authentication goes down, and nobody acknowledges.
/// Guarantee: PagerDuty and the emergency channel hear at once, the second key after 10 min, the
/// executives after 30 min; each once.
#[test]
fn matrix_authentication_down_reaches_executives_after_30_minutes() {
    let mut story = Story::example();
    story.fire("auth", MajorOutage);
    story.pass(1);
    let told = story.told();
    // Zebra's deal needs it, so that its owner and its channel hear, too
    assert_eq!(
        told,
        [
            "email/zebra-owner opened",
            "pagerduty opened",
            "slack/emergency opened",
            "slack/zebra opened"
        ]
    );
    let incident = story.incident();
    assert_eq!(incident.severity, Severity::Emergency);
    assert!(incident.impact.everything, "all revenue at risk");
    story.pass(10 * MINUTE - 1);
    assert_eq!(story.told(), [""; 0]);
    story.pass(1);
    assert_eq!(story.told(), ["pagerduty/second opened"]);
    story.pass(20 * MINUTE - 1);
    assert_eq!(story.told(), [""; 0], "nothing changed that anybody has to hear of");
    story.pass(1);
    assert_eq!(story.told(), ["email/executives opened", "email/zebra-owner updated"]);
    assert_eq!(
        story.whys("email/executives"),
        ["told: step 3 of executives, 30m after the opening"]
    );
    story.mend("auth");
    story.pass(1);
    let over = story.told();
    assert_eq!(over.len(), 6, "each that was told hears the end: {over:?}");
    assert!(over.iter().all(|it| it.ends_with(" resolved")), "{over:?}");
}

/// Scenario: the same, acknowledged after 5 min.
/// Guarantee: no step of the escalation is taken any more.
#[test]
fn matrix_an_acknowledgement_stops_the_escalation() {
    let mut story = Story::example();
    story.fire("auth", MajorOutage);
    story.pass(5 * MINUTE);
    story.told();
    story.acknowledge("ann");
    let told = story.told();
    assert_eq!(told.len(), 4, "those who were told hear that it is somebody's: {told:?}");
    assert!(told.iter().all(|it| it.ends_with(" acknowledged")), "{told:?}");
    story.pass(29 * MINUTE);
    let told = story.told();
    // those who answer for a customer are kept informed, whoever works on it
    assert_eq!(told, [""; 0]);
    assert_eq!(story.whys("pagerduty/second"), [""; 0]);
    assert!(story.of_all().contains(&"cancelled: acknowledged by ann".to_owned()));
}

/// Scenario: the admin panel goes down, which is critical and no emergency.
/// Guarantee: Zebra's owner hears directly, with 925,000 GBP at risk; PagerDuty does not page.
#[test]
fn matrix_admin_down_tells_zebras_owner_with_what_is_at_risk() {
    let mut story = Story::example();
    story.fire("admin", MajorOutage);
    story.pass(1);
    let told = story.told();
    assert_eq!(told, ["email/zebra-owner opened", "slack/emergency opened", "slack/zebra opened"]);
    let to_owner = story.notices.iter().find(|it| it.destination.as_str() == "email/zebra-owner");
    let (_, incident) = says(to_owner.unwrap());
    assert_eq!(incident.severity, Severity::Critical);
    assert_eq!(incident.impact.revenue_at_risk.to_string(), "925,000 GBP");
    assert_eq!(
        story.whys("email/zebra-owner"),
        ["told: step 1 of executives, 0s after the opening"]
    );
}

fn database_is_told(story: &mut Story) {
    let incident = story.incident();
    assert_eq!(incident.component.as_str(), "database");
    assert_eq!(incident.severity, Severity::Emergency);
    let affected: Vec<&str> = incident.affected.keys().map(ComponentId::as_str).collect();
    assert_eq!(affected, ["admin", "auth", "database"], "complete service unavailable");
    assert!(incident.affected.values().all(|it| *it == MajorOutage));
    assert!(incident.impact.everything);
    let opportunities: Vec<String> =
        incident.impact.opportunities.iter().map(|it| it.amount.to_string()).collect();
    assert_eq!(opportunities, ["925,000 GBP"], "once, though two of its components are out");
    assert_eq!(incident.suppressed.len(), 2, "auth and admin are not told");
}

/// Scenario: the database goes down, and with it what stands on it.
/// Guarantee: one incident, the database's, with auth and admin suppressed.
#[test]
fn matrix_database_down_is_one_incident() {
    let mut story = Story::example();
    for component in ["database", "auth", "admin"] {
        story.fire(component, MajorOutage);
    }
    story.pass(1);
    database_is_told(&mut story);
    let told = story.told();
    assert_eq!(told.iter().filter(|it| **it == "pagerduty opened").count(), 1, "{told:?}");
    story.pass(9 * MINUTE);
    assert_eq!(story.told(), [""; 0]);
}

/// Scenario: the same, but auth's errors arrive first, and the database's a minute later.
/// Guarantee: still one incident with one key at each provider, with a new text.
#[test]
fn matrix_database_down_after_auths_errors_is_the_same_incident() {
    let mut story = Story::example();
    story.fire("auth", MajorOutage);
    story.pass(MINUTE);
    let first = story.incident().id;
    story.told();
    story.fire("admin", MajorOutage);
    story.fire("database", MajorOutage);
    story.pass(1);
    database_is_told(&mut story);
    assert_eq!(story.incident().id, first);
    let told = story.told();
    assert!(told.contains(&"pagerduty updated".to_owned()), "the new cause is told: {told:?}");
    let subjects: std::collections::BTreeSet<&str> =
        story.notices.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects.len(), 1, "one key at every provider: {subjects:?}");
    story.active.clear();
    story.pass(1);
    assert!(story.told().contains(&"pagerduty resolved".to_owned()));
}

/// Scenario: the database recovers, and auth's errors are in their window for two minutes more; another
/// time they go on.
/// Guarantee: the incident ends with the last of them, and nobody is paged for auth; those that go on
/// are auth's own, and page.
#[test]
fn matrix_what_the_database_left_behind_pages_nobody_unless_it_stays() {
    for stays in [false, true] {
        let mut story = Story::example();
        story.fire("database", MajorOutage);
        story.fire("auth", MajorOutage);
        story.pass(5 * MINUTE);
        let first = story.incident().id;
        story.told();
        story.mend("database");
        story.pass(2 * MINUTE - 1);
        let told = story.told();
        assert!(told.iter().all(|it| it.ends_with(" updated")), "that it is watched: {told:?}");
        assert_eq!(story.incident().status, IncidentStatus::Monitoring);
        if !stays {
            story.mend("auth");
        }
        story.pass(2);
        let told = story.told();
        assert!(told.contains(&"pagerduty resolved".to_owned()), "{told:?}");
        let page = told.contains(&"pagerduty opened".to_owned());
        assert_eq!(page, stays, "{told:?}");
        if stays {
            let own = story.incident();
            assert_ne!((own.component.as_str(), &own.id), ("database", &first));
        }
    }
}

/// Scenario: responses are slow.
/// Guarantee: nobody is paged; the room hears after the time in which more may come together.
#[test]
fn matrix_slow_responses_page_nobody() {
    let mut story = Story::example();
    story.fire("auth", DegradedPerformance);
    story.alert("auth").severity = Severity::Medium;
    story.pass(30);
    assert_eq!(story.told(), [""; 0]);
    story.pass(1);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    assert!(story.whys("slack/emergency")[0].starts_with("waits: more may come together with it"));
}
