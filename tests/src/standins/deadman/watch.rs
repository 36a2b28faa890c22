//! Pings, and the silence between them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::standins::ring::Ring;

/// How many pings and alarms are kept.
const KEPT: usize = 10_000;

/// What a ping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All is well.
    Success,
    /// Something is wrong: alarms at once.
    Fail,
    /// Work begins: says nothing about how it ends.
    Start,
    /// A remark.
    Log,
}

impl Kind {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "fail" => Self::Fail,
            "start" => Self::Start,
            "log" => Self::Log,
            _ => return None,
        })
    }
}

/// A ping that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ping {
    /// When.
    pub at: Timestamp,
    /// What it says.
    pub kind: Kind,
    /// Its body as text.
    pub body: String,
}

/// Why an alarm was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No ping came in time.
    Silence,
    /// A ping said so.
    Fail,
}

/// An alarm: from when it was raised until a ping said that all is well again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// When it was raised.
    pub raised: Timestamp,
    /// Why.
    pub cause: Cause,
    /// When it was over.
    pub ended: Option<Timestamp>,
}

/// Judges the time between pings. Time comes from its caller.
#[derive(Debug)]
pub(super) struct Watch {
    patience: Duration,
    pings: Ring<Ping>,
    alarms: Vec<Alarm>,
    /// When silence becomes an alarm.
    due: Option<Instant>,
}

impl Watch {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, pings: Ring::new(KEPT), alarms: Vec::new(), due: None }
    }

    /// Raises the alarm when the time is up.
    pub(super) fn look(&mut self, instant: Instant, now: Timestamp) {
        let Some(due) = self.due.filter(|due| *due <= instant) else { return };
        self.due = None;
        let late = jiff::SignedDuration::try_from(instant - due).unwrap_or_default();
        self.raise(Cause::Silence, now.saturating_sub(late).unwrap_or(now));
    }

    pub(super) fn ping(&mut self, kind: Kind, body: String, instant: Instant, at: Timestamp) {
        self.pings.push(Ping { at, kind, body });
        match kind {
            Kind::Success => {
                if let Some(open) = self.alarms.last_mut().filter(|it| it.ended.is_none()) {
                    open.ended = Some(at);
                }
                self.due = Some(instant + self.patience);
            }
            Kind::Fail => {
                self.due = None;
                self.raise(Cause::Fail, at);
            }
            Kind::Start | Kind::Log => {}
        }
    }

    fn raise(&mut self, cause: Cause, raised: Timestamp) {
        let raised_already = self.alarms.last().is_some_and(|it| it.ended.is_none());
        if !raised_already && self.alarms.len() < KEPT {
            self.alarms.push(Alarm { raised, cause, ended: None });
        }
    }

    /// Returns when silence becomes an alarm; absent while it cannot.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn seen(&self) -> u64 {
        self.pings.seen()
    }

    pub(super) fn pings(&self) -> Vec<Ping> {
        self.pings.to_vec()
    }

    pub(super) fn alarms(&self) -> Vec<Alarm> {
        self.alarms.clone()
    }
}
