//! Points of metrics for customers: once a minute a destination is told what was measured.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;

use crate::call::{Answer, Call};
use crate::link::Link;
use crate::verdict::Verdict;

/// How often points are told.
pub const EVERY: Duration = Duration::from_secs(60);

/// How many points of a metric wait for a destination that is away; the oldest go first.
const MOST: usize = 60;

/// What a metric tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Whether a component is up, in percent.
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

/// Renders points for a destination and judges its answers. No I/O.
pub trait MetricVendor: Send + Sync {
    /// Returns which metrics there are, by the destination's id.
    fn metrics(&self) -> &BTreeMap<String, Measure>;

    /// Renders points. Those that were taken already may be among them.
    fn call(&self, points: &Points) -> Call;

    /// Judges an answer.
    fn judge(&self, answer: &Answer) -> Verdict;
}

/// Tells a destination of points, once a minute.
pub(crate) struct MetricWorker {
    vendor: Arc<dyn MetricVendor>,
    measures: Arc<dyn Measures>,
    link: Link,
    waiting: Points,
}

impl MetricWorker {
    pub(crate) fn new(
        vendor: Arc<dyn MetricVendor>,
        measures: Arc<dyn Measures>,
        link: Link,
    ) -> Self {
        Self { vendor, measures, link, waiting: Points::new() }
    }

    /// Tells until asked to stop. What waits then is let go: it is what customers see of the past.
    pub(crate) async fn run(mut self) {
        let stop = self.link.stop.clone();
        let mut from = self.link.now().minus(EVERY);
        while !stop.is_stopping() {
            let until = self.link.now();
            self.measure(from, until).await;
            from = until;
            let wait = if self.waiting.is_empty() { EVERY } else { self.tell().await };
            stop.sleep(wait.max(EVERY)).await;
        }
    }

    async fn measure(&mut self, from: Timestamp, until: Timestamp) {
        for (id, measure) in self.vendor.metrics() {
            let Some(value) = self.measures.read(measure, from, until).await else { continue };
            let points = self.waiting.entry(id.clone()).or_default();
            points.push_back(Point { at: until, value });
            if points.len() > MOST {
                points.pop_front();
            }
        }
    }

    /// Returns how long the destination wants to be left alone.
    async fn tell(&mut self) -> Duration {
        let verdict = match self.link.send(self.vendor.call(&self.waiting)).await {
            Ok(answer) => self.vendor.judge(&answer),
            Err(why) => Verdict::Retry { after: None, why },
        };
        match verdict {
            Verdict::Accepted => {
                self.link.went_well();
                self.waiting.clear();
                EVERY
            }
            Verdict::Retry { after, why } => self.link.failed(after, &why),
            Verdict::Pause { why } => self.link.failed(None, &why),
            Verdict::Reject { why } | Verdict::TooLarge { why } => {
                let why = self.link.clean(&why);
                let destination = &self.link.destination;
                tracing::error!(%destination, why, "points of metrics are refused; correct `metrics`");
                self.waiting.clear();
                EVERY
            }
        }
    }
}
