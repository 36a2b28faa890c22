//! Spans about the collector itself. Everything about one incident is one trace.

use std::hash::{BuildHasher, RandomState};

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::Incident;
use bellwether_core::notice::Body;
use bellwether_core::time::Timestamp;
use bellwether_core::witness::Delivery;
use bellwether_otlp::write::Message;
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, COLLECTOR_RELOAD, DESTINATION, HEALTH_DETECTION, INCIDENT_ID,
    INCIDENT_SEVERITY, NOTICE_DELIVERY,
};
use bytes::Bytes;

use super::encode::{self, nanos};
use super::metric::Labels;

pub(super) type TraceId = [u8; 16];
pub(super) type SpanId = [u8; 8];

/// What kind of work a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Inside the collector.
    Internal = 1,
    /// A call to somebody else.
    Client = 3,
}

/// A piece of work that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    name: &'static str,
    kind: Kind,
    start: Timestamp,
    end: Timestamp,
    attributes: Labels,
    /// Why it failed, if it did.
    error: Option<String>,
    /// The incident that it is about.
    incident: Option<IncidentId>,
}

/// Returns the trace of an incident: the same after a restart, and on every machine.
pub(super) fn of_incident(id: &IncidentId) -> TraceId {
    fnv(id.as_str()).to_be_bytes()
}

/// Returns the root span of a trace.
pub(super) fn root(trace: TraceId) -> SpanId {
    // FNV changes every byte, and never ends at zero for an id that people can read
    let [a, b, c, d, e, f, g, h, ..] = trace;
    [a, b, c, d, e, f, g, h]
}

/// FNV-1a of 128 bits, which the standard library's hashers do not promise to stay.
fn fnv(text: &str) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    text.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

/// Tells how an incident was found: from its first evidence until somebody could be told.
pub(super) fn detection(it: &Incident) -> Span {
    Span {
        name: HEALTH_DETECTION,
        kind: Kind::Internal,
        start: it.fault_at,
        end: it.opened_at,
        attributes: vec![
            (INCIDENT_ID, it.id.to_string()),
            (INCIDENT_SEVERITY, it.severity.as_str().to_owned()),
            (BUSINESS_COMPONENT, it.component.to_string()),
        ],
        error: None,
        incident: Some(it.id.clone()),
    }
}

/// Tells how a message went to its destination.
pub(super) fn delivery(it: Delivery<'_>) -> Span {
    let (component, incident) = match &it.notice.body {
        Body::Incident { incident, .. } => (Some(&incident.component), Some(incident.id.clone())),
        Body::Component { component, .. } => (Some(component), None),
        Body::Maintenance { maintenance, .. } => (maintenance.components.keys().next(), None),
        Body::Deployment { deployment } => (deployment.components.keys().next(), None),
    };
    let mut attributes = vec![(DESTINATION, it.destination.to_string())];
    attributes.extend(component.map(|it| (BUSINESS_COMPONENT, it.to_string())));
    attributes.extend(incident.iter().map(|id| (INCIDENT_ID, id.to_string())));
    Span {
        name: NOTICE_DELIVERY,
        kind: Kind::Client,
        start: it.start,
        end: it.end,
        attributes,
        error: it.error,
        incident,
    }
}

/// Tells that another configuration was gone over to, or refused.
pub(super) fn reload(start: Timestamp, end: Timestamp, error: Option<String>) -> Span {
    Span {
        name: COLLECTOR_RELOAD,
        kind: Kind::Internal,
        start,
        end,
        attributes: Labels::new(),
        error,
        incident: None,
    }
}

fn write(out: &mut Message, span: &Span, random: &RandomState, number: usize) {
    let own = |what: &str| random.hash_one((what, span.start, span.end, number));
    let is_root = span.name == HEALTH_DETECTION;
    let (trace, parent) = match &span.incident {
        Some(incident) => {
            let trace = of_incident(incident);
            (trace, (!is_root).then(|| root(trace)))
        }
        None => {
            let (high, low) = (u128::from(own("high")), u128::from(own("low") | 1));
            ((high << 64 | low).to_be_bytes(), None)
        }
    };
    out.bytes(1, trace);
    out.bytes(2, if is_root { root(trace) } else { (own("span") | 1).to_be_bytes() });
    if let Some(parent) = parent {
        out.bytes(4, parent);
    }
    out.bytes(5, span.name);
    out.varint(6, span.kind as u64);
    out.fixed64(7, nanos(span.start));
    out.fixed64(8, nanos(span.end));
    encode::attributes(out, 9, &span.attributes);
    if let Some(why) = &span.error {
        out.message(15, |status| {
            status.bytes(2, why);
            status.varint(3, 2);
        });
    }
}

/// Writes an `ExportTraceServiceRequest`.
pub(super) fn request<'s>(spans: impl Iterator<Item = &'s Span>, resource: &Labels) -> Bytes {
    let random = RandomState::new();
    encode::request(resource, |scope| {
        for (number, span) in spans.enumerate() {
            scope.message(2, |it| write(it, span, &random, number));
        }
    })
}
