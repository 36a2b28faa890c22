//! Whether this instance should get requests. Pure but for the samples that it keeps.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Status;
use super::status::{Judged, Why, judge};
use crate::monitors::{MonitorState, MonitorStatus, Reach};
use crate::startup;

/// A request that has been under way for longer is stuck.
pub const STUCK_AFTER: Duration = Duration::from_secs(30);
/// This many stuck requests make an instance not ready.
pub const STUCK_REQUESTS: u32 = 8;
/// The time over which the outcomes of critical routes are looked at.
pub const OUTCOME_WINDOW: Duration = Duration::from_secs(60);
/// With fewer requests than this in the window their outcomes say nothing.
pub const OUTCOME_REQUESTS: u64 = 20;
/// How long the last known good holds while something is wrong that may be wrong for all replicas.
pub const HOLD: Duration = Duration::from_secs(120);
/// Shortest time between two samples, so that nobody fills the memory by asking.
const BETWEEN_SAMPLES: Duration = Duration::from_secs(1);

/// One thing that speaks for or against readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) output: String,
}

/// What the requests of the service show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// Requests that have been under way for longer than [`STUCK_AFTER`].
    pub(super) stuck: u32,
    pub(super) oldest: Duration,
    /// Requests to critical routes that have ended since the service started, and those of them that failed.
    pub(super) requests: u64,
    pub(super) failures: u64,
}

/// Keeps how requests ended, so that a share over a window can be worked out, and since when it is bad.
#[derive(Debug, Default)]
pub(super) struct Samples {
    taken: VecDeque<(Instant, u64, u64)>,
    bad_since: Option<Instant>,
}

impl Samples {
    /// Takes the counts of `work` in and returns requests and failures within the window, and for how long they have been
    /// bad.
    pub(super) fn take(&mut self, work: Work, now: Instant) -> Outcomes {
        // One sample that is older than the window stays: it is where the window begins.
        while self.taken.get(1).is_some_and(|(at, ..)| *at + OUTCOME_WINDOW <= now) {
            self.taken.pop_front();
        }
        let (requests, failures) = self.taken.front().map_or((0, 0), |(_, requests, failures)| {
            (work.requests.saturating_sub(*requests), work.failures.saturating_sub(*failures))
        });
        if self.taken.back().is_none_or(|(at, ..)| *at + BETWEEN_SAMPLES <= now) {
            self.taken.push_back((now, work.requests, work.failures));
        }
        let bad = requests >= OUTCOME_REQUESTS && failures * 2 >= requests;
        self.bad_since = if bad { self.bad_since.or(Some(now)) } else { None };
        let bad_for = self.bad_since.map(|since| now.saturating_duration_since(since));
        Outcomes { requests, failures, bad_for }
    }
}

/// How requests to critical routes ended within the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    requests: u64,
    failures: u64,
    bad_for: Option<Duration>,
}

/// Everything that readiness is judged by.
pub(super) struct Evidence<'e> {
    pub(super) startup: Option<&'e startup::Status>,
    pub(super) monitors: &'e [MonitorStatus],
    pub(super) work: Work,
    pub(super) outcomes: Outcomes,
    pub(super) hold: Duration,
}

/// Collects what speaks for or against readiness; the worst decides.
pub(super) fn voices(evidence: &Evidence<'_>, now: Instant) -> Vec<Voice> {
    let gates = evidence.monitors.iter().filter_map(|it| Some((it, it.readiness()?)));
    let judged: Vec<(&MonitorStatus, Reach, Judged)> =
        gates.map(|(monitor, reach)| (monitor, reach, judge(monitor, true, now))).collect();
    let shared_trouble = judged
        .iter()
        .any(|(_, reach, judged)| *reach == Reach::Shared && judged.status != Status::Pass);
    let mut voices: Vec<Voice> = evidence.startup.map(of_startup).into_iter().collect();
    voices.extend(
        judged.iter().map(|(monitor, reach, judged)| {
            of_monitor(monitor, *reach, *judged, evidence.hold, now)
        }),
    );
    voices.push(of_stuck(evidence.work, shared_trouble, evidence.hold));
    voices.push(of_outcomes(evidence.outcomes, evidence.hold));
    voices
}

fn voice(name: &str, status: Status, output: impl Into<String>) -> Voice {
    Voice { name: name.to_owned(), status, output: output.into() }
}

/// Judges how the startup stands: nothing may be asked of a service that has not proved that it works.
pub(super) fn of_startup(status: &startup::Status) -> Voice {
    let (status, output) = match status {
        startup::Status::Ready => (Status::Pass, "every check passed".to_owned()),
        startup::Status::Degraded(open) => {
            let open: Vec<&str> = open.iter().map(startup::CheckReport::name).collect();
            (Status::Warn, format!("degraded, not passed: {}", open.join(", ")))
        }
        startup::Status::Validating => (Status::Fail, "the checks are running".to_owned()),
        startup::Status::Aborted => (Status::Fail, "aborted".to_owned()),
        startup::Status::NotValidated => {
            (Status::Fail, "no startup validation has run; see Health::without_startup".to_owned())
        }
    };
    Voice { name: "startup:validation".to_owned(), status, output }
}

fn of_monitor(
    monitor: &MonitorStatus,
    reach: Reach,
    judged: Judged,
    hold: Duration,
    now: Instant,
) -> Voice {
    let name = format!("{}:{}", monitor.component(), monitor.name());
    let problem = judged.why.as_str();
    let bad_for = match (judged.status, judged.why) {
        (Status::Fail, Why::Stale) if monitor.state() != MonitorState::Failing => {
            judged.age.saturating_sub(monitor.interval() * crate::monitors::STALE_PERIODS)
        }
        (Status::Fail, _) => now.saturating_duration_since(monitor.since()),
        (status, _) => return Voice { name, status, output: problem.to_owned() },
    };
    if reach == Reach::Shared && bad_for < hold {
        let output = format!("{problem}; all replicas have it, so the last known good holds");
        return Voice { name, status: Status::Warn, output };
    }
    Voice { name, status: Status::Fail, output: problem.to_owned() }
}

fn of_stuck(work: Work, shared_trouble: bool, hold: Duration) -> Voice {
    let Work { stuck, oldest, .. } = work;
    let name = "requests:stuck";
    let output = format!("{stuck} requests are stuck, the oldest for {} s", oldest.as_secs());
    if stuck < STUCK_REQUESTS {
        return voice(name, Status::Pass, output);
    }
    if shared_trouble && oldest < STUCK_AFTER + hold {
        let output = format!("{output}; a shared dependency explains it, so ready holds");
        return voice(name, Status::Warn, output);
    }
    voice(name, Status::Fail, output)
}

fn of_outcomes(outcomes: Outcomes, hold: Duration) -> Voice {
    let Outcomes { requests, failures, bad_for } = outcomes;
    let output = format!("{failures} of {requests} requests to critical routes failed in a minute");
    let status = match bad_for {
        None => Status::Pass,
        // Failing answers look the same whether this instance is broken or all are: nobody is drained in a hurry.
        Some(bad_for) if bad_for < hold => Status::Warn,
        Some(_) => Status::Fail,
    };
    voice("requests:outcomes", status, output)
}

#[cfg(test)]
mod tests;
