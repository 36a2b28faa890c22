//! What every handler sees: the newest snapshot and the store.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::store::{Records, StoreError};
use tokio::sync::watch;

use crate::error::ApiError;
use crate::freshness::Freshness;
use crate::view::Snapshot;

/// Returns the collector's own metrics in Prometheus's text format.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// A store that takes longer than this is of no use to whoever waits for a page.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the API answers from.
#[derive(Clone)]
pub struct Api(Arc<Sources>);

struct Sources {
    snapshot: watch::Receiver<Arc<Snapshot>>,
    store: Arc<dyn Records>,
    freshness: Freshness,
    metrics: Metrics,
}

impl Api {
    /// Makes an API over the snapshots that the application publishes, one every second,
    /// and a store.
    pub fn new(snapshot: watch::Receiver<Arc<Snapshot>>, store: Arc<dyn Records>) -> Self {
        let every = watch::Sender::new(Duration::from_secs(1)).subscribe();
        Self::every(every, snapshot, store, Arc::new(String::new))
    }

    /// Makes the same over snapshots that are published in another rhythm, which may change, and
    /// with metrics.
    pub fn every(
        every: watch::Receiver<Duration>,
        snapshot: watch::Receiver<Arc<Snapshot>>,
        store: Arc<dyn Records>,
        metrics: Metrics,
    ) -> Self {
        Self(Arc::new(Sources { snapshot, store, freshness: Freshness::new(every), metrics }))
    }

    /// Returns the collector's own metrics.
    pub(crate) fn metrics(&self) -> String {
        (self.0.metrics)()
    }

    /// Returns the newest snapshot. One that should have been replaced by now says so, and
    /// that the collector is not ready: stale news must not pass for good news.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let snapshot = Arc::clone(&self.0.snapshot.borrow());
        let problem = match self.0.snapshot.has_changed() {
            Err(_) => Some("the collector is stopping".to_owned()),
            Ok(_) => self.0.freshness.problem(snapshot.collector.now),
        };
        match problem {
            None => snapshot,
            Some(problem) => {
                let mut stale = Snapshot::clone(&snapshot);
                stale.collector.ready = false;
                stale.collector.problems.push(problem);
                Arc::new(stale)
            }
        }
    }

    /// Asks the store, within bounds of time. What went wrong goes to the log, not outside.
    pub(crate) async fn ask<'a, T>(
        &'a self,
        question: impl FnOnce(&'a dyn Records) -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, ApiError> {
        match tokio::time::timeout(PATIENCE, question(self.0.store.as_ref())).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "store failed a query");
            }
            Err(_) => tracing::error!(waited = ?PATIENCE, "store did not answer a query"),
        }
        Err(ApiError::store())
    }
}
