//! The auditor: again and again what was told is held against what should have been.

use std::sync::Arc;
use std::time::Duration;

use bellwether_alerts::{Books, Finding};
use bellwether_core::incident::Incident;
use bellwether_core::notice::Notice;
use bellwether_core::store::{Notification, Records, StoreError};
use bellwether_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::acts::{Ask, Review};

/// An incident that was over for longer is not looked at any more.
const OVER: Duration = Duration::from_secs(600);

/// How many incidents that are over are looked at.
const MOST: u32 = 200;

/// Holds what was told against what should have been told.
pub(super) struct Auditor {
    pub(super) asks: mpsc::Sender<Ask>,
    pub(super) records: Arc<dyn Records>,
    /// How often it audits.
    pub(super) every: Duration,
}

impl Auditor {
    /// Audits until told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(self) {
        let mut tick = interval(self.every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // the first is at once, when nothing is decided yet
        tick.tick().await;
        loop {
            tick.tick().await;
            if let Err(error) = self.audit().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what was told could not be audited; trying again with the next audit"
                );
            }
        }
    }

    async fn audit(&self) -> Result<(), StoreError> {
        let (answer, came) = oneshot::channel();
        // the health plane ends before this does, or has something that is not stored yet
        let Ok(()) = self.asks.send(Ask::Review(answer)).await else { return Ok(()) };
        let Ok(Review { policy, catalog, mut incidents, at }) = came.await else { return Ok(()) };
        incidents.extend(self.over(at).await?);
        let mut found = Vec::new();
        for incident in incidents {
            let messages = self.messages(&incident, at).await?;
            let rulings = self.records.rulings(&incident.id).await?;
            let books = Books { incident: &incident, messages: &messages, rulings: &rulings };
            let findings: Vec<Finding> = policy.audit(books, &catalog, at);
            found.push((incident, findings));
        }
        // whoever takes it has ended, and with it everything that could be wrong
        let _ = self.asks.send(Ask::Found(found)).await;
        Ok(())
    }

    /// Returns what ended a moment ago.
    async fn over(&self, now: Timestamp) -> Result<Vec<Incident>, StoreError> {
        let mut newest = self.records.incidents(MOST).await?;
        newest.retain(|it| it.resolved_at.is_some_and(|at| now.since(at) <= OVER && at <= now));
        Ok(newest)
    }

    /// Returns the messages about an incident that were written up to a time.
    async fn messages(
        &self,
        incident: &Incident,
        until: Timestamp,
    ) -> Result<Vec<Notification>, StoreError> {
        let subject = Notice::incident_subject(&incident.id);
        let mut messages = self.records.messages_about(&subject).await?;
        messages.retain(|it| it.owed.notice.at <= until);
        Ok(messages)
    }
}
