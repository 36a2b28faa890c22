//! Misbehaviour on request: which requests are to go wrong, and how.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::lock;

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetAt {
    /// While the request is still being sent; nothing is stored.
    Request,
    /// In the middle of the answer, after the request was stored.
    Answer,
}

/// One way to misbehave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with a status without looking at the request.
    Answer {
        /// HTTP status, such as 429, 420, 500, 413, 401.
        status: u16,
        /// Seconds for the vendor's header that asks to wait.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// Body in place of the vendor's usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// Judges and stores the request first, then fails all the same.
        #[serde(default)]
        after_storing: bool,
    },
    /// Stores the request, waits, then answers.
    Late {
        /// How long to wait, in milliseconds.
        ms: u64,
    },
    /// Stores the request and answers when `release` is called.
    Hold,
    /// Answers an OTLP request that was stored with a `partial_success`.
    PartialSuccess {
        /// How many items it claims to have rejected.
        rejected: i64,
        /// What it says about them.
        message: String,
    },
    /// Answers a success with an empty body.
    EmptyAnswer,
    /// Cuts the connection with a TCP reset.
    Reset {
        /// Where.
        at: ResetAt,
    },
    /// Cuts every connection, and every new one, for a while. Takes effect at once.
    Refuse {
        /// For how long, in milliseconds.
        ms: u64,
    },
}

/// A fault with the requests that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// What goes wrong.
    pub fault: Fault,
    /// For how many matching requests; 0 means until the faults are cleared.
    #[serde(default = "once")]
    pub times: u32,
    /// Only for paths that contain this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only for this method, in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

fn once() -> u32 {
    1
}

impl FaultPlan {
    /// Plans `fault` for the next request.
    pub fn once(fault: Fault) -> Self {
        Self::times(fault, 1)
    }

    /// Plans `fault` for the next `times` requests; 0 means until cleared.
    pub fn times(fault: Fault, times: u32) -> Self {
        Self { fault, times, path: None, method: None }
    }

    /// Limits the plan to a method and to paths that contain `path`.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

/// The planned faults of one stand-in, used up in the order planned.
#[derive(Debug)]
pub(crate) struct Faults {
    plans: Mutex<Vec<FaultPlan>>,
    releases: watch::Sender<u64>,
}

impl Faults {
    /// Makes an empty list.
    pub(crate) fn new() -> Self {
        Self { plans: Mutex::new(Vec::new()), releases: watch::Sender::new(0) }
    }

    /// Appends a plan.
    pub(crate) fn plan(&self, plan: FaultPlan) {
        lock(&self.plans).push(plan);
    }

    /// Forgets all plans and releases what is held.
    pub(crate) fn clear(&self) {
        lock(&self.plans).clear();
        self.release();
    }

    /// Copies the plans that are not used up.
    pub(crate) fn pending(&self) -> Vec<FaultPlan> {
        lock(&self.plans).clone()
    }

    /// Lets every request that is held now be answered.
    pub(crate) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// Subscribes to the next release.
    pub(crate) fn releases(&self) -> watch::Receiver<u64> {
        self.releases.subscribe()
    }

    /// Takes the first plan for this request and counts it down.
    pub(crate) fn take(&self, method: &str, path: &str) -> Option<Fault> {
        let mut plans = lock(&self.plans);
        let index = plans.iter().position(|plan| plan.matches(method, path))?;
        let plan = plans.get_mut(index)?;
        let fault = plan.fault.clone();
        match plan.times {
            0 => {}
            1 => {
                plans.remove(index);
            }
            _ => plan.times -= 1,
        }
        Some(fault)
    }
}
