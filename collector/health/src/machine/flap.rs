//! Whether an alert flaps: Nagios' way. Of the last 21 results the 20 changes between them are
//! weighted, from 0.75 for the oldest to 1.25 for the newest; at 30 % it begins to flap, at 15 %
//! it ends.

use std::time::Duration;

use bellwether_core::alert::Flaps;
use bellwether_core::time::Timestamp;

/// How many results are looked at.
const RESULTS: u32 = 21;
const CHANGES: u32 = RESULTS - 1;
const MASK: u32 = (1 << RESULTS) - 1;

/// Weights are counted in 76ths, so that they are whole: 57 for the oldest change and 2 more for
/// each newer one. All together are 20 x 76.
const ALL: u32 = CHANGES * 76;

/// Adds a result. Those of one slot of time are one, and the last of them counts; slots in which
/// there was none say what was said before.
pub(super) fn add(flaps: &mut Flaps, bad: bool, now: Timestamp, every: Duration) {
    let newest = flaps.results & 1;
    let every = i64::try_from(every.as_nanos()).unwrap_or(i64::MAX);
    let steps = if every == 0 {
        1
    } else {
        let slot = now.nanos().div_euclid(every);
        let steps = slot.saturating_sub(flaps.slot).clamp(0, i64::from(RESULTS));
        flaps.slot = slot.max(flaps.slot);
        u32::try_from(steps).unwrap_or(RESULTS)
    };
    for _ in 0..steps {
        flaps.results = (flaps.results << 1 | newest) & MASK;
    }
    flaps.results = flaps.results & !1 | u32::from(bad);
}

/// Says whether it flaps, given whether it did.
pub(super) fn flaps(flaps: &Flaps, did: bool) -> bool {
    let percent_of_all = 100 * weight(flaps.results);
    if did { percent_of_all > 15 * ALL } else { percent_of_all >= 30 * ALL }
}

/// Returns the weight of all changes, in 76ths.
fn weight(results: u32) -> u32 {
    let changes = results ^ (results >> 1);
    let weight = |at: u32| 57 + 2 * (CHANGES - 1 - at);
    (0..CHANGES).filter(|at| changes >> at & 1 == 1).map(weight).sum()
}

/// Returns what has to be remembered. Where results are taken apart by time that is the newest
/// one: when it was the same ever since, time alone says what the others became.
pub(super) fn memory(flaps: &Flaps, every: Duration) -> u32 {
    if every.is_zero() { flaps.results } else { flaps.results & 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds results, one a second, oldest first, and says after each whether it flaps.
    fn run(results: impl IntoIterator<Item = bool>) -> Vec<bool> {
        let (mut flaps, mut is) = (Flaps::default(), false);
        let mut told = Vec::new();
        for bad in results {
            add(&mut flaps, bad, Timestamp::default(), Duration::ZERO);
            is = super::flaps(&flaps, is);
            told.push(is);
        }
        told
    }

    #[test]
    fn weights_are_those_of_nagios() {
        assert_eq!(weight(0b01_0101_0101_0101_0101_0101), ALL, "every change is one: 100 %");
        let oldest = f64::from(weight(1 << 20)) / 76.0;
        let newest = f64::from(weight(MASK << 1 & MASK)) / 76.0;
        assert!((oldest - 0.75).abs() < 1e-9 && (newest - 1.25).abs() < 1e-9, "{oldest} {newest}");
    }

    #[test]
    fn it_begins_at_30_percent_and_ends_at_15() {
        // five changes at the new end weigh 5.99 of 20 (29.9 %), six weigh more than six
        let told = run([true, false, true, false, true, false]);
        assert_eq!(told, [false, false, false, false, false, true]);
        // they wear off as they grow old: the sixth of 20 changes is lost first
        let steady = run([true, false, true, false, true, false].into_iter().chain([false; 30]));
        let ended = steady.iter().skip(6).position(|flaps| !flaps).unwrap();
        assert_eq!(ended, 16, "three of the six have fallen out of the 20, the rest weighs < 15 %");
        assert!(!steady.last().unwrap());
    }

    #[test]
    fn one_failure_is_no_flapping() {
        assert!(!run([false, false, true, false, false, false]).contains(&true));
        assert!(!run([true; 40]).contains(&true));
    }

    #[test]
    fn results_of_one_slot_are_one_and_empty_slots_change_nothing() {
        let minute = Duration::from_secs(60);
        let mut flaps = Flaps::default();
        let at = |flaps: &mut Flaps, second: i64, bad: bool| {
            add(flaps, bad, Timestamp::from_secs(second), minute);
            flaps.results
        };
        assert_eq!(at(&mut flaps, 60, true), 0b1);
        assert_eq!(at(&mut flaps, 90, false), 0b0, "the last of a slot counts");
        assert_eq!(at(&mut flaps, 110, true), 0b1);
        assert_eq!(at(&mut flaps, 300, true), 0b1_1111, "four slots later");
        assert_eq!(at(&mut flaps, 360, false), 0b11_1110);
        assert_eq!(at(&mut flaps, 359, false), 0b11_1110, "an earlier one is of the newest slot");
        assert_eq!(at(&mut flaps, 1_000_000, false), 0);
    }
}
