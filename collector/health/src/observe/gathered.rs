//! What came since the last harvest of signals that look alike. They count for the same targets,
//! and so they are added up first: what they come to is counted once for each target, and a signal
//! costs the same however many rules ask for it.

use std::sync::Arc;

use bellwether_core::catalog::ComponentSet;
use bellwether_core::facts::Source;
use bellwether_core::time::Timestamp;
use bellwether_core::trace::TraceId;
use smallvec::SmallVec;

use super::counted::Counted;
use super::decision::Target;
use super::traffic::{Hits, Met};
use crate::indicators::{Example, Sketch, Summary, code};
use crate::plan::Plan;

/// Buckets of durations that are kept as they come before they are sorted into a sketch.
const MOST_CODES: usize = 64;

/// When signals happened and when they came, in seconds since 1970, as exactly as their targets
/// tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    pub(super) event: u32,
    pub(super) now: u32,
}

impl When {
    /// Tells apart what `least` and `most`, the least and the greatest lateness that any target
    /// allows, tell apart.
    #[inline]
    pub(super) fn of(event: u32, now: u32, (least, most): (u32, u32)) -> Self {
        let age = now.saturating_sub(event);
        if age <= least {
            Self { event, now: event }
        } else if age > most {
            Self { event: now.saturating_sub(most.saturating_add(1)), now }
        } else {
            Self { event, now }
        }
    }
}

/// A signal among others that look alike.
pub(super) struct Item<'a> {
    pub(super) when: When,
    pub(super) at: Timestamp,
    /// How long it lasted; 0 of a log record.
    pub(super) seconds: f64,
    /// The bytes of the id of its trace.
    pub(super) trace: &'a [u8],
}

/// What the signals of one time come to.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) when: When,
    /// How many there are, how long they lasted in seconds, and the newest time.
    pub(super) durations: Summary,
    /// The durations by buckets; not yet those in `codes`.
    pub(super) sketch: Sketch,
    codes: SmallVec<[i32; 4]>,
    /// The trace of the longest of them that has one, where anybody wants it.
    trace: Option<TraceId>,
}

impl Sum {
    fn example(&self) -> Option<Example> {
        let Summary { last_at: at, max: weight, .. } = self.durations;
        self.trace.map(|trace| Example { trace, at, weight })
    }

    fn settle(&mut self) {
        self.codes.sort_unstable();
        self.sketch.count_sorted(&self.codes);
        self.codes.clear();
    }
}

/// What came of signals that look alike, by time: requests bring signals of a few seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered(SmallVec<[Sum; 3]>);

impl Gathered {
    /// Says whether nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a signal; `sketched` says whether anybody asks how its duration is distributed, and
    /// `shown` whether anybody wants its trace.
    #[inline]
    pub(super) fn add(&mut self, item: &Item<'_>, sketched: bool, shown: bool) {
        let Item { when, at, seconds, trace } = *item;
        let place = match self.0.iter().position(|it| it.when == when) {
            Some(place) => place,
            None => {
                let (durations, sketch) = (Summary::default(), Sketch::default());
                let codes = SmallVec::new();
                self.0.push(Sum { when, durations, sketch, codes, trace: None });
                self.0.len() - 1
            }
        };
        let Some(sum) = self.0.get_mut(place) else { return };
        // there are many signals, and few that last longer than all before
        if shown && seconds > sum.durations.max {
            sum.trace = TraceId::read(trace).or(sum.trace);
        }
        sum.durations.add(seconds, at);
        if sketched {
            if sum.codes.len() == MOST_CODES {
                sum.settle();
            }
            sum.codes.push(code(seconds));
        }
    }
}

/// What was decided for signals that look alike.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// For what they count, all alike.
    pub(super) targets: Vec<Target>,
    pub(super) met: Met,
    /// Whose they are.
    pub(super) components: ComponentSet,
}

/// What came of signals that look alike, to be counted.
#[derive(Debug)]
pub(super) struct Ripe {
    pub(super) decided: Arc<Decided>,
    pub(super) gathered: Gathered,
    /// Who sent the first of them, if that is of interest.
    pub(super) source: Option<Source>,
}

impl Ripe {
    pub(super) fn count(mut self, plan: &Plan, counted: &mut Counted, hits: &mut Hits) {
        let Gathered(sums) = &mut self.gathered;
        sums.iter_mut().for_each(Sum::settle);
        let count = sums.iter().map(|it| it.durations.count).sum();
        let examples = sums.iter().filter_map(Sum::example);
        let example = examples.max_by(|one, other| one.weight.total_cmp(&other.weight));
        for target in &self.decided.targets {
            counted.add_sums(plan, target, sums, count, example);
        }
        if let (Met::Route(hit), Some(source)) = (&self.decided.met, self.source) {
            let at = sums.iter().map(|it| it.durations.last_at).max().unwrap_or_default();
            hits.add_route(source, hit, count, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_apart_as_far_as_any_target_does() {
        let when = |event, now| When::of(event, now, (5, 30));
        assert_eq!(when(995, 1_000), when(995, 996), "nobody calls it late");
        assert_ne!(when(995, 1_000), when(996, 1_000));
        assert_ne!(when(994, 1_000), when(994, 1_001), "some call it late, and count it now");
        assert_ne!(when(994, 1_000), when(993, 1_000), "others count it then");
        assert_eq!(when(969, 1_000), when(0, 1_000), "everybody counts it now");
        assert_ne!(when(0, 1_000), when(0, 1_001));
        for (event, now) in [(995, 1_000), (994, 1_000), (970, 1_000), (969, 1_000), (3, 1_000)] {
            let told = when(event, now);
            for lateness in 5..=30 {
                let late = now - event > lateness;
                assert_eq!(told.now - told.event > lateness, late, "{event} by {lateness}");
                let (slot, wanted) = if late { (told.now, now) } else { (told.event, event) };
                assert_eq!(slot, wanted, "{event} by {lateness}");
            }
        }
    }
}
