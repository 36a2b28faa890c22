//! The events of the wire contract, as OTLP log records with an event name.

use opentelemetry::logs::{AnyValue, LogRecord, Severity};

use super::{PERIOD, State};
use crate::semconv::{
    REPORT_INTERVAL, ROUTES, SERVICE_ROUTES, SERVICE_STOPPING, STARTUP_CHECKS_FAILED,
    STARTUP_OUTCOME, TELEMETRY_PROBE, TELEMETRY_PROBE_NONCE,
};

/// Tells the collector something that is no statistic.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// What this instance serves, and how its startup ended.
    Routes(State),
    /// An orderly end is near.
    Stopping,
    /// Asks whether telemetry arrives; the collector is asked for this nonce afterwards.
    Probe(String),
}

impl Event {
    /// Writes the event into an empty log record.
    pub(crate) fn write(&self, record: &mut impl LogRecord) {
        record.set_severity_number(Severity::Info);
        record.set_severity_text(Severity::Info.name());
        match self {
            Self::Routes(state) => {
                let manifest = state.manifest.iter().flat_map(|manifest| manifest.iter());
                let routes: AnyValue = manifest.map(ToString::to_string).collect();
                record.set_event_name(SERVICE_ROUTES);
                record.add_attribute(ROUTES, routes);
                let seconds = i64::try_from(PERIOD.as_secs()).unwrap_or(i64::MAX);
                record.add_attribute(REPORT_INTERVAL, seconds);
                if let Some(startup) = state.startup {
                    let failed = i64::try_from(startup.failed).unwrap_or(i64::MAX);
                    record.add_attribute(STARTUP_OUTCOME, startup.outcome.as_str());
                    record.add_attribute(STARTUP_CHECKS_FAILED, failed);
                }
            }
            Self::Stopping => record.set_event_name(SERVICE_STOPPING),
            Self::Probe(nonce) => {
                record.set_event_name(TELEMETRY_PROBE);
                record.add_attribute(TELEMETRY_PROBE_NONCE, nonce.clone());
            }
        }
    }
}
