//! Tells a destination of points, once a minute.
//!
//! One call tells all metrics, and a destination that lacks one of them refuses it as a whole. So after a
//! refusal it is asked which it has: the others go on, and those that it lacks are told to people and
//! asked for again from time to time. Their points wait meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::time::Timestamp;

use super::silent::Silent;
use super::{EVERY, Measures, MetricVendor, Point, Points};
use crate::link::Link;
use crate::verdict::Verdict;

/// How many points of a metric wait for a destination that is away; the oldest go first.
const MOST: usize = 60;
/// How often a destination that lacks metrics is asked whether it has them by now.
const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// How many pages of a destination's list are read.
const MAX_PAGES: u32 = 50;

/// Why points are dropped for which there is no room.
const NO_ROOM: &str = "no_room";

pub(crate) struct MetricWorker {
    vendor: Arc<dyn MetricVendor>,
    measures: Arc<dyn Measures>,
    link: Link,
    waiting: Points,
    silent: Silent,
    /// What the destination does not have, and when it was asked.
    missing: BTreeSet<String>,
    looked_at: Timestamp,
}

impl MetricWorker {
    pub(crate) fn new(
        vendor: Arc<dyn MetricVendor>,
        measures: Arc<dyn Measures>,
        link: Link,
    ) -> Self {
        let now = link.now();
        Self {
            vendor,
            measures,
            link,
            waiting: Points::new(),
            silent: Silent::new(now),
            missing: BTreeSet::new(),
            looked_at: now,
        }
    }

    /// Tells until asked to stop. What waits then is let go: it is what customers see of the past.
    pub(crate) async fn run(mut self) {
        let stop = self.link.stop.clone();
        let mut from = self.link.now().minus(EVERY);
        while !stop.is_stopping() {
            let until = self.link.now();
            self.measure(from, until).await;
            from = until;
            let wait = self.go_on().await;
            self.show();
            stop.sleep(wait.max(EVERY)).await;
        }
    }

    async fn measure(&mut self, from: Timestamp, until: Timestamp) {
        for (id, measure) in self.vendor.metrics() {
            let Some(value) = self.measures.read(measure, from, until).await else { continue };
            self.silent.measured(id, until);
            let points = self.waiting.entry(id.clone()).or_default();
            points.push_back(Point { at: until, value });
            if points.len() > MOST {
                points.pop_front();
                let why =
                    if self.missing.contains(id) { no_metric(id) } else { NO_ROOM.to_owned() };
                self.link.lane.dropped(&why, 1);
            }
        }
        let warnings = self.silent.warnings(self.vendor.metrics(), until);
        for warning in self.link.lane.warns(warnings) {
            let destination = &self.link.destination;
            tracing::warn!(%destination, "{warning}");
        }
    }

    /// Tells how many points wait, and since when.
    fn show(&self) {
        let all = || self.waiting.values().flatten();
        self.link.lane.set_waiting(all().count(), all().map(|it| it.at).min());
    }

    /// Tells what can be told. Returns how long the destination wants to be left alone.
    async fn go_on(&mut self) -> Duration {
        let now = self.link.now();
        if !self.missing.is_empty() && now.since(self.looked_at) >= LOOK_AGAIN {
            match self.look().await {
                Ok(missing) => self.lacks(missing),
                Err(verdict) => return self.not_taken(verdict),
            }
        }
        match self.tell().await {
            Some(Verdict::Reject { why }) => self.refused(why).await,
            Some(verdict) => self.not_taken(verdict),
            None => EVERY,
        }
    }

    /// Finds out why all points were refused, and tells those of metrics that the destination has.
    async fn refused(&mut self, why: String) -> Duration {
        let before = self.missing.len();
        match self.look().await {
            Ok(missing) => self.lacks(missing),
            Err(verdict) => return self.not_taken(verdict),
        }
        if self.missing.len() == before {
            return self.not_taken(Verdict::Reject { why });
        }
        match self.tell().await {
            Some(verdict) => self.not_taken(verdict),
            None => EVERY,
        }
    }

    /// Tells the points of all metrics that the destination has. Returns what it says unless it took
    /// them, or there are none.
    async fn tell(&mut self) -> Option<Verdict> {
        let mut points = self.waiting.clone();
        points.retain(|id, _| !self.missing.contains(id));
        let verdict = if points.is_empty() {
            Verdict::Accepted
        } else {
            match self.link.send(self.vendor.call(&points)).await {
                Ok(answer) => self.vendor.judge(&answer),
                Err(why) => Verdict::Retry { after: None, why },
            }
        };
        if verdict != Verdict::Accepted {
            return Some(verdict);
        }
        let told = points.values().map(|it| it.len() as u64).sum();
        if told > 0 {
            self.link.lane.sent(self.link.now(), told, 0);
        }
        self.waiting.retain(|id, _| self.missing.contains(id));
        self.fares();
        None
    }

    /// Shows how a destination fares that takes what it can.
    fn fares(&mut self) {
        if self.missing.is_empty() {
            return self.link.went_well();
        }
        let ids: Vec<String> = self.missing.iter().map(|id| format!("`{id}`")).collect();
        let why = format!(
            "there is no metric {}: create it, or correct `metrics`; its points wait for an hour",
            ids.join(" and no metric ")
        );
        self.link.was_refused(&why);
    }

    fn not_taken(&mut self, verdict: Verdict) -> Duration {
        match verdict {
            Verdict::Accepted => EVERY,
            Verdict::Retry { after, why } => self.link.failed(after, &why),
            Verdict::Pause { why } => {
                // the points of the next minute show whether the key is taken again
                self.link.paused(&why);
                EVERY
            }
            Verdict::Reject { why } | Verdict::TooLarge { why } => {
                let mut refused = std::mem::take(&mut self.waiting);
                self.waiting = refused.extract_if(.., |id, _| self.missing.contains(id)).collect();
                let count = refused.values().map(|it| it.len() as u64).sum();
                self.link.lane.dropped("rejected", count);
                self.link.was_refused(&why);
                let (destination, why) = (&self.link.destination, self.link.clean(&why));
                tracing::error!(%destination, why, count, "points of metrics are refused, and dropped");
                EVERY
            }
        }
    }

    /// Asks which of our metrics the destination lacks.
    async fn look(&mut self) -> Result<BTreeSet<String>, Verdict> {
        let mut missing: BTreeSet<String> = self.vendor.metrics().keys().cloned().collect();
        for page in 1..=MAX_PAGES {
            let answer = self.link.send(self.vendor.list(page)).await;
            let answer = answer.map_err(|why| Verdict::Retry { after: None, why })?;
            let listed = self.vendor.listed(&answer)?;
            missing.retain(|id| !listed.ids.contains(id));
            if !listed.more {
                break;
            }
        }
        self.looked_at = self.link.now();
        Ok(missing)
    }

    /// Notes what the destination lacks, and tells what is new of that.
    fn lacks(&mut self, missing: BTreeSet<String>) {
        let destination = &self.link.destination;
        for id in missing.difference(&self.missing) {
            tracing::error!(
                %destination, metric = id,
                "destination has no such metric: create it, or correct `metrics`; its points wait for an hour"
            );
        }
        for id in self.missing.difference(&missing) {
            tracing::info!(%destination, metric = id, "destination has this metric now");
        }
        self.missing = missing;
    }
}

/// Why points of a metric are dropped that the destination does not have.
fn no_metric(id: &str) -> String {
    format!("no metric {id}")
}
