//! What a startup validation is going to do, and whether it can be done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::outcome::OnFailure;
use super::runner::Job;
use crate::checks::AnyCheck;
use crate::monitors::Level;

/// One check, with what was said about it.
#[derive(Clone)]
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) component: String,
    pub(super) on_failure: OnFailure,
    pub(super) check: Arc<dyn AnyCheck>,
    pub(super) after: Vec<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: bool,
    pub(super) level: Option<Level>,
    /// Lets one run of the check happen at a time, also when an earlier one still blocks its thread.
    pub(super) turn: Arc<Semaphore>,
}

impl Planned {
    pub(super) fn job(&self, prerequisites: Vec<usize>) -> Job {
        Job {
            check: Arc::clone(&self.check),
            turn: Arc::clone(&self.turn),
            after: prerequisites,
            timeout: self.timeout,
            retry: self.retry,
        }
    }
}

/// Says why a plan of checks cannot be carried out; comes from [`Startup::verify`](super::Startup::verify).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Two checks have the same name.
    #[error("two checks are called `{name}`")]
    #[non_exhaustive]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A check runs after one that does not exist.
    #[error("`{name}` runs after `{prerequisite}`, but there is no such check")]
    #[non_exhaustive]
    Unknown {
        /// The check that waits.
        name: String,
        /// What it waits for.
        prerequisite: String,
    },
    /// Checks wait for one another in a circle.
    #[error("these checks wait for one another: {}", path.join(" -> "))]
    #[non_exhaustive]
    Cycle {
        /// The names along the circle, the first again at the end.
        path: Vec<String>,
    },
    /// Something was said of a check before there was any.
    #[error("`{setting}` stands before the first check; it applies to the check before it")]
    #[non_exhaustive]
    NoCheck {
        /// The method that was called too early.
        setting: &'static str,
    },
}

impl PlanError {
    /// Names the check that is to blame; `None` when it is none in particular.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Duplicate { name } | Self::Unknown { name, .. } => Some(name),
            Self::Cycle { path } => path.first().map(String::as_str),
            Self::NoCheck { .. } => None,
        }
    }
}

/// Resolves names: for each check the positions of those that it runs after.
pub(super) fn resolve(planned: &[Planned]) -> Result<Vec<Vec<usize>>, PlanError> {
    let mut names = BTreeSet::new();
    for plan in planned {
        if !names.insert(plan.name.as_str()) {
            return Err(PlanError::Duplicate { name: plan.name.clone() });
        }
    }
    let after: Vec<_> =
        planned.iter().map(|plan| prerequisites(plan, planned)).collect::<Result<_, _>>()?;
    match circle(&after) {
        Some(path) => {
            let name = |index: usize| planned.get(index).map(|plan| plan.name.clone());
            Err(PlanError::Cycle { path: path.into_iter().filter_map(name).collect() })
        }
        None => Ok(after),
    }
}

fn prerequisites(plan: &Planned, planned: &[Planned]) -> Result<Vec<usize>, PlanError> {
    let position = |name: &String| {
        planned.iter().position(|other| other.name == *name).ok_or_else(|| PlanError::Unknown {
            name: plan.name.clone(),
            prerequisite: name.clone(),
        })
    };
    plan.after.iter().map(position).collect()
}

/// Finds checks that wait for one another, the first again at the end.
fn circle(after: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut done = BTreeSet::new();
    (0..after.len()).find_map(|start| walk(start, after, &mut Vec::new(), &mut done))
}

fn walk(
    at: usize,
    after: &[Vec<usize>],
    path: &mut Vec<usize>,
    done: &mut BTreeSet<usize>,
) -> Option<Vec<usize>> {
    if let Some(from) = path.iter().position(|seen| *seen == at) {
        return Some(path.iter().skip(from).copied().chain([at]).collect());
    }
    if done.contains(&at) {
        return None;
    }
    path.push(at);
    let found = after.get(at)?.iter().find_map(|next| walk(*next, after, path, done));
    path.pop();
    done.insert(at);
    found
}
