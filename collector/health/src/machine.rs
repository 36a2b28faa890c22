//! The state machine of one alert, as a pure function.

use std::time::Duration;

use bellwether_core::alert::{Alert, AlertKey, Data, Phase};
use bellwether_core::ids::ComponentId;
use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;

pub use crate::sample::Verdict;

/// How long or how often something has to hold before it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// How long a breach lasts before it fires; zero fires at once.
    pub hold: Duration,
    /// How many good samples in a row clear it, at least one.
    pub successes: u32,
    /// How long it stays clear before it resolves.
    pub keep_firing_for: Duration,
}

/// Begins an alert that was never evaluated before.
pub fn begin(key: AlertKey, component: ComponentId, now: Timestamp) -> Alert {
    Alert {
        key,
        epoch: 1,
        component,
        phase: Phase::Inactive,
        since: now,
        streak: 0,
        data: Data::Missing,
        fresh_at: now,
        state: ComponentState::Operational,
        severity: Severity::Low,
        fault_at: None,
        reasons: Vec::new(),
    }
}

/// Takes one evaluation into account and returns the alert as it stands after it.
///
/// `severity` is how loud the alert is if the verdict is bad.
#[must_use]
pub fn step(
    alert: &Alert,
    verdict: &Verdict,
    severity: Severity,
    knobs: Knobs,
    now: Timestamp,
) -> Alert {
    let mut next = alert.clone();
    match verdict {
        Verdict::NotDue => {}
        Verdict::Quiet | Verdict::Missing => next.data = Data::Missing,
        Verdict::Error { .. } => next.data = Data::Error,
        Verdict::Between => {
            next.data = Data::Fresh;
            next.fresh_at = now;
            between(&mut next, now);
        }
        Verdict::Good => {
            next.data = Data::Fresh;
            next.fresh_at = now;
            good(&mut next, knobs, now);
        }
        Verdict::Bad { state, fault_at, reasons } => {
            next.data = Data::Fresh;
            next.fresh_at = now;
            next.state = *state;
            next.severity = severity;
            next.reasons.clone_from(reasons);
            bad(&mut next, *fault_at, knobs, now);
        }
    }
    next
}

fn bad(alert: &mut Alert, fault_at: Timestamp, knobs: Knobs, now: Timestamp) {
    match alert.phase {
        Phase::Inactive | Phase::Resolved => {
            alert.fault_at = Some(fault_at);
            alert.streak = 1;
            enter(alert, Phase::Pending, now);
        }
        Phase::Pending | Phase::Firing => alert.streak = alert.streak.saturating_add(1),
        Phase::Recovering => {
            alert.streak = 1;
            enter(alert, Phase::Firing, now);
        }
    }
    if alert.phase == Phase::Pending && now.since(alert.since) >= knobs.hold {
        enter(alert, Phase::Firing, now);
    }
}

fn good(alert: &mut Alert, knobs: Knobs, now: Timestamp) {
    match alert.phase {
        Phase::Inactive | Phase::Resolved => return,
        Phase::Pending => {
            alert.streak = 0;
            clear(alert);
            enter(alert, Phase::Inactive, now);
            return;
        }
        Phase::Firing => {
            alert.streak = 1;
            enter(alert, Phase::Recovering, now);
        }
        Phase::Recovering => alert.streak = alert.streak.saturating_add(1),
    }
    if alert.streak >= knobs.successes && now.since(alert.since) >= knobs.keep_firing_for {
        alert.epoch = alert.epoch.saturating_add(1);
        alert.streak = 0;
        clear(alert);
        enter(alert, Phase::Resolved, now);
    }
}

/// Neither a breach nor the recovery: a pending alert goes, one that fires fires on.
fn between(alert: &mut Alert, now: Timestamp) {
    match alert.phase {
        Phase::Inactive | Phase::Resolved | Phase::Firing => {}
        Phase::Pending => {
            alert.streak = 0;
            clear(alert);
            enter(alert, Phase::Inactive, now);
        }
        Phase::Recovering => {
            alert.streak = 0;
            enter(alert, Phase::Firing, now);
        }
    }
}

fn clear(alert: &mut Alert) {
    alert.fault_at = None;
    alert.reasons = vec![Reason::AsExpected];
}

fn enter(alert: &mut Alert, phase: Phase, now: Timestamp) {
    alert.phase = phase;
    alert.since = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Knobs =
        Knobs { hold: Duration::ZERO, successes: 3, keep_firing_for: Duration::ZERO };

    fn bad_verdict() -> Verdict {
        Verdict::Bad {
            state: ComponentState::MajorOutage,
            fault_at: Timestamp::from_secs(1),
            reasons: vec![],
        }
    }

    /// Runs one verdict a second: `b`ad, `g`ood, in the `m`iddle, `e`rror, `-` missing; returns
    /// the phases.
    fn run(knobs: Knobs, verdicts: &str) -> (String, Alert) {
        let key = AlertKey { rule: "r".into(), labels: Default::default() };
        let mut alert = begin(key, "c".into(), Timestamp::from_secs(0));
        let mut phases = String::new();
        for (second, verdict) in (0..).zip(verdicts.chars()) {
            let verdict = match verdict {
                'b' => bad_verdict(),
                'g' => Verdict::Good,
                'm' => Verdict::Between,
                'e' => Verdict::Error { why: "division by zero".into() },
                _ => Verdict::Missing,
            };
            alert = step(&alert, &verdict, Severity::Critical, knobs, Timestamp::from_secs(second));
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

    #[test]
    fn phases_follow_verdicts() {
        let hold = Knobs { hold: Duration::from_secs(2), ..AT_ONCE };
        let keep = Knobs { keep_firing_for: Duration::from_secs(4), ..AT_ONCE };
        for (knobs, verdicts, phases) in [
            (AT_ONCE, "gggg", "iiii"),
            (AT_ONCE, "bbbb", "FFFF"),
            (AT_ONCE, "bggg", "FrrR"),
            // one bad sample starts the count again, in the same life
            (AT_ONCE, "bggbggg", "FrrFrrR"),
            // missing data neither counts nor resets, and resolves nothing
            (AT_ONCE, "b---g-g-g-", "FFFFrrrrRR"),
            (AT_ONCE, "----", "iiii"),
            (hold, "bbbb", "ppFF"),
            // one good sample deletes a pending alert
            (hold, "bgbbb", "pippF"),
            (hold, "b-b", "ppF"),
            (keep, "bgggggg", "FrrrrRR"),
            // between the limit and the recovery threshold
            (AT_ONCE, "mmm", "iii"),
            (AT_ONCE, "bmgmggg", "FFrFrrR"),
            (hold, "bmbbb", "pippF"),
            // an error is neither good nor bad
            (AT_ONCE, "begeg-g", "FFrrrrR"),
        ] {
            assert_eq!(run(knobs, verdicts).0, phases, "{verdicts}");
        }
    }

    #[test]
    fn the_epoch_rises_only_when_an_alert_resolves() {
        assert_eq!(run(AT_ONCE, "bbggb").1.epoch, 1);
        assert_eq!(run(AT_ONCE, "bggg").1.epoch, 2);
        assert_eq!(run(AT_ONCE, "bgggbggg").1.epoch, 3);
    }

    #[test]
    fn data_says_what_the_newest_evaluation_had() {
        assert_eq!(run(AT_ONCE, "b-").1.data, Data::Missing);
        assert_eq!(run(AT_ONCE, "b-g").1.data, Data::Fresh);
        assert_eq!(run(AT_ONCE, "bge").1.data, Data::Error);
        assert_eq!(run(AT_ONCE, "bg--").1.fresh_at, Timestamp::from_secs(1));
    }
}
