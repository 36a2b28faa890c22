//! What is known of one instance of a service: one process, or what has its name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CheckReport, Fact, MonitorRecord, Observed, Source, StartupOutcome};
use crate::route::Route;
use crate::time::Timestamp;

/// How often an instance says something when it does not tell how often.
const USUAL_PERIOD: Duration = Duration::from_secs(60);

/// After so many of its periods of silence an instance no longer counts as running,
const SILENT_PERIODS: u32 = 3;

/// and a little for the way.
const ON_THE_WAY: Duration = Duration::from_secs(5);

/// More monitors of one instance are not remembered.
const MOST_MONITORS: usize = 256;

/// Requests that follow sooner belong to one export.
const ONE_EXPORT: Duration = Duration::from_secs(1);

/// So many of the newest crashes of one name are remembered.
const MOST_CRASHES: usize = 16;

/// All that is known of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRecord {
    /// Which process it is.
    pub source: Source,
    /// Event time of the first fact.
    pub first_seen: Timestamp,
    /// Arrival of the newest fact, by the collector's clock.
    pub last_seen: Timestamp,
    /// How startup ended, once it is known.
    pub startup: Option<StartupOutcome>,
    /// The newest event time at which it said so.
    #[serde(default)]
    pub startup_at: Option<Timestamp>,
    /// The checks that were reported, by name.
    pub checks: BTreeMap<String, CheckReport>,
    /// The routes that it serves; absent until a manifest came.
    pub routes: Option<BTreeSet<Route>>,
    /// When it said that it stops, or aborted.
    pub stopped: Option<Timestamp>,
    /// How often it reports, when it said so.
    #[serde(default)]
    pub period: Option<Duration>,
    /// What its monitors found, by name.
    #[serde(default)]
    pub monitors: BTreeMap<String, MonitorRecord>,
    /// How often its metrics come, of one that told how it started.
    #[serde(default)]
    pub exports: Option<Exports>,
    /// When earlier processes of the same name were last heard of that ended without saying that
    /// they stop, oldest first.
    #[serde(default)]
    pub crashes: Vec<Timestamp>,
}

/// How often the metrics of an instance come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exports {
    /// When the newest came, by the collector's clock.
    pub last: Timestamp,
    /// The longest of the newest pauses between them.
    pub period: Option<Duration>,
}

impl InstanceRecord {
    /// Begins the record of an instance whose first fact happened at `at` and arrived at `now`.
    pub fn new(source: Source, at: Timestamp, now: Timestamp) -> Self {
        Self {
            source,
            first_seen: at,
            last_seen: now,
            startup: None,
            startup_at: None,
            checks: BTreeMap::new(),
            routes: None,
            stopped: None,
            period: None,
            monitors: BTreeMap::new(),
            exports: None,
            crashes: Vec::new(),
        }
    }

    /// Adds a fact that arrived at `now`.
    pub fn add(&mut self, observed: &Observed, now: Timestamp) {
        if self.is_of_another_process(observed) {
            self.begin_anew(observed, now);
        }
        self.last_seen = self.last_seen.max(now);
        self.first_seen = self.first_seen.min(observed.at);
        match &observed.fact {
            Fact::Check { name, report } => {
                self.checks.insert(name.clone(), report.clone());
            }
            Fact::Startup { outcome } => self.set_outcome(*outcome, observed.at),
            Fact::Monitor { name, run } => {
                if let Some(known) = self.monitors.get_mut(name) {
                    known.add(run, observed.at, now);
                } else if self.monitors.len() < MOST_MONITORS {
                    let record = MonitorRecord::new(run.clone(), observed.at, now);
                    self.monitors.insert(name.clone(), record);
                }
            }
            Fact::Routes { routes, outcome, every } => {
                self.routes = Some(routes.clone());
                self.period = *every;
                if let Some(outcome) = outcome {
                    self.set_outcome(*outcome, observed.at);
                }
            }
            Fact::Stopping => self.stopped = Some(observed.at),
            Fact::Probe { .. } => {}
        }
    }

    /// Says whether a fact is of a process that took the name of the one that is known: that one
    /// had stopped, or was ready and begins anew. One that is degraded goes on to report what
    /// comes of its checks.
    fn is_of_another_process(&self, observed: &Observed) -> bool {
        let begins = matches!(
            observed.fact,
            Fact::Check { .. } | Fact::Startup { .. } | Fact::Routes { .. }
        );
        let after = |at: Option<Timestamp>| at.is_some_and(|it| observed.at > it);
        let was_ready = self.startup == Some(StartupOutcome::Ready) && after(self.startup_at);
        begins && after(self.stopped)
            || matches!(observed.fact, Fact::Startup { .. }) && self.stopped.is_none() && was_ready
    }

    fn begin_anew(&mut self, observed: &Observed, now: Timestamp) {
        let mut crashes = std::mem::take(&mut self.crashes);
        if self.stopped.is_none() || self.startup == Some(StartupOutcome::Aborted) {
            crashes.push(self.last_seen);
        }
        let surplus = crashes.len().saturating_sub(MOST_CRASHES);
        crashes.drain(..surplus);
        *self = Self { crashes, ..Self::new(observed.source.clone(), observed.at, now) };
    }

    fn set_outcome(&mut self, outcome: StartupOutcome, at: Timestamp) {
        self.startup = Some(outcome);
        self.startup_at = self.startup_at.max(Some(at));
        if outcome == StartupOutcome::Aborted {
            self.stopped = Some(at);
        }
    }

    /// Notes that metrics of it came at `now`; says whether it is known by that how often they do.
    pub fn exported(&mut self, now: Timestamp) -> bool {
        let before = self.exports.and_then(|it| it.period);
        let period = match self.exports {
            None => None,
            Some(Exports { last, .. }) if now.since(last) < ONE_EXPORT => return false,
            // one that came late is followed sooner: the longer pause is the rhythm
            Some(Exports { last, period }) => {
                let pause = now.since(last);
                Some(period.map_or(pause, |it| pause.max(it / 2)))
            }
        };
        self.exports = Some(Exports { last: now, period });
        self.last_seen = self.last_seen.max(now);
        before.is_none() && period.is_some()
    }

    /// Returns how often it says something, as far as it told or that was learnt.
    fn rhythm(&self) -> Option<Duration> {
        let learnt = self.monitors.values().map(|it| it.period);
        let learnt = learnt.chain(self.exports.map(|it| it.period)).flatten().max();
        self.period.or(if self.routes.is_some() { None } else { learnt })
    }

    /// Returns how long it may be silent: three of its periods, and a little for the way.
    pub fn patience(&self) -> Duration {
        self.rhythm().unwrap_or(USUAL_PERIOD) * SILENT_PERIODS + ON_THE_WAY
    }

    /// Says whether the instance counts as running at `now`: it did not stop, and was not silent
    /// for longer than it may.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && now.since(self.last_seen) <= self.patience()
    }

    /// Says whether it promised to go on reporting until it says that it stops: it sent the routes
    /// that it serves, or told how it started and then said something again and again.
    pub fn reports(&self) -> bool {
        let promised = self.routes.is_some() || self.startup.is_some() && self.rhythm().is_some();
        promised && self.stopped.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{CheckOutcome, MonitorRun};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    fn source() -> Source {
        Source { service: "api".into(), version: "1".into(), instance: "pod-0".into() }
    }

    /// An instance that says this at these seconds.
    fn record(facts: &[(i64, Fact)]) -> InstanceRecord {
        let mut record = InstanceRecord::new(source(), at(facts[0].0), at(facts[0].0));
        for (second, fact) in facts {
            let observed = Observed { source: source(), at: at(*second), fact: fact.clone() };
            record.add(&observed, at(*second));
        }
        record
    }

    fn startup(outcome: StartupOutcome) -> Fact {
        Fact::Startup { outcome }
    }

    fn routes(every: Option<u64>) -> Fact {
        let outcome = Some(StartupOutcome::Ready);
        Fact::Routes { routes: BTreeSet::new(), outcome, every: every.map(Duration::from_secs) }
    }

    fn check() -> Fact {
        let report =
            CheckReport { outcome: CheckOutcome::Passed, component: None, message: String::new() };
        Fact::Check { name: "c".to_owned(), report }
    }

    fn run() -> Fact {
        let run = MonitorRun {
            passed: true,
            component: None,
            customer: None,
            journey: None,
            message: String::new(),
        };
        Fact::Monitor { name: "m".to_owned(), run }
    }

    use StartupOutcome::{Aborted, Degraded, Ready};

    #[test]
    fn a_process_that_takes_the_name_of_another_begins_anew() {
        for (facts, running, crashes) in [
            // it stopped in an orderly way, and comes back
            (vec![(1, startup(Ready)), (9, Fact::Stopping), (20, startup(Ready))], true, vec![]),
            (vec![(1, routes(None)), (9, Fact::Stopping), (20, routes(None))], true, vec![]),
            (vec![(1, startup(Ready)), (9, Fact::Stopping), (20, check())], true, vec![]),
            // a monitor that ran to its end while it stopped is no beginning
            (vec![(1, startup(Ready)), (9, Fact::Stopping), (10, run())], false, vec![]),
            // a manifest that was written before the end and came after it
            (vec![(1, routes(None)), (9, Fact::Stopping), (8, routes(None))], false, vec![]),
            // it was killed, and begins again
            (vec![(1, startup(Ready)), (9, run()), (20, startup(Ready))], true, vec![9]),
            (vec![(1, startup(Aborted)), (9, startup(Aborted))], false, vec![1]),
            (vec![(1, startup(Aborted)), (9, check()), (9, startup(Ready))], true, vec![1]),
            // the same start, told twice or in two ways, and one that recovers
            (vec![(1, startup(Ready)), (1, startup(Ready)), (5, routes(None))], true, vec![]),
            (vec![(5, routes(None)), (4, startup(Ready))], true, vec![]),
            (vec![(1, startup(Degraded)), (9, check()), (9, startup(Ready))], true, vec![]),
        ] {
            let record = record(&facts);
            let crashes: Vec<Timestamp> = crashes.into_iter().map(at).collect();
            assert_eq!(record.is_running(at(21)), running, "{facts:?}");
            assert_eq!(record.crashes, crashes, "{facts:?}");
        }
    }

    #[test]
    fn how_often_it_reports_is_told_or_learnt() {
        let seconds = |record: &InstanceRecord| record.patience().as_secs();
        let mut ready = record(&[(1, startup(Ready))]);
        assert_eq!((seconds(&ready), ready.reports()), (185, false), "one start is no rhythm");
        assert!(!ready.exported(at(10)));
        assert!(!ready.reports(), "nor is one export");
        // the second request of the same export
        assert!(!ready.exported(Timestamp::from_nanos(10_300_000_000)));
        assert!(ready.exported(at(20)), "now it is known");
        assert!(!ready.exported(at(30)));
        assert_eq!((seconds(&ready), ready.reports()), (35, true));
        // the longer rhythm decides
        let watched = record(&[(1, startup(Ready)), (10, run()), (40, run())]);
        assert_eq!((seconds(&watched), watched.reports()), (95, true));
        let told = record(&[(1, startup(Ready)), (1, routes(Some(15))), (10, run()), (40, run())]);
        assert_eq!((seconds(&told), told.reports()), (50, true));
        let untold = record(&[(1, startup(Ready)), (1, routes(None)), (10, run()), (40, run())]);
        assert_eq!((seconds(&untold), untold.reports()), (185, true));
        // who only runs monitors did not promise to say that it stops
        assert!(!record(&[(10, run()), (40, run())]).reports());
    }
}
