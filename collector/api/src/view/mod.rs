//! What the API shows: plain data, shaped for JSON. Times are RFC 3339 in UTC, amounts of
//! money are decimal text with a currency, absent values are `null`.

mod catalog;
mod component;
mod destination;
mod escalation;
mod impact;
mod incident;
mod notification;
pub(crate) mod past;
mod people;
mod receiver;
mod report;
mod rule;
mod service;
mod time;

pub use catalog::{Catalog, CatalogComponent, CatalogCustomer, CatalogJourney, CatalogOpportunity};
pub use component::{Component, Reason, Transition};
pub use destination::{Destination, Stream, StreamState};
pub use escalation::{Escalation, EscalationState, EscalationStep};
pub(crate) use impact::amounts;
pub use impact::{Amount, Customers, Impact, Opportunity, Rate};
pub use incident::{Entry, Incident};
pub use notification::{Deployment, Notification};
pub use past::{
    ImpactHistory, ImpactStep, ImpactTotals, MonthOfUptime, ScoreHistory, ScoreStep, Series,
    SeriesStep, Uptime, UptimeHistory, UptimeOf,
};
pub use people::{Acknowledgement, Decision, Draft, Note, Publication, Response, Silence};
pub use receiver::Receiver;
pub use report::{
    Report, ReportCustomer, ReportFigures, ReportIncident, ReportPeriod, ReportUptime,
    RuleVerdicts, TimesTo, Took, Verdicts,
};
pub use rule::{Alert, Rule};
pub use service::{AcceptedRemoval, Check, Instance, Service};
pub use time::Time;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How everything stands at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The collector itself.
    pub collector: Collector,
    /// Every component of the catalog, in its order.
    pub components: Vec<Component>,
    /// What is at risk now.
    pub impact: Impact,
    /// How healthy the product is, from 0 to 100, to the hundredth as text; `null` when every
    /// component is under maintenance, or there is none.
    pub health_score: Option<String>,
    /// What people do not want to be told of for a while.
    #[serde(default)]
    pub silences: Vec<Silence>,
    /// Incidents that are not resolved.
    pub incidents: Vec<Incident>,
    /// How escalating them stands; those that no route escalates are not there.
    #[serde(default)]
    pub escalations: Vec<Escalation>,
    /// Services that reported, by name.
    pub services: Vec<Service>,
    /// Where telemetry comes in, by protocol.
    #[serde(default)]
    pub receivers: Vec<Receiver>,
    /// Where telemetry and notices go, as configured.
    pub destinations: Vec<Destination>,
}

/// The collector itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Collector {
    /// Its version.
    pub version: String,
    /// When it started.
    pub started_at: Time,
    /// When the snapshot was made; ages are counted from here.
    pub now: Time,
    /// Whether it takes telemetry, judges it and keeps history.
    pub ready: bool,
    /// Why it is not ready, in plain words, without secrets.
    pub problems: Vec<String>,
    /// What is wrong besides, and keeps nothing from being watched.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Why the newest change could not be stored.
    #[serde(default)]
    pub store_error: Option<String>,
    /// How the heartbeat is; absent when none is sent.
    #[serde(default)]
    pub heartbeat: Option<Heartbeat>,
    /// Where its configuration comes from, and whether it is the one that is there now.
    #[serde(default)]
    pub configuration: Configuration,
}

/// What is told to the dead-man's switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// When the switch last took one.
    pub last_sent: Option<Time>,
    /// Why none is sent: what the collector cannot see.
    pub withheld: Vec<String>,
    /// Why the last one did not arrive.
    pub failing: Option<String>,
}

/// The configuration that is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// The file; absent when the defaults hold.
    pub file: Option<String>,
    /// Since when it is in force.
    pub loaded_at: Option<Time>,
    /// The newer one that is not in force, because it has mistakes.
    pub refused: Option<RefusedConfiguration>,
    /// What was changed and takes a restart, such as `extensions.storage`.
    pub needs_restart: Vec<String>,
}

/// A configuration that has mistakes; the one before it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedConfiguration {
    /// When it was read.
    pub at: Time,
    /// Every mistake, with file, line and column, without secrets.
    pub problems: Vec<String>,
}
