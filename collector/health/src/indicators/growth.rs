//! How much series grow that count from a start.

use std::collections::HashMap;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::observe::{Growth, PointValue};
use crate::plan::QueryId;

/// More series than this are not followed.
const MOST_SERIES: usize = 100_000;

/// The newest point of each series, for each query that asks for it.
#[derive(Debug)]
pub(crate) struct SeriesBook {
    series: HashMap<(QueryId, u128), Newest>,
    /// A series that began later than this is known from its start.
    watched_since: Timestamp,
}

/// The newest point of a series.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Newest {
    /// When the series started.
    start: Timestamp,
    at: Timestamp,
    value: PointValue,
}

/// What a point adds to what was known.
#[derive(Debug, PartialEq)]
pub(crate) enum Grown {
    /// This much.
    By(PointValue),
    /// Nothing that could be known: it is the first point of a series that began before anybody
    /// watched, or comes twice or too late.
    Unknown,
    /// There is no room for one more series.
    NoRoom,
}

impl SeriesBook {
    pub(crate) fn new(watched_since: Timestamp) -> Self {
        Self { series: HashMap::new(), watched_since }
    }

    /// Takes a point into account and returns what came since the one before.
    ///
    /// A series starts anew when its start says so, or when it counts less than before: then all
    /// that it counts came since.
    pub(crate) fn add(&mut self, growth: &Growth) -> Grown {
        let key = (growth.query, growth.series.key);
        let room = self.series.len() < MOST_SERIES;
        let newest =
            Newest { start: growth.series.start, at: growth.at, value: growth.value.clone() };
        match self.series.get_mut(&key) {
            None if !room => Grown::NoRoom,
            None => {
                let from_its_start = newest.start > self.watched_since;
                self.series.insert(key, newest);
                if from_its_start { Grown::By(growth.value.clone()) } else { Grown::Unknown }
            }
            // the same point over another way, or one that was overtaken
            Some(known) if growth.at <= known.at => Grown::Unknown,
            Some(known) => {
                let restarted = known.start != newest.start && newest.start > known.at;
                let by = if restarted { None } else { growth.value.since(&known.value) };
                *known = newest;
                Grown::By(by.unwrap_or_else(|| growth.value.clone()))
            }
        }
    }

    /// Returns the newest point of every series, for each query that asks for it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (QueryId, u128, &Newest)> {
        self.series.iter().map(|((query, key), newest)| (*query, *key, newest))
    }

    /// Takes over the newest point of a series.
    pub(crate) fn take_over(&mut self, query: QueryId, key: u128, newest: Newest) {
        if self.series.len() < MOST_SERIES {
            self.series.insert((query, key), newest);
        }
    }

    /// Goes on as if it had watched since then.
    pub(crate) fn watched_since(&mut self, since: Timestamp) {
        self.watched_since = since;
    }

    /// Goes on with the series of another book, by the numbers that their queries have now.
    pub(crate) fn inherit(&mut self, from: &mut Self, now: &HashMap<QueryId, QueryId>) {
        let known = from.series.drain();
        let known = known.filter_map(|((id, key), it)| Some(((*now.get(&id)?, key), it)));
        self.series.extend(known);
    }

    /// Forgets series of which nothing came since `before`.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        self.series.retain(|_, it| it.at >= before);
    }

    /// Returns how many series are followed.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }
}
