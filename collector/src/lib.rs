//! The collector: reads its configuration, builds its parts, and runs them.
//!
//! [`app`] can be embedded, so that end-to-end tests run the whole collector in their own
//! process, on port 0.

pub mod app;
pub mod cli;
pub mod config;
pub mod tools;
