//! Facts that services report about themselves. They are committed before they are acknowledged.

mod monitor;

pub use monitor::{MonitorRecord, MonitorRun};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, Instance, Service, Version};
use crate::route::Route;
use crate::state::words;
use crate::time::Timestamp;

/// How often an instance says something when it does not tell how often.
const USUAL_PERIOD: Duration = Duration::from_secs(60);

/// After so many of its periods of silence an instance no longer counts as running,
const SILENT_PERIODS: u32 = 3;

/// and a little for the way.
const ON_THE_WAY: Duration = Duration::from_secs(5);

/// More monitors of one instance are not remembered.
const MOST_MONITORS: usize = 256;

/// Who a signal comes from: one process of one version of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// `service.name`.
    pub service: Service,
    /// `service.version`, empty when the resource does not say.
    pub version: Version,
    /// `service.instance.id`, or what stands for it.
    pub instance: Instance,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.service, self.version, self.instance)
    }
}

words!(
    /// How a startup validation ended.
    StartupOutcome {
        /// Every check passed.
        Ready = "ready",
        /// It serves, visibly degraded.
        Degraded = "degraded",
        /// It refused to start.
        Aborted = "aborted",
    }
);

words!(
    /// How one startup check ended.
    CheckOutcome {
        /// It passed.
        Passed = "passed",
        /// It failed.
        Failed = "failed",
        /// It did not answer within the budget.
        TimedOut = "timed_out",
        /// It was not run, because what it depends on failed.
        Skipped = "skipped",
    }
);

/// One startup check as the service reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What it guards, when the service says so.
    pub component: Option<ComponentId>,
    /// What was wrong, empty when it passed.
    pub message: String,
}

/// What a service said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A startup check ended (`startup.check` span).
    Check {
        /// The name of the check.
        name: String,
        /// What came of it.
        report: CheckReport,
    },
    /// Startup validation ended (`startup.validation` span).
    Startup {
        /// How it ended.
        outcome: StartupOutcome,
    },
    /// The routes that the instance serves (`service.routes` event).
    Routes {
        /// Every route, as the instance registered it.
        routes: BTreeSet<Route>,
        /// How startup ended, when the event says so.
        outcome: Option<StartupOutcome>,
        /// How often the instance says so, when the event says that.
        every: Option<Duration>,
    },
    /// A run of a monitor ended (`monitor.check` span).
    Monitor {
        /// The name of the monitor.
        name: String,
        /// What came of it.
        run: MonitorRun,
    },
    /// An orderly end is near (`service.stopping` event).
    Stopping,
    /// The service asks whether its telemetry arrives (`telemetry.probe` event).
    Probe {
        /// By which it will ask for this very event.
        nonce: String,
    },
}

/// A fact with its source and its own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Who said it.
    pub source: Source,
    /// When the service says that it happened.
    pub at: Timestamp,
    /// What it said.
    pub fact: Fact,
}

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
}

impl InstanceRecord {
    /// Begins the record of an instance whose first fact happened at `at` and arrived at `now`.
    pub fn new(source: Source, at: Timestamp, now: Timestamp) -> Self {
        Self {
            source,
            first_seen: at,
            last_seen: now,
            startup: None,
            checks: BTreeMap::new(),
            routes: None,
            stopped: None,
            period: None,
            monitors: BTreeMap::new(),
        }
    }

    /// Adds a fact that arrived at `now`.
    pub fn add(&mut self, observed: &Observed, now: Timestamp) {
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

    fn set_outcome(&mut self, outcome: StartupOutcome, at: Timestamp) {
        self.startup = Some(outcome);
        if outcome == StartupOutcome::Aborted {
            self.stopped = Some(at);
        }
    }

    /// Returns how long it may be silent: three of its periods, and a little for the way.
    pub fn patience(&self) -> Duration {
        self.period.unwrap_or(USUAL_PERIOD) * SILENT_PERIODS + ON_THE_WAY
    }

    /// Says whether the instance counts as running at `now`: it did not stop, and was not silent
    /// for longer than it may.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && now.since(self.last_seen) <= self.patience()
    }

    /// Says whether it promised to go on reporting: who sent the routes that it serves says so
    /// again and again until it stops.
    pub fn reports(&self) -> bool {
        self.routes.is_some() && self.stopped.is_none()
    }
}

/// A route that a service is known to serve, and since which version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRoute {
    /// The version that brought it.
    pub introduced_by: Version,
    /// The newest version that served it.
    pub served_by: Version,
}

/// What is known of a service across its versions: what a later version is held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// Which service.
    pub service: Service,
    /// Its versions with the event time of their first fact.
    pub versions: BTreeMap<Version, Timestamp>,
    /// Every route that a version served and nobody took back.
    pub routes: BTreeMap<Route, KnownRoute>,
    /// Routes that answered requests, of a service that does not report what it serves; with the
    /// version that answered first.
    #[serde(default)]
    pub answered: BTreeMap<Route, Version>,
}

/// How often requests for one target met an answer, since the version changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hit {
    /// A request that a route answered, whatever it said.
    Answered {
        /// The request method.
        method: String,
        /// The route template, `http.route`.
        route: String,
    },
    /// A 404 or 405 that no route answered.
    NotFound {
        /// The request method.
        method: String,
        /// The path, `url.path`.
        path: String,
    },
}

/// Requests of one kind that one source reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Who served them.
    pub source: Source,
    /// What they met.
    pub hit: Hit,
    /// How many they were.
    pub count: u64,
    /// The newest event time among them.
    pub at: Timestamp,
}
