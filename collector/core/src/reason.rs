//! Why a decision was taken. Reasons are stored, counted and shown; never a bare yes or no.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::facts::Source;
use crate::ids::{ComponentId, CustomerId, JourneyId, Service, Version};
use crate::route::{Route, RoutePattern};
use crate::settings::{HumanDuration, Percent};
use crate::state::ComponentState;
use crate::time::Timestamp;

/// What a missing route was expected by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The catalog declares it.
    Catalog(RoutePattern),
    /// An earlier version served it.
    Version(Version),
}

/// Why a rule gave a component its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Routes that an earlier version served are gone from the manifest.
    RoutesGone {
        /// The running instance without them.
        source: Source,
        /// The newest version that served them.
        version: Version,
        /// What is missing.
        routes: Vec<Route>,
    },
    /// Nothing in the manifest fits what the catalog declares.
    DeclaredRouteMissing {
        /// The running instance without it.
        source: Source,
        /// What the catalog declares.
        pattern: RoutePattern,
    },
    /// Requests for a known route meet a 404 or 405 that no route answered.
    RouteNotAnswering {
        /// The instance that answered so.
        source: Source,
        /// The route, or the pattern that the path fits.
        route: String,
        /// How many requests met it.
        count: u64,
    },
    /// An instance refused to start.
    StartupAborted {
        /// The instance.
        source: Source,
        /// The checks that failed, with what they said.
        checks: Vec<String>,
    },
    /// An instance began to start, and never told how that ended.
    StartupSilent {
        /// The instance.
        source: Source,
        /// When it began.
        since: Timestamp,
    },
    /// Instances of a service end soon after they started, again and again.
    RestartsInALoop {
        /// The service.
        service: Service,
        /// How often,
        count: u64,
        /// in which time.
        within: HumanDuration,
    },
    /// An instance serves with failed checks.
    StartupDegraded {
        /// The instance.
        source: Source,
        /// The checks that failed, with what they said.
        checks: Vec<String>,
    },
    /// A number is beyond its limit.
    BeyondLimit {
        /// What the number is of, such as `error_ratio of spans`.
        indicator: String,
        /// The number, with its unit.
        value: String,
        /// Its limit, with its unit.
        limit: String,
        /// Whether it is above it; else it is below.
        above: bool,
        /// Over which time.
        window: HumanDuration,
    },
    /// A signal that is expected does not come.
    Absent {
        /// What is expected.
        what: String,
        /// The newest one, or when watching began.
        since: Timestamp,
        /// How long it usually is from one to the next, at most.
        every: HumanDuration,
        /// Whether that was learnt; else it was declared.
        learnt: bool,
    },
    /// An error budget burns too fast.
    BudgetBurning {
        /// The objective.
        objective: Percent,
        /// How many times faster than it may, over the longer window.
        rate: String,
        /// How many times is too much.
        limit: String,
        /// The longer window.
        long: HumanDuration,
        /// The shorter one, over which it burns as fast.
        short: HumanDuration,
    },
    /// An instance fell silent without saying that it stops.
    InstanceGone {
        /// The instance.
        source: Source,
        /// When it said something last.
        since: Timestamp,
    },
    /// A monitor does not pass.
    MonitorFailing {
        /// The instance that runs it.
        source: Source,
        /// The name of the monitor.
        monitor: String,
        /// How many runs in a row did not pass.
        failures: u32,
        /// What it said last.
        message: String,
    },
    /// A customer's journey does not get to its end.
    JourneyFailing {
        /// The instance that walks it.
        source: Source,
        /// Which journey.
        journey: JourneyId,
        /// Whose it is.
        customer: Option<CustomerId>,
        /// The step that failed, and why.
        message: String,
    },
    /// An operation succeeds without what it usually does.
    ChildMissing {
        /// The service that does it.
        service: Service,
        /// The operation.
        operation: String,
        /// What is missing, such as `query postgresql`.
        child: String,
        /// Which share of its runs had it.
        usually: String,
    },
    /// An operation logs errors while it says that it succeeds.
    ErrorsHidden {
        /// The service that does it.
        service: Service,
        /// The operation.
        operation: String,
        /// Which share of its runs did so before.
        usually: String,
    },
    /// A condition over the states of components holds.
    ConditionHolds {
        /// The condition.
        condition: String,
        /// The states that it asks for.
        states: Vec<(ComponentId, ComponentState)>,
    },
    /// What had to come did not.
    DataMissing {
        /// Since when.
        since: Timestamp,
    },
    /// A rule could not be evaluated.
    EvaluationFailed {
        /// Why, for people.
        why: String,
    },
    /// All that is watched is as it should be.
    AsExpected,
}

impl Reason {
    /// Says whether it tells only that something was not heard, which may be because nobody could
    /// hear it.
    pub fn is_silence(&self) -> bool {
        match self {
            Self::Absent { .. } | Self::InstanceGone { .. } | Self::DataMissing { .. } => true,
            Self::BeyondLimit { above, .. } => !above,
            _ => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoutesGone { source, version, routes } => {
                let plural = if routes.len() == 1 { "route" } else { "routes" };
                write!(
                    f,
                    "{source} no longer serves {} {plural} that version {version} served: ",
                    routes.len()
                )?;
                list(f, routes)
            }
            Self::DeclaredRouteMissing { source, pattern } => {
                write!(f, "{source} serves nothing under {pattern}, which the catalog declares")
            }
            Self::RouteNotAnswering { source, route, count } => {
                write!(
                    f,
                    "{source} answered {count} requests for {route} with 404 or 405, and no route matched"
                )
            }
            Self::StartupAborted { source, checks } => {
                write!(f, "{source} refused to start")?;
                after_colon(f, checks)
            }
            Self::StartupSilent { source, since } => {
                write!(f, "{source} began to start at {since} and never told how that ended")
            }
            Self::RestartsInALoop { service, count, within } => {
                write!(
                    f,
                    "{service} restarts in a loop: {count} of its instances ended within {within}, soon after they started and without saying that they stop"
                )
            }
            Self::StartupDegraded { source, checks } => {
                write!(f, "{source} started degraded")?;
                after_colon(f, checks)
            }
            Self::BeyondLimit { indicator, value, limit, above, window } => {
                let side = if *above { "above" } else { "below" };
                write!(f, "{indicator} was {value} over {window}, {side} the limit of {limit}")
            }
            Self::Absent { what, since, every, learnt } => {
                let expected = if *learnt { "usual at this hour" } else { "expected" };
                write!(f, "no {what} since {since}, though one every {every} is {expected}")
            }
            Self::BudgetBurning { objective, rate, limit, long, short } => write!(
                f,
                "the budget that {objective} leaves burns {rate} times as fast as it may over {long}, and over {short} beyond {limit} times too"
            ),
            Self::InstanceGone { source, since } => {
                write!(f, "{source} fell silent at {since} without saying that it stops")
            }
            Self::MonitorFailing { source, monitor, failures, message } => {
                match failures {
                    0 => write!(
                        f,
                        "monitor {monitor} of {source} passes again, not yet often enough"
                    )?,
                    1 => write!(f, "monitor {monitor} of {source} did not pass")?,
                    _ => write!(
                        f,
                        "monitor {monitor} of {source} did not pass {failures} times in a row"
                    )?,
                }
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            Self::JourneyFailing { source, journey, customer, message } => {
                write!(f, "journey {journey}")?;
                if let Some(customer) = customer {
                    write!(f, " of {customer}")?;
                }
                write!(f, ", walked by {source}, does not get to its end")?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            Self::ChildMissing { service, operation, child, usually } => write!(
                f,
                "{operation} of {service} succeeds without {child}, which {usually} of its runs had"
            ),
            Self::ErrorsHidden { service, operation, usually } => write!(
                f,
                "{operation} of {service} logs errors and says that it succeeds; {usually} of its runs did so before"
            ),
            Self::ConditionHolds { condition, states } => {
                write!(f, "`{condition}` holds: ")?;
                let states: Vec<String> =
                    states.iter().map(|(id, state)| format!("{id} is {state}")).collect();
                list(f, &states)
            }
            Self::DataMissing { since } => {
                write!(f, "nothing came since {since}, though something had to")
            }
            Self::EvaluationFailed { why } => write!(f, "the rule cannot be evaluated: {why}"),
            Self::AsExpected => f.write_str("all that is watched is as it should be"),
        }
    }
}

fn after_colon(f: &mut fmt::Formatter<'_>, checks: &[String]) -> fmt::Result {
    if checks.is_empty() {
        return f.write_str(", without saying which check failed");
    }
    f.write_str(": ")?;
    list(f, checks)
}

/// Writes the first few of many, and how many more there are.
fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    const SHOWN: usize = 5;
    for (at, item) in items.iter().take(SHOWN).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    match items.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}
