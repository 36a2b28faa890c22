//! `bellwether explain`: why was it so, from the reasons that were stored.

mod gather;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};

use bellwether_core::time::Timestamp;
use bellwether_history::Place;

pub use self::gather::From;
use super::{Address, ToolError};

/// What to explain.
#[derive(Clone, Debug)]
pub struct Request {
    /// The id of an incident or of a component.
    pub about: String,
    /// As it stood at this time; as it stands now unless set.
    pub at: Option<String>,
    /// Where the history is.
    pub from: From,
}

/// Says where history is: behind an API, in a folder, or where a configuration keeps it.
///
/// # Errors
/// Says what is wrong with the configuration.
pub fn place(
    api: Address,
    storage: Option<PathBuf>,
    config: Option<&Path>,
) -> Result<From, ToolError> {
    Ok(match (storage, config) {
        (_, Some(file)) => From::Place(crate::config::load(Some(file))?.storage),
        (Some(folder), None) => From::Place(Place { folder, postgres: None }),
        (None, None) => From::Api(api),
    })
}

/// Writes why something was so.
///
/// # Errors
/// Says why the history cannot be read, or that it knows nothing of what was asked.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let at = match &request.at {
        None => Timestamp::from_nanos(i64::MAX),
        Some(text) => super::time(text).ok_or_else(|| {
            ToolError::Other(format!("--at {text}: this is no time: write 2026-01-05T08:00:00Z"))
        })?,
    };
    let history = gather::history(&request.from, &request.about)?;
    let said = words::explain(&history, &request.about, at)?;
    Ok(write!(out, "{said}")?)
}

#[cfg(test)]
mod tests;
