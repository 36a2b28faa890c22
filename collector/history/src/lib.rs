//! Keeps what must survive a restart: facts, states, incidents and the outbox, in SQLite or
//! PostgreSQL.
//!
//! All writes go through one task that owns the writing connection. Whoever waits while it
//! waits for the disk shares the next transaction; what was acknowledged survives a loss of
//! power. Reads have connections of their own and never wait for the writer.

mod between;
mod compact;
mod error;
mod lock;
mod observations;
mod outbox;
mod pen;
mod postgres;
mod read;
mod readers;
mod records;
mod schema;
mod settle;
mod sql;
mod sqlite;
mod write;
mod writer;

pub use error::OpenError;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bellwether_core::BoxFuture;
use bellwether_core::access::{Audit, AuditEntry};
use bellwether_core::alert::{Alert, AlertLife};
use bellwether_core::ids::{Destination, IncidentId, RuleId};
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::incident::Incident;
use bellwether_core::notice::Owed;
use bellwether_core::period::Period;
use bellwether_core::ruling::Ruling;
use bellwether_core::settings::Secret;
use bellwether_core::store::{
    Addressed, Attempt, Commit, Notification, Observation, Outbox, Receipts, Records, Restored,
    Retention, Span, Store, StoreError, Summary, Transition,
};
use bellwether_core::time::Timestamp;

use crate::error::failed;
use crate::lock::FolderLock;
use crate::pen::Pen;
use crate::postgres::Address;
use crate::readers::Readers;
use crate::writer::{Write, Writer};

/// Where a history lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A folder that no other collector uses; SQLite's file lies in it.
    pub folder: PathBuf,
    /// The URL of a PostgreSQL database, which is then used instead of SQLite.
    pub postgres: Option<Secret>,
}

impl Place {
    /// Says whether a URL leads to a PostgreSQL database, as far as can be told without asking.
    pub fn is_postgres(url: &Secret) -> bool {
        let scheme = url.expose().split("://").next().unwrap_or_default();
        matches!(scheme, "postgres" | "postgresql") && Address::read(url).is_ok()
    }
}

/// The history of one collector: in `bellwether.db` of its folder, or in a PostgreSQL database
/// to which no other collector writes.
#[derive(Debug)]
pub struct History {
    writer: Writer,
    readers: Readers,
    /// Let go of last, so that the folder is free only when nobody writes to it.
    lock: Mutex<Option<FolderLock>>,
}

impl History {
    /// Opens the history, makes the folder and the tables when they are missing, and brings an
    /// older schema up to date.
    ///
    /// # Errors
    /// Says which file, folder or database cannot be used, why, and what to do about it: not
    /// writable, in use by another collector, not a database or damaged, written by a newer
    /// version, not reachable.
    pub async fn open(place: &Place) -> Result<Self, OpenError> {
        let lock = FolderLock::soon(&place.folder).await?;
        let (pen, readers) = match &place.postgres {
            None => {
                let (connection, readers) = sqlite::connect(&place.folder).await?;
                (Pen::Sqlite(connection), Readers::Sqlite(readers))
            }
            Some(url) => {
                let (link, readers) = Address::read(url)?.open().await?;
                (Pen::postgres(link), Readers::Postgres(readers))
            }
        };
        Ok(Self { writer: Writer::start(pen), readers, lock: Mutex::new(Some(lock)) })
    }

    /// Finishes what was asked, closes the files and lets go of the folder. Later calls fail.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Store for History {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if commit.is_empty() {
                return Ok(());
            }
            self.writer.write(Write::Commit(Box::new(commit))).await.map(drop)
        })
    }

    fn restore(&self) -> BoxFuture<'_, Result<Restored, StoreError>> {
        Box::pin(async { read::restore(&self.readers).await.map_err(failed("restore")) })
    }

    fn forget_instances(&self, before: Timestamp) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.writer.write(Write::Forget(before)))
    }

    fn compact(
        &self,
        now: Timestamp,
        retention: Retention,
    ) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(self.writer.write(Write::Compact(now, retention)))
    }

    fn prove(&self, now: Timestamp) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.writer.write(Write::Prove(now)).await.map(drop) })
    }
}

impl Records for History {
    fn incidents(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>> {
        Box::pin(async move {
            read::incidents(&self.readers, limit).await.map_err(failed("read incidents"))
        })
    }

    fn transitions(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>> {
        Box::pin(async move {
            read::transitions(&self.readers, limit).await.map_err(failed("read transitions"))
        })
    }

    fn alerts(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AlertLife>, StoreError>> {
        Box::pin(
            async move { read::alerts(&self.readers, limit).await.map_err(failed("read alerts")) },
        )
    }

    fn incidents_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>> {
        Box::pin(async move {
            between::incidents(&self.readers, period, limit).await.map_err(failed("read incidents"))
        })
    }

    fn transitions_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>> {
        Box::pin(async move {
            between::transitions(&self.readers, period, limit)
                .await
                .map_err(failed("read transitions"))
        })
    }

    fn risks_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>> {
        Box::pin(async move {
            between::risks(&self.readers, period, limit).await.map_err(failed("read risks"))
        })
    }

    fn standing_alerts<'a>(
        &'a self,
        rule: Option<&'a RuleId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Alert>, StoreError>> {
        Box::pin(async move {
            read::standing_alerts(&self.readers, rule, limit)
                .await
                .map_err(failed("read standing alerts"))
        })
    }

    fn notifications<'a>(
        &'a self,
        of: &'a Addressed,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>> {
        Box::pin(async move {
            outbox::newest(&self.readers, of, limit).await.map_err(failed("read messages"))
        })
    }

    fn messages_about<'a>(
        &'a self,
        subject: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>> {
        Box::pin(async move {
            outbox::about(&self.readers, subject).await.map_err(failed("read messages"))
        })
    }

    fn rulings<'a>(
        &'a self,
        incident: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Vec<Ruling>, StoreError>> {
        Box::pin(async move {
            read::rulings(&self.readers, incident).await.map_err(failed("read rulings"))
        })
    }

    fn incident<'a>(
        &'a self,
        id: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Option<Incident>, StoreError>> {
        Box::pin(async move {
            read::incident(&self.readers, id).await.map_err(failed("read incidents"))
        })
    }

    fn observations<'a>(
        &'a self,
        series: &'a str,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Observation>, StoreError>> {
        Box::pin(async move {
            observations::between(&self.readers, series, from, until)
                .await
                .map_err(failed("read observations"))
        })
    }

    fn series<'a>(
        &'a self,
        prefix: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        Box::pin(async move {
            observations::series(&self.readers, prefix, limit)
                .await
                .map_err(failed("read the names of series"))
        })
    }

    fn summaries<'a>(
        &'a self,
        series: &'a str,
        span: Span,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Summary>, StoreError>> {
        Box::pin(async move {
            observations::summaries(&self.readers, series, span, from, until)
                .await
                .map_err(failed("read summaries"))
        })
    }

    fn losses<'a>(
        &'a self,
        incident: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Vec<Loss>, StoreError>> {
        Box::pin(async move {
            read::losses(&self.readers, incident).await.map_err(failed("read losses"))
        })
    }

    fn losses_between(
        &self,
        period: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Loss>, StoreError>> {
        Box::pin(async move {
            between::losses(&self.readers, period, limit).await.map_err(failed("read losses"))
        })
    }

    fn risks_ended_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>> {
        Box::pin(async move {
            read::risks_ended_between(&self.readers, from, until)
                .await
                .map_err(failed("read risks"))
        })
    }
}

impl Audit for History {
    fn keep(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.writer.write(Write::Audit(Box::new(entry))).await.map(drop) })
    }

    fn audit(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AuditEntry>, StoreError>> {
        Box::pin(async move {
            read::audit(&self.readers, limit).await.map_err(failed("read the audit"))
        })
    }
}

impl Outbox for History {
    fn due<'a>(
        &'a self,
        destination: &'a Destination,
        now: Timestamp,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Owed>, StoreError>> {
        Box::pin(async move {
            outbox::due(&self.readers, destination, now, limit)
                .await
                .map_err(failed("read the outbox"))
        })
    }

    fn next_due<'a>(
        &'a self,
        destination: &'a Destination,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        Box::pin(async move {
            outbox::next_due(&self.readers, destination).await.map_err(failed("read the outbox"))
        })
    }

    fn waits(&self, number: i64) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            outbox::waits(&self.readers, number).await.map_err(failed("read the outbox"))
        })
    }

    fn receipts<'a>(
        &'a self,
        destination: &'a Destination,
    ) -> BoxFuture<'a, Result<Receipts, StoreError>> {
        Box::pin(async move {
            outbox::receipts(&self.readers, destination).await.map_err(failed("read receipts"))
        })
    }

    fn settle(
        &self,
        number: i64,
        attempt: Attempt,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.writer.write(Write::Settle { number, attempt, now }).await.map(drop)
        })
    }
}

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
