//! What is taken, and as what: among it all that `opentelemetry-proto` is known to refuse or to
//! read wrongly.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint};
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::super::{logs, metrics, traces};

/// Reads a span by way of our translation.
pub(super) fn span(json: &str) -> Span {
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{json}]}}]}}]}}"#);
    let bytes = traces(json.as_bytes(), usize::MAX).unwrap_or_else(|e| panic!("{e}: {json}"));
    let mut request = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    request.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0)
}

fn value(json: &str) -> Option<Value> {
    let mut span = span(&format!(r#"{{"attributes":[{{"key":"k","value":{json}}}]}}"#));
    span.attributes.remove(0).value.and_then(|it| it.value)
}

fn metric(json: &str) -> Metric {
    let json = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{json}]}}]}}]}}"#);
    let bytes = metrics(json.as_bytes(), usize::MAX).unwrap_or_else(|e| panic!("{e}: {json}"));
    let mut request = ExportMetricsServiceRequest::decode(&*bytes).unwrap();
    request.resource_metrics.remove(0).scope_metrics.remove(0).metrics.remove(0)
}

fn number(json: &str) -> NumberDataPoint {
    match metric(&format!(r#"{{"sum":{{"dataPoints":[{json}]}}}}"#)).data {
        Some(Data::Sum(mut sum)) => sum.data_points.remove(0),
        other => panic!("{other:?}"),
    }
}

fn histogram(json: &str) -> HistogramDataPoint {
    match metric(&format!(r#"{{"histogram":{{"dataPoints":[{json}]}}}}"#)).data {
        Some(Data::Histogram(mut histogram)) => histogram.data_points.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn values_of_attributes() {
    let list = |values: Vec<Option<Value>>| {
        let values = values.into_iter().map(|value| AnyValue { value }).collect();
        Some(Value::ArrayValue(ArrayValue { values }))
    };
    let integer = |value| Some(Value::IntValue(value));
    let double = |value| Some(Value::DoubleValue(value));
    let bytes = |value: &[u8]| Some(Value::BytesValue(value.to_vec()));
    for (json, wanted) in [
        ("{}", None),
        ("null", None),
        (r#"{"stringValue":null}"#, None),
        (r#"{"somethingNew":{"a":[1,{}]}}"#, None),
        (r#"{"stringValue":""}"#, Some(Value::StringValue(String::new()))),
        (r#"{"stringValue":"\u00e9\n\ud83e\udd93"}"#, Some(Value::StringValue("é\n🦓".into()))),
        (r#"{"boolValue":false}"#, Some(Value::BoolValue(false))),
        (r#"{"intValue":0}"#, integer(0)),
        (r#"{"intValue":"-9223372036854775808"}"#, integer(i64::MIN)),
        (r#"{"intValue":9223372036854775807}"#, integer(i64::MAX)),
        (r#"{"intValue":1e3}"#, integer(1_000)),
        (r#"{"doubleValue":0}"#, double(0.0)),
        (r#"{"doubleValue":-0.0}"#, double(-0.0)),
        (r#"{"doubleValue":"1.5"}"#, double(1.5)),
        (r#"{"doubleValue":"Infinity"}"#, double(f64::INFINITY)),
        (r#"{"doubleValue":"-Infinity"}"#, double(f64::NEG_INFINITY)),
        (r#"{"arrayValue":{}}"#, list(vec![])),
        (r#"{"arrayValue":{"values":null}}"#, list(vec![])),
        (r#"{"arrayValue":{"values":[]}}"#, list(vec![])),
        (r#"{"arrayValue":{"values":[null,{"intValue":"1"}]}}"#, list(vec![None, integer(1)])),
        (r#"{"kvlistValue":{}}"#, Some(Value::KvlistValue(KeyValueList::default()))),
        (r#"{"bytesValue":""}"#, bytes(b"")),
        (r#"{"bytesValue":"+/8="}"#, bytes(b"\xfb\xff")),
        (r#"{"bytesValue":"-_8"}"#, bytes(b"\xfb\xff")),
        (r#"{"bytesValue":"emVicmE="}"#, bytes(b"zebra")),
    ] {
        assert_eq!(value(json), wanted, "{json}");
    }
    let nan = value(r#"{"doubleValue":"NaN"}"#);
    assert!(matches!(nan, Some(Value::DoubleValue(it)) if it.is_nan()), "{nan:?}");
}

#[test]
fn ids_in_any_case_and_none() {
    let got = span(
        r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174",
            "parentSpanId":""}"#,
    );
    assert_eq!(got.trace_id[..3], [0x5b, 0x8e, 0xff]);
    assert_eq!(got.span_id, [0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74]);
    assert_eq!(span(r#"{"parentSpanId":null}"#), Span::default());
    assert_eq!(span(r#"{"parentSpanId":""}"#), Span::default());
}

#[test]
fn numbers_as_text_and_as_numbers() {
    for count in ["7", "\"7\"", "7.0"] {
        let got = span(&format!(
            r#"{{"startTimeUnixNano":{count},"droppedAttributesCount":{count},"flags":{count}}}"#
        ));
        assert_eq!((got.start_time_unix_nano, got.dropped_attributes_count, got.flags), (7, 7, 7));
    }
    let most =
        r#"{"startTimeUnixNano":"18446744073709551615","endTimeUnixNano":18446744073709551615}"#;
    let got = span(most);
    assert_eq!((got.start_time_unix_nano, got.end_time_unix_nano), (u64::MAX, u64::MAX));
    assert_eq!(span(r#"{"kind":2,"status":{"code":2}}"#).status.unwrap().code, 2);
    assert_eq!(span(r#"{"kind":-1}"#).kind, -1, "enumerations are open");
}

#[test]
fn points_of_metrics() {
    let zero = number(r#"{"asInt":"0","timeUnixNano":"1"}"#);
    assert_eq!(zero.value, Some(number_data_point::Value::AsInt(0)));
    let zero = number(r#"{"asDouble":0,"exemplars":[{"asInt":-3,"spanId":"0102030405060708"}]}"#);
    assert_eq!(zero.value, Some(number_data_point::Value::AsDouble(0.0)));
    assert_eq!(zero.exemplars[0].span_id, [1, 2, 3, 4, 5, 6, 7, 8]);
    let got = histogram(
        r#"{"count":"3","sum":0,"bucketCounts":["1",2,"0"],"explicitBounds":[0.5,"Infinity"],
            "min":null}"#,
    );
    assert_eq!((got.count, got.sum, got.min), (3, Some(0.0), None));
    assert_eq!(got.bucket_counts, [1, 2, 0]);
    assert_eq!(got.explicit_bounds, [0.5, f64::INFINITY]);
    let got = metric(
        r#"{"name":"m","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{
            "scale":-3,"zeroCount":"2","positive":{"offset":-7,"bucketCounts":["1",0,"300"]}}]}}"#,
    );
    let Some(Data::ExponentialHistogram(got)) = got.data else { panic!("{got:?}") };
    let point = &got.data_points[0];
    let positive = point.positive.as_ref().unwrap();
    assert_eq!((point.scale, positive.offset), (-3, -7));
    assert_eq!(positive.bucket_counts, [1, 0, 300]);
    let got = metric(
        r#"{"summary":{"dataPoints":[{"sum":1.25,"quantileValues":[{"quantile":0.5,"value":"NaN"}]}]}}"#,
    );
    let Some(Data::Summary(got)) = got.data else { panic!("{got:?}") };
    assert_eq!(got.data_points[0].quantile_values[0].quantile, 0.5);
}

#[test]
fn other_spellings_are_unknown_keys() {
    // what protobuf's own JSON would take too, OTLP does not
    let odd = span(
        r#"{"trace_id":"0af7651916cd43dd8448eb211c80319c","start_time_unix_nano":"7","Name":"a","name":"b"}"#,
    );
    assert_eq!(odd, Span { name: "b".to_owned(), ..Span::default() });
}

#[test]
fn what_may_be_missing_or_unknown() {
    let key_only = KeyValue { key: "k".into(), ..KeyValue::default() };
    assert_eq!(span(r#"{"attributes":[{"key":"k"}]}"#).attributes, [key_only]);
    assert_eq!(span(r#"{"attributes":[{}]}"#).attributes, [KeyValue::default()]);
    for same_as_empty in [
        r#"{"attributes":null,"status":null,"name":null}"#,
        r#"{"trace_id":"5b8efff798038103d269b633813fc60c","start_time_unix_nano":"1"}"#,
        r#"{"unknown":{"deep":[[{}],"x\ny",1e9,true,null]}}"#,
    ] {
        assert_eq!(span(same_as_empty), Span::default(), "{same_as_empty}");
    }
    assert!(span(r#"{"status":{}}"#).status.is_some(), "there, though empty");
    for empty in ["{}", " {} \n", r#"{"resourceLogs":[]}"#, r#"{"resourceLogs":null}"#] {
        assert_eq!(logs(empty.as_bytes(), 0), Ok(vec![]), "{empty}");
    }
    let body = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":null,
        "eventName":"service.routes","severityNumber":9}]}]}]}"#;
    let got = ExportLogsServiceRequest::decode(&*logs(body.as_bytes(), 1_000).unwrap()).unwrap();
    let record = &got.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!((record.body.as_ref(), record.severity_number), (None, 9));
    assert_eq!(record.event_name, "service.routes");
}

/// The examples of the specification read the same with both.
#[test]
fn both_read_the_same() {
    let json = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":
        {"stringValue":"my.service"}}]},"scopeSpans":[{"scope":{"name":"my.library","version":
        "1.0.0","attributes":[{"key":"a","value":{"stringValue":"b"}}]},"spans":[{"traceId":
        "5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":
        "EEE19B7EC3C1B173","name":"I'm a server span","startTimeUnixNano":"1544712660000000000",
        "endTimeUnixNano":"1544712661000000000","kind":2,"attributes":[{"key":"my.span.attr",
        "value":{"stringValue":"some value"}}],"events":[{"timeUnixNano":"1544712660000000001",
        "name":"e"}],"links":[{"traceId":"5b8efff798038103d269b633813fc60c"}]}]}]}]}"#;
    let theirs: ExportTraceServiceRequest = serde_json::from_str(json).unwrap();
    let ours = traces(json.as_bytes(), usize::MAX).unwrap();
    assert_eq!(ExportTraceServiceRequest::decode(&*ours), Ok(theirs.clone()));
    assert_eq!(ours.len(), theirs.encoded_len(), "no byte more than needed");
}
