//! Random requests: protobuf to `opentelemetry-proto`'s JSON to our protobuf is the same request.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::prelude::*;
use prost::Message as _;

use super::super::schema::{LOGS_REQUEST, METRICS_REQUEST, Schema, TRACE_REQUEST, Type};
use super::super::{logs, metrics, traces};
use crate::differential::generate::{Entropy, REQUESTS};
use crate::differential::tests::entropy;
use crate::validate;
use crate::wire::{Fields, Value};

/// Leaves out what JSON cannot say: fields that are unknown, ids of odd lengths, and doubles that
/// are no numbers, for which `opentelemetry-proto` writes null in some places.
fn tame(bytes: &[u8], schema: &Schema) -> Vec<u8> {
    let mut out = Vec::new();
    for field in Fields::new(bytes) {
        let field = field.unwrap();
        let Some(known) = schema.fields.iter().find(|it| it.number == field.number) else {
            continue;
        };
        let whole = &bytes[field.start..field.end];
        match (known.holds, field.value) {
            (Type::Message(inner), Value::Bytes(bytes)) => {
                delimited(&mut out, known.number, &tame(bytes, inner));
            }
            (Type::Id(length), Value::Bytes(id)) => {
                let length = if id.is_empty() { 0 } else { length };
                delimited(&mut out, known.number, &id.repeat(16)[..length]);
            }
            (Type::Double, Value::Fixed64(bits)) if !f64::from_bits(bits).is_finite() => {}
            (Type::Double, Value::Bytes(packed)) => {
                let (whole, _) = packed.as_chunks::<8>();
                let finite = whole.iter().filter(|it| f64::from_le_bytes(**it).is_finite());
                delimited(&mut out, known.number, &finite.copied().flatten().collect::<Vec<_>>());
            }
            // OTLP's JSON has no such field
            (Type::Int32, _) => {}
            _ => out.extend_from_slice(whole),
        }
    }
    out
}

fn delimited(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, out);
    prost::encoding::encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Compares by what is printed, so that minus zero is not zero.
macro_rules! same {
    ($request:ty, $translate:ident, $schema:expr, $bytes:expr) => {{
        let sent = <$request>::decode(&*tame($bytes, $schema)).unwrap();
        let json = serde_json::to_string(&sent).unwrap();
        let ours = $translate(json.as_bytes(), usize::MAX);
        let ours = ours.map_err(|e| TestCaseError::fail(format!("{e} of {json}")))?;
        let got = <$request>::decode(&*ours).unwrap();
        prop_assert_eq!(format!("{got:?}"), format!("{sent:?}"), "by way of {}", json);
        prop_assert!(validate::$translate(&ours).is_ok());
    }};
}

fn round_trip(requests: [&[u8]; 3]) -> Result<(), TestCaseError> {
    let [of_traces, of_metrics, of_logs] = requests;
    same!(ExportTraceServiceRequest, traces, &TRACE_REQUEST, of_traces);
    same!(ExportMetricsServiceRequest, metrics, &METRICS_REQUEST, of_metrics);
    same!(ExportLogsServiceRequest, logs, &LOGS_REQUEST, of_logs);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_the_same_by_way_of_json(entropy in entropy()) {
        // JSON ends at 128 levels of its own, of which a message takes up to two
        let entropy = || Entropy::new(&entropy).levels(60);
        let requests = REQUESTS.map(|schema| entropy().well_formed(schema));
        round_trip([&requests[0], &requests[1], &requests[2]])?;
    }

    #[test]
    fn any_text_is_answered(text in "[\\[\\]{}:,\"a-z0-9.\\\\-]{0,40}", cut in 0..200_usize) {
        let known = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00"}]}]}]}"#;
        let mixed = [&known[..cut.min(known.len())], text.as_bytes()].concat();
        for json in [text.as_bytes(), &mixed] {
            for translate in [traces, metrics, logs] {
                if let Ok(bytes) = translate(json, usize::MAX) {
                    prop_assert!(serde_json::from_slice::<serde_json::Value>(json).is_ok());
                    prop_assert!(bytes.len() <= json.len());
                }
            }
        }
    }

    #[test]
    fn doubles_come_out_as_the_nearest(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let json = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"gauge":
            {{"dataPoints":[{{"asDouble":{value:e}}}]}}}}]}}]}}]}}"#);
        let bytes = metrics(json.as_bytes(), usize::MAX).unwrap();
        prop_assert!(bytes.ends_with(&value.to_le_bytes()), "{}", json);
    }
}
