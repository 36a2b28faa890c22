//! What a converter knows, and what a request changed of it, in forms that can be stored.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::series::Series;
use super::{Converter, Limits};

/// An identity in halves, which every format can write.
type Id = [u64; 2];

fn halves(id: u128) -> Id {
    [(id >> 64) as u64, id as u64]
}

fn whole([high, low]: Id) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// Everything that a converter knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    since: u64,
    swept: u64,
    series: Vec<(Id, Series)>,
}

impl Saved {
    /// Returns what a converter knows that begins at a time.
    pub(super) fn empty(now: u64) -> Self {
        Self { since: now, swept: now, series: Vec::new() }
    }
}

/// What one request changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When the request came.
    at: u64,
    series: Vec<(Id, Series)>,
}

impl Converter {
    /// Makes a converter that goes on from what was saved.
    pub fn restore(limits: Limits, saved: Saved) -> Self {
        let Saved { since, swept, series } = saved;
        let series: HashMap<u128, Series> =
            series.into_iter().map(|(id, it)| (whole(id), it)).collect();
        let numbers = series.values().map(|it| it.value.numbers()).sum();
        Self { limits, since, series, numbers, swept, changed: Vec::new(), tidied: false }
    }

    /// Returns what has to be kept to go on from here.
    pub fn save(&self) -> Saved {
        let mut series: Vec<_> =
            self.series.iter().map(|(id, it)| (halves(*id), it.clone())).collect();
        series.sort_unstable_by_key(|(id, _)| *id);
        Saved { since: self.since, swept: self.swept, series }
    }

    /// Returns what the newest request changed, if it did; `at` is when it came, as it was
    /// converted with.
    pub fn change(&mut self, at: u64) -> Option<Change> {
        if self.changed.is_empty() && !self.tidied {
            return None;
        }
        let series = &self.series;
        let entry = |id| series.get(&id).map(|it| (halves(id), it.clone()));
        Some(Change { at, series: self.changed.drain(..).filter_map(entry).collect() })
    }

    /// Changes what is known as the request did from which the change is.
    pub fn apply(&mut self, change: Change) {
        self.sweep(change.at);
        for (id, series) in change.series {
            self.numbers += series.value.numbers();
            if let Some(before) = self.series.insert(whole(id), series) {
                self.numbers -= before.value.numbers();
            }
        }
    }
}
