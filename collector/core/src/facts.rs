//! Facts that services report about themselves. They are committed before they are acknowledged.

mod instance;
mod monitor;
mod removal;

pub use instance::{Exports, InstanceRecord};
pub use monitor::{MonitorRecord, MonitorRun};
pub use removal::{Acceptance, NoRemoval, Removal};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, Instance, Service, Version};
use crate::route::Route;
use crate::state::words;
use crate::time::Timestamp;

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
    /// Routes that are gone on purpose, until a later version brings them back.
    #[serde(default)]
    pub accepted: BTreeMap<Route, Acceptance>,
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
