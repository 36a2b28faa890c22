use std::time::Duration;

use bellwether_core::act::{Act, Refused};
use bellwether_core::alert::{AlertKey, Data, Flaps, Phase, Suppression};
use bellwether_core::incident::IncidentStatus;
use bellwether_core::notice::Body;
use bellwether_core::reason::Reason;
use bellwether_core::state::{Criticality, Severity};
use bellwether_core::trace::TraceId;

use super::*;

fn catalog() -> Catalog {
    let raw = serde_json::json!({
        "components": {
            "auth": { "criticality": "critical", "depends_on": ["database"], "revenue_per_hour": "1200 GBP" },
            "admin": { "name": "Admin panel", "criticality": "high", "depends_on": ["auth", "database"] },
            "database": { "criticality": "critical" },
        },
        "customers": { "zebra": { "name": "Zebra Associates" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"] },
        },
    });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

/// The policy of a collector that has no channel for people.
fn nobody() -> Arc<Policy> {
    Arc::new(Policy::everybody(vec![]))
}

fn follower(name: &str, newest_only: bool) -> Follower {
    Follower {
        destination: name.into(),
        components: newest_only,
        incidents: true,
        maintenance: false,
        deployments: false,
        newest_only,
        hold_open: Duration::from_secs(60 * u64::from(newest_only)),
        hold_resolve: Duration::from_secs(120 * u64::from(newest_only)),
    }
}

pub(crate) fn alert(rule: &str, component: &str, phase: Phase, state: ComponentState) -> Alert {
    Alert {
        key: AlertKey { rule: rule.into(), labels: BTreeMap::new() },
        epoch: 1,
        component: component.into(),
        phase,
        since: Timestamp::from_secs(1_000),
        streak: 1,
        data: Data::Fresh,
        stale_since: None,
        lost_since: None,
        results: 0,
        flaps: Flaps::default(),
        flapping: false,
        state,
        severity: Severity::default_for(Criticality::High, state),
        fault_at: Some(Timestamp::from_secs(998)),
        fired_at: Some(Timestamp::from_secs(1_000)),
        reasons: vec![Reason::AsExpected],
        values: BTreeMap::new(),
        example: None,
        suppressed_by: None,
    }
}

struct Story {
    desk: Desk,
    catalog: Catalog,
    measured: Measured,
    failing: Failing,
    effective: BTreeMap<ComponentId, ComponentState>,
    now: Timestamp,
}

impl Story {
    fn begin() -> Self {
        let catalog = catalog();
        let effective =
            catalog.components().map(|it| (it.id.clone(), ComponentState::Operational)).collect();
        let followers = vec![follower("statuspage", true), follower("datadog", false)];
        Self {
            desk: Desk::new(&Restored::default(), followers, nobody()),
            catalog,
            measured: Measured::new(),
            failing: Failing::new(),
            effective,
            now: Timestamp::from_secs(1_000),
        }
    }

    /// Decides a second later, with own states taken from the alerts.
    fn decide(&mut self, active: &[Alert]) -> Decision {
        self.now = self.now.plus(Duration::from_secs(1));
        let mut own: BTreeMap<ComponentId, ComponentState> = self
            .catalog
            .components()
            .map(|it| (it.id.clone(), ComponentState::Operational))
            .collect();
        own.extend(active.iter().map(|it| (it.component.clone(), it.state)));
        let effective = self.catalog.effective(&own);
        let transitions: Vec<Transition> = effective
            .iter()
            .filter(|(id, state)| self.effective.get(*id) != Some(state))
            .map(|(id, state)| Transition {
                component: id.clone(),
                at: self.now,
                own_before: ComponentState::Operational,
                own: own[id],
                effective_before: self.effective[id],
                effective: *state,
                reasons: vec![],
            })
            .collect();
        self.effective = effective;
        let standing = Standing {
            catalog: &self.catalog,
            active,
            effective: &self.effective,
            transitions: &transitions,
            impact: &Impact::of(&self.catalog, &self.effective, &self.measured),
            measured: &self.measured,
            failing: &std::mem::take(&mut self.failing),
            running: &Running::new(),
        };
        self.desk.decide(&standing, self.now)
    }
}

fn told(decision: &Decision) -> Vec<String> {
    decision
        .notices
        .iter()
        .map(|it| match &it.body {
            Body::Incident { change, incident, .. } => {
                format!("{} {change} {}", it.destination, incident.component)
            }
            Body::Component { component, state } => {
                format!("{} {component} {state}", it.destination)
            }
            _ => unreachable!("nothing else is told"),
        })
        .collect()
}

#[test]
fn one_incident_from_the_first_alert_to_the_last() {
    use ComponentState::MajorOutage;
    let mut story = Story::begin();
    let firing = alert("admin-routes", "admin", Phase::Firing, MajorOutage);
    let opened = story.decide(std::slice::from_ref(&firing));
    assert_eq!(
        told(&opened),
        ["statuspage opened admin", "datadog opened admin", "statuspage admin major_outage"]
    );
    let incident = &opened.incidents[0];
    assert_eq!(incident.title(), "Admin panel: major outage");
    assert_eq!(incident.impact.revenue_at_risk.to_string(), "925,000 GBP");
    assert_eq!(incident.fault_at, Timestamp::from_secs(998));

    assert_eq!(
        story.decide(std::slice::from_ref(&firing)),
        Decision::default(),
        "no news, no message"
    );

    let joined =
        story.decide(&[firing, alert("admin-startup", "admin", Phase::Firing, MajorOutage)]);
    assert_eq!(told(&joined), ["statuspage updated admin", "datadog updated admin"]);
    assert_eq!(joined.incidents[0].id, incident.id);
    assert_eq!(joined.incidents[0].revision, 2);

    let watching = story.decide(&[alert("admin-routes", "admin", Phase::Recovering, MajorOutage)]);
    assert_eq!(watching.incidents[0].status, IncidentStatus::Monitoring);

    let over = story.decide(&[]);
    assert_eq!(
        told(&over),
        ["statuspage resolved admin", "datadog resolved admin", "statuspage admin operational"]
    );
    assert_eq!(over.incidents[0].status, IncidentStatus::Resolved);
    assert_eq!(over.incidents[0].affected[&ComponentId::new("admin")], ComponentState::Operational);
    assert_eq!(
        over.incidents[0].impact.revenue_at_risk.to_string(),
        "925,000 GBP",
        "told when over"
    );
    assert_eq!(story.desk.open().count(), 0);
}

/// Guarantee: what a person has published goes to those who follow at once, however young the
/// incident is, and stands in the incident; texts that no page takes change nothing.
#[test]
fn what_is_published_is_told_at_once() {
    let mut story = Story::begin();
    let firing = alert("admin-routes", "admin", Phase::Firing, ComponentState::MajorOutage);
    let opened = story.decide(&[firing]);
    assert!(opened.notices[0].not_before > story.now, "the page waits with bad news");
    let publish = |headline: &str, text: Option<String>| Act::Publish {
        incident: opened.incidents[0].id.clone(),
        by: "ann".to_owned(),
        headline: Some(headline.to_owned()),
        text,
    };
    for wrong in
        [publish(" ", None), publish(&"x".repeat(256), None), publish("x", Some(" ".into()))]
    {
        let refused = story.desk.act(wrong, &story.catalog, story.now);
        assert!(matches!(refused, Err(Refused::Wrong(_))), "{refused:?}");
    }
    let act = publish("Trouble", None);
    let (published, _) = story.desk.act(act, &story.catalog, story.now).unwrap();
    assert_eq!(told(&published), ["statuspage updated admin", "datadog updated admin"]);
    assert!(published.notices.iter().all(|it| it.not_before == story.now));
    let incident = &published.incidents[0];
    let words = incident.response.published.as_ref().unwrap();
    assert_eq!((words.headline.as_deref(), words.by.as_str()), (Some("Trouble"), "ann"));
    assert_eq!(incident.timeline.last().unwrap().text, "published for customers by ann");
}

#[test]
fn the_cause_is_told_and_its_victims_are_named() {
    let mut story = Story::begin();
    let opened =
        story.decide(&[alert("db", "database", Phase::Firing, ComponentState::MajorOutage)]);
    assert_eq!(opened.incidents.len(), 1);
    let affected: Vec<&str> =
        opened.incidents[0].affected.keys().map(ComponentId::as_str).collect();
    assert_eq!(affected, ["admin", "auth", "database"]);
    assert_eq!(opened.incidents[0].impact.revenue_at_risk.to_string(), "926,200 GBP");
    let components: Vec<String> =
        told(&opened).into_iter().filter(|it| it.ends_with("major_outage")).collect();
    assert_eq!(components.len(), 3, "the status page shows all three: {components:?}");
}

#[test]
fn news_waits_for_its_hold_and_updates_wait_with_it() {
    let mut story = Story::begin();
    let firing = alert("r", "admin", Phase::Firing, ComponentState::PartialOutage);
    let opened = story.decide(std::slice::from_ref(&firing));
    let hold = |it: &Notice| it.not_before.since(it.at).as_secs();
    assert_eq!(opened.notices.iter().map(hold).collect::<Vec<_>>(), [60, 0, 60]);
    let worse = story.decide(&[alert("r", "admin", Phase::Firing, ComponentState::MajorOutage)]);
    assert_eq!(worse.notices.iter().map(hold).collect::<Vec<_>>(), [59, 0, 60]);
    let over = story.decide(&[]);
    assert_eq!(over.notices.iter().map(hold).collect::<Vec<_>>(), [120, 0, 120]);
}

#[test]
fn a_desk_that_reopens_goes_on_with_the_same_incident() {
    let mut story = Story::begin();
    let firing = alert("r", "admin", Phase::Firing, ComponentState::MajorOutage);
    let opened = story.decide(std::slice::from_ref(&firing));
    let open_incidents = opened.incidents.clone();
    let restored = Restored {
        open_incidents,
        risks: opened.risks.clone(),
        snapshots: opened.snapshots.clone(),
        ..Restored::default()
    };
    story.desk = Desk::new(&restored, vec![follower("datadog", false)], nobody());
    assert_eq!(story.decide(&[firing]), Decision::default());
    let over = story.decide(&[]);
    assert_eq!(over.incidents[0].id, opened.incidents[0].id);
}

#[test]
fn the_next_life_is_another_incident() {
    let mut story = Story::begin();
    let firing = alert("r", "admin", Phase::Firing, ComponentState::MajorOutage);
    let first = story.decide(std::slice::from_ref(&firing)).incidents[0].id.clone();
    story.decide(&[]);
    let second = story.decide(&[Alert { epoch: 2, ..firing }]).incidents[0].id.clone();
    assert_ne!(first, second);
}

#[test]
fn the_first_evidence_that_all_is_well_is_no_news() {
    let mut story = Story::begin();
    story.effective =
        story.effective.keys().map(|it| (it.clone(), ComponentState::Unknown)).collect();
    assert!(story.decide(&[]).notices.is_empty());
}

#[test]
fn an_incident_keeps_the_traces_of_its_first_alerts() {
    let shown = |number: u8| Alert {
        example: TraceId::read(&[number; 16]),
        ..alert(&format!("r{number}"), "admin", Phase::Firing, ComponentState::MajorOutage)
    };
    let traces = |decision: &Decision| -> Vec<TraceId> { decision.incidents[0].traces.clone() };
    let all: Vec<TraceId> = (1..=5).filter_map(|it| TraceId::read(&[it; 16])).collect();
    let mut story = Story::begin();
    assert_eq!(traces(&story.decide(&[shown(1), shown(2)])), all[..2]);
    // another example of the same alert is no news
    let again = Alert { example: TraceId::read(&[9; 16]), ..shown(1) };
    assert!(story.decide(&[again.clone(), shown(2)]).incidents.is_empty());
    assert_eq!(traces(&story.decide(&[again, shown(2), shown(3)])), all[..3]);
    let many: Vec<Alert> = (1..=7).map(shown).collect();
    assert_eq!(traces(&story.decide(&many)), all);
}

/// An alert of something that stands on the database.
fn victim(component: &str) -> Alert {
    let because = Suppression::Dependency { component: "database".into() };
    let firing = alert(component, component, Phase::Firing, ComponentState::MajorOutage);
    Alert { suppressed_by: Some(because), ..firing }
}

#[test]
fn s8_what_is_suppressed_opens_nothing_and_is_counted() {
    let mut story = Story::begin();
    let database = alert("db", "database", Phase::Firing, ComponentState::MajorOutage);
    let opened = story.decide(&[database.clone(), victim("auth"), victim("admin")]);
    assert_eq!(opened.incidents.len(), 1);
    assert_eq!(opened.incidents[0].suppressed.len(), 2);
    let maintained = Alert { suppressed_by: Some(Suppression::Maintenance), ..database };
    assert!(Story::begin().decide(&[maintained]).incidents.is_empty());
}

#[test]
fn s8_an_incident_is_watched_until_what_it_caused_is_good_again() {
    let mut story = Story::begin();
    let database = alert("db", "database", Phase::Firing, ComponentState::MajorOutage);
    let id = story.decide(&[database.clone(), victim("auth")]).incidents[0].id.clone();
    let until = story.now.plus(Duration::from_secs(60));
    let (component, since) = ("database".into(), story.now);
    let after = Some(Suppression::Aftermath { component, since, until });
    let left = Alert { suppressed_by: after, ..victim("auth") };
    let watched = &story.decide(std::slice::from_ref(&left)).incidents[0];
    assert_eq!((&watched.id, watched.status), (&id, IncidentStatus::Monitoring));
    assert!(!watched.causes.is_empty(), "what it was is still said");
    assert_eq!(story.decide(std::slice::from_ref(&left)), Decision::default(), "that is told once");
    let mut other = story.desk.open().map(|it| it.id.clone());
    assert_eq!((other.next(), other.next()), (Some(id.clone()), None));
    drop(other);
    let over = story.decide(&[]);
    assert_eq!((over.incidents.len(), &over.incidents[0].id), (1, &id));
}

#[test]
fn s8_what_outlasts_the_time_after_its_cause_is_an_incident_of_its_own() {
    let mut story = Story::begin();
    let database = alert("db", "database", Phase::Firing, ComponentState::MajorOutage);
    story.decide(&[database, victim("auth")]);
    let own = story.decide(&[Alert { suppressed_by: None, ..victim("auth") }]);
    let datadog: Vec<String> =
        told(&own).into_iter().filter(|it| it.starts_with("datadog")).collect();
    assert_eq!(datadog, ["datadog resolved database", "datadog opened auth"]);
}

#[test]
fn s10_what_still_fires_after_maintenance_is_told_as_new() {
    let mut story = Story::begin();
    let firing = alert("r", "admin", Phase::Firing, ComponentState::MajorOutage);
    let quiet = Alert { suppressed_by: Some(Suppression::Maintenance), ..firing.clone() };
    assert!(story.decide(&[quiet]).incidents.is_empty());
    let told = story.decide(&[firing]);
    assert_eq!(told.incidents[0].opened_at, story.now);
}

#[test]
fn an_incident_whose_cause_shows_later_stays_one_incident() {
    let mut story = Story::begin();
    let outage = |it: &str| alert(it, it, Phase::Firing, ComponentState::MajorOutage);
    let first = story.decide(&[outage("auth")]).incidents[0].id.clone();
    let second = story.decide(&[outage("auth"), outage("admin")]).incidents[0].id.clone();
    let active = [outage("database"), victim("auth"), victim("admin")];
    let found = story.decide(&active);
    let datadog: Vec<String> =
        told(&found).into_iter().filter(|it| it.starts_with("datadog")).collect();
    assert_eq!(datadog, ["datadog updated database", "datadog resolved admin"]);
    let moved = story.desk.open().next().unwrap().clone();
    assert_eq!((&moved.id, moved.component.as_str()), (&first, "database"));
    assert_eq!(moved.status, IncidentStatus::Identified);
    assert_eq!(moved.suppressed.len(), 2);
    assert_eq!(moved.timeline.last().unwrap().text, "the cause is database, not auth");
    let merged = found.incidents.iter().find(|it| it.id == second).unwrap();
    assert!(!merged.is_open());
    assert!(merged.timeline.last().unwrap().text.contains(first.as_str()));
    assert_eq!(story.decide(&active), Decision::default(), "that is told once");
    let over = story.decide(&[]);
    assert_eq!((over.incidents.len(), &over.incidents[0].id), (1, &first));
}

mod money;
