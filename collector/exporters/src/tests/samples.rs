//! One sample of everything: settings of each kind, an incident, notices.

use std::time::Duration;

use bellwether_core::alert::AlertKey;
use bellwether_core::deployment::Deployment;
use bellwether_core::ids::Destination;
use bellwether_core::impact::{Impact, OpportunityAtRisk};
use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::money::{Money, Totals};
use bellwether_core::notice::{Body, Change, Maintenance, Notice};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

/// 2026-11-23T10:02:11Z.
pub(crate) const START: Timestamp = Timestamp::from_secs(1_795_428_131);
/// The secret in every sample, of the shape that PagerDuty's have.
pub(crate) const SECRET: &str = "s3cr3t0123456789abcdefghijklmnop";

/// Returns settings of a kind. A new kind needs a sample, or the suite fails.
pub(crate) fn settings(kind: &str) -> Value {
    match kind {
        "datadog" => {
            json!({ "api": { "key": SECRET, "app_key": "app-key", "site": "datadoghq.eu" } })
        }
        "email" => json!({
            "smtp": { "host": "smtp.example", "username": "alerts", "password": SECRET },
            "from": "Bellwether <alerts@marketedge.example>",
            "to": ["ada@marketedge.example", "Grace <grace@marketedge.example>"],
            "external_url": "https://health.example",
            "timeout": "10s",
        }),
        "newrelic" => json!({ "license_key": SECRET, "account_id": "1234567", "region": "eu" }),
        "otlp" => json!({
            "endpoint": "otlp.example:4317",
            "headers": { "authorization": SECRET },
        }),
        "otlphttp" => json!({
            "endpoint": "https://otlp.example:4318/",
            "headers": { "authorization": SECRET },
            "timeout": "10s",
        }),
        "pagerduty" => json!({
            "routing_key": SECRET,
            "change_events": true,
            "external_url": "https://health.example",
        }),
        "slack" => json!({
            "webhook_url": format!("https://hooks.slack.example/services/T1/B1/{SECRET}"),
            "external_url": "https://health.example",
        }),
        "webhook" => json!({
            "url": "https://hooks.example/alerts?team=ops",
            "signing_key": SECRET,
            "external_url": "https://health.example",
        }),
        "statuspage" => json!({
            "api_key": SECRET,
            "page_id": "p1",
            "components": { "auth": "c1", "admin": "c2", "database": "c3" },
            "timeout": "10s",
        }),
        other => panic!("kind `{other}` has no sample settings here"),
    }
}

pub(crate) fn destination(kind: &str) -> Destination {
    Destination::new(kind)
}

/// Returns the incident of the demo, as it is opened.
pub(crate) fn incident() -> Incident {
    let amount: Money = "925000 GBP".parse().unwrap();
    let mut revenue_at_risk = Totals::default();
    revenue_at_risk.add(amount);
    Incident {
        id: "inc-4f1c".into(),
        revision: 1,
        component: "admin".into(),
        component_name: "Admin panel".to_owned(),
        status: IncidentStatus::Investigating,
        worst: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: START,
        opened_at: START.plus(Duration::from_secs(1)),
        updated_at: START.plus(Duration::from_secs(1)),
        resolved_at: None,
        alerts: vec![AlertKey {
            rule: "routes".into(),
            labels: [("service".to_owned(), "marketedge-api".to_owned())].into(),
        }],
        suppressed: vec![],
        causes: vec![
            "marketedge-api 2.0.0 (i-1) no longer serves GET /api/v1/admin/dashboard".to_owned(),
        ],
        traces: vec!["4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap()],
        affected: [("admin".into(), ComponentState::MajorOutage)].into(),
        impact: Impact {
            revenue_at_risk,
            opportunities: vec![OpportunityAtRisk {
                id: "zebra-cinema".into(),
                name: "Zebra cinema analytics".to_owned(),
                customer: "zebra".into(),
                customer_name: "Zebra Associates".to_owned(),
                amount,
                because: vec!["admin".into()],
            }],
            ..Impact::default()
        },
        customers: Default::default(),
        flapping: false,
        timeline: Vec::new(),
        response: Default::default(),
    }
}

/// Returns the same incident one revision on, after `secs` seconds.
pub(crate) fn later(incident: &Incident, secs: u64) -> Incident {
    let updated_at = START.plus(Duration::from_secs(secs));
    Incident { revision: incident.revision + 1, updated_at, ..incident.clone() }
}

/// Returns the same incident when it is over, after `secs` seconds.
pub(crate) fn resolved(incident: &Incident, secs: u64) -> Incident {
    let mut resolved = later(incident, secs);
    resolved.status = IncidentStatus::Resolved;
    resolved.resolved_at = Some(resolved.updated_at);
    for state in resolved.affected.values_mut() {
        *state = ComponentState::Operational;
    }
    resolved
}

/// Returns a notice about an incident, written when the incident last changed.
pub(crate) fn about(kind: &str, incident: &Incident) -> Notice {
    let change = match (incident.revision, incident.is_open()) {
        (_, false) => Change::Resolved,
        (1, true) => Change::Opened,
        (_, true) => Change::Updated,
    };
    Notice {
        destination: destination(kind),
        subject: Notice::incident_subject(&incident.id),
        newest_only: kind == "statuspage",
        at: incident.updated_at,
        not_before: incident.updated_at,
        body: Body::Incident {
            change,
            incident: Box::new(incident.clone()),
            recipients: Vec::new(),
        },
    }
}

/// Returns a notice about a component's state, written after `secs` seconds.
pub(crate) fn state(kind: &str, component: &str, state: ComponentState, secs: u64) -> Notice {
    let at = START.plus(Duration::from_secs(secs));
    Notice {
        destination: destination(kind),
        subject: Notice::component_subject(&component.into()),
        newest_only: true,
        at,
        not_before: at,
        body: Body::Component { component: component.into(), state },
    }
}

/// Returns a notice that a service runs another version since `secs` seconds after the start.
pub(crate) fn deployment(kind: &str, service: &str, version: &str, secs: u64) -> Notice {
    let at = START.plus(Duration::from_secs(secs));
    let deployment = Deployment {
        service: service.into(),
        version: version.into(),
        before: "1".into(),
        again: false,
        at,
        components: [("admin".into(), "Admin panel".to_owned())].into(),
    };
    Notice {
        destination: destination(kind),
        subject: Notice::deployment_subject(&deployment.service),
        newest_only: false,
        at,
        not_before: at,
        body: Body::Deployment { deployment },
    }
}

/// Returns a notice about work on two components, written after `secs` seconds: it begins in so many
/// seconds from the start on, and lasts an hour.
pub(crate) fn maintenance(change: Change, secs: u64, begins: u64) -> Notice {
    let at = START.plus(Duration::from_secs(secs));
    let from = START.plus(Duration::from_secs(begins));
    let components = [("admin", "Admin panel"), ("vm-17", "Disk of vm-17")];
    let named = components.map(|(id, name)| (id.into(), name.to_owned()));
    let until = from.plus(Duration::from_secs(3_600));
    let id = "upgrade".to_owned();
    Notice {
        destination: destination("statuspage"),
        subject: Notice::maintenance_subject(&id),
        newest_only: true,
        at,
        not_before: at,
        body: Body::Maintenance {
            change,
            maintenance: Maintenance { id, components: named.into(), from, until },
        },
    }
}
