//! What monitors of a service found, run by run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, CustomerId, JourneyId};
use crate::time::Timestamp;

/// How many runs are looked back at.
const MOST_RUNS: u32 = u64::BITS;

/// After so many of its periods without a run nothing is known of a monitor.
const STALE_PERIODS: u32 = 3;

/// What is taken for its period before two runs were seen, and for the way that a run takes.
const FIRST_PERIOD: Duration = Duration::from_secs(60);
const ON_THE_WAY: Duration = Duration::from_secs(15);

/// One run of a monitor as the service reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorRun {
    /// Whether it passed.
    pub passed: bool,
    /// What it guards, when the service says so.
    pub component: Option<ComponentId>,
    /// The customer whose eyes it sees with.
    pub customer: Option<CustomerId>,
    /// The journey that it walks.
    pub journey: Option<JourneyId>,
    /// What was wrong, empty when it passed.
    pub message: String,
}

/// What is known of one monitor of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorRecord {
    /// The newest run.
    pub newest: MonitorRun,
    /// When that was, by event time.
    pub at: Timestamp,
    /// When it arrived, by the collector's clock.
    pub arrived: Timestamp,
    /// The newest runs, a bit each, the newest lowest, set for one that did not pass.
    pub failures: u64,
    /// How many runs that are.
    pub runs: u32,
    /// The first of the failures that no three good runs followed yet, by event time.
    pub failing_since: Option<Timestamp>,
    /// The longest of the newest pauses between runs.
    pub period: Option<Duration>,
}

impl MonitorRecord {
    /// Begins with a first run that happened at `at` and arrived at `now`.
    pub fn new(run: MonitorRun, at: Timestamp, now: Timestamp) -> Self {
        let failed = !run.passed;
        Self {
            newest: run,
            at,
            arrived: now,
            failures: u64::from(failed),
            runs: 1,
            failing_since: failed.then_some(at),
            period: None,
        }
    }

    /// Adds a run that happened at `at` and arrived at `now`; one that was overtaken, or comes
    /// twice, is none.
    pub fn add(&mut self, run: &MonitorRun, at: Timestamp, now: Timestamp) {
        if at <= self.at {
            return;
        }
        let pause = at.since(self.at);
        // a second try after a failure comes sooner: the longer pause is the rhythm
        self.period = Some(self.period.map_or(pause, |it| pause.max(it / 2)));
        self.failures = self.failures << 1 | u64::from(!run.passed);
        self.runs = (self.runs + 1).min(MOST_RUNS);
        self.newest = run.clone();
        (self.at, self.arrived) = (at, now);
        let forgiven = self.failures & 0b111 == 0;
        match self.failing_since {
            None if !run.passed => self.failing_since = Some(at),
            Some(_) if forgiven => self.failing_since = None,
            _ => {}
        }
    }

    /// Says whether it is failing: so many `failures` in a row since it last passed so many times
    /// in a row (`successes`).
    pub fn is_failing(&self, failures: u32, successes: u32) -> bool {
        let (mut failing, mut bad, mut good) = (false, 0, 0);
        for at in (0..self.runs).rev() {
            if self.failures >> at & 1 == 1 {
                (bad, good) = (bad + 1, 0);
            } else {
                (bad, good) = (0, good + 1);
            }
            failing = (failing && good < successes) || bad >= failures;
        }
        failing
    }

    /// Returns how many of the newest runs in a row did not pass.
    pub fn failures_in_a_row(&self) -> u32 {
        self.failures.trailing_ones().min(self.runs)
    }

    /// Says whether the newest run is so old at `now` that nothing is known.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.stale_after()
    }

    /// Returns up to when the newest run says something.
    pub fn stale_after(&self) -> Timestamp {
        let period = self.period.unwrap_or(FIRST_PERIOD);
        self.arrived.plus(period * STALE_PERIODS + ON_THE_WAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(passed: bool) -> MonitorRun {
        MonitorRun {
            passed,
            component: None,
            customer: None,
            journey: None,
            message: String::new(),
        }
    }

    /// Runs every 30 s: `g` passes, `b` does not.
    fn record(runs: &str) -> MonitorRecord {
        let mut record = None;
        for (letter, at) in runs.chars().zip((0..).map(|it| Timestamp::from_secs(it * 30))) {
            let run = run(letter == 'g');
            match &mut record {
                None => record = Some(MonitorRecord::new(run, at, at)),
                Some(record) => record.add(&run, at, at),
            }
        }
        record.unwrap()
    }

    #[test]
    fn two_failures_in_a_row_fail_and_three_good_runs_clear() {
        for (runs, failing, in_a_row, since) in [
            ("g", false, 0, None),
            ("b", false, 1, Some(0)),
            ("bb", true, 2, Some(0)),
            ("gbgbgb", false, 1, Some(30)),
            ("gbb", true, 2, Some(30)),
            ("gbbg", true, 0, Some(30)),
            ("gbbgg", true, 0, Some(30)),
            ("gbbggb", true, 1, Some(30)),
            ("gbbggg", false, 0, None),
            ("gbbggbggg", false, 0, None),
        ] {
            let record = record(runs);
            assert_eq!(record.is_failing(2, 3), failing, "{runs}");
            assert_eq!(record.failures_in_a_row(), in_a_row, "{runs}");
            assert_eq!(record.failing_since, since.map(Timestamp::from_secs), "{runs}");
        }
        assert!(record(&"b".repeat(200)).is_failing(2, 3));
        assert!(record("b").is_failing(1, 1));
    }

    #[test]
    fn runs_that_come_twice_or_late_are_none() {
        let mut record = record("ggb");
        let before = record.clone();
        for at in [60, 59, 0] {
            record.add(&run(false), Timestamp::from_secs(at), Timestamp::from_secs(61));
        }
        assert_eq!(record, before);
    }

    #[test]
    fn after_three_periods_nothing_is_known() {
        let record = record("ggg");
        let at = |second: i64| Timestamp::from_secs(60 + second);
        assert!(!record.is_stale(at(105)));
        assert!(record.is_stale(at(106)));
    }
}
