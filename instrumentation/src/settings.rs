//! What the library itself reads of the `OTEL_*` variables.

use opentelemetry_sdk::metrics::Temporality;

use crate::env::Lookup;
use crate::exporters::{Exporters, Protocol};
use crate::init::InitError;

/// What the library itself reads of the `OTEL_*` variables; the SDK reads the rest.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) disabled: bool,
    pub(crate) exporters: Exporters,
    pub(crate) temporality: Temporality,
    /// How many spans wait for their export at most.
    pub(crate) span_queue: usize,
    /// How many log records wait for their export at most.
    pub(crate) log_queue: usize,
}

/// The specification's default for `OTEL_BSP_MAX_QUEUE_SIZE` and `OTEL_BLRP_MAX_QUEUE_SIZE`.
const QUEUE: usize = 2048;

impl Settings {
    /// Reads the variables; the error names the one that cannot be used.
    pub(crate) fn read(env: &Lookup) -> Result<Self, InitError> {
        let get = |name: &str| env(name).filter(|value| !value.is_empty());
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
        Ok(Self {
            disabled: get("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            exporters,
            temporality,
            span_queue: queue("OTEL_BSP_MAX_QUEUE_SIZE")?,
            log_queue: queue("OTEL_BLRP_MAX_QUEUE_SIZE")?,
        })
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
        let read = |pairs| Settings::read(&env::fixed(pairs)).map(|s| s.temporality);
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
        let read = |pairs| Settings::read(&env::fixed(pairs));
        assert!(read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).is_ok());
        let error = read(&[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")]).unwrap_err();
        assert!(error.to_string().contains("use grpc or http/protobuf"), "{error}");
    }

    #[test]
    #[cfg(feature = "http-proto")]
    fn each_signal_may_have_a_protocol_of_its_own() {
        let settings = Settings::read(&env::fixed(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ]));
        let exporters = settings.unwrap().exporters;
        assert_eq!(exporters.traces, Protocol::Http);
        assert_eq!(exporters.metrics, Protocol::Http);
        assert_eq!(exporters.logs, Protocol::Grpc);
    }

    #[test]
    fn a_disabled_sdk_is_disabled() {
        let read = |pairs| Settings::read(&env::fixed(pairs)).unwrap().disabled;
        assert!(!read(&[]));
        assert!(!read(&[("OTEL_SDK_DISABLED", "")]));
        assert!(read(&[("OTEL_SDK_DISABLED", "TRUE")]));
    }
}
