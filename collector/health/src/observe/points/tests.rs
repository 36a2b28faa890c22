use bellwether_core::time::Timestamp;

use super::*;
use crate::indicators::RELATIVE_ERROR;

const AT: Timestamp = Timestamp::from_secs(100);

fn totals(count: u64, sum: f64) -> Totals {
    Totals::of(count, Some(sum), None, None)
}

fn histogram(counts: &[u64], sum: f64) -> PointValue {
    let of = totals(counts.iter().sum(), sum);
    PointValue::Histogram { of, bounds: vec![0.1, 0.5, 1.0], counts: counts.to_vec() }
}

fn exponential(scale: i32, offset: i32, counts: &[u64]) -> PointValue {
    PointValue::Exponential {
        of: totals(counts.iter().sum(), 0.0),
        scale,
        zero: 0,
        positive: Exponents { offset, counts: counts.to_vec() },
        negative: Exponents::default(),
    }
}

fn distribution(value: &PointValue) -> Distribution {
    let mut distribution = Distribution::default();
    value.add_to(&mut distribution, AT);
    distribution
}

fn near(found: Option<f64>, wanted: f64) {
    let found = found.unwrap();
    assert!((found - wanted).abs() <= wanted * RELATIVE_ERROR * 1.5, "{found} for {wanted}");
}

#[test]
fn quantiles_of_explicit_buckets_are_interpolated() {
    let distribution = distribution(&histogram(&[100, 300, 100, 0], 200.0));
    // 250 of 500 values lie below: 150 of the 300 between 0.1 and 0.5
    near(distribution.quantile(0.5), 0.3);
    near(distribution.quantile(0.2), 0.1);
    near(distribution.quantile(0.8), 0.5);
    near(distribution.quantile(0.9), 0.75);
    assert_eq!(distribution.summary.count, 500);
    assert_eq!(distribution.summary.sum, 200.0);
}

#[test]
fn extremes_that_a_point_tells_bound_its_outer_buckets() {
    let of = Totals::of(10, Some(30.0), Some(2.0), Some(4.0));
    let value = PointValue::Histogram { of, bounds: vec![1.0], counts: vec![0, 10] };
    let distribution = distribution(&value);
    near(distribution.quantile(1.0), 4.0);
    near(distribution.quantile(0.5), 3.0);
    let unknown =
        PointValue::Histogram { of: totals(10, 30.0), bounds: vec![1.0], counts: vec![0, 10] };
    near(self::distribution(&unknown).quantile(1.0), 1.0);
    let bare = PointValue::Histogram { of: totals(10, 30.0), bounds: vec![], counts: vec![10] };
    near(self::distribution(&bare).quantile(0.5), 3.0);
}

#[test]
fn a_summary_says_its_own_quantiles() {
    let quantiles = vec![(0.5, 0.2), (0.9, 0.4), (0.99, 2.0)];
    let distribution = distribution(&PointValue::Summary { of: totals(1_000, 300.0), quantiles });
    for (quantile, value) in [(0.5, 0.2), (0.9, 0.4), (0.95, 2.0), (0.99, 2.0), (1.0, 2.0)] {
        near(distribution.quantile(quantile), value);
    }
}

#[test]
fn growth_is_what_came_since_the_point_before() {
    let sum = |value| PointValue::Number { value, adds: true };
    assert_eq!(sum(7.0).since(&sum(4.5)), Some(sum(2.5)));
    assert_eq!(sum(3.0).since(&sum(4.5)), None, "it never falls: it started anew");
    let grown = histogram(&[3, 5, 0, 1], 4.0).since(&histogram(&[1, 5, 0, 0], 1.0));
    assert_eq!(grown, Some(histogram(&[2, 0, 0, 1], 3.0)));
    assert_eq!(histogram(&[0, 9, 9, 9], 9.0).since(&histogram(&[1, 0, 0, 0], 1.0)), None);
    let other = PointValue::Histogram { of: totals(9, 9.0), bounds: vec![7.0], counts: vec![0, 9] };
    assert_eq!(other.since(&histogram(&[1, 0, 0, 0], 1.0)), None, "other bounds");
}

#[test]
fn exponential_growth_is_worked_out_at_the_coarser_scale() {
    // scale 1: buckets 2..6; scale 0: 1..3
    let now = exponential(0, 1, &[5, 7]);
    let before = exponential(1, 2, &[1, 2, 3, 4]);
    assert_eq!(now.since(&before), Some(exponential(0, 1, &[2, 0])));
    assert_eq!(before.since(&now), None);
    let wider = exponential(0, 0, &[1, 5, 7, 2]).since(&exponential(0, 1, &[5, 5]));
    assert_eq!(wider, Some(exponential(0, 0, &[1, 0, 2, 2])));
}

#[test]
fn absurd_buckets_are_survived() {
    for (scale, offset) in
        [(i32::MAX, i32::MAX), (i32::MIN, i32::MIN), (20, i32::MAX), (0, i32::MIN)]
    {
        let value = exponential(scale, offset, &[1, 2, 3]);
        assert_eq!(distribution(&value).sketch.len(), 6);
        let _ = value.since(&exponential(i32::MIN, i32::MAX, &[1]));
        let _ = value.since(&exponential(i32::MAX, i32::MIN, &[1, 1, 1]));
    }
    let nan = PointValue::Histogram {
        of: Totals::of(3, None, Some(f64::NAN), Some(f64::INFINITY)),
        bounds: vec![f64::NAN, f64::NEG_INFINITY],
        counts: vec![1, 1, 1, 9],
    };
    let _ = distribution(&nan);
}
