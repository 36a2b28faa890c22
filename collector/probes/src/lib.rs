//! Asks from outside what cannot be instrumented.
//!
//! [`settings`] are probes as they are written, a [`Probe`] is one that can run, and [`run`] keeps
//! all of them at their rhythm. What they find is told as a service's monitors tell it: as
//! `monitor.check` spans, so that the same rules judge both. What breaks lets its dependencies be
//! asked at once, through [`Urgency`].

mod probe;
mod prober;
mod rhythm;
pub mod settings;
mod tell;
mod urgency;

pub use probe::{Answer, Ask, Probe};
pub use prober::{Around, run};
pub use settings::{Level, Probes};
pub use urgency::{Answers, Urgency};

#[cfg(test)]
mod tests;
