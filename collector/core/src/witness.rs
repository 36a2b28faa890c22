//! The seam for what parts of the collector tell about their own work.

use crate::ids::Destination;
use crate::notice::Notice;
use crate::time::Timestamp;

/// One attempt to deliver a message.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// To whom.
    pub destination: &'a Destination,
    /// The message.
    pub notice: &'a Notice,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Why it failed, if it did; without secrets.
    pub error: Option<String>,
}

/// Takes what is told. It never waits, and keeps a bounded number of things.
pub trait Witness: Send + Sync {
    /// Notes an attempt.
    fn delivery(&self, delivery: Delivery<'_>);
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Witness for Nobody {
    fn delivery(&self, _: Delivery<'_>) {}
}
