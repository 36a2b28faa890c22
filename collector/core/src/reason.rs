//! Why a decision was taken. Reasons are stored, counted and shown; never a bare yes or no.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::facts::Source;
use crate::ids::Version;
use crate::route::{Route, RoutePattern};
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
    /// An instance serves with failed checks.
    StartupDegraded {
        /// The instance.
        source: Source,
        /// The checks that failed, with what they said.
        checks: Vec<String>,
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
            Self::StartupDegraded { source, checks } => {
                write!(f, "{source} started degraded")?;
                after_colon(f, checks)
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
