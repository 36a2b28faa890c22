//! Whose metrics came: by their rhythm an instance is missed that reports nothing else.

use std::collections::HashMap;

use bellwether_core::facts::Source;
use bellwether_core::time::Timestamp;
use bellwether_otlp::Resource;

use super::facts::LazySource;

/// More instances between two harvests are not told apart.
const MOST: usize = 20_000;

/// The instances whose metrics came, each with when the newest did.
#[derive(Debug, Default)]
pub(super) struct Pulses(HashMap<Source, Timestamp>);

impl Pulses {
    pub(super) fn note(&mut self, resource: Resource<'_>, now: Timestamp) {
        if self.0.len() < MOST {
            self.0.insert(LazySource::new(resource).get(), now);
        }
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = (Source, Timestamp)> {
        self.0.drain()
    }
}
