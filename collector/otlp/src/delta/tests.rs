use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::differential::generate::Entropy;
use crate::differential::tests::entropy;
use crate::validate::{self, schema};

const CUMULATIVE: i32 = 2;
const DELTA: i32 = 1;

fn request(data: Data) -> Bytes {
    let metric = Metric { name: "m".into(), data: Some(data), ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec().into()
}

fn data(body: &Bytes) -> Option<Data> {
    let mut request = ExportMetricsServiceRequest::decode(body.clone()).expect("sound");
    request.resource_metrics.remove(0).scope_metrics.remove(0).metrics.pop()?.data
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value.into())) });
    KeyValue { key: key.into(), value, ..KeyValue::default() }
}

fn number(start: u64, time: u64, value: Number) -> NumberDataPoint {
    NumberDataPoint {
        start_time_unix_nano: start,
        time_unix_nano: time,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn sum(points: Vec<NumberDataPoint>) -> Data {
    Data::Sum(Sum { data_points: points, aggregation_temporality: CUMULATIVE, is_monotonic: true })
}

/// Converts one point of a sum, and returns from when on it counts and what it says.
fn grow(converter: &mut Converter, start: u64, time: u64, value: i64) -> Option<(u64, i64)> {
    let converted =
        converter.convert(&request(sum(vec![number(start, time, Number::AsInt(value))])), time);
    let Some(Data::Sum(sum)) = data(&converted.body) else {
        assert_eq!((converted.items, converted.left_out.total()), (0, 1));
        return None;
    };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (DELTA, true));
    assert_eq!((converted.items, converted.left_out.total()), (1, 0));
    let [point] = &sum.data_points[..] else { panic!("one point") };
    assert_eq!(point.time_unix_nano, time);
    let Some(Number::AsInt(value)) = point.value else { panic!("an integer") };
    Some((point.start_time_unix_nano, value))
}

fn converter() -> Converter {
    Converter::new(Limits::default(), 100)
}

#[test]
fn a_series_that_began_before_us_counts_from_its_first_point() {
    let mut it = converter();
    assert_eq!(grow(&mut it, 50, 110, 1_000), None);
    assert_eq!(grow(&mut it, 50, 120, 1_007), Some((110, 7)));
    assert_eq!(grow(&mut it, 50, 130, 1_007), Some((120, 0)));
    // without a start nobody knows
    assert_eq!(grow(&mut it, 0, 110, 5), None);
    assert_eq!(grow(&mut it, 0, 120, 6), Some((110, 1)));
    assert_eq!(it.series(), 2);
}

#[test]
fn a_series_that_begins_while_we_look_counts_whole() {
    let mut it = converter();
    assert_eq!(grow(&mut it, 105, 110, 9), Some((105, 9)));
    assert_eq!(grow(&mut it, 105, 120, 10), Some((110, 1)));
    // a restart: a new start; two processes under one name are two series
    assert_eq!(grow(&mut it, 125, 130, 4), Some((125, 4)));
    assert_eq!(grow(&mut it, 105, 131, 12), Some((120, 2)));
    assert_eq!(grow(&mut it, 125, 140, 6), Some((130, 2)));
}

#[test]
fn a_value_that_falls_began_anew() {
    let mut it = converter();
    grow(&mut it, 0, 110, 500);
    assert_eq!(grow(&mut it, 0, 120, 3), Some((110, 3)));
    assert_eq!(grow(&mut it, 0, 130, 5), Some((120, 2)));
}

#[test]
fn a_point_that_comes_late_is_left_out() {
    let mut it = converter();
    assert_eq!(grow(&mut it, 105, 120, 5), Some((105, 5)));
    assert_eq!(grow(&mut it, 105, 120, 5), None, "the same again");
    assert_eq!(grow(&mut it, 105, 115, 3), None, "an earlier one");
    assert_eq!(grow(&mut it, 105, 130, 9), Some((120, 4)));
}

#[test]
fn what_is_no_number_is_left_out_and_forgets_nothing() {
    let mut it = converter();
    let mut convert = |point| it.convert(&request(sum(vec![point])), 1);
    let double = |value| Number::AsDouble(value);
    convert(number(105, 110, double(1.5)));
    for value in [f64::NAN, f64::INFINITY] {
        assert_eq!(convert(number(105, 120, double(value))).left_out.no_value, 1);
    }
    let gone = NumberDataPoint { flags: 1, ..number(105, 121, double(0.0)) };
    assert_eq!(convert(gone).left_out.no_value, 1);
    let empty = NumberDataPoint { value: None, ..number(105, 122, double(0.0)) };
    assert_eq!(convert(empty).left_out, LeftOut { no_value: 1, ..LeftOut::default() });
    let converted = convert(number(105, 130, double(4.0)));
    let Some(Data::Sum(sum)) = data(&converted.body) else { panic!("a sum") };
    assert_eq!(sum.data_points, [number(110, 130, double(2.5))]);
}

fn histogram(time: u64, counts: &[u64], sum: f64) -> HistogramDataPoint {
    HistogramDataPoint {
        start_time_unix_nano: 105,
        time_unix_nano: time,
        count: counts.iter().sum(),
        sum: Some(sum),
        bucket_counts: counts.to_vec(),
        explicit_bounds: vec![0.5, 1.0],
        min: Some(0.1),
        max: Some(9.0),
        attributes: vec![text("route", "/a")],
        flags: 2,
        ..HistogramDataPoint::default()
    }
}

#[test]
fn histograms_grow_by_bucket() {
    let mut it = converter();
    let mut convert = |point| {
        let histogram = Histogram { data_points: vec![point], aggregation_temporality: CUMULATIVE };
        let converted = it.convert(&request(Data::Histogram(histogram)), 1);
        match data(&converted.body) {
            Some(Data::Histogram(mut histogram)) => {
                assert_eq!(histogram.aggregation_temporality, DELTA);
                histogram.data_points.pop()
            }
            _ => None,
        }
    };
    // the least and the greatest are those of all time, which a delta does not say
    let plain = |start, point| HistogramDataPoint {
        start_time_unix_nano: start,
        min: None,
        max: None,
        ..point
    };
    let first = convert(histogram(110, &[1, 2, 3], 10.0));
    assert_eq!(first, Some(plain(105, histogram(110, &[1, 2, 3], 10.0))));
    let second = convert(histogram(120, &[1, 5, 4], 12.5));
    assert_eq!(second, Some(plain(110, histogram(120, &[0, 3, 1], 2.5))));
    let fell = convert(histogram(130, &[0, 1, 0], 0.7));
    assert_eq!(fell, Some(plain(120, histogram(130, &[0, 1, 0], 0.7))));
    let other =
        HistogramDataPoint { explicit_bounds: vec![7.0, 8.0], ..histogram(140, &[9, 9, 9], 1.0) };
    assert_eq!(convert(other), None, "buckets with other bounds cannot be held against each other");
}

fn exponential(
    time: u64,
    scale: i32,
    offset: i32,
    counts: &[u64],
) -> ExponentialHistogramDataPoint {
    ExponentialHistogramDataPoint {
        start_time_unix_nano: 105,
        time_unix_nano: time,
        count: counts.iter().sum::<u64>() + 1,
        scale,
        zero_count: 1,
        positive: Some(Buckets { offset, bucket_counts: counts.to_vec() }),
        negative: Some(Buckets { offset: -1, bucket_counts: vec![300] }),
        ..ExponentialHistogramDataPoint::default()
    }
}

#[test]
fn exponential_histograms_grow_while_their_scale_falls() {
    let mut it = converter();
    let mut convert = |point| {
        let data_points = vec![point];
        let histogram = ExponentialHistogram { data_points, aggregation_temporality: CUMULATIVE };
        let converted = it.convert(&request(Data::ExponentialHistogram(histogram)), 1);
        match data(&converted.body) {
            Some(Data::ExponentialHistogram(mut histogram)) => histogram.data_points.pop(),
            _ => None,
        }
    };
    assert!(convert(exponential(110, 3, -5, &[1, 1, 1, 1, 1, 1])).is_some());
    // two scales lower, -5..=0 are -2, -1, -1, -1, -1, 0
    let grown = convert(exponential(120, 1, -3, &[2, 2, 5, 1, 1])).expect("grown");
    assert_eq!((grown.count, grown.zero_count, grown.scale), (5, 0, 1));
    assert_eq!(
        grown.positive.map(|it| (it.offset, it.bucket_counts)),
        Some((-3, vec![2, 1, 1, 0, 1]))
    );
    assert_eq!(grown.negative.map(|it| (it.offset, it.bucket_counts)), Some((-1, vec![0])));
    assert_eq!(grown.start_time_unix_nano, 110);
    // a finer scale than before: nobody knows which of the finer buckets the old values were in
    assert_eq!(convert(exponential(130, 4, 0, &[50])), None);
    assert!(convert(exponential(140, 4, 0, &[51])).is_some(), "and from there on again");
}

#[test]
fn everything_else_stays_byte_for_byte() {
    let point = || vec![number(50, 110, Number::AsInt(1))];
    let gauge = Data::Gauge(Gauge { data_points: point() });
    let delta =
        Data::Sum(Sum { data_points: point(), aggregation_temporality: DELTA, is_monotonic: true });
    let level = Data::Sum(Sum {
        data_points: point(),
        aggregation_temporality: CUMULATIVE,
        is_monotonic: false,
    });
    for data in [gauge, delta, level] {
        let body = request(data);
        let converted = converter().convert(&body, 1);
        assert_eq!(converted.body.as_ptr(), body.as_ptr());
        assert_eq!((converted.items, converted.left_out.total()), (1, 0));
    }
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut it = converter();
    grow(&mut it, 105, 110, 5);
    let histogram = Histogram {
        data_points: vec![histogram(110, &[1, 2, 3], f64::NAN)],
        aggregation_temporality: CUMULATIVE,
    };
    it.convert(&request(Data::Histogram(histogram)), 1);
    let kept = serde_json::to_string(&it.save()).expect("JSON");
    let saved: Saved = serde_json::from_str(&kept).expect("what was kept");
    assert_eq!(saved, it.save());
    let mut it = Converter::restore(Limits::default(), saved);
    assert_eq!(grow(&mut it, 105, 510, 8), Some((110, 3)));
    // began while we were away, and since we first looked
    assert_eq!(grow(&mut it, 300, 511, 8), Some((300, 8)));
}

#[test]
fn what_is_silent_is_forgotten_and_never_counted_twice() {
    let limits = Limits { forget_after: Duration::from_nanos(1_000), ..Limits::default() };
    let mut it = Converter::new(limits, 100);
    assert_eq!(grow(&mut it, 105, 110, 5), Some((105, 5)));
    assert_eq!(grow(&mut it, 2_000, 2_010, 1), Some((2_000, 1)));
    assert_eq!(it.series(), 1, "the first one is forgotten");
    assert_eq!(grow(&mut it, 105, 2_020, 6), None, "not 6: five of it were passed on before");
    assert_eq!(grow(&mut it, 105, 2_030, 8), Some((2_020, 2)));
}

#[test]
fn state_is_bounded() {
    let limits = Limits { numbers: 2, ..Limits::default() };
    let mut it = Converter::new(limits, 100);
    assert_eq!(grow(&mut it, 101, 110, 1), Some((101, 1)));
    assert_eq!(grow(&mut it, 102, 110, 1), Some((102, 1)));
    assert_eq!(grow(&mut it, 103, 110, 1), None, "no room");
    assert_eq!(grow(&mut it, 102, 120, 3), Some((110, 2)));
    let limits = Limits { series: 1, ..Limits::default() };
    let mut few = Converter::new(limits, 100);
    assert_eq!(grow(&mut few, 101, 110, 1), Some((101, 1)));
    assert_eq!(grow(&mut few, 102, 110, 1), None, "no room");
    let wide = HistogramDataPoint { bucket_counts: vec![1; 5_000], ..histogram(110, &[], 0.0) };
    let data = Histogram { data_points: vec![wide], aggregation_temporality: CUMULATIVE };
    assert_eq!(it.convert(&request(Data::Histogram(data)), 1).left_out.shape, 1);
}

/// Steps of a few series, some of them short lived, with silences long enough to be forgotten.
fn lives() -> impl Strategy<Value = Vec<(u64, u64, u64, u64)>> {
    prop::collection::vec((0..6_u64, 0..3_u64, 0..1_000_u64, 1..60_u64), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn deltas_add_up(steps in prop::collection::vec((0..4_usize, 0..1_000_u64, 1..50_u64), 1..60)) {
        let mut it = converter();
        let (mut time, mut values, mut sums) = (200, [0_u64; 4], [0_u64; 4]);
        for (series, growth, passed) in steps {
            time += passed;
            values[series] += growth;
            // attributes come in any order
            let mut attributes = vec![text("series", &series.to_string()), text("k", "v")];
            attributes.rotate_left((time % 2) as usize);
            let value = Number::AsInt(values[series].cast_signed());
            let point = NumberDataPoint { attributes, ..number(150, time, value) };
            let converted = it.convert(&request(sum(vec![point])), time);
            let Some(Data::Sum(sum)) = data(&converted.body) else { panic!("a sum") };
            let Some(Number::AsInt(delta)) = sum.data_points[0].value else { panic!("an integer") };
            sums[series] += delta.cast_unsigned();
        }
        prop_assert_eq!(values, sums);
    }

    #[test]
    fn what_comes_out_is_sound(entropy in entropy(), more in entropy()) {
        let mut it = converter();
        for entropy in [&entropy, &more, &entropy] {
            let bytes = Bytes::from(Entropy::new(entropy).well_formed(&schema::METRICS_REQUEST));
            let converted = it.convert(&bytes, 1);
            prop_assert!(validate::metrics(&converted.body).is_ok());
            let before = crate::MetricsRequest::assume_valid(&bytes).point_count();
            prop_assert!(converted.items + converted.left_out.total() >= before);
            it.convert(&Bytes::from(Entropy::new(entropy).odd(&schema::METRICS_REQUEST)), 2);
        }
    }

    #[test]
    fn changes_bring_another_converter_to_the_same_state(steps in lives(), from in 0..60_usize) {
        let forget_after = Duration::from_nanos(300);
        let limits = Limits { series: 9, numbers: 5, forget_after };
        let mut it = Converter::new(limits, 100);
        let mut other = None;
        let (mut time, mut value) = (200, 0);
        for (at, (series, life, growth, passed)) in steps.into_iter().enumerate() {
            time += passed;
            value += growth.cast_signed();
            let point = NumberDataPoint {
                attributes: vec![text("series", &series.to_string())],
                ..number(150 + life * 40, time, Number::AsInt(value))
            };
            let body = request(sum(vec![point]));
            if at == from {
                other = Some(Converter::restore(limits, it.save()));
            }
            let converted = it.convert(&body, time);
            let change = serde_json::to_vec(&it.change(time)).expect("JSON");
            if let Some(other) = &mut other {
                prop_assert_eq!(other.clone().convert(&body, time), converted);
                let change: Option<Change> = serde_json::from_slice(&change).expect("JSON");
                change.into_iter().for_each(|it| other.apply(it));
                prop_assert_eq!(other.save(), it.save());
                prop_assert_eq!(other.numbers, it.numbers);
            }
        }
    }
}
