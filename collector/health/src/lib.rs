//! Turns what the views saw into states.
//!
//! [`mod@observe`] takes facts and traffic out of OTLP bytes, [`evidence`] remembers them,
//! [`rules`] judge the evidence, [`sample`] is what they say, [`machine`] turns it into alerts,
//! and [`engine`] holds the parts together. All of it is pure: `now` is an argument.

mod archive;
mod attributes;
pub mod engine;
pub mod enrich;
pub mod evidence;
mod group;
pub mod indicators;
mod likeness;
pub mod machine;
pub mod observe;
mod plan;
pub mod query;
pub mod rules;
pub mod sample;
mod shapes;
mod shards;
mod subject;

#[cfg(test)]
mod testing;

pub use attributes::attributes;
pub use engine::{Engine, Evaluation};
pub use observe::{Harvest, Observer, Seen};
pub use plan::{Plan, QueryId};
pub use query::Query;
pub use subject::SignalKind;
