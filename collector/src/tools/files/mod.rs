//! OTLP in files, as the OpenTelemetry Collector's file exporter writes them: a JSON document a
//! line, or messages of protobuf behind their lengths; either may be compressed with zstd, message
//! by message.

mod merge;
mod reader;
mod time;

use std::path::{Path, PathBuf};

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bytes::Bytes;

pub(super) use self::merge::Merge;
use super::ToolError;

/// One request out of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// When it came: the newest time in it, since nothing else is written of that.
    pub(super) at: Timestamp,
    pub(super) signal: Signal,
    /// Validated protobuf.
    pub(super) body: Bytes,
    /// How many bytes of its file it took.
    pub(super) taken: u64,
}

/// Finds the files that are meant: those that are named, and those in folders that are named.
pub(super) fn find(named: &[PathBuf]) -> Result<Vec<PathBuf>, ToolError> {
    let mut found = Vec::new();
    for path in named {
        let about = std::fs::metadata(path);
        let about = about.map_err(|error| ToolError::file(path, "", error))?;
        if about.is_dir() {
            folder(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        let folders: Vec<String> = named.iter().map(|it| it.display().to_string()).collect();
        return Err(ToolError::Other(format!("there is no file in {}", folders.join(", "))));
    }
    Ok(found)
}

/// Adds every file of a folder and of those in it, in the order of their names.
fn folder(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), ToolError> {
    let unreadable = |error: std::io::Error| ToolError::file(path, "", error);
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let entries: Result<Vec<PathBuf>, _> = entries.map(|it| it.map(|it| it.path())).collect();
    let mut entries = entries.map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        let is_hidden = entry.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"."));
        if entry.is_dir() {
            folder(&entry, found)?;
        } else if !is_hidden {
            found.push(entry);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
