//! A story in the middle: the admin panel's routes vanished, and a deal is in danger.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::alert::{Alert, AlertKey, Data, Flaps, Phase};
use bellwether_core::catalog::Catalog;
use bellwether_core::distinct::Count;
use bellwether_core::facts::{
    CheckOutcome, CheckReport, InstanceRecord, Removal, ServiceRecord, Source, StartupOutcome,
};
use bellwether_core::impact::{FailingShare, Impact, LossRate, OpportunityAtRisk, Traffic};
use bellwether_core::incident::{Entry, Incident, IncidentStatus};
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::settings::HumanDuration;
use bellwether_core::silence::Silence;
use bellwether_core::state::{ComponentState, Criticality, Severity};
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;

use crate::view::{
    Collector, Configuration, Destination, EscalationState, EscalationStep, Heartbeat, Receiver,
    RefusedConfiguration, Service, Snapshot, Stream, StreamState, Time,
};
use crate::{Known, view};

/// 2026-11-23T10:00:00Z.
const START: i64 = 1_795_428_000;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

fn source() -> Source {
    Source { service: "marketedge-api".into(), version: "2.0.0".into(), instance: "i-2".into() }
}

fn route(text: &str) -> Route {
    text.parse().unwrap()
}

pub(crate) fn reason() -> Reason {
    Reason::RoutesGone {
        source: source(),
        version: "1.0.0".into(),
        routes: vec![route("GET /api/v1/admin/users/{id}"), route("GET /api/v1/admin")],
    }
}

fn impact() -> Impact {
    let amount = "925000 GBP".parse().unwrap();
    let mut impact = Impact::default();
    impact.revenue_at_risk.add(amount);
    impact.revenue_at_risk.add("1200.5 EUR".parse().unwrap());
    impact.expected_loss.add("1200.5 EUR".parse().unwrap());
    impact.opportunities.push(OpportunityAtRisk {
        id: "zebra-cinema".into(),
        name: "Zebra cinema analytics".to_owned(),
        customer: "zebra".into(),
        customer_name: "Zebra Associates".to_owned(),
        amount,
        because: vec!["admin".into()],
    });
    impact.rates.push(LossRate {
        component: "auth".into(),
        state: ComponentState::MajorOutage,
        revenue_per_hour: "4802 EUR".parse().unwrap(),
        share: FailingShare::Measured(Traffic { total: 4, failed: 1 }),
    });
    impact.revenue_lost.add("3.3333333 EUR".parse().unwrap());
    impact.customers_affected = Count { count: 12_345, estimated: true };
    impact
}

pub(crate) fn incident(id: &str, opened: i64, status: IncidentStatus) -> Incident {
    Incident {
        id: id.into(),
        revision: 3,
        component: "admin".into(),
        component_name: "Admin panel".to_owned(),
        status,
        worst: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: at(opened - 1),
        opened_at: at(opened),
        updated_at: at(opened + 5),
        resolved_at: (status == IncidentStatus::Resolved).then_some(at(opened + 5)),
        alerts: vec![AlertKey {
            rule: "admin-missing".into(),
            labels: BTreeMap::from([("service.name".to_owned(), "marketedge-api".to_owned())]),
        }],
        suppressed: vec![],
        causes: vec![reason().to_string()],
        traces: vec![trace()],
        affected: BTreeMap::from([("admin".into(), ComponentState::MajorOutage)]),
        impact: impact(),
        customers: Default::default(),
        flapping: false,
        timeline: vec![Entry { at: at(opened), text: "opened".to_owned() }],
        response: Default::default(),
    }
}

pub(crate) fn transition(secs: i64) -> Transition {
    Transition {
        component: "admin".into(),
        at: at(secs),
        own_before: ComponentState::Operational,
        own: ComponentState::MajorOutage,
        effective_before: ComponentState::Operational,
        effective: ComponentState::MajorOutage,
        reasons: vec![reason()],
    }
}

fn component(id: &str, name: &str, effective: ComponentState, why: Reason) -> view::Component {
    view::Component {
        id: id.into(),
        name: name.to_owned(),
        criticality: Criticality::High,
        own: effective,
        effective,
        since: Some(at(60).into()),
        reasons: vec![(&why).into()],
    }
}

fn instances() -> [InstanceRecord; 2] {
    let report = CheckReport {
        outcome: CheckOutcome::Passed,
        component: Some("database".into()),
        message: String::new(),
    };
    let newer = InstanceRecord {
        startup: Some(StartupOutcome::Ready),
        checks: BTreeMap::from([("database".to_owned(), report)]),
        routes: Some(BTreeSet::from([route("GET /api/v1/auth/login")])),
        ..InstanceRecord::new(source(), at(58), at(90))
    };
    let older = Source { version: "1.0.0".into(), instance: "i-1".into(), ..source() };
    let older =
        InstanceRecord { stopped: Some(at(55)), ..InstanceRecord::new(older, at(1), at(55)) };
    [newer, older]
}

fn destinations() -> Vec<Destination> {
    let healthy = Stream { sent: 120, last_sent: Some(at(99).into()), ..Stream::default() };
    let failing = Stream {
        state: StreamState::Retrying,
        since: Some(at(80).into()),
        why: Some("503 Service Unavailable".to_owned()),
        queued: 2,
        queued_items: 200,
        queued_bytes: 4_096,
        accepted: 3,
        refused: 1,
        oldest: Some(at(70).into()),
        dropped: BTreeMap::from([("too_old".to_owned(), 1)]),
        skipped: BTreeMap::from([("not_on_the_page".to_owned(), 4)]),
        ..Stream::default()
    };
    vec![
        Destination {
            name: "datadog".into(),
            kind: "datadog".to_owned(),
            signals: Some(healthy.clone()),
            notices: Some(healthy),
            metrics: None,
        },
        Destination {
            name: "statuspage".into(),
            kind: "statuspage".to_owned(),
            signals: None,
            notices: Some(failing),
            metrics: None,
        },
    ]
}

pub(crate) fn snapshot() -> Snapshot {
    let now = Time::from(at(100));
    let open = incident("inc-open", 60, IncidentStatus::Identified);
    Snapshot {
        health_score: Some("83.33".to_owned()),
        collector: Collector {
            version: "0.1.0".to_owned(),
            started_at: at(0).into(),
            now,
            ready: true,
            problems: vec![],
            warnings: vec![],
            store_error: None,
            heartbeat: Some(Heartbeat { last_sent: Some(at(90).into()), ..Heartbeat::default() }),
            configuration: Configuration {
                file: Some("/etc/bellwether/bellwether.yaml".to_owned()),
                loaded_at: Some(at(50).into()),
                refused: Some(RefusedConfiguration {
                    at: at(90).into(),
                    problems: vec!["bellwether.yaml:3:5: unknown key `exportesr`".to_owned()],
                }),
                needs_restart: vec![],
            },
        },
        components: vec![
            component("auth", "Authentication", ComponentState::Operational, Reason::AsExpected),
            component("admin", "Admin panel", ComponentState::MajorOutage, reason()),
        ],
        impact: (&impact()).into(),
        escalations: vec![escalation()],
        silences: vec![view::Silence::from(&silence())],
        incidents: vec![(&open).into()],
        services: Service::group(&instances(), &[removed()], now),
        receivers: vec![Receiver {
            name: "otlp/grpc".to_owned(),
            address: "127.0.0.1:4317".to_owned(),
            accepted: 3,
            refused: BTreeMap::from([("malformed".to_owned(), 1)]),
        }],
        destinations: destinations(),
    }
}

/// Two steps of which somebody stopped the second.
fn escalation() -> view::Escalation {
    let step = |step, after, to: &str, state| EscalationStep {
        policy: "executives".to_owned(),
        step,
        after: HumanDuration::new(Duration::from_secs(after)),
        to: vec![to.into()],
        state,
        at: None,
        why: None,
    };
    let next = EscalationStep {
        at: Some(at(1_860).into()),
        why: Some("acknowledged by ann".to_owned()),
        ..step(2, 600, "email/executives", EscalationState::Stopped)
    };
    let steps = vec![step(1, 0, "pagerduty", EscalationState::Over), next];
    view::Escalation { id: "inc-open".into(), steps }
}

/// A service one of whose routes is gone on purpose.
fn removed() -> ServiceRecord {
    let mut record = ServiceRecord {
        service: "marketedge-api".into(),
        versions: BTreeMap::new(),
        routes: BTreeMap::new(),
        answered: BTreeMap::from([("GET /api/v1/reports".parse().unwrap(), "1.0.0".into())]),
        accepted: BTreeMap::new(),
    };
    let removal = Removal {
        service: record.service.clone(),
        routes: vec!["/api/v1/reports".parse().unwrap()],
        by: "jane".to_owned(),
        why: "moved to /api/v2/reports".to_owned(),
    };
    record.accept(&removal, at(70)).unwrap();
    record
}

/// What the configuration of the story says.
pub(crate) fn known() -> Known {
    let raw = serde_json::json!({
        "components": {
            "database": {},
            "auth": { "criticality": "critical", "depends_on": ["database"], "revenue_per_hour": "4802 EUR" },
            "admin": { "name": "Admin panel", "owners": ["ann@marketedge.example"], "uses": ["auth"] },
        },
        "customers": { "zebra": { "name": "Zebra Associates" }, "other": {} },
        "opportunities": {
            "zebra-cinema": {
                "name": "Zebra cinema analytics", "customer": "zebra",
                "amount": "925000 GBP", "requires": ["admin"],
            },
        },
    });
    let catalog = Catalog::check(serde_json::from_value(raw).unwrap()).unwrap();
    let rule = view::Rule {
        id: "admin-missing".into(),
        component: "admin".into(),
        kind: "routes".to_owned(),
        enforced: true,
        state: None,
        severity: Some(Severity::Critical),
    };
    Known { catalog, rules: vec![rule] }
}

pub(crate) fn trace() -> TraceId {
    "4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap()
}

/// What a rule found.
pub(crate) fn alert(rule: &str) -> Alert {
    let labels = BTreeMap::from([("http.route".to_owned(), "/reports".to_owned())]);
    Alert {
        key: AlertKey { rule: rule.into(), labels },
        epoch: 7,
        component: "admin".into(),
        phase: Phase::Firing,
        since: at(60),
        streak: 0,
        results: 0,
        flaps: Flaps::default(),
        flapping: false,
        data: Data::Fresh,
        stale_since: None,
        lost_since: None,
        state: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: Some(at(59)),
        fired_at: Some(at(60)),
        reasons: vec![reason()],
        values: BTreeMap::from([("error_ratio".to_owned(), 0.25)]),
        example: Some(trace()),
        suppressed_by: None,
    }
}

pub(crate) fn silence() -> Silence {
    Silence {
        id: "sil-1".to_owned(),
        author: "ann".to_owned(),
        reason: "the move".to_owned(),
        incident: None,
        component: Some("auth".into()),
        when: None,
        from: at(50),
        until: Some(at(7_250)),
    }
}
