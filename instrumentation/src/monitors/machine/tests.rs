use std::time::Duration;

use super::*;

const OUTCOMES: [RunOutcome; 4] =
    [RunOutcome::Passed, RunOutcome::Failed, RunOutcome::TimedOut, RunOutcome::Skipped];

/// Runs outcomes written as letters (`p`, `f`, `t`, `s`), one second apart, and returns what each step said.
fn run(letters: &str) -> (Machine, Vec<Reason>) {
    let start = Instant::now();
    let mut machine = Machine::new(start);
    let reasons = letters
        .chars()
        .zip(1..)
        .map(|(letter, second)| {
            let outcome = match letter {
                'p' => RunOutcome::Passed,
                'f' => RunOutcome::Failed,
                't' => RunOutcome::TimedOut,
                _ => RunOutcome::Skipped,
            };
            machine.step(outcome, start + Duration::from_secs(second))
        })
        .collect();
    (machine, reasons)
}

#[test]
fn two_failures_fire_and_three_successes_clear() {
    use Reason::{
        Fired, FirstFailure, FirstSuccess, NoEvidence, Recovered, Recovering, StillFailing,
        StillWell,
    };
    for (letters, expected) in [
        ("pp", vec![FirstSuccess, StillWell]),
        ("pfp", vec![FirstSuccess, FirstFailure, StillWell]),
        ("pfpf", vec![FirstSuccess, FirstFailure, StillWell, FirstFailure]),
        ("pft", vec![FirstSuccess, FirstFailure, Fired]),
        ("tt", vec![FirstFailure, Fired]),
        ("fp", vec![FirstFailure, FirstSuccess]),
        ("fff", vec![FirstFailure, Fired, StillFailing]),
        ("ffppp", vec![FirstFailure, Fired, Recovering, Recovering, Recovered]),
        (
            "ffppfppp",
            vec![
                FirstFailure,
                Fired,
                Recovering,
                Recovering,
                StillFailing,
                Recovering,
                Recovering,
                Recovered,
            ],
        ),
        ("fsf", vec![FirstFailure, NoEvidence, Fired]),
        ("ss", vec![NoEvidence, NoEvidence]),
        (
            "ffpspsp",
            vec![FirstFailure, Fired, Recovering, NoEvidence, Recovering, NoEvidence, Recovered],
        ),
    ] {
        assert_eq!(run(letters).1, expected, "{letters}");
    }
}

#[test]
fn a_state_knows_since_when() {
    let (machine, _) = run("pff");
    let (longer, _) = run("pfffp");
    let age = |machine: Machine, start: Machine| machine.since() - start.since();
    assert_eq!(machine.state(), MonitorState::Failing);
    assert_eq!(age(machine, Machine::new(machine.since() - Duration::from_secs(3))).as_secs(), 3);
    assert_eq!(longer.state(), MonitorState::Failing);
    assert_eq!(longer.consecutive_failures(), 0);
    assert_eq!(machine.consecutive_failures(), 2);
}

/// Every sequence of seven outcomes keeps what the words promise.
#[test]
fn every_short_history_keeps_the_promises() {
    let start = Instant::now();
    for history in 0..OUTCOMES.len().pow(7) {
        let mut machine = Machine::new(start);
        let (mut failed_in_a_row, mut passed_in_a_row) = (0, 0);
        for step in 0..7 {
            let outcome = OUTCOMES[history / OUTCOMES.len().pow(step) % OUTCOMES.len()];
            let before = machine;
            let reason = machine.step(outcome, start);
            match outcome {
                RunOutcome::Passed => (failed_in_a_row, passed_in_a_row) = (0, passed_in_a_row + 1),
                RunOutcome::Skipped => assert_eq!(machine.state(), before.state()),
                _ => (failed_in_a_row, passed_in_a_row) = (failed_in_a_row + 1, 0),
            }
            assert_eq!(machine.consecutive_failures(), failed_in_a_row);
            assert_eq!(reason.is_transition(), machine.state() != before.state());
            match (before.state(), machine.state()) {
                (_, MonitorState::Failing) if failed_in_a_row > 0 => {
                    assert!(failed_in_a_row >= 2 || before.state() == MonitorState::Failing);
                }
                (MonitorState::Failing, MonitorState::Well) => assert_eq!(passed_in_a_row, 3),
                _ => assert!(failed_in_a_row < 2 || outcome == RunOutcome::Skipped),
            }
        }
    }
}
