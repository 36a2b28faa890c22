//! What the library itself reads of the `OTEL_*` variables.

use opentelemetry_sdk::metrics::Temporality;

use crate::env::Lookup;
use crate::init::InitError;

/// What the library itself reads of the `OTEL_*` variables; the SDK reads the rest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) disabled: bool,
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
        for name in [
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
        ] {
            if let Some(value) = get(name).filter(|value| value != "grpc") {
                let advice = "this version speaks `grpc`; unset it or set it to grpc";
                return Err(InitError::Variable { name, value, advice });
            }
        }
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
            temporality,
            span_queue: queue("OTEL_BSP_MAX_QUEUE_SIZE")?,
            log_queue: queue("OTEL_BLRP_MAX_QUEUE_SIZE")?,
        })
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
        let error = read(&[("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")]).unwrap_err();
        assert!(error.to_string().contains("this version speaks `grpc`"), "{error}");
    }

    #[test]
    fn a_disabled_sdk_is_disabled() {
        let read = |pairs| Settings::read(&env::fixed(pairs)).unwrap().disabled;
        assert!(!read(&[]));
        assert!(!read(&[("OTEL_SDK_DISABLED", "")]));
        assert!(read(&[("OTEL_SDK_DISABLED", "TRUE")]));
    }
}
