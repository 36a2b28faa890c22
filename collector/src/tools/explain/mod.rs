//! `bellwether explain`: why was it so, from the reasons that were stored.

mod gather;
mod words;

use std::io::Write;
use std::path::PathBuf;

use bellwether_core::time::Timestamp;

pub use self::gather::From;
use super::ToolError;

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

/// Says where history is: behind an API when one is named, else in a folder.
pub fn place(url: Option<String>, storage: Option<PathBuf>) -> From {
    match (url, storage) {
        (_, Some(folder)) => From::Storage(folder),
        (Some(url), None) => From::Api(url),
        (None, None) => From::Api("http://127.0.0.1:8088".to_owned()),
    }
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
