//! The messages that are owed, and what became of them.

use std::collections::{BTreeMap, BTreeSet};

use super::StoreError;
use crate::BoxFuture;
use crate::ids::Destination;
use crate::notice::{Notice, Owed};
use crate::time::Timestamp;

/// Messages that are not owed any more: what waits of a subject, to these destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// What they are about.
    pub subject: String,
    /// Who was to be told.
    pub destinations: BTreeSet<Destination>,
    /// When.
    pub at: Timestamp,
    /// Why, for people.
    pub why: String,
}

impl Withdrawal {
    /// Says whether a notice is one of those.
    pub fn covers(&self, notice: &Notice) -> bool {
        self.subject == notice.subject && self.destinations.contains(&notice.destination)
    }
}

/// Which messages are asked for; all, unless something is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressed {
    /// Only those about this subject, such as [`Notice::incident_subject`].
    pub subject: Option<String>,
    /// Only those to this destination.
    pub destination: Option<Destination>,
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The notice, with its number. After the time of details its incident is a summary.
    pub owed: Owed,
    /// `waiting`, `delivered`, `refused`, `superseded` or `withdrawn`.
    pub state: String,
    /// Why it was refused, or tried again.
    pub why: Option<String>,
    /// When it was delivered, refused or superseded.
    pub settled_at: Option<Timestamp>,
}

/// What a vendor answered, kept so that the next message can refer to it: subject to value.
pub type Receipts = BTreeMap<String, serde_json::Value>;

/// What became of an attempt to deliver a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is done; the receipts are written in the same transaction.
    Delivered {
        /// What to remember, by subject.
        receipts: Receipts,
        /// Who of several was not told, and why, for people; without secrets. Absent when all
        /// were.
        but: Option<String>,
    },
    /// It is tried again.
    Postponed {
        /// Not before this.
        until: Timestamp,
        /// Why, for people; without secrets.
        why: String,
        /// What to remember of those who were told already, by subject; written in the same
        /// transaction.
        receipts: Receipts,
    },
    /// It is given up.
    Refused {
        /// Why, for people; without secrets.
        why: String,
    },
}

/// The messages that are owed, and what vendors answered.
pub trait Outbox: Send + Sync {
    /// Reads what is owed to a destination and may leave at `now`: for each subject the
    /// oldest notice only, oldest first, at most `limit`.
    fn due<'a>(
        &'a self,
        destination: &'a Destination,
        now: Timestamp,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Owed>, StoreError>>;

    /// Reads when the next notice to a destination may leave, absent when none is owed.
    fn next_due<'a>(
        &'a self,
        destination: &'a Destination,
    ) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>>;

    /// Says whether a notice still waits. One that was read may have been withdrawn since.
    fn waits(&self, number: i64) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Reads all receipts of a destination.
    fn receipts<'a>(
        &'a self,
        destination: &'a Destination,
    ) -> BoxFuture<'a, Result<Receipts, StoreError>>;

    /// Writes what became of an attempt at `now`.
    fn settle(
        &self,
        number: i64,
        attempt: Attempt,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<(), StoreError>>;
}
