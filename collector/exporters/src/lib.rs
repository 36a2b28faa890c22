//! Speaks to vendors: OTLP out, Datadog, New Relic, Statuspage, PagerDuty, Slack, e-mail, webhooks. Never
//! decides.
//!
//! A vendor is data in, data out: it renders a [`call::Call`] and judges an [`call::Answer`]. One
//! worker for OTLP and one for notices own everything else: order, batches, timeout, retry,
//! `Retry-After`, rate, pause, redaction, counters. `docs/exporters.md` tells what goes where.

pub mod body;
pub mod call;
pub mod datadog;
pub mod email;
mod exporter;
mod limiter;
mod link;
pub mod metrics;
pub mod newrelic;
pub mod notices;
pub mod otlp;
pub mod otlphttp;
pub mod pagerduty;
mod redact;
mod registry;
pub mod settings;
pub mod signals;
pub mod slack;
mod smtp;
pub mod status;
pub mod statuspage;
mod text;
pub mod timing;
pub mod transport;
pub mod verdict;
pub mod webhook;
pub mod wire;

pub use exporter::{Drafter, Exporter, OpenError, Parts, Reference, Referent, Runtime};
pub use limiter::Rate;
pub use registry::{BuildError, Kind, build, kinds};

#[cfg(test)]
mod tests;
