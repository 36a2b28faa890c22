//! Declares the names that Bellwether puts on telemetry, generated from a semantic-convention registry.
//!
//! `registry/*.yaml` is the one place where a name is declared. After a change there, run
//! `cargo run -p bellwether-proto --bin semconv`; a test fails until the generated files are fresh.

pub mod generate;
pub mod metric;
#[rustfmt::skip]
pub mod metrics;
pub mod prometheus;
pub mod registry;
pub mod semconv;
