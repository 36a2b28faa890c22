//! Stand-ins for vendors: local servers that enforce a vendor's documented
//! rules, remember what they were sent, and misbehave on request.
//!
//! A stand-in accepts nothing that the vendor would refuse. What is enforced,
//! from which public document, and what is knowingly not, is listed in
//! `docs/stand-ins.md`.
//!
//! Each vendor is a plain struct that turns a [`Call`] into an [`Answer`]
//! without any I/O; [`Standin`] puts it on a socket, with faults and records.

mod body;
mod clock;
mod conn;
mod control;
pub mod datadog;
pub mod deadman;
mod fault;
mod guard;
mod html;
pub mod newrelic;
pub mod otlp;
pub mod pagerduty;
mod rate;
mod record;
mod ring;
mod schema;
mod server;
pub mod slack;
pub mod statuspage;
mod vendor;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use clock::{Clock, system_clock};
pub use fault::{Fault, FaultPlan, ResetAt};
pub use record::{Record, Verdict};
pub use server::{ServerConfig, Standin};
pub use vendor::{Answer, Call, Vendor};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex` even when a panicking test has poisoned it: the stand-in's
/// data is only ever appended to or replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
