//! Points of metrics for customers: once a minute a destination is told what was measured.

mod silent;
mod worker;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;

use crate::call::{Answer, Call};
use crate::verdict::Verdict;

pub(crate) use worker::MetricWorker;

/// How often points are told.
pub const EVERY: Duration = Duration::from_secs(60);

/// What a metric tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// For which share of the time a component was up, in percent.
    Uptime(ComponentId),
    /// What was measured, on average.
    Series(String),
}

/// Knows what was measured.
pub trait Measures: Send + Sync {
    /// Returns what was measured in a time, its end left out; absent when nothing was.
    fn read<'a>(
        &'a self,
        measure: &'a Measure,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Option<f64>>;
}

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// What it was; finite.
    pub value: f64,
}

/// Points by metric, oldest first.
pub type Points = BTreeMap<String, VecDeque<Point>>;

/// What a destination has of metrics, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The ids of those that stand on this page of its list.
    pub ids: BTreeSet<String>,
    /// Whether there is another page.
    pub more: bool,
}

/// Renders points for a destination and judges its answers. No I/O.
pub trait MetricVendor: Send + Sync {
    /// Returns which metrics there are, by the destination's id.
    fn metrics(&self) -> &BTreeMap<String, Measure>;

    /// Renders points. Those that were taken already may be among them.
    fn call(&self, points: &Points) -> Call;

    /// Judges an answer.
    fn judge(&self, answer: &Answer) -> Verdict;

    /// Asks which metrics the destination has, page by page from 1 on.
    fn list(&self, page: u32) -> Call;

    /// Reads the answer to that.
    ///
    /// # Errors
    /// Says what it means where it is no list.
    fn listed(&self, answer: &Answer) -> Result<Listed, Verdict>;
}
