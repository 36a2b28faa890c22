//! What a stand-in remembers of each request.

use std::{collections::BTreeMap, sync::Mutex};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use super::{lock, ring::Ring};

/// The judgement that a stand-in passed on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The vendor's rules let it pass and it was stored.
    Accepted,
    /// The answer was a success, but part of the content was not stored.
    Partial,
    /// The vendor's rules refuse it.
    Refused,
    /// A fault that somebody asked for kept it from being looked at.
    Faulted,
}

/// One request as a stand-in saw it. Credentials are never part of it.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Number of the request, from 1.
    pub sequence: u64,
    /// When it came.
    pub at: Timestamp,
    /// Request method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Query parameters in the order sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// Headers that describe the body or steer the vendor; never a key.
    pub headers: BTreeMap<String, String>,
    /// Size of the body as sent, in bytes.
    pub bytes: usize,
    /// What the vendor's rules said.
    pub verdict: Verdict,
    /// Status that was answered; 0 when the connection was cut instead.
    pub status: u16,
    /// Why it was refused, or what was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Things that the vendor lets pass and that a careful sender avoids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The fault that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What was in it: the JSON body when it is small, counts and names for OTLP.
    pub summary: Value,
}

/// Keeps the newest records and tells those who wait about each new one.
#[derive(Debug)]
pub(crate) struct Recorder {
    records: Mutex<Ring<Record>>,
    count: watch::Sender<u64>,
}

impl Recorder {
    /// Makes an empty recorder for `capacity` records.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { records: Mutex::new(Ring::new(capacity)), count: watch::Sender::new(0) }
    }

    /// Numbers `record`, stores it and wakes those who wait.
    pub(crate) fn push(&self, mut record: Record) {
        let count = {
            let mut records = lock(&self.records);
            record.sequence = records.seen() + 1;
            records.push(record);
            records.seen()
        };
        self.count.send_replace(count);
    }

    /// Copies the kept records, oldest first.
    pub(crate) fn all(&self) -> Vec<Record> {
        lock(&self.records).to_vec()
    }

    /// Copies the newest `limit` records with a number above `after`, oldest first.
    pub(crate) fn newest(&self, after: u64, limit: usize) -> Vec<Record> {
        let records = lock(&self.records);
        let mut newest: Vec<Record> = records
            .iter()
            .rev()
            .take_while(|record| record.sequence > after)
            .take(limit)
            .cloned()
            .collect();
        newest.reverse();
        newest
    }

    /// Tells how many requests have come, and wakes on each further one.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}
