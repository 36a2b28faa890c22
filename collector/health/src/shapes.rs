//! What operations usually have below them: put together from what was seen of some traces.

mod usual;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::time::Timestamp;

pub(crate) use self::usual::{Judgement, Usual};
use crate::observe::{Operation, Sighting, What};

/// So long after its first span a trace is looked at: by then what belongs to it has come.
const SETTLE: Duration = Duration::from_secs(15);

/// More traces are not put together at the same time, and more spans of one.
const MOST_TRACES: usize = 20_000;
const MOST_SPANS: usize = 512;

/// More operations are not remembered, and what was not seen for so long is forgotten.
const MOST_OPERATIONS: usize = 5_000;
const FORGET_AFTER: Duration = Duration::from_secs(3 * 86_400);

/// How far up the operation is looked for that a span is a part of.
const DEEPEST: usize = 32;

/// Under which name the error logs of an operation that succeeds are kept.
pub(crate) const ERROR_LOG: &str = "error log";

/// What operations usually have below them.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    traces: HashMap<u64, Trace>,
    operations: BTreeMap<Arc<Operation>, Usual>,
    /// Of which traces something was kept at least, for as long as a trace takes to settle.
    masks: Vec<(Timestamp, u64)>,
}

#[derive(Debug, Default)]
struct Trace {
    since: Timestamp,
    spans: Vec<Sighting>,
}

impl Shapes {
    /// Takes in what was seen under a mask.
    pub(crate) fn absorb(&mut self, seen: &[Sighting], mask: u64, now: Timestamp) {
        self.masks.retain(|it| now.since(it.0) <= SETTLE * 2);
        if self.masks.last().is_none_or(|it| it.1 != mask) {
            self.masks.push((now, mask));
        }
        for sighting in seen {
            if self.traces.len() >= MOST_TRACES && !self.traces.contains_key(&sighting.trace) {
                continue;
            }
            let trace = self
                .traces
                .entry(sighting.trace)
                .or_insert_with(|| Trace { since: now, spans: Vec::new() });
            if trace.spans.len() < MOST_SPANS {
                trace.spans.push(sighting.clone());
            }
        }
    }

    /// Looks at the traces that have settled.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        // of a trace that was not kept all the time a part is missing
        let whole = self.masks.iter().fold(0, |all, it| all | it.1);
        let settled = self.traces.extract_if(|_, it| now.since(it.since) >= SETTLE);
        let settled: Vec<Trace> =
            settled.filter(|it| it.0 & whole == 0).map(|(_, trace)| trace).collect();
        settled.iter().for_each(|trace| self.learn(trace));
        self.operations.retain(|_, it| now.since(it.last()) <= FORGET_AFTER);
    }

    fn learn(&mut self, trace: &Trace) {
        for (operation, at, below) in operations(trace) {
            if self.operations.len() >= MOST_OPERATIONS && !self.operations.contains_key(&operation)
            {
                continue;
            }
            self.operations.entry(operation).or_default().saw(&below, at);
        }
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = (&Operation, &Usual)> {
        self.operations.iter().map(|(operation, usual)| (&**operation, usual))
    }
}

/// Returns the operations of a trace that succeeded, with what each had below it.
fn operations(trace: &Trace) -> Vec<(Arc<Operation>, Timestamp, BTreeSet<&str>)> {
    let spans = trace.spans.iter().filter(|it| it.span != 0);
    let parents: HashMap<u64, &Sighting> = spans.map(|it| (it.span, it)).collect();
    let mut below: HashMap<u64, BTreeSet<&str>> = HashMap::new();
    for sighting in &trace.spans {
        let labels: &[&str] = match &sighting.what {
            What::Child(label) => &[label],
            What::Log { error: true } => &["log", ERROR_LOG],
            What::Log { error: false } => &["log"],
            What::Operation { .. } | What::Link => continue,
        };
        if let Some(operation) = operation_of(sighting, &parents) {
            below.entry(operation).or_default().extend(labels);
        }
    }
    let succeeded = trace.spans.iter().filter_map(|it| match &it.what {
        What::Operation { of, ok: true } => {
            Some((of.clone(), it.at, below.remove(&it.span).unwrap_or_default()))
        }
        _ => None,
    });
    succeeded.collect()
}

/// Climbs from a span or a log record to the operation that it is a part of.
fn operation_of(sighting: &Sighting, parents: &HashMap<u64, &Sighting>) -> Option<u64> {
    let mut at = sighting;
    for _ in 0..DEEPEST {
        at = parents.get(&at.parent)?;
        if matches!(at.what, What::Operation { .. }) {
            return Some(at.span);
        }
    }
    None
}
