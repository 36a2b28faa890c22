//! Turns YAML text into checked values, with every mistake at its line and column. Pure.
//!
//! A type says its shape once, with `serde::Deserialize` and `schemars::JsonSchema`.
//! [`Document::read`] holds a file against that schema, reports all mistakes in one go,
//! and only then builds the value. The environment and files are reached through [`Lookup`].
//!
//! ```
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     objective: f64,
//! }
//!
//! let lookup = bellwether_config::Lookup::none();
//! let document = bellwether_config::Document::parse("b.yaml", "objectve: 0.99", &lookup)?;
//! let problems = document.read::<Settings>().err().unwrap();
//! assert!(problems.render(false).contains("did you mean `objective`?"));
//! # Ok::<(), bellwether_config::Problems>(())
//! ```

mod check;
mod document;
mod excerpt;
mod lookup;
mod parse;
mod path;
mod problem;
mod read;
mod refusal;
mod render;
mod scalar;
mod schema;
mod source;
mod substitute;
mod suggest;
mod tree;

pub use document::{Document, Section};
pub use lookup::Lookup;
pub use path::{Path, Step};
pub use problem::{Problem, Problems};
pub use schema::{completed, published, schema};
pub use source::Place;
pub use suggest::closest;

#[cfg(test)]
mod tests;
