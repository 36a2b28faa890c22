//! Dashboards for Grafana, Datadog and New Relic, all made from one description, which is held
//! against the registry of metrics: a metric that is renamed takes its panels with it, and one
//! that is gone does not compile.

mod board;
mod boards;
mod datadog;
mod files;
mod grafana;
mod layout;
mod newrelic;
mod promql;

pub use files::{File, Product, files};
