//! What was decided for signals that look alike, and what came of them. Bounded.

use std::hash::BuildHasher;
use std::sync::Arc;

use bellwether_core::catalog::ComponentSet;
use bellwether_core::facts::Source;
use hashbrown::{DefaultHashBuilder, HashTable};
use smallvec::SmallVec;

use super::counted::Counted;
use super::decision::{Keep, Target};
use super::gathered::{Decided, Gathered, Item, Ripe};
use super::traffic::{Hits, Met};
use crate::likeness::same;
use crate::plan::Plan;

/// More is not remembered; then everything is decided anew.
const MOST_DECISIONS: usize = 10_000;

/// What was decided for signals that look alike.
#[derive(Debug)]
pub(super) struct Decision {
    /// What they have in common. It lies here because it is looked at for every signal.
    likeness: SmallVec<[u8; 96]>,
    gathered: Gathered,
    decided: Arc<Decided>,
    /// Whether anybody asks how durations are distributed.
    sketched: bool,
    /// Whether anybody wants a trace as an example.
    shown: bool,
    /// Targets that ask for something of each signal.
    pub(super) each: Vec<Target>,
    /// Whether it depends on the path whose they are: what holds for each of them is found under
    /// their likeness and the components that the path tells.
    by_path: bool,
    /// Whether a signal is gathered, and nothing else.
    plain: bool,
}

impl Decision {
    /// Files what was decided for spans or log records.
    pub(super) fn new(likeness: &[u8], decided: Decided, by_path: bool) -> Self {
        let Decided { targets, met, components } = decided;
        let targets = targets.into_iter().filter(|it| !it.is_idle());
        let (targets, each): (Vec<_>, Vec<_>) = targets.partition(Target::is_alike);
        let sketched = targets.iter().any(|it| matches!(it.keep, Keep::Distribution(_)));
        let shown = targets.iter().any(Target::is_shown);
        let plain = each.is_empty() && !by_path && !matches!(met, Met::ByPath { .. });
        let decided = Arc::new(Decided { targets, met, components });
        let (likeness, gathered) = (likeness.into(), Gathered::default());
        Self { likeness, gathered, decided, sketched, shown, each, by_path, plain }
    }

    /// Files what was decided for points of a metric, which are worth something each.
    pub(super) fn of_points(likeness: &[u8], targets: Vec<Target>) -> Self {
        Self { each: targets, ..Self::new(likeness, Decided::default(), false) }
    }

    pub(super) fn met(&self) -> &Met {
        &self.decided.met
    }

    /// Returns whose they are.
    pub(super) fn components(&self) -> &ComponentSet {
        &self.decided.components
    }

    /// Returns what they have in common.
    pub(super) fn likeness(&self) -> &[u8] {
        &self.likeness
    }
}

/// Decisions by likeness.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// Places in the list, with half of the hash so that few others are looked at.
    table: HashTable<(u32, u32)>,
    list: Vec<Decision>,
    hasher: DefaultHashBuilder,
    age: u32,
    /// Those of whose signals something was gathered, in the order in which it came.
    touched: Vec<(u32, Option<Source>)>,
}

impl Decisions {
    #[inline]
    pub(super) fn hash(&self, likeness: &[u8]) -> u64 {
        self.hasher.hash_one(likeness)
    }

    /// Rises whenever all is forgotten, so that no place holds any more.
    #[inline]
    pub(super) fn age(&self) -> u32 {
        self.age
    }

    /// Finds what was decided for signals with this likeness, given the hash of that.
    #[inline]
    pub(super) fn find(&self, hash: u64, likeness: &[u8]) -> Option<u32> {
        let is = |(half, at): &(u32, u32)| {
            *half == upper(hash)
                && self.list.get(*at as usize).is_some_and(|it| same(&it.likeness, likeness))
        };
        self.table.find(hash, is).map(|it| it.1)
    }

    /// Says whether nothing has to be asked of a signal.
    #[inline]
    pub(super) fn is_plain(&self, at: u32) -> bool {
        self.list.get(at as usize).is_some_and(|it| it.plain)
    }

    /// Says whether what was decided holds only where the path tells no components.
    pub(super) fn is_by_path(&self, at: u32) -> bool {
        self.list.get(at as usize).is_some_and(|it| it.by_path)
    }

    pub(super) fn get(&self, at: u32) -> Option<&Decision> {
        self.list.get(at as usize)
    }

    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Decision> {
        self.list.get_mut(at as usize)
    }

    /// Keeps what was decided; nothing was, so far, for signals of this likeness. When there is no
    /// room, all others are forgotten, and what was gathered is counted.
    pub(super) fn keep(
        &mut self,
        decision: Decision,
        (plan, counted, hits): (&Plan, &mut Counted, &mut Hits),
    ) -> u32 {
        if self.list.len() >= MOST_DECISIONS {
            self.forget(plan, counted, hits);
        }
        let hash = self.hash(&decision.likeness);
        let at = self.list.len() as u32;
        self.list.push(decision);
        let Self { table, list, hasher, .. } = self;
        table.insert_unique(hash, (upper(hash), at), |(_, at)| {
            list.get(*at as usize).map_or(0, |it| hasher.hash_one(&*it.likeness))
        });
        at
    }

    /// Counts what was gathered and forgets all decisions.
    pub(super) fn forget(&mut self, plan: &Plan, counted: &mut Counted, hits: &mut Hits) {
        self.take().into_iter().for_each(|it| it.count(plan, counted, hits));
        self.table.clear();
        self.list.clear();
        self.age = self.age.wrapping_add(1);
    }

    /// Adds a signal to what was gathered, and says whether the place is one. `source` is asked for when it is the first and met a
    /// route.
    #[inline]
    pub(super) fn gather(
        &mut self,
        place: u32,
        item: &Item<'_>,
        source: impl FnOnce() -> Option<Source>,
    ) -> bool {
        let Some(decision) = self.list.get_mut(place as usize) else { return false };
        if decision.gathered.is_empty() {
            let met = matches!(decision.decided.met, Met::Route(_));
            self.touched.push((place, if met { source() } else { None }));
        }
        decision.gathered.add(item, decision.sketched, decision.shown);
        true
    }

    /// Takes out what was gathered.
    pub(super) fn take(&mut self) -> Vec<Ripe> {
        let Self { list, touched, .. } = self;
        let ripe = touched.drain(..).filter_map(|(at, source)| {
            let decision = list.get_mut(at as usize)?;
            let gathered = std::mem::take(&mut decision.gathered);
            Some(Ripe { decided: decision.decided.clone(), gathered, source })
        });
        ripe.collect()
    }
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}
