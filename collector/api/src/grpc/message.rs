//! The messages of `proto/bellwether/health/v1/health.proto` and of `grpc.health.v1`. They are few
//! enough to be written by hand; a test holds them against the file, and clients that were
//! generated from it against a collector.

use bellwether_core::state::ComponentState;

use crate::view;
use crate::view::{Snapshot, Time};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Nothing {}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Status {
    #[prost(fixed64, tag = "1")]
    pub(super) now_unix_nano: u64,
    #[prost(bool, tag = "2")]
    ready: bool,
    #[prost(string, repeated, tag = "3")]
    problems: Vec<String>,
    #[prost(string, tag = "4")]
    health_score: String,
    #[prost(message, repeated, tag = "5")]
    revenue_at_risk: Vec<Amount>,
    #[prost(message, repeated, tag = "6")]
    components: Vec<Component>,
    #[prost(message, repeated, tag = "7")]
    incidents: Vec<Incident>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Amount {
    #[prost(string, tag = "1")]
    amount: String,
    #[prost(string, tag = "2")]
    currency: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Component {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    criticality: String,
    #[prost(string, tag = "4")]
    own: String,
    #[prost(string, tag = "5")]
    effective: String,
    #[prost(fixed64, tag = "6")]
    since_unix_nano: u64,
    #[prost(string, repeated, tag = "7")]
    reasons: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Incident {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    title: String,
    #[prost(string, tag = "3")]
    component: String,
    #[prost(string, tag = "4")]
    severity: String,
    #[prost(string, tag = "5")]
    status: String,
    #[prost(fixed64, tag = "6")]
    opened_at_unix_nano: u64,
    #[prost(uint64, tag = "7")]
    revision: u64,
    #[prost(message, repeated, tag = "8")]
    revenue_at_risk: Vec<Amount>,
    #[prost(string, repeated, tag = "9")]
    causes: Vec<String>,
}

fn nanos(at: Time) -> u64 {
    u64::try_from(at.get().nanos()).unwrap_or_default()
}

fn amounts(of: &[view::Amount]) -> Vec<Amount> {
    let amount =
        |it: &view::Amount| Amount { amount: it.amount.clone(), currency: it.currency.to_string() };
    of.iter().map(amount).collect()
}

impl Status {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let component = |it: &view::Component| Component {
            id: it.id.to_string(),
            name: it.name.clone(),
            criticality: it.criticality.to_string(),
            own: it.own.to_string(),
            effective: it.effective.to_string(),
            since_unix_nano: it.since.map_or(0, nanos),
            reasons: it.reasons.iter().map(|it| it.text.clone()).collect(),
        };
        let incident = |it: &view::Incident| Incident {
            id: it.id.to_string(),
            title: it.title.clone(),
            component: it.component.to_string(),
            severity: it.severity.to_string(),
            status: it.status.to_string(),
            opened_at_unix_nano: nanos(it.opened_at),
            revision: it.revision,
            revenue_at_risk: amounts(&it.impact.revenue_at_risk),
            causes: it.causes.clone(),
        };
        Self {
            now_unix_nano: nanos(snapshot.collector.now),
            ready: snapshot.collector.ready,
            problems: snapshot.collector.problems.clone(),
            health_score: snapshot.health_score.clone().unwrap_or_default(),
            revenue_at_risk: amounts(&snapshot.impact.revenue_at_risk),
            components: snapshot.components.iter().map(component).collect(),
            incidents: snapshot.incidents.iter().map(incident).collect(),
        }
    }

    /// Says whether nothing but the time differs.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let timeless = |it: &Self| Self { now_unix_nano: 0, ..it.clone() };
        timeless(self) == timeless(other)
    }
}

/// `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Asked {
    /// Empty for the collector, else the id of a component.
    #[prost(string, tag = "1")]
    pub(super) service: String,
}

/// `grpc.health.v1.HealthCheckResponse`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct Answered {
    #[prost(enumeration = "Health", tag = "1")]
    pub(super) status: i32,
}

/// `grpc.health.v1.HealthCheckResponse.ServingStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Health {
    Unknown = 0,
    Serving = 1,
    NotServing = 2,
    ServiceUnknown = 3,
}

impl Health {
    /// Says how the collector is, or a component: one that is out in part, or of which nothing is
    /// known, is not asked to serve.
    pub(super) fn of(snapshot: &Snapshot, service: &str) -> Self {
        let serves = |it| if it { Self::Serving } else { Self::NotServing };
        if service.is_empty() {
            return serves(snapshot.collector.ready);
        }
        let found = snapshot.components.iter().find(|it| it.id.as_str() == service);
        match found.map(|it| it.effective) {
            None => Self::ServiceUnknown,
            Some(ComponentState::Unknown) => Self::Unknown,
            Some(state) => serves(state < ComponentState::PartialOutage),
        }
    }
}
