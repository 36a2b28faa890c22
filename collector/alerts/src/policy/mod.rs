//! The policy: who is told of incidents, when, and what keeps them from being told. Checked whole.

mod audible;
mod can_hold;
mod check;
mod owners;
mod raw;
mod windows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::{ComponentId, Destination};
use bellwether_core::silence::Silence;
use bellwether_core::state::Severity;
use bellwether_core::time::Timestamp;
use bellwether_expr::Condition;

use crate::calendar::Weekly;
pub(crate) use audible::hands_over;
pub use raw::{Alerting, RawInterval, RawRoute, RawSilence, RawStep, RawWindow, Weekday};

/// A destination that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name in the configuration.
    pub destination: Destination,
    /// Equal for two destinations where a second message about an incident reaches nobody, such
    /// as two with one key of PagerDuty; absent where each message is heard.
    pub once: Option<u64>,
    /// Whom it writes to, as the catalog may call them.
    pub reaches: Vec<String>,
    /// Whether it writes only to those whom a message names by their addresses, and to nobody of
    /// its own.
    pub named_only: bool,
}

/// A checked policy.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) channels: Vec<Channel>,
    pub(crate) routes: Vec<Route>,
    pub(crate) escalation: BTreeMap<String, Vec<Step>>,
    pub(crate) silences: Vec<Silence>,
    pub(crate) windows: Vec<Window>,
    pub(crate) intervals: BTreeMap<String, Weekly>,
    pub(crate) owners: BTreeMap<String, Vec<Destination>>,
    pub(crate) timing: Timing,
}

/// How long what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) group_wait: Option<Duration>,
    pub(crate) group_interval: Duration,
    pub(crate) repeat_interval: Duration,
    pub(crate) updates_every: Duration,
    pub(crate) acknowledge_for: Duration,
    pub(crate) startup_delay: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Default for Timing {
    fn default() -> Self {
        Self {
            group_wait: None,
            group_interval: 5 * MINUTE,
            repeat_interval: 240 * MINUTE,
            updates_every: 30 * MINUTE,
            acknowledge_for: 30 * MINUTE,
            startup_delay: Duration::from_secs(30),
        }
    }
}

/// A checked route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Its number in the configuration.
    pub(crate) number: usize,
    /// Whether it tells whatever the incident is, at any time.
    pub(crate) always: bool,
    pub(crate) when: Option<Arc<dyn Condition>>,
    pub(crate) to: Vec<Target>,
    pub(crate) escalate: Option<String>,
    pub(crate) stop: bool,
    pub(crate) active: Vec<String>,
    pub(crate) mute: Vec<String>,
    pub(crate) group_wait: Option<Duration>,
    pub(crate) repeat_interval: Option<Duration>,
}

/// A checked step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) after: Duration,
    pub(crate) to: Vec<Target>,
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A channel.
    Channel(Destination),
    /// Those who answer for the component and for affected customers.
    Owner,
    /// Whoever the routes named.
    Route,
}

/// When components are worked on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    /// Its name in the configuration.
    pub(crate) id: String,
    /// Its name and its reason, for people.
    pub(crate) name: String,
    /// How long before it begins customers are told of it; absent where they are not.
    pub(crate) announce: Option<Duration>,
    pub(crate) components: BTreeSet<ComponentId>,
    pub(crate) when: When,
}

/// When something goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum When {
    Once { from: Timestamp, to: Timestamp },
    Weekly(Weekly),
}

impl Window {
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        match &self.when {
            When::Once { from, to } => *from <= now && now < *to,
            When::Weekly(weekly) => weekly.holds(now),
        }
    }

    /// Returns what goes on at a time or comes next: an id of its own, its begin and its end.
    pub(crate) fn next(&self, now: Timestamp) -> Option<(String, Timestamp, Timestamp)> {
        match &self.when {
            When::Once { from, to } => (now < *to).then(|| (self.id.clone(), *from, *to)),
            When::Weekly(weekly) => {
                let (from, to) = weekly.next(now)?;
                Some((format!("{}@{}", self.id, from.secs()), from, to))
            }
        }
    }
}

impl Policy {
    /// Returns the policy that holds without being written: every channel hears every incident.
    pub fn everybody(channels: Vec<Channel>) -> Self {
        Self {
            channels,
            routes: Vec::new(),
            escalation: BTreeMap::new(),
            silences: Vec::new(),
            windows: Vec::new(),
            intervals: BTreeMap::new(),
            owners: BTreeMap::new(),
            timing: Timing::default(),
        }
    }

    /// Checks a policy as it was written; returns it with what is no mistake and may surprise.
    /// `others` are destinations that no route can name.
    ///
    /// # Errors
    /// Returns every flaw at once, each with the path of the value that is wrong.
    pub fn check(
        raw: Alerting,
        channels: Vec<Channel>,
        others: &[Destination],
        catalog: &Catalog,
    ) -> Result<(Self, Vec<Flaw>), Vec<Flaw>> {
        check::check(raw, channels, others, catalog)
    }

    /// Returns how long nobody is told of what is new after a start.
    pub fn startup_delay(&self) -> Duration {
        self.timing.startup_delay
    }

    /// Returns how long an acknowledgement holds unless whoever gives it says otherwise.
    pub fn acknowledge_for(&self) -> Duration {
        self.timing.acknowledge_for
    }

    /// Returns the components that are worked on at a time, with the names of the windows.
    pub fn maintenance(&self, now: Timestamp) -> BTreeMap<ComponentId, String> {
        let going_on = self.windows.iter().filter(|it| it.holds(now));
        let of = |it: &Window| {
            let name = it.name.clone();
            it.components.clone().into_iter().map(move |id| (id, name.clone()))
        };
        going_on.flat_map(of).collect()
    }

    pub(crate) fn channel(&self, destination: &Destination) -> Option<&Channel> {
        self.channels.iter().find(|it| it.destination == *destination)
    }

    /// Says how long the first message about an incident waits on the way of a route.
    pub(crate) fn group_wait(&self, route: Option<&Route>, severity: Severity) -> Duration {
        let written = route.and_then(|it| it.group_wait).or(self.timing.group_wait);
        written.unwrap_or(match severity {
            Severity::Emergency | Severity::Critical => Duration::ZERO,
            Severity::High | Severity::Medium | Severity::Low => Duration::from_secs(30),
        })
    }

    /// Says how long the first step of an escalation waits to which these routes lead.
    pub(crate) fn first_wait(&self, routes: &[&Route], severity: Severity) -> Duration {
        let waits = routes.iter().map(|it| self.group_wait(Some(it), severity));
        waits.min().unwrap_or_default()
    }
}

#[cfg(test)]
pub(crate) mod tests;
