//! Points of metrics, in encodings that senders seldom use.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics,
    metric,
};
use prost::Message;

use super::super::generate::key;
use super::{compare, wrap};
use crate::{Data, HistogramPoint, MetricsRequest, Number};

/// Puts a point into a metric of the kind whose field this is.
fn request(data: u32, point: &[u8]) -> Vec<u8> {
    // data_points, data, ScopeMetrics.metrics, ResourceMetrics.scope_metrics, resource_metrics
    [1, data, 2, 2, 1].iter().fold(point.to_vec(), |inner, number| wrap(*number, &inner))
}

fn data(request: &[u8]) -> Data<'_> {
    compare(request).expect("the same");
    let request = MetricsRequest::parse(request).expect("sound");
    let scope = request.resource_metrics().next().expect("one").scope_metrics().next();
    scope.expect("one").metrics().next().expect("one").data().expect("some")
}

fn fixed64(number: u32, bits: u64) -> Vec<u8> {
    let mut out = Vec::new();
    key(&mut out, number, 1);
    out.extend(bits.to_le_bytes());
    out
}

fn histogram(point: &[u8], check: impl FnOnce(HistogramPoint<'_>)) {
    let request = request(9, point);
    let Data::Histogram(data) = data(&request) else { panic!("a histogram") };
    check(data.points().next().expect("one"));
}

#[test]
fn numbers_may_be_packed_or_not_or_both() {
    let packed = |number, values: &[u64]| {
        wrap(number, &values.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>())
    };
    let bounds = [1.0, 2.0, 3.0].map(f64::to_bits);
    let point = [
        fixed64(6, 1),
        packed(6, &[2, 3]),
        packed(7, &bounds[..1]),
        packed(6, &[]),
        fixed64(6, 4),
        fixed64(7, bounds[1]),
        packed(7, &bounds[2..]),
    ]
    .concat();
    histogram(&point, |point| {
        assert_eq!(point.bucket_counts().collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(point.explicit_bounds().collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
    });
    // seven bytes are no number
    let bytes = request(9, &wrap(6, &[0; 7]));
    compare(&bytes).expect("the same");
    assert!(MetricsRequest::parse(&bytes).is_err());
}

#[test]
fn what_is_absent_is_not_zero() {
    histogram(&fixed64(4, 7), |point| {
        assert_eq!((point.count(), point.sum(), point.min(), point.max()), (7, None, None, None));
        assert_eq!(point.bucket_counts().count(), 0);
    });
    let zeros = [fixed64(5, 0), fixed64(11, 0), fixed64(12, 0)].concat();
    histogram(&zeros, |point| {
        assert_eq!((point.sum(), point.min(), point.max()), (Some(0.0), Some(0.0), Some(0.0)));
    });
}

#[test]
fn the_last_of_two_values_counts() {
    let gauge = |point: &[u8]| {
        let request = request(5, point);
        let Data::Gauge(data) = data(&request) else { panic!("a gauge") };
        data.points().next().expect("one").value()
    };
    let (double, int) = (fixed64(4, 1.5_f64.to_bits()), fixed64(6, u64::MAX));
    assert_eq!(gauge(&[&double[..], &int].concat()), Some(Number::Int(-1)));
    assert_eq!(gauge(&[&int[..], &double].concat()), Some(Number::Double(1.5)));
    assert_eq!(gauge(&[]), None);
}

#[test]
fn a_point_without_a_value_says_so() {
    for (flags, said) in [(&[0x40, 0x00][..], false), (&[0x40, 0x01], true), (&[0x40, 0x02], false)]
    {
        let request = request(7, flags);
        let Data::Sum(data) = data(&request) else { panic!("a sum") };
        assert_eq!(data.points().next().expect("one").has_no_recorded_value(), said);
    }
}

#[test]
fn exponents_keep_their_sign_and_their_32_bits() {
    for offset in [0, 1, -1, i32::MAX, i32::MIN] {
        let buckets = Buckets { offset, bucket_counts: vec![0, u64::MAX, 300] };
        let point = ExponentialHistogramDataPoint {
            scale: offset,
            positive: Some(buckets.clone()),
            negative: Some(buckets),
            ..ExponentialHistogramDataPoint::default()
        };
        let data_points = vec![point];
        let histogram = ExponentialHistogram { data_points, ..ExponentialHistogram::default() };
        let data = Some(metric::Data::ExponentialHistogram(histogram));
        let metrics = vec![Metric { data, ..Metric::default() }];
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let resource = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() };
        let request = ExportMetricsServiceRequest { resource_metrics: vec![resource] };
        let bytes = request.encode_to_vec();
        let Data::ExponentialHistogram(data) = self::data(&bytes) else { panic!("exponential") };
        let point = data.points().next().expect("one");
        assert_eq!((point.scale(), point.positive().offset()), (offset, offset));
        assert_eq!(point.negative().counts().collect::<Vec<_>>(), [0, u64::MAX, 300]);
    }
    // a scale of more than 32 bits, which a decoder cuts
    compare(&request(10, &[0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])).expect("the same");
}

#[test]
fn only_one_kind_of_data_stays() {
    let of = |data: u32, time: u64| wrap(data, &wrap(1, &fixed64(3, time)));
    let metric = |fields: &[Vec<u8>]| wrap(1, &wrap(2, &wrap(2, &fields.concat())));
    // parts of a sum merge, unless another kind came between them
    let bytes = metric(&[of(7, 1), of(7, 2)]);
    let Data::Sum(sum) = data(&bytes) else { panic!("a sum") };
    assert_eq!(sum.points().map(|it| it.time_unix_nano()).collect::<Vec<_>>(), [1, 2]);
    let bytes = metric(&[of(7, 1), of(5, 2), of(7, 3)]);
    let Data::Sum(sum) = data(&bytes) else { panic!("a sum") };
    assert_eq!(sum.points().map(|it| it.time_unix_nano()).collect::<Vec<_>>(), [3]);
}
