//! The machine held against what the health model says, read off the whole history each time
//! instead of counted along, for the cross product of all knobs.

use std::time::Duration;

use bellwether_core::alert::Phase;
use proptest::prelude::*;

use super::tests::verdict;
use super::*;

/// A verdict a letter, as in [`verdict`], with the seconds since the one before.
type History = Vec<(char, i64)>;

/// What a verdict counts as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Counts {
    Good,
    Between,
    Bad,
}

fn counts(letter: char, on_missing: OnMissing) -> Option<Counts> {
    match (letter, on_missing) {
        ('g', _) => Some(Counts::Good),
        ('m', _) => Some(Counts::Between),
        ('b', _) => Some(Counts::Bad),
        ('-' | 'q', OnMissing::Ok) => Some(Counts::Good),
        ('-' | 'q', OnMissing::Fire) => Some(Counts::Bad),
        _ => None,
    }
}

/// Nagios' formula, word for word.
fn percent(bad: &[bool]) -> f64 {
    let mut newest: Vec<bool> = bad.iter().rev().take(21).copied().collect();
    newest.resize(21, false);
    newest.reverse();
    let mut curved = 0.0;
    for x in 1..21 {
        if newest[x] != newest[x - 1] {
            curved += (x - 1) as f64 * (1.25 - 0.75) / 19.0 + 0.75;
        }
    }
    curved * 100.0 / 20.0
}

/// Returns the phase after each verdict and how often the alert resolved by then.
fn expected(knobs: &Knobs, history: &History) -> Vec<(Phase, u64)> {
    let mut told = Vec::new();
    // results since the alert last resolved, with their times
    let mut results: Vec<(Counts, i64)> = Vec::new();
    let mut bad: Vec<bool> = Vec::new();
    let (mut now, mut resolved, mut flapping) = (0, 0, false);
    let mut phase = Phase::Inactive;
    // where in the results the newest life of the alert began to be told, if it did
    let mut since: Option<usize> = None;
    for (letter, after) in history {
        now += after;
        if let Some(result) = counts(*letter, knobs.on_missing) {
            results.push((result, now));
            if result != Counts::Between {
                bad.push(result == Counts::Bad);
                let percent = percent(&bad);
                flapping = if flapping { percent > 15.0 } else { percent >= 30.0 };
            }
            phase = match since {
                None => {
                    let phase = before_firing(knobs, &results, phase);
                    since = (phase == Phase::Firing).then_some(results.len());
                    phase
                }
                Some(at) if flapping && result == Counts::Good => {
                    // nothing good from before counts
                    since = Some(results.len().max(at));
                    Phase::Firing
                }
                Some(at) => while_firing(knobs, &results[at..]),
            };
            if phase == Phase::Resolved && since.is_some() {
                resolved += 1;
                results.clear();
                since = None;
            }
        }
        told.push((phase, resolved));
    }
    told
}

/// The newest results that are all of one kind, with the time of the first of them.
fn run(results: &[(Counts, i64)], kind: Counts) -> (usize, i64) {
    let run = results.iter().rev().take_while(|(it, _)| *it == kind);
    let times: Vec<i64> = run.map(|(_, at)| *at).collect();
    (times.len(), times.last().copied().unwrap_or_default())
}

fn before_firing(knobs: &Knobs, results: &[(Counts, i64)], before: Phase) -> Phase {
    let (_, now) = *results.last().unwrap();
    let (failures, since) = run(results, Counts::Bad);
    let recent = |last: u32| results.iter().rev().take(last as usize);
    let bad_of = |last: u32| recent(last).filter(|(it, _)| *it == Counts::Bad).count() as u32;
    let fires = failures > 0
        && match knobs.breach {
            Breach::For(hold) => (now - since) as u64 >= hold.as_secs(),
            Breach::Failures(wanted) => failures as u32 >= wanted,
            Breach::Of { bad, last } => bad_of(last) >= bad,
        };
    let pending = match knobs.breach {
        Breach::Of { last, .. } => bad_of(last) > 0,
        _ => failures > 0,
    };
    match (fires, pending, before) {
        (true, ..) => Phase::Firing,
        (_, true, _) => Phase::Pending,
        (_, _, Phase::Resolved) => Phase::Resolved,
        _ => Phase::Inactive,
    }
}

fn while_firing(knobs: &Knobs, results: &[(Counts, i64)]) -> Phase {
    let Some((_, now)) = results.last() else { return Phase::Firing };
    let (good, since) = run(results, Counts::Good);
    if good == 0 {
        return Phase::Firing;
    }
    let kept = (now - since) as u64 >= knobs.keep_firing_for.as_secs();
    if good as u32 >= knobs.successes && kept { Phase::Resolved } else { Phase::Recovering }
}

/// Every combination of the knobs.
pub(super) fn every_knob() -> Vec<Knobs> {
    let seconds = Duration::from_secs;
    let breaches = [0, 2, 5].map(|it| Breach::For(seconds(it)));
    let failures = [1, 2, 3].map(Breach::Failures);
    let of = [(1, 1), (2, 3), (3, 5)].map(|(bad, last)| Breach::Of { bad, last });
    let mut all = Vec::new();
    for breach in [breaches, failures, of].concat() {
        for successes in 1..=3 {
            for keep in [0, 4] {
                for on_missing in [OnMissing::Hold, OnMissing::Fire, OnMissing::Ok] {
                    all.push(Knobs {
                        breach,
                        successes,
                        keep_firing_for: seconds(keep),
                        on_missing,
                        flap_every: Duration::ZERO,
                        ..Knobs::default()
                    });
                }
            }
        }
    }
    all
}

pub(super) fn histories() -> impl Strategy<Value = History> {
    let letter = prop::sample::select(vec!['g', 'g', 'g', 'b', 'b', 'b', 'm', '-', 'q', 'e', 'n']);
    let runs = (letter, 1..4_usize, prop::sample::select(vec![1, 1, 1, 2, 6]));
    let runs = prop::collection::vec(runs, 1..20);
    runs.prop_map(|runs| {
        let spelt = |(letter, times, after)| std::iter::repeat_n((letter, after), times);
        runs.into_iter().flat_map(spelt).collect()
    })
}

pub(super) fn start() -> Alert {
    let key = AlertKey { rule: "r".into(), labels: Default::default() };
    begin(key, "c".into(), Timestamp::default())
}

pub(super) fn take(alert: &mut Alert, letter: char, knobs: &Knobs, now: i64) -> bool {
    let now = Timestamp::from_secs(now);
    step(alert, &verdict(letter), |_| Severity::Critical, knobs, now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn phases_are_those_that_the_whole_history_says(history in histories()) {
        for knobs in every_knob() {
            let (mut alert, mut now) = (start(), 0);
            let first = alert.epoch;
            let told: Vec<(Phase, u64)> = history
                .iter()
                .map(|(letter, after)| {
                    now += after;
                    take(&mut alert, *letter, &knobs, now);
                    (alert.phase, alert.epoch - first)
                })
                .collect();
            prop_assert_eq!(told, expected(&knobs, &history), "{:?}", knobs);
        }
    }

    /// What was stored last, read back from its record at any points, goes on as if nothing had
    /// been.
    #[test]
    fn restarts_at_any_point_change_nothing(
        history in histories(),
        restarts in prop::collection::vec(any::<bool>(), 64),
        flap_every in prop::sample::select(vec![0, 3]),
    ) {
        for knobs in every_knob() {
            let knobs = Knobs { flap_every: Duration::from_secs(flap_every), ..knobs };
            let (mut undisturbed, mut now) = (start(), 0);
            let mut alert = undisturbed.clone();
            let mut stored = serde_json::to_string(&alert).unwrap();
            for ((letter, after), restart) in history.iter().zip(restarts.iter().cycle()) {
                now += after;
                if *restart {
                    alert = serde_json::from_str(&stored).unwrap();
                }
                take(&mut undisturbed, *letter, &knobs, now);
                if take(&mut alert, *letter, &knobs, now) {
                    stored = serde_json::to_string(&alert).unwrap();
                }
                prop_assert!(
                    Memory::of(&alert, &knobs) == Memory::of(&undisturbed, &knobs),
                    "{:?}",
                    knobs
                );
                prop_assert_eq!(alert.epoch, undisturbed.epoch);
            }
        }
    }
}
