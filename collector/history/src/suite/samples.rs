//! Records with something in every field.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::alert::{Alert, AlertKey, AlertLife, Data, Flaps, Phase, Suppression};
use bellwether_core::facts::{
    Acceptance, CheckOutcome, CheckReport, Exports, InstanceRecord, KnownRoute, ServiceRecord,
    Source, StartupOutcome,
};
use bellwether_core::impact::{Impact, Loss, OpportunityAtRisk, RiskSpan};
use bellwether_core::incident::{Entry, Incident, IncidentStatus};
use bellwether_core::notice::{Body, Notice};
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::{Commit, ComponentStatus, Observation, Snapshot, Transition};
use bellwether_core::time::Timestamp;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn route(text: &str) -> Route {
    text.parse().unwrap()
}

pub(crate) fn source(instance: &str) -> Source {
    Source { service: "marketedge-api".into(), version: "2.0.0".into(), instance: instance.into() }
}

pub(crate) fn instance(id: &str, seen: i64, stopped: Option<i64>) -> InstanceRecord {
    let report = CheckReport {
        outcome: CheckOutcome::TimedOut,
        component: Some("database".into()),
        message: "no answer within 8 s — 'quoted' \"text\" \u{0}".to_owned(),
    };
    InstanceRecord {
        source: source(id),
        first_seen: at(seen - 1),
        last_seen: at(seen),
        startup: Some(StartupOutcome::Degraded),
        checks: BTreeMap::from([("database".to_owned(), report)]),
        routes: Some(BTreeSet::from([route("GET /api/v1/admin/users/{id}"), route("GET /")])),
        stopped: stopped.map(at),
        period: Some(std::time::Duration::from_secs(15)),
        monitors: BTreeMap::new(),
        startup_at: Some(at(seen)),
        exports: Some(Exports { last: at(seen), period: Some(std::time::Duration::from_secs(60)) }),
        crashes: vec![at(seen - 100)],
    }
}

pub(crate) fn service(name: &str, version: &str) -> ServiceRecord {
    let known = KnownRoute { introduced_by: "1.0.0".into(), served_by: version.into() };
    ServiceRecord {
        service: name.into(),
        versions: BTreeMap::from([(version.into(), at(5))]),
        routes: BTreeMap::from([(route("GET /api/v1/admin"), known)]),
        answered: BTreeMap::from([(route("GET /api/v1/reports/{id}"), "1.0.0".into())]),
        accepted: BTreeMap::from([(
            route("GET /api/v1/reports/{id}"),
            Acceptance { at: at(90), by: "jane".to_owned(), why: "moved to /v2".to_owned() },
        )]),
    }
}

pub(crate) fn alert(rule: &str, label: &str, epoch: u64) -> Alert {
    Alert {
        key: AlertKey {
            rule: rule.into(),
            labels: BTreeMap::from([("service.name".to_owned(), label.to_owned())]),
        },
        epoch,
        component: "admin".into(),
        phase: Phase::Firing,
        since: at(10),
        streak: 3,
        data: Data::Fresh,
        stale_since: Some(at(11)),
        lost_since: None,
        results: 5,
        flaps: Flaps { results: 3, slot: 7 },
        flapping: true,
        state: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: Some(at(9)),
        reasons: vec![Reason::RoutesGone {
            source: source("i-1"),
            version: "1.0.0".into(),
            routes: vec![route("GET /api/v1/admin")],
        }],
        fired_at: Some(at(10)),
        values: BTreeMap::from([("error_ratio".to_owned(), 0.25)]),
        example: None,
        suppressed_by: Some(Suppression::Dependency { component: "database".into() }),
    }
}

pub(crate) fn life(rule: &str, epoch: u64, fired: i64, resolved: Option<i64>) -> AlertLife {
    let Alert { key, component, state, severity, fault_at, reasons, .. } =
        alert(rule, "marketedge-api", epoch);
    AlertLife {
        key,
        epoch,
        component,
        state,
        severity,
        fault_at,
        fired_at: at(fired),
        resolved_at: resolved.map(at),
        reasons,
        enforced: true,
    }
}

pub(crate) fn loss(incident: &str, from: i64, until: i64) -> Loss {
    Loss {
        incident: incident.into(),
        component: "auth".into(),
        from: at(from),
        until: at(until),
        revenue_per_hour: "1200 GBP".parse().unwrap(),
        lost: "3.3333333333333333333333333333 GBP".parse().unwrap(),
    }
}

pub(crate) fn risk(opportunity: &str, from: i64, until: Option<i64>) -> RiskSpan {
    RiskSpan {
        opportunity: opportunity.into(),
        name: "Zebra cinema analytics".to_owned(),
        customer: "zebra".into(),
        amount: "925000 GBP".parse().unwrap(),
        from: at(from),
        until: until.map(at),
        incidents: BTreeSet::from(["inc-1".into()]),
    }
}

pub(crate) fn snapshot(name: &str, taken: i64, body: &[u8]) -> Snapshot {
    Snapshot { name: name.to_owned(), at: at(taken), body: Some(body.to_vec().into()) }
}

pub(crate) fn component(id: &str, own: ComponentState) -> ComponentStatus {
    ComponentStatus { component: id.into(), own, effective: own, since: at(10) }
}

pub(crate) fn transition(id: &str, when: i64) -> Transition {
    Transition {
        component: id.into(),
        at: at(when),
        own_before: ComponentState::Operational,
        own: ComponentState::MajorOutage,
        effective_before: ComponentState::Unknown,
        effective: ComponentState::MajorOutage,
        reasons: vec![Reason::AsExpected],
    }
}

pub(crate) fn incident(id: &str, opened: i64, status: IncidentStatus) -> Incident {
    let amount = "925000.50 GBP".parse().unwrap();
    let mut impact = Impact::default();
    impact.revenue_at_risk.add(amount);
    impact.opportunities.push(OpportunityAtRisk {
        id: "zebra-cinema".into(),
        name: "Zebra cinema analytics".to_owned(),
        customer: "zebra".into(),
        customer_name: "Zebra Associates".to_owned(),
        amount,
        because: vec!["admin".into()],
    });
    Incident {
        id: id.into(),
        revision: u64::MAX,
        component: "admin".into(),
        component_name: "Admin panel".to_owned(),
        status,
        worst: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: at(opened - 2),
        opened_at: at(opened),
        updated_at: at(opened + 1),
        resolved_at: (status == IncidentStatus::Resolved).then_some(at(opened + 1)),
        alerts: vec![alert("admin-missing", "marketedge-api", 1).key],
        suppressed: vec![],
        causes: vec!["2 routes are gone".to_owned()],
        traces: Vec::new(),
        affected: BTreeMap::from([("admin".into(), ComponentState::MajorOutage)]),
        impact,
        customers: Default::default(),
        flapping: false,
        timeline: vec![Entry { at: at(opened), text: "opened".to_owned() }],
        response: Default::default(),
    }
}

pub(crate) fn ruling(incident: &str, when: i64) -> Ruling {
    Ruling {
        incident: incident.into(),
        at: at(when),
        destination: Some("pagerduty".into()),
        recipient: None,
        outcome: Outcome::Told,
        why: Why::Route { route: 0 },
    }
}

/// A notice about a component that was written at `when` and may leave `hold` seconds later.
pub(crate) fn notice(
    destination: &str,
    component: &str,
    state: ComponentState,
    when: i64,
    hold: i64,
) -> Notice {
    Notice {
        destination: destination.into(),
        subject: Notice::component_subject(&component.into()),
        newest_only: false,
        at: at(when),
        not_before: at(when + hold),
        body: Body::Component { component: component.into(), state },
    }
}

/// The same, taking the place of what waits.
pub(crate) fn newest(
    destination: &str,
    component: &str,
    state: ComponentState,
    when: i64,
    hold: i64,
) -> Notice {
    Notice { newest_only: true, ..notice(destination, component, state, when, hold) }
}

/// A commit of nothing but notices.
pub(crate) fn owes(notices: impl Into<Vec<Notice>>) -> Commit {
    Commit { notices: notices.into(), ..Commit::default() }
}

/// A commit with one record of each kind.
pub(crate) fn everything() -> Commit {
    Commit {
        instances: vec![instance("i-1", 10, None)],
        services: vec![service("marketedge-api", "2.0.0")],
        alerts: vec![alert("admin-missing", "marketedge-api", 7)],
        forgotten: vec![alert("gone", "marketedge-api", 1).key],
        lives: vec![life("admin-missing", 7, 10, None)],
        components: vec![component("admin", ComponentState::MajorOutage)],
        transitions: vec![transition("admin", 10)],
        incidents: vec![incident("inc-1", 10, IncidentStatus::Identified)],
        losses: vec![loss("inc-1", 10, 20)],
        risks: vec![risk("zebra-cinema", 10, None)],
        snapshots: vec![snapshot("account:inc-1", 10, b"\0\xff")],
        rulings: vec![ruling("inc-1", 10)],
        withdrawals: vec![],
        notices: vec![notice("datadog", "admin", ComponentState::MajorOutage, 10, 0)],
        observations: vec![Observation {
            series: "monitor:api:login".to_owned(),
            at: at(10),
            value: 0.25,
            failed: true,
        }],
    }
}
