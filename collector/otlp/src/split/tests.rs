//! Holds the pieces of a request against what a full decoder finds in it.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::differential::generate::Entropy;
use crate::differential::tests::entropy;
use crate::validate::schema;

/// Everything that belongs to an item, encoded: its resource, its scope, itself.
type Item = Vec<Vec<u8>>;

macro_rules! flat {
    ($request:ty, $bytes:expr, $resources:ident, $scopes:ident, $items:ident) => {{
        let request = <$request>::decode($bytes).unwrap();
        let mut flat = Vec::new();
        for mut resource in request.$resources {
            for mut scope in std::mem::take(&mut resource.$scopes) {
                for item in std::mem::take(&mut scope.$items) {
                    let item = item.encode_to_vec();
                    flat.push(vec![resource.encode_to_vec(), scope.encode_to_vec(), item]);
                }
            }
        }
        flat
    }};
}

fn flat_traces(bytes: &[u8]) -> Vec<Item> {
    flat!(ExportTraceServiceRequest, bytes, resource_spans, scope_spans, spans)
}

fn flat_logs(bytes: &[u8]) -> Vec<Item> {
    flat!(ExportLogsServiceRequest, bytes, resource_logs, scope_logs, log_records)
}

fn flat_metrics(bytes: &[u8]) -> Vec<Item> {
    let metrics =
        flat!(ExportMetricsServiceRequest, bytes, resource_metrics, scope_metrics, metrics);
    metrics.into_iter().flat_map(points).collect()
}

fn points(item: Item) -> Vec<Item> {
    fn take<T: prost::Message>(points: &mut Vec<T>) -> Vec<Vec<u8>> {
        std::mem::take(points).iter().map(T::encode_to_vec).collect()
    }
    let mut metric = Metric::decode(&*item[2]).unwrap();
    let points = match &mut metric.data {
        None => Vec::new(),
        Some(Data::Gauge(data)) => take(&mut data.data_points),
        Some(Data::Sum(data)) => take(&mut data.data_points),
        Some(Data::Histogram(data)) => take(&mut data.data_points),
        Some(Data::ExponentialHistogram(data)) => take(&mut data.data_points),
        Some(Data::Summary(data)) => take(&mut data.data_points),
    };
    let metric = metric.encode_to_vec();
    let whole = |point| vec![item[0].clone(), item[1].clone(), metric.clone(), point];
    points.into_iter().map(whole).collect()
}

/// Checks all that holds for any request, and returns the pieces.
fn check(
    bytes: &[u8],
    pieces: impl ExactSizeIterator<Item = Piece>,
    flat: fn(&[u8]) -> Vec<Item>,
) -> Result<Vec<Piece>, TestCaseError> {
    let told = pieces.len();
    let pieces: Vec<Piece> = pieces.collect();
    prop_assert_eq!(pieces.len(), told);
    let mut found = Vec::new();
    for piece in &pieces {
        let items = flat(&piece.body);
        prop_assert_eq!(piece.items, items.len() as u64);
        found.extend(items);
    }
    prop_assert_eq!(&found, &flat(bytes));
    let bodies: Vec<Bytes> = pieces.iter().map(|it| it.body.clone()).collect();
    prop_assert_eq!(flat(&join(&bodies)), found);
    let total: usize = bodies.iter().map(Bytes::len).sum();
    prop_assert!(total <= 4 * bytes.len() + 40 * pieces.len(), "{} of {}", total, bytes.len());
    Ok(pieces)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn pieces_hold_what_the_request_holds(entropy in entropy(), most in 0..600_usize) {
        let request = |schema| Bytes::from(Entropy::new(&entropy).well_formed(schema));
        let bytes = request(&schema::TRACE_REQUEST);
        check(&bytes, traces(&bytes, most), flat_traces)?;
        let bytes = request(&schema::LOGS_REQUEST);
        check(&bytes, logs(&bytes, most), flat_logs)?;
        let bytes = request(&schema::METRICS_REQUEST);
        check(&bytes, metrics(&bytes, most), flat_metrics)?;
    }

    #[test]
    fn pieces_of_any_bytes_end(entropy in entropy(), bytes: Vec<u8>, most in 0..600_usize) {
        let odd = Entropy::new(&entropy).odd(&schema::METRICS_REQUEST);
        for bytes in [odd, bytes].map(Bytes::from) {
            for piece in traces(&bytes, most).chain(logs(&bytes, most)) {
                drop(piece);
            }
            metrics(&bytes, most).for_each(drop);
        }
    }

    #[test]
    fn pieces_fit_and_are_few(sizes in prop::collection::vec(1..300_usize, 1..200)) {
        let bytes = spans(&sizes);
        let most = 1_000;
        let pieces = check(&bytes, traces(&bytes, most), flat_traces)?;
        for piece in &pieces {
            prop_assert!(piece.body.len() <= most, "{} bytes", piece.body.len());
        }
        // two that follow each other would not have fitted into one
        for two in pieces.windows(2) {
            prop_assert!(two[0].body.len() + two[1].body.len() > most);
        }
    }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = any_value::Value::StringValue(value.into());
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![attribute("service.name", "shop")], ..Resource::default() })
}

/// A request with one resource and one scope, whose spans have names of these lengths.
fn spans(sizes: &[usize]) -> Bytes {
    let span = |size: &usize| Span { name: "n".repeat(*size), ..Span::default() };
    let spans = sizes.iter().map(span).collect();
    let scope = ScopeSpans { spans, schema_url: "scope".into(), ..ScopeSpans::default() };
    let resource = ResourceSpans {
        resource: resource(),
        scope_spans: vec![scope],
        schema_url: "resource".into(),
    };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec().into()
}

#[test]
fn what_fits_is_not_touched() {
    let bytes = spans(&[10, 20]);
    let pieces: Vec<Piece> = traces(&bytes, bytes.len()).collect();
    assert_eq!(pieces, [Piece { body: bytes.clone(), items: 2 }]);
    assert_eq!(pieces[0].body.as_ptr(), bytes.as_ptr(), "shares the request's memory");
    assert_eq!(traces(&Bytes::new(), 10).map(|it| it.items).collect::<Vec<_>>(), [0]);
}

#[test]
fn resources_are_kept_whole_and_not_copied() {
    let one = spans(&[40; 10]);
    let bytes = join(&vec![one.clone(); 9]);
    let pieces: Vec<Piece> = traces(&bytes, 2 * one.len()).collect();
    assert_eq!(pieces.iter().map(|it| it.items).collect::<Vec<_>>(), [20, 20, 20, 20, 10]);
    for piece in pieces {
        assert!(bytes.as_ptr_range().contains(&piece.body.as_ptr()));
    }
}

#[test]
fn a_metric_is_cut_between_its_points() {
    let point = |value| NumberDataPoint { time_unix_nano: value, ..NumberDataPoint::default() };
    let data = Data::Gauge(Gauge { data_points: (1..=1_000).map(point).collect() });
    let metric = Metric { name: "m".into(), data: Some(data), ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = ResourceMetrics {
        resource: resource(),
        scope_metrics: vec![scope],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest { resource_metrics: vec![resource] };
    let bytes = Bytes::from(request.encode_to_vec());
    let pieces = check(&bytes, metrics(&bytes, 1_100), flat_metrics).expect("the same");
    assert!((10..13).contains(&pieces.len()), "{} pieces", pieces.len());
    assert!(pieces.iter().all(|it| it.body.len() <= 1_100));
}

/// Scenario: somebody sends a resource of megabytes around a million empty spans.
/// Guarantee: cutting it does not multiply it.
#[test]
fn what_stands_around_is_not_multiplied_without_bounds() {
    let many = ScopeSpans { spans: vec![Span::default(); 200_000], ..ScopeSpans::default() };
    let large = vec![attribute("k", &"x".repeat(400_000))];
    let resource = Some(Resource { attributes: large, ..Resource::default() });
    let resource_spans =
        vec![ResourceSpans { resource, scope_spans: vec![many], ..ResourceSpans::default() }];
    let bytes = Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec());
    // more than half of the room: not cut
    assert_eq!(traces(&bytes, 700_000).len(), 1);
    let total: usize = traces(&bytes, 801_000).map(|it| it.body.len()).sum();
    assert!(total < 3 * bytes.len());
}

#[test]
fn one_request_is_joined_without_a_copy() {
    let bytes = spans(&[5]);
    assert_eq!(join(std::slice::from_ref(&bytes)).as_ptr(), bytes.as_ptr());
    assert_eq!(join(&[]), Bytes::new());
}
