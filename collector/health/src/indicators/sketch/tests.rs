use proptest::prelude::*;

use super::*;

fn sketch(values: &[f64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|value| sketch.add(*value, 1));
    sketch
}

fn exact(values: &[f64], quantile: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank - 1]
}

/// A plain generator, so that the same values come every time.
fn uniform(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    })
}

/// Health model, "Words", indicator: quantiles hold their stated error on skewed data.
#[test]
fn quantiles_of_skewed_data_are_within_the_stated_error() {
    let pareto: Vec<f64> = uniform(1).take(100_000).map(|u| 0.001 / u.powf(1.0 / 1.2)).collect();
    let lognormal: Vec<f64> = uniform(2)
        .zip(uniform(3))
        .take(100_000)
        .map(|(u, v)| (2.0 * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()).exp())
        .collect();
    let two_humps: Vec<f64> = uniform(4)
        .take(50_000)
        .map(|u| if u < 0.98 { 0.01 + u / 100.0 } else { 30.0 + u })
        .collect();
    let exponential: Vec<f64> = uniform(5).take(100_000).map(|u| -u.ln() * 0.2).collect();
    for (name, values) in [
        ("pareto", pareto),
        ("lognormal", lognormal),
        ("two humps", two_humps),
        ("exponential", exponential),
    ] {
        let sketch = sketch(&values);
        for quantile in [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let (ours, theirs) = (sketch.quantile(quantile).unwrap(), exact(&values, quantile));
            let error = (ours - theirs).abs() / theirs;
            assert!(error <= RELATIVE_ERROR, "{name} p{quantile}: {ours} for {theirs}: {error}");
        }
    }
}

#[test]
fn nothing_has_no_quantile_and_nan_is_no_value() {
    assert_eq!(Sketch::default().quantile(0.5), None);
    assert!(sketch(&[f64::NAN]).is_empty());
}

#[test]
fn zero_negative_and_absurd_values_are_kept_in_order() {
    let sketch = sketch(&[-5.0, 0.0, 0.0, 5.0, f64::INFINITY, f64::MIN_POSITIVE / 2.0]);
    let quantiles: Vec<f64> =
        (1..=6).map(|n| sketch.quantile(f64::from(n) / 6.0).unwrap()).collect();
    assert!(quantiles.is_sorted(), "{quantiles:?}");
    assert!((quantiles[0] + 5.0).abs() < 0.06, "{quantiles:?}");
    assert_eq!(quantiles[1], 0.0);
    assert!(quantiles.iter().all(|it| it.is_finite()), "{quantiles:?}");
}

#[test]
fn a_flood_of_different_values_takes_no_more_room_and_keeps_the_upper_end() {
    let values: Vec<f64> = (0..200_000).map(|n| 1.0005_f64.powi(n % 100_000)).collect();
    let sketch = sketch(&values);
    assert_eq!(sketch.buckets.len(), MOST_BUCKETS);
    assert_eq!(sketch.len(), 200_000);
    let (ours, theirs) = (sketch.quantile(0.99).unwrap(), exact(&values, 0.99));
    assert!((ours - theirs).abs() / theirs <= RELATIVE_ERROR);
}

#[test]
fn exponential_histograms_merge_at_any_scale() {
    // 1.5 lies in bucket 0 of scale 0, 4 of scale 3, 18 of scale 5, 599 of scale 10
    for (scale, index, error) in [
        (0, 0, 0.5),
        (3, 4, 0.09),
        (5, 18, RELATIVE_ERROR),
        (10, 599, RELATIVE_ERROR),
        (20, 613_377, RELATIVE_ERROR),
    ] {
        let mut sketch = Sketch::default();
        sketch.add_exponential(index, scale, false, 3);
        let value = sketch.quantile(0.5).unwrap();
        assert!((value - 1.5).abs() / 1.5 <= error, "scale {scale}: {value}");
        sketch.add_exponential(index, scale, true, 10);
        assert_eq!(sketch.quantile(0.5), Some(-value));
    }
    let mut absurd = Sketch::default();
    for (index, scale) in [(i32::MAX, -100), (i32::MIN, -100), (i32::MAX, i32::MAX), (0, i32::MIN)]
    {
        absurd.add_exponential(index, scale, false, 1);
    }
    assert_eq!(absurd.len(), 4);
}

/// OTLP, exponential histograms: bucket `i` holds what lies above `base^i`, up to and with
/// `base^(i + 1)`.
#[test]
fn buckets_end_where_they_should() {
    for (n, bound) in BOUNDS.into_iter().enumerate() {
        let exact = (n as f64 / f64::from(1 << SCALE)).exp2();
        let bound = f64::from_bits(bound & ((1 << 52) - 1) | 1_023 << 52);
        // the greatest number that is not above: `exp2` may be one off either way
        assert!((exact.to_bits() as i64 - bound.to_bits() as i64).abs() <= 1, "{n}");
        for (doublings, factor) in [(0, 1.0), (3, 8.0), (-4, 0.0625)] {
            let (number, bound) = (n as i32 + doublings * 32, bound * factor);
            assert_eq!(index(bound), number - 1, "{n}: up to and with");
            assert_eq!(index(bound.next_up()), number, "{n}: above");
        }
    }
}

proptest! {
    #[test]
    fn a_bucket_is_found_without_a_logarithm(value in prop_oneof![1e-300..1e300_f64, 1e-6..1e6_f64, 1.0..2.0_f64]) {
        let scaled = value.log2() * f64::from(1 << SCALE);
        // a logarithm cannot tell on which side of a bound a value lies that is as good as on it
        prop_assume!((scaled - scaled.round()).abs() > 1e-9);
        prop_assert_eq!(index(value), (scaled.ceil() - 1.0) as i32);
    }

    #[test]
    fn counting_many_at_once_is_counting_each(
        one in proptest::collection::vec(0.0..1e4_f64, 0..700),
        other in proptest::collection::vec(0.001..1e9_f64, 0..100),
    ) {
        let all = sketch(&[one.clone(), other.clone()].concat());
        let mut joined = sketch(&one);
        let mut codes: Vec<i32> = other.into_iter().map(code).collect();
        codes.sort_unstable();
        joined.count_sorted(&codes);
        prop_assert_eq!(joined, all);
    }

    #[test]
    fn a_single_value_is_within_the_error(value in prop_oneof![1e-300..1e300_f64, 1e-6..1e6_f64]) {
        let found = sketch(&[value]).quantile(0.5).unwrap();
        prop_assert!((found - value).abs() / value <= RELATIVE_ERROR);
    }

    #[test]
    fn merging_is_the_sketch_of_all(
        one in proptest::collection::vec(prop_oneof![-1e9..1e9_f64, 1.0..100.0_f64], 0..200),
        other in proptest::collection::vec(0.001..100.0_f64, 0..200),
    ) {
        let (first, second) = (sketch(&one), sketch(&other));
        let all = sketch(&[one, other].concat());
        let mut merged = first.clone();
        merged.merge(&second);
        prop_assert_eq!(&merged, &all);
        prop_assert_eq!(Sketch::union([&first, &second].into_iter(), &[]), all);
    }
}
