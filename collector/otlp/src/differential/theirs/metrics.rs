//! The reading of metrics of `opentelemetry-proto`.

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
    metric, number_data_point,
};

use super::super::model::{Data, Holds, Item, Point};
use super::{known, pairs};

pub(super) fn metric(metric: Metric) -> Item {
    Item::Metric { name: metric.name, unit: metric.unit, data: metric.data.map(read) }
}

fn read(data: metric::Data) -> Data {
    let plain = |kind, points| Data { kind, temporality: 0, monotonic: false, points };
    match data {
        metric::Data::Gauge(data) => plain(5, all(data.data_points, number)),
        metric::Data::Sum(data) => Data {
            kind: 7,
            temporality: known(data.aggregation_temporality, 2),
            monotonic: data.is_monotonic,
            points: all(data.data_points, number),
        },
        metric::Data::Histogram(data) => Data {
            temporality: known(data.aggregation_temporality, 2),
            ..plain(9, all(data.data_points, histogram))
        },
        metric::Data::ExponentialHistogram(data) => Data {
            temporality: known(data.aggregation_temporality, 2),
            ..plain(10, all(data.data_points, exponential))
        },
        metric::Data::Summary(data) => plain(11, all(data.data_points, summary)),
    }
}

fn all<T>(points: Vec<T>, read: fn(T) -> Point) -> Vec<Point> {
    points.into_iter().map(read).collect()
}

fn bits(doubles: &[f64]) -> Vec<u64> {
    doubles.iter().map(|it| it.to_bits()).collect()
}

fn number(point: NumberDataPoint) -> Point {
    Point {
        times: [point.start_time_unix_nano, point.time_unix_nano],
        flags: point.flags,
        attributes: pairs(point.attributes),
        holds: match point.value {
            None => Holds::Nothing,
            Some(number_data_point::Value::AsInt(value)) => Holds::Int(value),
            Some(number_data_point::Value::AsDouble(value)) => Holds::Double(value.to_bits()),
        },
    }
}

fn histogram(point: HistogramDataPoint) -> Point {
    Point {
        times: [point.start_time_unix_nano, point.time_unix_nano],
        flags: point.flags,
        attributes: pairs(point.attributes),
        holds: Holds::Histogram {
            count: point.count,
            stats: [point.sum, point.min, point.max].map(|it| it.map(f64::to_bits)),
            counts: point.bucket_counts,
            bounds: bits(&point.explicit_bounds),
        },
    }
}

fn exponential(point: ExponentialHistogramDataPoint) -> Point {
    let buckets = |buckets: Option<Buckets>| {
        let buckets = buckets.unwrap_or_default();
        (buckets.offset, buckets.bucket_counts)
    };
    Point {
        times: [point.start_time_unix_nano, point.time_unix_nano],
        flags: point.flags,
        attributes: pairs(point.attributes),
        holds: Holds::Exponential {
            count: point.count,
            stats: [point.sum, point.min, point.max].map(|it| it.map(f64::to_bits)),
            scale: point.scale,
            zero: (point.zero_count, point.zero_threshold.to_bits()),
            buckets: [buckets(point.positive), buckets(point.negative)],
        },
    }
}

fn summary(point: SummaryDataPoint) -> Point {
    let quantiles = point.quantile_values.iter();
    Point {
        times: [point.start_time_unix_nano, point.time_unix_nano],
        flags: point.flags,
        attributes: pairs(point.attributes),
        holds: Holds::Summary {
            count: point.count,
            sum: point.sum.to_bits(),
            quantiles: quantiles.map(|it| [it.quantile, it.value].map(f64::to_bits)).collect(),
        },
    }
}
