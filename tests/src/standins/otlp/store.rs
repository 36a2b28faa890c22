//! What a vendor has stored of the telemetry it was sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::standins::{lock, ring::Ring};

use super::model::{Batch, LogRecord, MetricPoint, Span};

/// How many records of each signal are kept.
const KEPT: usize = 50_000;

/// How many distinct names a summary lists.
const LISTED: usize = 20;

/// How many services are counted by name; the others are counted as `other`.
const SERVICES: usize = 1000;

/// How much a service has sent, forgotten records included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServiceCounts {
    /// Spans.
    pub spans: u64,
    /// Metric points.
    pub metric_points: u64,
    /// Log records.
    pub log_records: u64,
}

/// Keeps the newest records of each signal and counts all of them.
#[derive(Debug)]
pub struct Telemetry {
    spans: Mutex<Ring<Span>>,
    points: Mutex<Ring<MetricPoint>>,
    logs: Mutex<Ring<LogRecord>>,
    counts: Mutex<BTreeMap<String, ServiceCounts>>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            spans: Mutex::new(Ring::new(KEPT)),
            points: Mutex::new(Ring::new(KEPT)),
            logs: Mutex::new(Ring::new(KEPT)),
            counts: Mutex::default(),
        }
    }
}

impl Telemetry {
    /// Stores a batch and returns a summary of it: counts by service and names.
    pub(crate) fn store(&self, batch: Batch) -> Value {
        let summary = summary(&batch);
        match batch {
            Batch::Spans(spans) => {
                let mut kept = lock(&self.spans);
                for span in spans {
                    self.count(&span.service, |counts| counts.spans += 1);
                    kept.push(span);
                }
            }
            Batch::Metrics(points) => {
                let mut kept = lock(&self.points);
                for point in points {
                    self.count(&point.service, |counts| counts.metric_points += 1);
                    kept.push(point);
                }
            }
            Batch::Logs(logs) => {
                let mut kept = lock(&self.logs);
                for log in logs {
                    self.count(&log.service, |counts| counts.log_records += 1);
                    kept.push(log);
                }
            }
        }
        summary
    }

    fn count(&self, service: &str, add: impl FnOnce(&mut ServiceCounts)) {
        let mut counts = lock(&self.counts);
        let known = counts.contains_key(service) || counts.len() < SERVICES;
        let name = if known { service } else { "other" };
        add(counts.entry(name.to_owned()).or_default());
    }

    /// Copies the stored spans, oldest first.
    pub fn spans(&self) -> Vec<Span> {
        lock(&self.spans).to_vec()
    }

    /// Copies the stored metric points, oldest first.
    pub fn metric_points(&self) -> Vec<MetricPoint> {
        lock(&self.points).to_vec()
    }

    /// Copies the stored log records, oldest first.
    pub fn logs(&self) -> Vec<LogRecord> {
        lock(&self.logs).to_vec()
    }

    /// Returns the distinct names of the stored spans.
    pub fn span_names(&self) -> BTreeSet<String> {
        lock(&self.spans).iter().map(|span| span.name.clone()).collect()
    }

    /// Returns the distinct names of the stored metrics.
    pub fn metric_names(&self) -> BTreeSet<String> {
        lock(&self.points).iter().map(|point| point.name.clone()).collect()
    }

    /// Returns the distinct event names of the stored log records.
    pub fn event_names(&self) -> BTreeSet<String> {
        let logs = lock(&self.logs);
        let named = logs.iter().filter(|log| !log.event_name.is_empty());
        named.map(|log| log.event_name.clone()).collect()
    }

    /// Returns what each service has sent.
    pub fn counts(&self) -> BTreeMap<String, ServiceCounts> {
        lock(&self.counts).clone()
    }
}

/// Counts a batch by service and lists some of its names.
pub(crate) fn summary(batch: &Batch) -> Value {
    fn of<'a>(signal: &str, items: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
        let (mut services, mut names) = (BTreeMap::<&str, u64>::new(), BTreeSet::new());
        let mut count = 0_u64;
        for (service, name) in items {
            count += 1;
            *services.entry(service).or_default() += 1;
            if !name.is_empty() && names.len() < LISTED {
                names.insert(name);
            }
        }
        json!({ "signal": signal, "items": count, "services": services, "names": names })
    }
    match batch {
        Batch::Spans(spans) => of("traces", spans.iter().map(|span| (&*span.service, &*span.name))),
        Batch::Metrics(points) => {
            of("metrics", points.iter().map(|point| (&*point.service, &*point.name)))
        }
        Batch::Logs(logs) => of("logs", logs.iter().map(|log| (&*log.service, &*log.event_name))),
    }
}
