use proptest::prelude::*;

use super::*;

proptest! {
    /// Whatever the interval and the jitter: from a run's begin over a hanging run and a hanging second try it is less
    /// than two intervals, and the next regular run is not in its way.
    #[test]
    fn a_hanging_check_is_found_out_within_two_intervals(
        ms in 10_u64..3_600_000,
        random in any::<u64>(),
    ) {
        let interval = Duration::from_millis(ms);
        let (timeout, regular) = (longest_timeout(interval), Instant::now());
        let next = next(Reason::StillWell, regular, regular, interval, random);
        prop_assert!(next.regular);
        prop_assert!(next.at <= regular + interval);
        prop_assert!(next.at >= regular + interval - interval / 10);
        prop_assert!((next.at - regular) + timeout + retry(interval) + timeout < interval * 2);
        prop_assert!(retry(interval) + timeout * 2 <= interval - interval / 10);
    }
}

#[test]
fn a_second_try_comes_soon_and_does_not_shift_the_rhythm() {
    let (start, second) = (Instant::now(), Duration::from_secs(1));
    let failed = next(Reason::FirstFailure, start, start + second, second * 30, 0);
    assert_eq!(failed, Next { at: start + second * 3, regular: false });
    let after = next(Reason::Fired, start, start + second * 4, second * 30, 0);
    assert_eq!(after, Next { at: start + second * 30, regular: true });
}

#[test]
fn what_was_missed_is_not_made_up_for() {
    let (start, second) = (Instant::now(), Duration::from_secs(1));
    let next = next(Reason::StillWell, start, start + second * 100, second * 30, 0);
    assert_eq!(next, Next { at: start + second * 100, regular: true });
}
