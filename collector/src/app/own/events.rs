//! What happened, as log records with an event name.

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::Severity;
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;
use bellwether_otlp::write::Message;
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CURRENCY, BUSINESS_CUSTOMERS_AFFECTED, BUSINESS_REVENUE_AT_RISK,
    COMPONENT_PREVIOUS_STATE, COMPONENT_STATE, COMPONENT_STATE_CHANGED, INCIDENT_ID,
    INCIDENT_OPENED, INCIDENT_RESOLVED, INCIDENT_SEVERITY, INCIDENT_UPDATED, REASON,
};
use bytes::Bytes;

use super::encode::{self, nanos};
use super::metric::Labels;
use super::trace;

/// Severities of log records, as OTLP numbers them.
const INFO: u64 = 9;
const WARN: u64 = 13;
const ERROR: u64 = 17;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) name: &'static str,
    at: Timestamp,
    severity: u64,
    text: String,
    attributes: Labels,
    customers_affected: Option<u64>,
    /// The trace of the incident that it is about.
    trace: Option<trace::TraceId>,
}

impl Event {
    /// Tells that a component changed its state.
    pub(super) fn state_changed(it: &Transition) -> Self {
        let reason = it.reasons.first().map(ToString::to_string).unwrap_or_default();
        let text = format!("{}: {}", it.component, it.effective.as_str().replace('_', " "));
        Self {
            name: COMPONENT_STATE_CHANGED,
            at: it.at,
            severity: if it.effective.is_unwell() { WARN } else { INFO },
            text,
            attributes: vec![
                (BUSINESS_COMPONENT, it.component.to_string()),
                (COMPONENT_STATE, it.effective.as_str().to_owned()),
                (COMPONENT_PREVIOUS_STATE, it.effective_before.as_str().to_owned()),
                (REASON, reason),
            ],
            customers_affected: None,
            trace: None,
        }
    }

    /// Tells what became of an incident.
    pub(super) fn incident(it: &Incident) -> Self {
        let (name, severity) = match it.status {
            IncidentStatus::Resolved => (INCIDENT_RESOLVED, INFO),
            _ if it.severity >= Severity::Critical => (opened_or_updated(it), ERROR),
            _ => (opened_or_updated(it), WARN),
        };
        let mut attributes = vec![
            (INCIDENT_ID, it.id.to_string()),
            (INCIDENT_SEVERITY, it.severity.as_str().to_owned()),
            (BUSINESS_COMPONENT, it.component.to_string()),
        ];
        let impact = &it.impact;
        let mut sums = impact.revenue_at_risk.iter();
        // several currencies are no one amount, unless the catalog says how
        let at_risk = impact.revenue_at_risk_total.or_else(|| {
            let first = sums.next()?;
            sums.next().is_none().then_some(first)
        });
        if let Some(at_risk) = at_risk {
            let amount = at_risk.amount.round_dp(2).normalize().to_string();
            attributes.push((BUSINESS_REVENUE_AT_RISK, amount));
            attributes.push((BUSINESS_CURRENCY, at_risk.currency.to_string()));
        }
        Self {
            name,
            at: it.updated_at,
            severity,
            text: it.title(),
            attributes,
            customers_affected: Some(impact.customers_affected.count),
            trace: Some(trace::of_incident(&it.id)),
        }
    }

    fn write(&self, out: &mut Message) {
        out.fixed64(1, nanos(self.at));
        out.fixed64(11, nanos(self.at));
        out.varint(2, self.severity);
        out.message(5, |body| body.bytes(1, &self.text));
        encode::attributes(out, 6, &self.attributes);
        if let Some(count) = self.customers_affected {
            out.message(6, |pair| {
                pair.bytes(1, BUSINESS_CUSTOMERS_AFFECTED);
                pair.message(2, |it| it.varint(3, count));
            });
        }
        if let Some(trace) = &self.trace {
            out.bytes(9, trace);
            out.bytes(10, trace::root(*trace));
        }
        out.bytes(12, self.name);
    }
}

fn opened_or_updated(it: &Incident) -> &'static str {
    if it.revision <= 1 { INCIDENT_OPENED } else { INCIDENT_UPDATED }
}

/// Writes an `ExportLogsServiceRequest`.
pub(super) fn request<'e>(events: impl Iterator<Item = &'e Event>, resource: &Labels) -> Bytes {
    encode::request(resource, |scope| {
        for event in events {
            scope.message(2, |it| event.write(it));
        }
    })
}
