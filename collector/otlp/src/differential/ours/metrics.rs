//! Our reading of metrics.

use super::super::model::{Data, Holds, Item, Point};
use super::pairs;
use crate::{
    Buckets, Data as View, ExponentialPoint, HistogramPoint, Metric, Number, NumberPoint,
    SummaryPoint, Temporality,
};

pub(super) fn metric(metric: &Metric<'_>) -> Item {
    let data = metric.data().map(|data| read(&data));
    let points = data.as_ref().map_or(0, |data| data.points.len());
    assert_eq!(metric.point_count(), points as u64);
    Item::Metric { name: metric.name().to_owned(), unit: metric.unit().to_owned(), data }
}

fn read(data: &View<'_>) -> Data {
    let plain = |kind, points| Data { kind, temporality: 0, monotonic: false, points };
    match data {
        View::Gauge(gauge) => plain(5, gauge.points().map(|it| number(&it)).collect()),
        View::Sum(sum) => Data {
            kind: 7,
            temporality: temporality(sum.temporality()),
            monotonic: sum.is_monotonic(),
            points: sum.points().map(|it| number(&it)).collect(),
        },
        View::Histogram(data) => Data {
            temporality: temporality(data.temporality()),
            ..plain(9, data.points().map(|it| histogram(&it)).collect())
        },
        View::ExponentialHistogram(data) => Data {
            temporality: temporality(data.temporality()),
            ..plain(10, data.points().map(|it| exponential(&it)).collect())
        },
        View::Summary(data) => plain(11, data.points().map(|it| summary(&it)).collect()),
    }
}

fn temporality(temporality: Temporality) -> i32 {
    match temporality {
        Temporality::Unspecified => 0,
        Temporality::Delta => 1,
        Temporality::Cumulative => 2,
    }
}

fn number(point: &NumberPoint<'_>) -> Point {
    assert_eq!(point.has_no_recorded_value(), point.flags() % 2 == 1);
    Point {
        times: [point.start_time_unix_nano(), point.time_unix_nano()],
        flags: point.flags(),
        attributes: pairs(&point.attributes()),
        holds: match point.value() {
            None => Holds::Nothing,
            Some(Number::Int(value)) => Holds::Int(value),
            Some(Number::Double(value)) => Holds::Double(value.to_bits()),
        },
    }
}

fn histogram(point: &HistogramPoint<'_>) -> Point {
    assert_eq!(point.has_no_recorded_value(), point.flags() % 2 == 1);
    Point {
        times: [point.start_time_unix_nano(), point.time_unix_nano()],
        flags: point.flags(),
        attributes: pairs(&point.attributes()),
        holds: Holds::Histogram {
            count: point.count(),
            stats: [point.sum(), point.min(), point.max()].map(|it| it.map(f64::to_bits)),
            counts: point.bucket_counts().collect(),
            bounds: point.explicit_bounds().map(f64::to_bits).collect(),
        },
    }
}

fn exponential(point: &ExponentialPoint<'_>) -> Point {
    assert_eq!(point.has_no_recorded_value(), point.flags() % 2 == 1);
    let buckets = |buckets: Buckets<'_>| (buckets.offset(), buckets.counts().collect());
    Point {
        times: [point.start_time_unix_nano(), point.time_unix_nano()],
        flags: point.flags(),
        attributes: pairs(&point.attributes()),
        holds: Holds::Exponential {
            count: point.count(),
            stats: [point.sum(), point.min(), point.max()].map(|it| it.map(f64::to_bits)),
            scale: point.scale(),
            zero: (point.zero_count(), point.zero_threshold().to_bits()),
            buckets: [buckets(point.positive()), buckets(point.negative())],
        },
    }
}

fn summary(point: &SummaryPoint<'_>) -> Point {
    assert_eq!(point.has_no_recorded_value(), point.flags() % 2 == 1);
    Point {
        times: [point.start_time_unix_nano(), point.time_unix_nano()],
        flags: point.flags(),
        attributes: pairs(&point.attributes()),
        holds: Holds::Summary {
            count: point.count(),
            sum: point.sum().to_bits(),
            quantiles: point
                .quantiles()
                .map(|it| [it.quantile, it.value].map(f64::to_bits))
                .collect(),
        },
    }
}
