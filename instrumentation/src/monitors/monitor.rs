//! What one monitor watches, how often, and what it means for the business.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::schedule::{self, MIN_INTERVAL};
use crate::checks::{AnyCheck, Check, CheckKind};

/// Says which question of health a check or a monitor answers; `monitor.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Is it up, are its dependencies connected?
    Basic = 1,
    /// Do the critical endpoints answer correctly?
    Endpoint = 2,
    /// Can this customer do what they pay for?
    Business = 3,
    /// Do the identity provider, third parties and CORS work?
    Integration = 4,
}

impl Level {
    /// Returns the level's number, 1 to 4.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// Says who else suffers when a monitor fails: what its failure may do to `/ready` depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// Only this instance: others can take its requests, so it is not ready as long as the monitor fails.
    Instance,
    /// All replicas, such as a database's failure: taking them all out of service helps nobody, so the last known good
    /// holds for a bounded time.
    Shared,
}

/// Describes one monitor: a check, its rhythm, and what it guards.
///
/// Without further words a monitor runs every 30 s with a timeout of 10 s, at the level of its kind of check
/// ([`CheckKind::level`](crate::checks::CheckKind::level)), or at level 3 once it has a customer.
#[derive(Clone)]
#[must_use]
pub struct Monitor {
    pub(crate) plan: Plan,
    pub(crate) check: Arc<dyn AnyCheck>,
}

/// What is known of a monitor before it runs.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) component: String,
    pub(crate) customer: Option<String>,
    kind: CheckKind,
    level: Option<Level>,
    pub(crate) guards: Option<String>,
    pub(crate) interval: Duration,
    pub(crate) asked_timeout: Duration,
    pub(crate) business_critical: bool,
    pub(crate) degrades: bool,
    pub(crate) readiness: Option<Reach>,
}

impl Monitor {
    /// Describes a monitor: its name, the catalog id of the component that it guards, and what it runs.
    pub fn new(name: impl Into<String>, component: impl Into<String>, check: impl Check) -> Self {
        Self {
            plan: Plan {
                name: name.into(),
                component: component.into(),
                customer: None,
                kind: Check::kind(&check),
                level: None,
                guards: None,
                interval: Duration::from_secs(30),
                asked_timeout: Duration::from_secs(10),
                business_critical: false,
                degrades: false,
                readiness: None,
            },
            check: Arc::new(check),
        }
    }

    /// Describes a monitor that walks a journey: its id is the name, its last component is what the monitor guards, and
    /// interval and customer are the journey's. It answers level 3, and a run has as much time as all steps together.
    #[cfg(feature = "http")]
    pub fn journey(journey: crate::journeys::Journey) -> Self {
        let component = journey.components.last().cloned().unwrap_or_default();
        let steps = u32::try_from(journey.steps.len()).unwrap_or(u32::MAX).max(1);
        let (interval, timeout) = (journey.every, journey.timeout.saturating_mul(steps));
        let customer = journey.customer.clone();
        let monitor = Self::new(journey.id.clone(), component, journey).every(interval);
        let longest = schedule::longest_timeout(monitor.plan.interval);
        let mut monitor = monitor.timeout(timeout.min(longest)).level(Level::Business);
        monitor.plan.customer = customer;
        monitor
    }

    /// Sets the interval from the begin of one run to the begin of the next, at least 10 ms. Up to a tenth of it is taken
    /// off at random each time, so that replicas do not ask in step.
    pub fn every(mut self, interval: Duration) -> Self {
        self.plan.interval = interval.max(MIN_INTERVAL);
        self
    }

    /// Sets how long a run may take. It is cut where it would make detection slower than two intervals: to 12.5 s at an
    /// interval of 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.plan.asked_timeout = timeout;
        self
    }

    /// Sets which question of health the monitor answers.
    pub fn level(mut self, level: Level) -> Self {
        self.plan.level = Some(level);
        self
    }

    /// Says that the monitor speaks for one customer only, by catalog id: its failure is that customer's, and the
    /// service as a whole is no more than degraded by it.
    pub fn customer(mut self, customer: impl Into<String>) -> Self {
        self.plan.customer = Some(customer.into());
        self
    }

    /// Says what it means for the business when this fails; stands in the log line.
    pub fn guards(mut self, meaning: impl Into<String>) -> Self {
        self.plan.guards = Some(meaning.into());
        self
    }

    /// Lists the monitor at `/health/business-critical`, and lets a stale result of it fail health rather than warn.
    pub fn business_critical(mut self) -> Self {
        self.plan.business_critical = true;
        self
    }

    /// Lets a failure degrade health (`warn`) rather than fail it.
    pub fn degrades(mut self) -> Self {
        self.plan.degrades = true;
        self
    }

    /// Lets the monitor speak at `/ready`; without it a failing monitor turns health, but drains nobody.
    pub fn gates_readiness(mut self, reach: Reach) -> Self {
        self.plan.readiness = Some(reach);
        self
    }

    /// Returns the longest time from a fault to a failing monitor.
    ///
    /// ```
    /// use std::time::Duration;
    /// use bellwether::{checks::environment, monitors::Monitor};
    ///
    /// let login = Monitor::new("login", "auth", environment(["SESSION_KEY"]));
    /// assert!(login.detects_within() < Duration::from_secs(60));
    /// ```
    pub fn detects_within(&self) -> Duration {
        let Plan { interval, .. } = self.plan;
        interval + schedule::retry(interval) + 2 * self.plan.timeout()
    }
}

impl Plan {
    pub(crate) fn level(&self) -> Level {
        let default = || match self.customer {
            Some(_) => Level::Business,
            None => self.kind.level(),
        };
        self.level.unwrap_or_else(default)
    }

    /// Returns the timeout that a run really has.
    pub(crate) fn timeout(&self) -> Duration {
        self.asked_timeout.min(schedule::longest_timeout(self.interval))
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("plan", &self.plan).finish_non_exhaustive()
    }
}
