//! What operations usually have below them: put together from what was seen of some traces.

mod usual;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::catalog::{Catalog, ComponentIndex};
use bellwether_core::ids::{ComponentId, Service};
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

pub(crate) use self::usual::{Judgement, Usual};
use crate::archive::{Packer, Parts};
use crate::observe::{Operation, Sighting, What};

/// So long after its first span a trace is looked at: by then what belongs to it has come.
const SETTLE: Duration = Duration::from_secs(15);

/// More traces are not put together at the same time, and more spans of one.
const MOST_TRACES: usize = 20_000;
const MOST_SPANS: usize = 512;

/// More operations are not remembered, and what was not seen for so long is forgotten.
const MOST_OPERATIONS: usize = 5_000;
const FORGET_AFTER: Duration = Duration::from_secs(3 * 86_400);

/// How often that is looked after.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// How far up the operation is looked for that a span is a part of.
const DEEPEST: usize = 32;

/// Under which name the error logs of an operation that succeeds are kept.
pub(crate) const ERROR_LOG: &str = "error log";

/// An operation as it is written down: its service, its name, whose it is, what it usually does.
pub(crate) type Written = (Service, Box<str>, Vec<ComponentId>, Usual);

/// What the names of snapshots of them begin with.
pub(crate) const PREFIX: &str = "shapes:";

/// What operations usually have below them.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    traces: HashMap<u64, Trace, RandomState>,
    /// The traces in the order in which they came, which is that in which they settle: equal
    /// input gives equal output.
    order: VecDeque<(Timestamp, u64)>,
    operations: Vec<(Arc<Operation>, Usual)>,
    /// Where in the list each operation is.
    places: HashMap<Arc<Operation>, usize, RandomState>,
    /// Where those of each component are.
    components: HashMap<ComponentIndex, Component>,
    /// Of which traces something was kept at least, for as long as a trace takes to settle.
    masks: Vec<(Timestamp, u64)>,
    forgot_at: Timestamp,
    /// Rises when operations are forgotten.
    version: u64,
}

#[derive(Debug, Default)]
struct Trace {
    /// Of many traces one span is all that is seen.
    spans: SmallVec<[Sighting; 1]>,
}

/// The operations of one component.
#[derive(Debug, Default)]
struct Component {
    operations: Vec<usize>,
    /// Rises when one of them ran.
    version: u64,
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
            let order = &mut self.order;
            let trace = self.traces.entry(sighting.trace).or_insert_with(|| {
                order.push_back((now, sighting.trace));
                Trace::default()
            });
            if trace.spans.len() < MOST_SPANS {
                trace.spans.push(sighting.clone());
            }
        }
    }

    /// Looks at the traces that have settled.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        // of a trace that was not kept all the time a part is missing
        let whole = self.masks.iter().fold(0, |all, it| all | it.1);
        while let Some((_, number)) = self.order.pop_front_if(|it| now.since(it.0) >= SETTLE) {
            if let Some(trace) = self.traces.remove(&number)
                && number & whole == 0
            {
                self.learn(&trace);
            }
        }
        if now.since(self.forgot_at) >= FORGET_EVERY {
            self.forgot_at = now;
            self.forget(now);
        }
    }

    /// Returns when there is something to look at or to forget, if nothing comes.
    pub(crate) fn rests_until(&self) -> Timestamp {
        let settles = self.order.front().map(|it| it.0.plus(SETTLE));
        let forgets = self.forgot_at.plus(FORGET_EVERY);
        settles.map_or(forgets, |it| it.min(forgets))
    }

    fn learn(&mut self, trace: &Trace) {
        for (operation, at, below) in operations(trace) {
            let place = match self.places.get(operation) {
                Some(place) => *place,
                None if self.operations.len() >= MOST_OPERATIONS => continue,
                None => self.place(operation.clone(), Usual::default()),
            };
            if let Some((operation, usual)) = self.operations.get_mut(place) {
                usual.saw(&below, at);
                for component in &operation.components {
                    self.components.entry(*component).or_default().version += 1;
                }
            }
        }
    }

    fn place(&mut self, operation: Arc<Operation>, usual: Usual) -> usize {
        let place = self.operations.len();
        for component in &operation.components {
            self.components.entry(*component).or_default().operations.push(place);
        }
        self.places.insert(operation.clone(), place);
        self.operations.push((operation, usual));
        place
    }

    fn forget(&mut self, now: Timestamp) {
        let old = |it: &Usual| now.since(it.last()) > FORGET_AFTER;
        if !self.operations.iter().any(|it| old(&it.1)) {
            return;
        }
        self.version += 1;
        self.places.clear();
        self.components.values_mut().for_each(|it| it.operations.clear());
        for (operation, usual) in std::mem::take(&mut self.operations) {
            if !old(&usual) {
                self.place(operation, usual);
            }
        }
    }

    /// Writes down what is known of operations.
    pub(crate) fn written(
        &self,
        catalog: &Catalog,
        packer: &mut Packer,
        now: Timestamp,
    ) -> Vec<Snapshot> {
        let mut parts = Parts::new(packer, PREFIX.to_owned(), now);
        for (of, usual) in &self.operations {
            let components = of.components.iter().filter_map(|it| catalog.at(*it));
            let components: Vec<&ComponentId> = components.map(|it| &it.id).collect();
            parts.put(&(&of.service, &of.name, components, usual));
        }
        parts.finish()
    }

    /// Takes over what was written down.
    pub(crate) fn take_over(&mut self, written: Vec<Written>, catalog: &Catalog) {
        for (service, name, components, usual) in written {
            let components = components.iter().filter_map(|it| catalog.index(it)).collect();
            self.place(Arc::new(Operation { service, name, components }), usual.recalled());
        }
    }

    /// Returns the operations of a component.
    pub(crate) fn operations(
        &self,
        component: ComponentIndex,
    ) -> impl Iterator<Item = (&Operation, &Usual)> {
        let places = self.components.get(&component).into_iter().flat_map(|it| &it.operations);
        let found = places.filter_map(|place| self.operations.get(*place));
        found.map(|(operation, usual)| (&**operation, usual))
    }

    /// Returns a number that changes when what is known of a component's operations does.
    pub(crate) fn version(&self, component: ComponentIndex) -> u64 {
        self.version + self.components.get(&component).map_or(0, |it| it.version)
    }
}

/// An operation that succeeded: which, when, and what it had below it.
type Run<'t> = (&'t Arc<Operation>, Timestamp, BTreeSet<&'t str>);

/// Returns the operations of a trace that succeeded, with what each had below it.
fn operations(trace: &Trace) -> SmallVec<[Run<'_>; 1]> {
    if let [only] = &*trace.spans {
        let succeeded = match &only.what {
            What::Operation { of, ok: true } => Some((of, only.at, BTreeSet::new())),
            _ => None,
        };
        return succeeded.into_iter().collect();
    }
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
            Some((of, it.at, below.remove(&it.span).unwrap_or_default()))
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
