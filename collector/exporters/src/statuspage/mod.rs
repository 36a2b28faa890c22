//! Statuspage: effective states of components, and incidents for customers.
//!
//! Statuspage has no idempotency key. So every incident carries our mark in its metadata, and
//! whoever is not sure looks for the mark before creating another.

mod component;
mod incident;
mod maintenance;
mod mark;
mod metrics;
mod page;
mod receipts;
mod settings;
mod story;
mod texts;
mod view;
mod words;

pub use metrics::PageMetric;
pub use settings::{Hold, PageIncidents, Settings};
pub use words::CustomerTemplates;
