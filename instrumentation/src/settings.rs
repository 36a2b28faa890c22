//! What the library itself reads of the `OTEL_*` variables.

use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::trace::Sampler;

use crate::env::Lookup;
use crate::exporters::{Exporters, Protocol};
use crate::init::InitError;
use crate::propagation::Carries;

mod sampler;

/// What the library itself reads of the `OTEL_*` variables; the SDK reads the rest.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) disabled: bool,
    pub(crate) exporters: Exporters,
    pub(crate) signals: Signals,
    pub(crate) sampler: Sampler,
    pub(crate) carries: Carries,
    /// What `OTEL_PROPAGATORS` asks for and is not known here.
    pub(crate) unknown_propagators: Vec<String>,
    pub(crate) temporality: Temporality,
    /// How many spans wait for their export at most.
    pub(crate) span_queue: usize,
    /// How many log records wait for their export at most.
    pub(crate) log_queue: usize,
}

/// Which signals are sent: `OTEL_TRACES_EXPORTER` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signals {
    pub(crate) traces: bool,
    pub(crate) metrics: bool,
    pub(crate) logs: bool,
}

/// The specification's default for `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE`.
const QUEUE: usize = 2048;

impl Settings {
    /// Reads the variables; the error names the one that cannot be used. `share` is the part of the traces that the
    /// program wants recorded where they say nothing of it.
    pub(crate) fn read(env: &Lookup, share: Option<f64>) -> Result<Self, InitError> {
        let get = |name: &str| get(env, name);
        let common = "OTEL_EXPORTER_OTLP_PROTOCOL";
        let protocol = |own: &'static str| {
            let said = [own, common].into_iter().find_map(|name| Some((name, get(name)?)));
            said.map_or(Ok(Protocol::Grpc), |(name, value)| spoken(name, value))
        };
        let exporters = Exporters {
            traces: protocol("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")?,
            metrics: protocol("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL")?,
            logs: protocol("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL")?,
        };
        let preference = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        let temporality = match get(preference) {
            None => Temporality::Delta,
            Some(value) => value.parse().map_err(|()| InitError::Variable {
                name: preference,
                value,
                advice: "use delta, cumulative or lowmemory",
            })?,
        };
        let queue = |name: &'static str| match get(name) {
            None => Ok(QUEUE),
            Some(value) => value.parse().ok().filter(|size| *size > 0).ok_or(InitError::Variable {
                name,
                value,
                advice: "use a number of items above 0",
            }),
        };
        let (carries, unknown_propagators) = Carries::read(get("OTEL_PROPAGATORS").as_deref());
        Ok(Self {
            disabled: get("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            exporters,
            signals: Signals {
                traces: sent(env, "OTEL_TRACES_EXPORTER")?,
                metrics: sent(env, "OTEL_METRICS_EXPORTER")?,
                logs: sent(env, "OTEL_LOGS_EXPORTER")?,
            },
            sampler: sampler::read(env, share)?,
            carries,
            unknown_propagators,
            temporality,
            span_queue: queue("OTEL_BSP_MAX_QUEUE_SIZE")?,
            log_queue: queue("OTEL_BLRP_MAX_QUEUE_SIZE")?,
        })
    }
}

/// Returns a variable that is set to something.
fn get(env: &Lookup, name: &str) -> Option<String> {
    env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Tells whether a signal is sent at all.
fn sent(env: &Lookup, name: &'static str) -> Result<bool, InitError> {
    match get(env, name).as_deref() {
        None | Some("otlp") => Ok(true),
        Some("none") => Ok(false),
        Some(value) => {
            Err(InitError::Variable { name, value: value.to_owned(), advice: "use otlp or none" })
        }
    }
}

/// Returns the protocol that a variable asks for; the error says what this build speaks.
fn spoken(name: &'static str, value: String) -> Result<Protocol, InitError> {
    match value.as_str() {
        "grpc" => Ok(Protocol::Grpc),
        #[cfg(feature = "http-proto")]
        "http/protobuf" => Ok(Protocol::Http),
        #[cfg(not(feature = "http-proto"))]
        "http/protobuf" => {
            let advice = "build bellwether with the feature `http-proto`, or use grpc";
            Err(InitError::Variable { name, value, advice })
        }
        _ => Err(InitError::Variable { name, value, advice: "use grpc or http/protobuf" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    #[test]
    fn metrics_are_delta_unless_asked_otherwise() {
        let read = |pairs| Settings::read(&env::fixed(pairs), None).map(|s| s.temporality);
        let preference = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
        assert_eq!(read(&[]).unwrap(), Temporality::Delta);
        let asked: &[_] = Box::leak(Box::new([(preference, "Cumulative")]));
        assert_eq!(read(asked).unwrap(), Temporality::Cumulative);
        let wrong: &[_] = Box::leak(Box::new([(preference, "gauge")]));
        assert_eq!(
            read(wrong).unwrap_err().to_string(),
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=gauge cannot be used: use delta, cumulative or lowmemory"
        );
    }

    #[test]
    fn a_protocol_that_is_not_spoken_is_refused_and_not_ignored() {
        let read = |pairs| Settings::read(&env::fixed(pairs), None);
        assert!(read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).is_ok());
        let error = read(&[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")]).unwrap_err();
        assert!(error.to_string().contains("use grpc or http/protobuf"), "{error}");
    }

    #[test]
    #[cfg(feature = "http-proto")]
    fn each_signal_may_have_a_protocol_of_its_own() {
        let settings = Settings::read(
            &env::fixed(&[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
                ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
            ]),
            None,
        );
        let exporters = settings.unwrap().exporters;
        assert_eq!(exporters.traces, Protocol::Http);
        assert_eq!(exporters.metrics, Protocol::Http);
        assert_eq!(exporters.logs, Protocol::Grpc);
    }

    #[test]
    fn a_signal_can_be_kept_back() {
        let read = |pairs| Settings::read(&env::fixed(pairs), None).map(|s| s.signals);
        let all = Signals { traces: true, metrics: true, logs: true };
        assert_eq!(read(&[("OTEL_TRACES_EXPORTER", "otlp")]).unwrap(), all);
        let without = read(&[("OTEL_METRICS_EXPORTER", "none")]).unwrap();
        assert_eq!(without, Signals { metrics: false, ..all });
        let other = read(&[("OTEL_LOGS_EXPORTER", "console")]).unwrap_err().to_string();
        assert!(other.contains("use otlp or none"), "{other}");
    }

    #[test]
    fn a_disabled_sdk_is_disabled() {
        let read = |pairs| Settings::read(&env::fixed(pairs), None).unwrap().disabled;
        assert!(!read(&[]));
        assert!(!read(&[("OTEL_SDK_DISABLED", "")]));
        assert!(read(&[("OTEL_SDK_DISABLED", "TRUE")]));
    }
}
