//! What every handler sees: the newest snapshot and the store.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use bellwether_core::BoxFuture;
use bellwether_core::access::{Audit, AuditEntry};
use bellwether_core::act::{Act, Acts, Done, Refused};
use bellwether_core::catalog::Catalog;
use bellwether_core::draft::{Draft, Drafts};
use bellwether_core::facts::Removal;
use bellwether_core::incident::Incident;
use bellwether_core::route::Route;
use bellwether_core::store::{Records, StoreError};
use bellwether_core::time::Timestamp;
use tokio::sync::watch;

use crate::access::TokenFile;
use crate::error::ApiError;
use crate::freshness::Freshness;
use crate::links::Signer;
use crate::live::Live;
use crate::oidc::Provider;
use crate::view::{Rule, Snapshot};

/// Returns the collector's own metrics in Prometheus's text format.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Tells what time it is.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A store that takes longer than this is of no use to whoever waits for a page.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the configuration says that is in force.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The business map, with services that are nobody's.
    pub catalog: Catalog,
    /// The rules that hold, those that nobody wrote with them.
    pub rules: Vec<Rule>,
}

/// Where what the API answers comes from.
pub struct Sources {
    /// How everything stands, made anew again and again.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What the configuration says.
    pub known: watch::Receiver<Arc<Known>>,
    /// How often that should be.
    pub every: watch::Receiver<Duration>,
    /// The history.
    pub store: Arc<dyn Records>,
    /// Does what people ask for.
    pub acts: Arc<dyn Acts>,
    /// What people did.
    pub audit: Arc<dyn Audit>,
    /// The collector's own metrics.
    pub metrics: Metrics,
    /// Who may ask.
    pub tokens: TokenFile,
    /// The way to the identity provider, where one is configured.
    pub provider: Option<Arc<dyn Provider>>,
    /// Writes what customers would read.
    pub drafts: Arc<dyn Drafts>,
    /// Knows links in messages.
    pub links: Signer,
    /// What changed lately.
    pub live: Live,
    /// What time it is.
    pub now: Now,
}

/// What the API answers from.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    sources: Sources,
    freshness: Freshness,
}

impl Api {
    /// Makes an API over its sources.
    pub fn new(sources: Sources) -> Self {
        let freshness = Freshness::new(sources.every.clone());
        Self(Arc::new(Inner { sources, freshness }))
    }

    /// Returns the collector's own metrics.
    pub(crate) fn metrics(&self) -> String {
        (self.0.sources.metrics)()
    }

    /// Returns what the configuration says.
    pub(crate) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.0.sources.known.borrow())
    }

    /// Returns what rings whenever there is a new snapshot.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.0.sources.snapshots.clone()
    }

    /// Returns what to send next to somebody who has everything up to `known`, and its number.
    pub(crate) fn live(&self, known: Option<u64>) -> Option<(Utf8Bytes, u64)> {
        self.0.sources.live.next(known, || self.snapshot())
    }

    /// Returns who may ask.
    pub(crate) fn tokens(&self) -> TokenFile {
        self.0.sources.tokens.clone()
    }

    /// Returns the way to the identity provider.
    pub(crate) fn provider(&self) -> Option<Arc<dyn Provider>> {
        self.0.sources.provider.clone()
    }

    /// Returns what waits for a person to have it published.
    pub(crate) fn drafts(&self, incident: &Incident) -> Vec<Draft> {
        self.0.sources.drafts.of(incident)
    }

    /// Returns what knows links in messages.
    pub(crate) fn signer(&self) -> &Signer {
        &self.0.sources.links
    }

    /// Takes the removal of routes for meant, and returns which those are.
    pub(crate) async fn accept(&self, removal: Removal) -> Result<Vec<Route>, Refused> {
        answered(self.0.sources.acts.accept(removal)).await
    }

    /// Returns what time it is.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0.sources.now)()
    }

    /// Returns the newest snapshot. One that should have been replaced by now says so, and
    /// that the collector is not ready: stale news must not pass for good news.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let snapshots = &self.0.sources.snapshots;
        let snapshot = Arc::clone(&snapshots.borrow());
        let problem = match snapshots.has_changed() {
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

    /// Asks the store, within bounds of time.
    pub(crate) async fn ask<'a, T>(
        &'a self,
        question: impl FnOnce(&'a dyn Records) -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, ApiError> {
        soon(question(self.0.sources.store.as_ref())).await
    }

    /// Does something, and says what came of it.
    pub(crate) async fn act(&self, act: Act) -> Result<Done, Refused> {
        answered(self.0.sources.acts.act(act)).await
    }

    /// Reads the newest of what people did.
    pub(crate) async fn audit(&self, limit: u32) -> Result<Vec<AuditEntry>, ApiError> {
        soon(self.0.sources.audit.audit(limit)).await
    }

    /// Keeps what somebody did.
    pub(crate) async fn keep(&self, entry: AuditEntry) -> Result<(), ApiError> {
        soon(self.0.sources.audit.keep(entry)).await
    }
}

/// Waits for the store, within bounds of time. What went wrong goes to the log, not outside.
async fn soon<T>(answer: BoxFuture<'_, Result<T, StoreError>>) -> Result<T, ApiError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "store failed a query");
        }
        Err(_) => tracing::error!(waited = ?PATIENCE, "store did not answer a query"),
    }
    Err(ApiError::store())
}

/// Waits for what came of an act, as long as whoever asked would.
async fn answered<T>(act: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    let unknown = || Refused::Later("nobody knows yet whether it is done: look".to_owned());
    tokio::time::timeout(PATIENCE, act).await.unwrap_or_else(|_| Err(unknown()))
}
