//! The state machine of one alert, as a pure function.
//!
//! ```text
//!            breach             breach counted           clear
//! inactive ─────────> pending ─────────────────> firing ───────> recovering
//!     ^                  │                         ^  breach, or    │     │
//!     └──────────────────┘                         └─ not clear ────┘     │ clear counted
//!        not a breach                                                     v
//!                      pending <───────────────────────────────────── resolved
//! ```

mod flap;
mod knobs;

use std::mem::discriminant;

use bellwether_core::alert::{Alert, AlertKey, Data, Flaps, Phase};
use bellwether_core::ids::ComponentId;
use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;

pub use knobs::{Breach, Knobs, MOST_RESULTS, OnMissing};

use crate::sample::Verdict;

/// Begins an alert that was never evaluated before.
pub fn begin(key: AlertKey, component: ComponentId, now: Timestamp) -> Alert {
    Alert {
        key,
        epoch: u64::try_from(now.secs()).unwrap_or_default().max(1),
        component,
        phase: Phase::Inactive,
        since: now,
        streak: 0,
        results: 0,
        flaps: Flaps::default(),
        flapping: false,
        data: Data::Missing,
        stale_since: Some(now),
        lost_since: None,
        state: ComponentState::Operational,
        severity: Severity::Low,
        fault_at: None,
        fired_at: None,
        reasons: Vec::new(),
        values: Default::default(),
        example: None,
        suppressed_by: None,
    }
}

/// Takes one evaluation into account, and says whether the alert changed in a way that has to
/// survive a restart; that it was evaluated once more, with other numbers, does not.
///
/// `severity` says how loud the alert is when it is a breach that gives this state.
pub fn step(
    alert: &mut Alert,
    verdict: &Verdict,
    severity: impl Fn(ComponentState) -> Severity,
    knobs: &Knobs,
    now: Timestamp,
) -> bool {
    let before = Memory::of(alert, knobs);
    note_data(alert, verdict, now);
    let told = match Result::of(verdict, alert, knobs) {
        None => false,
        Some(Result::Good) => {
            good(alert, knobs, now);
            false
        }
        Some(Result::Between) => {
            between(alert, knobs, now);
            false
        }
        Some(Result::Bad { state, fault_at, reasons }) => {
            alert.severity = severity(state);
            alert.state = state;
            let other = !alike(&alert.reasons, &reasons);
            alert.reasons = reasons;
            bad(alert, fault_at, knobs, now);
            other
        }
    };
    told || before != Memory::of(alert, knobs)
}

/// A verdict that counts.
enum Result {
    Good,
    Between,
    Bad { state: ComponentState, fault_at: Timestamp, reasons: Vec<Reason> },
}

impl Result {
    fn of(verdict: &Verdict, alert: &Alert, knobs: &Knobs) -> Option<Self> {
        match verdict {
            Verdict::Good => Some(Self::Good),
            Verdict::Between => Some(Self::Between),
            Verdict::Bad { state, fault_at, reasons } => {
                Some(Self::Bad { state: *state, fault_at: *fault_at, reasons: reasons.clone() })
            }
            Verdict::Quiet | Verdict::Missing => match knobs.on_missing {
                OnMissing::Hold => None,
                OnMissing::Ok => Some(Self::Good),
                OnMissing::Fire => {
                    let since = alert.stale_since.unwrap_or(alert.since);
                    let reasons = vec![Reason::DataMissing { since }];
                    Some(Self::Bad { state: knobs.missing_state, fault_at: since, reasons })
                }
            },
            Verdict::NotDue | Verdict::Error { .. } => None,
        }
    }
}

fn note_data(alert: &mut Alert, verdict: &Verdict, now: Timestamp) {
    match verdict {
        Verdict::Good | Verdict::Between | Verdict::Bad { .. } => {
            alert.data = Data::Fresh;
            alert.stale_since = None;
            alert.lost_since = None;
            return;
        }
        Verdict::NotDue => return,
        Verdict::Quiet => {
            alert.data = Data::Missing;
            alert.lost_since = None;
        }
        Verdict::Missing => alert.data = Data::Missing,
        Verdict::Error { .. } => alert.data = Data::Error,
    }
    alert.stale_since.get_or_insert(now);
    if !matches!(verdict, Verdict::Quiet) {
        alert.lost_since.get_or_insert(now);
    }
}

fn bad(alert: &mut Alert, fault_at: Timestamp, knobs: &Knobs, now: Timestamp) {
    look_back(alert, true, knobs, now);
    match alert.phase {
        Phase::Inactive | Phase::Resolved => {
            alert.fault_at = Some(fault_at);
            enter(alert, Phase::Pending, now);
        }
        Phase::Pending | Phase::Firing => {}
        Phase::Recovering => enter(alert, Phase::Firing, now),
    }
    if alert.phase != Phase::Pending {
        return;
    }
    let counted = match knobs.breach {
        Breach::For(hold) => now.since(alert.since) >= hold,
        Breach::Failures(failures) => {
            alert.streak = alert.streak.saturating_add(1);
            alert.streak >= failures
        }
        Breach::Of { bad, .. } => alert.results.count_ones() >= bad,
    };
    if counted {
        alert.fired_at = Some(now);
        enter(alert, Phase::Firing, now);
    }
}

fn good(alert: &mut Alert, knobs: &Knobs, now: Timestamp) {
    look_back(alert, false, knobs, now);
    match alert.phase {
        Phase::Inactive | Phase::Resolved => return,
        Phase::Pending => return back_from_pending(alert, now),
        // no recovery is believed of an alert that flaps
        Phase::Firing if alert.flapping => return,
        Phase::Recovering if alert.flapping => return enter(alert, Phase::Firing, now),
        Phase::Firing => enter(alert, Phase::Recovering, now),
        Phase::Recovering => {}
    }
    alert.streak = alert.streak.saturating_add(1).min(knobs.successes);
    if alert.streak >= knobs.successes && now.since(alert.since) >= knobs.keep_firing_for {
        alert.epoch = alert.epoch.saturating_add(1);
        alert.results = 0;
        clear(alert);
        enter(alert, Phase::Resolved, now);
    }
}

/// Neither a breach nor the recovery: a pending alert goes, one that fires fires on.
fn between(alert: &mut Alert, knobs: &Knobs, now: Timestamp) {
    // it is no change for better or worse, so it says nothing about flapping
    alert.results = shifted(alert.results, false, knobs);
    match alert.phase {
        Phase::Inactive | Phase::Resolved | Phase::Firing => {}
        Phase::Pending => back_from_pending(alert, now),
        Phase::Recovering => enter(alert, Phase::Firing, now),
    }
}

/// One result that is no breach ends a pending alert, unless some of several have to be breaches:
/// then it ends when none of them is.
fn back_from_pending(alert: &mut Alert, now: Timestamp) {
    if alert.results == 0 {
        clear(alert);
        enter(alert, Phase::Inactive, now);
    }
}

fn look_back(alert: &mut Alert, bad: bool, knobs: &Knobs, now: Timestamp) {
    alert.results = shifted(alert.results, bad, knobs);
    flap::add(&mut alert.flaps, bad, now, knobs.flap_every);
    alert.flapping = flap::flaps(&alert.flaps, alert.flapping);
}

/// Adds a result to those that are looked back at, where they are.
fn shifted(results: u64, bad: bool, knobs: &Knobs) -> u64 {
    match knobs.breach {
        Breach::Of { last, .. } => {
            let mask = u64::MAX >> (MOST_RESULTS - last.clamp(1, MOST_RESULTS));
            (results << 1 | u64::from(bad)) & mask
        }
        Breach::For(_) | Breach::Failures(_) => 0,
    }
}

fn clear(alert: &mut Alert) {
    alert.fault_at = None;
    alert.fired_at = None;
    alert.reasons = vec![Reason::AsExpected];
}

fn enter(alert: &mut Alert, phase: Phase, now: Timestamp) {
    alert.phase = phase;
    alert.since = now;
    alert.streak = 0;
}

/// Says whether reasons are of the same kinds; their numbers change all the time.
fn alike(one: &[Reason], other: &[Reason]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| discriminant(one) == discriminant(other))
}

/// What of an alert decides what becomes of it.
#[derive(PartialEq)]
struct Memory {
    phase: Phase,
    since: Timestamp,
    streak: u32,
    results: u64,
    flaps: u32,
    flapping: bool,
    data: Data,
    stale_since: Option<Timestamp>,
    lost_since: Option<Timestamp>,
    state: ComponentState,
    severity: Severity,
    fault_at: Option<Timestamp>,
}

impl Memory {
    fn of(alert: &Alert, knobs: &Knobs) -> Self {
        let flaps = flap::memory(&alert.flaps, knobs.flap_every);
        Self {
            phase: alert.phase,
            since: alert.since,
            streak: alert.streak,
            results: alert.results,
            flaps,
            flapping: alert.flapping,
            data: alert.data,
            stale_since: alert.stale_since,
            lost_since: alert.lost_since,
            state: alert.state,
            severity: alert.severity,
            fault_at: alert.fault_at,
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
