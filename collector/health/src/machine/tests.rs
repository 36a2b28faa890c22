//! The numbers in the names of tests are those of the health model.

use std::time::Duration;

use super::model::{start, take};
use super::*;

pub(super) fn verdict(letter: char) -> Verdict {
    match letter {
        'b' => Verdict::Bad {
            state: ComponentState::MajorOutage,
            fault_at: Timestamp::from_secs(-1),
            reasons: vec![],
        },
        'g' => Verdict::Good,
        'm' => Verdict::Between,
        'e' => Verdict::Error { why: "division by zero".into() },
        'n' => Verdict::NotDue,
        'q' => Verdict::Quiet,
        '-' => Verdict::Missing,
        other => panic!("no verdict is spelt {other}"),
    }
}

const AT_ONCE: Knobs = Knobs {
    breach: Breach::For(Duration::ZERO),
    successes: 3,
    keep_firing_for: Duration::ZERO,
    on_missing: OnMissing::Hold,
    missing_state: ComponentState::PartialOutage,
    max_hold: Duration::from_secs(600),
    flap_every: Duration::ZERO,
    looks_back: Duration::ZERO,
};

fn hold(seconds: u64) -> Knobs {
    Knobs { breach: Breach::For(Duration::from_secs(seconds)), ..AT_ONCE }
}

fn failures(count: u32) -> Knobs {
    Knobs { breach: Breach::Failures(count), ..AT_ONCE }
}

fn of(bad: u32, last: u32) -> Knobs {
    Knobs { breach: Breach::Of { bad, last }, ..AT_ONCE }
}

fn keep(seconds: u64, successes: u32) -> Knobs {
    Knobs { keep_firing_for: Duration::from_secs(seconds), successes, ..AT_ONCE }
}

fn missing(on_missing: OnMissing) -> Knobs {
    Knobs { on_missing, ..AT_ONCE }
}

/// Runs one verdict a second: `b`ad, `g`ood, in the `m`iddle, `e`rror, `-` missing, `q`uiet,
/// `n`ot due; returns the phases.
fn run(knobs: Knobs, verdicts: &str) -> (String, Alert) {
    let mut alert = start();
    let mut phases = String::new();
    for (second, letter) in (0..).zip(verdicts.chars()) {
        take(&mut alert, letter, &knobs, second);
        phases.push(match alert.phase {
            Phase::Inactive => 'i',
            Phase::Pending => 'p',
            Phase::Firing => 'F',
            Phase::Recovering => 'r',
            Phase::Resolved => 'R',
        });
    }
    (phases, alert)
}

fn holds(table: &[(Knobs, &str, &str)]) {
    for (knobs, verdicts, phases) in table {
        assert_eq!(run(*knobs, verdicts).0, *phases, "{verdicts} {knobs:?}");
    }
}

#[test]
fn s3_a_breach_fires_by_for_or_failures_or_n_of_m() {
    holds(&[
        (AT_ONCE, "gggg", "iiii"),
        // `for: 0` fires on the first evaluation
        (AT_ONCE, "bbbb", "FFFF"),
        (hold(2), "bbbb", "ppFF"),
        (failures(2), "bbbb", "pFFF"),
        (failures(3), "bbbb", "ppFF"),
        (of(2, 3), "bbbb", "pFFF"),
        (of(2, 3), "bgb", "ppF"),
        (of(2, 3), "bgggb", "pppip"),
        (of(3, 5), "bgbgb", "ppppF"),
    ]);
}

#[test]
fn s3_one_false_evaluation_deletes_a_pending_alert() {
    holds(&[
        (hold(2), "bgbbb", "pippF"),
        (hold(2), "bmbbb", "pippF"),
        (failures(2), "bgbb", "pipF"),
        (failures(2), "bmbb", "pipF"),
    ]);
}

#[test]
fn s4_it_clears_below_clear_for_so_long_or_so_often_in_a_row() {
    holds(&[
        (AT_ONCE, "bggg", "FrrR"),
        (keep(4, 1), "bgggggg", "FrrrrRR"),
        (keep(2, 4), "bgggggg", "FrrrRRR"),
        (keep(0, 1), "bgbg", "FRFR"),
        // one bad result starts the count again, in the same life
        (AT_ONCE, "bggbggg", "FrrFrrR"),
        // between the limit and the recovery threshold it is neither a breach nor clear
        (AT_ONCE, "mmm", "iii"),
        (AT_ONCE, "bmgmggg", "FFrFrrR"),
        (AT_ONCE, "bgggmmb", "FrrRRRF"),
        // what is looked back at ends with the life of the alert
        (Knobs { successes: 1, ..of(2, 5) }, "bbgb", "pFRp"),
    ]);
}

#[test]
fn s4_a_sample_that_is_no_result_neither_counts_nor_resets() {
    holds(&[
        (AT_ONCE, "b---g-g-g-", "FFFFrrrrRR"),
        (AT_ONCE, "bqngegqg", "FFFrrrrR"),
        (AT_ONCE, "--qn", "iiii"),
        (hold(2), "b-b", "ppF"),
        (hold(2), "b---", "pppp"),
        (failures(2), "bn-qeb", "pppppF"),
        (of(2, 3), "bn-qeb", "pppppF"),
        (keep(3, 1), "bg---g", "FrrrrR"),
    ]);
}

#[test]
fn s5_missing_data_never_resolves_anything_unless_that_is_said() {
    let thousand = "-".repeat(1_000);
    assert_eq!(run(AT_ONCE, &format!("b{thousand}")).1.phase, Phase::Firing);
    holds(&[
        (missing(OnMissing::Fire), "g-g", "iFr"),
        (missing(OnMissing::Fire), "bqggg", "FFrrR"),
        (missing(OnMissing::Ok), "b---", "FrrR"),
        (missing(OnMissing::Ok), "bnnnn", "FFFFF"),
        (Knobs { on_missing: OnMissing::Fire, ..hold(2) }, "g---", "ippF"),
    ]);
    let (_, alert) = run(missing(OnMissing::Fire), "g--");
    let since = Timestamp::from_secs(1);
    assert_eq!(alert.reasons, [Reason::DataMissing { since }]);
    assert_eq!((alert.fault_at, alert.state), (Some(since), ComponentState::PartialOutage));
}

#[test]
fn s5_data_says_what_there_is_to_go_by_and_since_when_not() {
    for (verdicts, data, stale, lost) in [
        ("b-", Data::Missing, Some(1), Some(1)),
        ("b-g", Data::Fresh, None, None),
        ("bg--", Data::Missing, Some(2), Some(2)),
        ("bge", Data::Error, Some(2), Some(2)),
        ("bgn", Data::Fresh, None, None),
        ("bq", Data::Missing, Some(1), None),
        ("bq-", Data::Missing, Some(1), Some(2)),
        // nobody promises data any more: nothing is lost
        ("b--q", Data::Missing, Some(1), None),
        ("b-n", Data::Missing, Some(1), Some(1)),
        ("m", Data::Fresh, None, None),
    ] {
        let (_, alert) = run(AT_ONCE, verdicts);
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::secs);
        let told = (alert.data, seconds(alert.stale_since), seconds(alert.lost_since));
        assert_eq!(told, (data, stale, lost), "{verdicts}");
    }
}

#[test]
fn s6_a_flapping_alert_fires_and_resolves_once() {
    let quick = keep(0, 1);
    let flaps = "bg".repeat(20);
    let (phases, alert) = run(quick, &flaps);
    // two pairs, and from then on it is taken for one failure
    assert_eq!(phases, format!("FRFRF{}", "F".repeat(35)));
    assert!(alert.flapping);
    let (_, alert) = run(quick, &format!("{flaps}{}", "g".repeat(20)));
    assert!(!alert.flapping && alert.phase == Phase::Resolved);
    assert_eq!(alert.epoch, 4, "three lives for twenty failures");
}

#[test]
fn s12_the_epoch_rises_only_when_an_alert_resolves() {
    for (verdicts, epoch) in [("bbggb", 1), ("bggg", 2), ("bgggbggg", 3), ("b---", 1)] {
        assert_eq!(run(AT_ONCE, verdicts).1.epoch, epoch, "{verdicts}");
    }
    let key = AlertKey { rule: "r".into(), labels: Default::default() };
    let later = begin(key, "c".into(), Timestamp::from_secs(1_795_428_131));
    assert_eq!(later.epoch, 1_795_428_131, "an alert that was forgotten comes back as another");
}

#[test]
fn what_goes_on_as_before_need_not_be_stored() {
    let knobs = Knobs { flap_every: Duration::from_secs(3), ..AT_ONCE };
    for (verdicts, again) in [("gg", 'g'), ("b", 'b'), ("-", '-'), ("e", 'e'), ("g", 'n')] {
        let mut alert = start();
        let mut second = 0;
        for letter in verdicts.chars().chain([again]) {
            second += 1;
            take(&mut alert, letter, &knobs, second);
        }
        for after in 1..100 {
            assert!(!take(&mut alert, again, &knobs, second + after), "{verdicts} {again}");
        }
    }
}

#[test]
fn reasons_are_stored_when_they_are_of_another_kind() {
    let bad = |reasons| Verdict::Bad {
        state: ComponentState::MajorOutage,
        fault_at: Timestamp::default(),
        reasons,
    };
    let since = |second| Reason::DataMissing { since: Timestamp::from_secs(second) };
    let mut alert = start();
    let mut changes = |reasons, second| {
        let now = Timestamp::from_secs(second);
        step(&mut alert, &bad(reasons), |_| Severity::High, &AT_ONCE, now)
    };
    for second in 0..30 {
        changes(vec![since(1)], second);
    }
    assert!(!changes(vec![since(2)], 30), "the same with another number");
    assert!(changes(vec![since(2), Reason::AsExpected], 31));
    assert!(changes(vec![Reason::AsExpected, since(2)], 32));
}
