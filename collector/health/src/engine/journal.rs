//! What came since all that is known was written down, a page for each evaluation.

use std::time::Duration;

use bellwether_core::facts::Traffic;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::traffic;
use crate::indicators::{Indicators, Noted};
use crate::shapes;

/// How often all that is known is written down; then the journal begins anew.
const BEGIN_EVERY: Duration = Duration::from_secs(60);

/// A collector that was away for longer begins to expect anew what should come.
const MOMENTS: Duration = Duration::from_secs(120);

/// More kinds of requests in one evaluation are not written down.
const MOST_REQUESTS: usize = 200;

/// The snapshot that says when the journal began.
const COVER: &str = "journal";

/// What the names of its pages begin with.
const PAGE: &str = "journal:";

/// The journal.
#[derive(Debug, Default)]
pub(super) struct Journal {
    begun: Option<Timestamp>,
    pages: u32,
    /// What is not written down yet.
    noted: Page,
}

/// What stands on the cover: what is known but for the indicators.
#[derive(Serialize, Deserialize)]
pub(super) struct Cover {
    /// Since when what should come could have come.
    pub(super) expected_since: Timestamp,
    /// What requests met.
    pub(super) requests: Vec<traffic::Written>,
    /// What operations usually have below them.
    pub(super) shapes: Vec<shapes::Written>,
}

/// What came up to an evaluation.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Page {
    counted: Vec<Noted>,
    requests: Vec<Traffic>,
}

/// What was recalled beside the indicators.
pub(super) struct Recalled {
    pub(super) cover: Cover,
    /// Requests that came since, with when.
    pub(super) requests: Vec<(Timestamp, Vec<Traffic>)>,
    /// Whether the collector was away for moments only.
    pub(super) goes_on: bool,
}

impl Journal {
    /// Keeps what was counted for the next page.
    pub(super) fn note(&mut self, counted: Noted, requests: &[Traffic]) {
        if !counted.is_empty() {
            self.noted.counted.push(counted);
        }
        if requests.len() <= MOST_REQUESTS {
            self.noted.requests.extend_from_slice(requests);
        }
    }

    /// Says whether it is time to write down all that is known.
    pub(super) fn is_full(&self, now: Timestamp) -> bool {
        self.begun.is_none_or(|it| now.since(it) >= BEGIN_EVERY)
    }

    /// Begins anew, because all that is known is written down.
    pub(super) fn begin(&mut self, cover: &Cover, now: Timestamp) -> Option<Snapshot> {
        *self = Self { begun: Some(now), ..Self::default() };
        let body = serde_json::to_vec(cover).ok()?;
        Some(Snapshot { name: COVER.to_owned(), at: now, body: Some(body) })
    }

    /// Writes a page about what came since the one before, if anything did.
    pub(super) fn page(&mut self, now: Timestamp) -> Option<Snapshot> {
        if self.noted.counted.is_empty() && self.noted.requests.is_empty() {
            return None;
        }
        let body = serde_json::to_vec(&std::mem::take(&mut self.noted)).ok()?;
        let name = format!("{PAGE}{}", self.pages);
        self.pages += 1;
        Some(Snapshot { name, at: now, body: Some(body) })
    }

    /// Counts again what stands in the journal, and returns what else stands there. It begins anew
    /// with the next evaluation.
    pub(super) fn recall(
        &self,
        indicators: &mut Indicators,
        snapshots: &[Snapshot],
        now: Timestamp,
    ) -> Option<Recalled> {
        let found = snapshots.iter().find(|it| it.name == COVER)?;
        let cover: Cover = serde_json::from_slice(found.body.as_deref()?).ok()?;
        // older pages are of the time before
        let is_page = |it: &&Snapshot| it.name.starts_with(PAGE) && it.at > found.at;
        let mut pages: Vec<&Snapshot> = snapshots.iter().filter(is_page).collect();
        pages.sort_by_key(|it| it.at);
        let newest = pages.last().map_or(found.at, |it| it.at);
        let mut requests = Vec::new();
        for snapshot in pages {
            let body = snapshot.body.as_deref().unwrap_or_default();
            let page: Page = serde_json::from_slice(body).unwrap_or_default();
            page.counted.into_iter().for_each(|it| indicators.recount(it));
            requests.push((snapshot.at, page.requests));
        }
        Some(Recalled { cover, requests, goes_on: now.since(newest) <= MOMENTS })
    }
}
