//! The message that Alertmanager posts, version 4: what reads its webhooks reads ours.

use std::collections::BTreeMap;

use bellwether_core::alert::AlertKey;
use bellwether_core::incident::Incident;
use bellwether_core::notice::Change;
use serde_json::{Value, json};

use crate::notices::{Story, Templates};

/// More alerts of one incident are counted and not listed.
const ALERTS: usize = 100;

/// What stands for the end of an alert that has none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

type Labels = BTreeMap<String, String>;

/// Renders an incident as a group of alerts.
pub(super) fn message(
    change: Change,
    incident: &Incident,
    receiver: &str,
    external_url: &str,
    templates: &Templates,
) -> Value {
    let status = if change == Change::Resolved { "resolved" } else { "firing" };
    let own = own_labels(incident);
    let mut groups: Vec<(Labels, u64)> =
        incident.alerts.iter().map(|it| (labels(it, &own), it.dedup(0))).collect();
    if groups.is_empty() {
        groups.push((own.clone(), 0));
    }
    let story = Story::new(change, incident, external_url);
    let annotations = annotations(incident, &templates.headline(&story), &templates.text(&story));
    let ends_at = incident.resolved_at.map_or_else(|| NO_TIME.to_owned(), |at| at.to_string());
    let alert = |(labels, fingerprint): &(Labels, u64)| {
        json!({
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": incident.fault_at.to_string(),
            "endsAt": ends_at,
            "generatorURL": external_url,
            "fingerprint": format!("{fingerprint:016x}"),
        })
    };
    let alerts: Vec<Value> = groups.iter().take(ALERTS).map(alert).collect();
    json!({
        "version": "4",
        "groupKey": format!("{{}}:{{incident=\"{}\"}}", incident.id),
        "truncatedAlerts": groups.len().saturating_sub(ALERTS),
        "status": status,
        "receiver": receiver,
        "groupLabels": { "incident": incident.id },
        "commonLabels": common(&groups),
        "commonAnnotations": annotations,
        "externalURL": external_url,
        "alerts": alerts,
    })
}

/// Returns the labels that all alerts of an incident have.
fn own_labels(incident: &Incident) -> Labels {
    Labels::from([
        ("incident".to_owned(), incident.id.to_string()),
        ("component".to_owned(), incident.component.to_string()),
        ("severity".to_owned(), incident.severity.as_str().to_owned()),
    ])
}

fn labels(key: &AlertKey, own: &Labels) -> Labels {
    let mut labels: Labels =
        key.labels.iter().map(|(name, value)| (label(name), value.clone())).collect();
    labels.insert("alertname".to_owned(), key.rule.to_string());
    labels.extend(own.clone());
    labels
}

/// Returns a label's name in the letters that Prometheus has always had.
fn label(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

fn common(groups: &[(Labels, u64)]) -> Labels {
    let Some(((first, _), others)) = groups.split_first() else { return Labels::new() };
    let in_all = |(name, value): &(&String, &String)| {
        others.iter().all(|(labels, _)| labels.get(*name) == Some(*value))
    };
    let common = first.iter().filter(in_all);
    common.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn annotations(incident: &Incident, headline: &str, text: &str) -> Labels {
    Labels::from([
        ("summary".to_owned(), headline.to_owned()),
        ("description".to_owned(), text.to_owned()),
        ("revenue_at_risk".to_owned(), incident.impact.revenue_at_risk.to_string()),
        ("customers".to_owned(), incident.impact.customers().join(", ")),
    ])
}
