//! When a rule need not be judged again: nothing came of what it looks at, and time alone changes
//! nothing yet.

use std::time::Duration;

use bellwether_core::time::Timestamp;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The answers to its queries.
    Signals,
    /// What services reported of themselves.
    Facts,
    /// What requests met.
    Requests,
    /// What the component's operations have below them.
    Shapes,
    /// The states of components.
    States,
}

/// A time that never comes.
pub(crate) const NEVER: Timestamp = Timestamp::from_nanos(i64::MAX);

/// Returns the first moment after a time: what holds up to and with a time changes there.
pub(crate) fn after(time: Timestamp) -> Timestamp {
    time.plus(Duration::from_nanos(1))
}

/// Returns the first of some times that is still to come.
pub(crate) fn next(times: impl Iterator<Item = Timestamp>, now: Timestamp) -> Timestamp {
    times.filter(|it| *it > now).min().unwrap_or(NEVER)
}

/// How long the judgement of a rule holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rest {
    /// What it was judged by, as a number that changes with it.
    pub(crate) evidence: u64,
    pub(crate) until: Timestamp,
}
