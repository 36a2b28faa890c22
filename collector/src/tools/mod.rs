//! Tools: `test` and `backtest` hold rules against signals without anybody being told, with the
//! same engine as a running collector under a clock of their own; `explain` and `report` read history;
//! `routes` tells a running collector what people decided, `token` says who may ask it, and
//! `dashboards` writes what Grafana, Datadog and New Relic draw.

pub mod backtest;
mod client;
pub mod dashboards;
pub mod explain;
mod files;
pub mod notify;
pub mod people;
pub mod replay;
pub mod report;
pub mod routes;
pub mod test;
pub mod token;

pub use self::client::Address;

use std::fmt;
use std::path::PathBuf;

use bellwether_config::{Document, Problem, Problems};
use bellwether_core::time::Timestamp;

/// Says why a tool could not do what it was asked.
#[derive(Debug)]
pub enum ToolError {
    /// Something that was written has mistakes.
    Written(Problems),
    /// A file is not what it should be.
    File {
        /// Which file.
        path: PathBuf,
        /// Where in it, such as `line 7` or `byte 4096`; empty for the whole of it.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// Anything else, in plain words.
    Other(String),
}

impl ToolError {
    fn file(path: impl Into<PathBuf>, place: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::File { path: path.into(), place: place.into(), what: what.to_string() }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(problems) => f.write_str(problems.render(false).trim_end()),
            Self::File { path, place, what } if place.is_empty() => {
                write!(f, "{}: {what}", path.display())
            }
            Self::File { path, place, what } => write!(f, "{}: {place}: {what}", path.display()),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ToolError {}

impl From<Problems> for ToolError {
    fn from(problems: Problems) -> Self {
        Self::Written(problems)
    }
}

/// Writing the answer failed: whoever reads it has gone, or the disk is full.
impl From<std::io::Error> for ToolError {
    fn from(error: std::io::Error) -> Self {
        Self::Other(format!("the answer cannot be written: {error}"))
    }
}

/// Reads a time as RFC 3339 writes it.
fn time(text: &str) -> Option<Timestamp> {
    let read: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(read.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

/// Says that what stands at a path is no time.
fn no_time(document: &Document, path: &str) -> Problem {
    let help = Some("write it as 2026-01-05T08:00:00Z".to_owned());
    document.problem(path, "this is no time", help)
}
