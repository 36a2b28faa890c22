//! Puts the requests of several files in one order: by time, and where that is the same by file.

use std::path::PathBuf;

use super::Item;
use super::reader::Reader;
use crate::tools::ToolError;

/// The requests of several files in order.
pub(in crate::tools) struct Merge {
    files: Vec<(Reader, Item)>,
    /// All bytes of all files.
    pub(in crate::tools) total: u64,
}

impl Merge {
    /// Opens the files and reads the first request of each.
    pub(in crate::tools) fn open(paths: &[PathBuf]) -> Result<Self, ToolError> {
        let mut merge = Self { files: Vec::new(), total: 0 };
        for path in paths {
            merge.total += std::fs::metadata(path).map_or(0, |it| it.len());
            let mut reader = Reader::open(path)?;
            if let Some(first) = reader.next()? {
                merge.files.push((reader, first));
            }
        }
        Ok(merge)
    }

    /// Returns the next request; nothing at the end of the last file.
    pub(in crate::tools) fn next(&mut self) -> Result<Option<Item>, ToolError> {
        let oldest = self.files.iter().enumerate().min_by_key(|(at, it)| (it.1.at, *at));
        let Some(at) = oldest.map(|it| it.0) else { return Ok(None) };
        let Some((reader, item)) = self.files.get_mut(at) else { return Ok(None) };
        match reader.next()? {
            Some(next) => Ok(Some(std::mem::replace(item, next))),
            None => Ok(Some(self.files.remove(at).1)),
        }
    }
}
