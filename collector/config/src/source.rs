//! The text of a file and places in it.

use std::ops::Range;
use std::sync::Arc;

/// A range of bytes in a file.
pub(crate) type Span = Range<usize>;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The name of the file, as it was given to [`crate::Document::parse`].
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Place {
    /// Writes `file:line:column`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    name: Arc<str>,
    pub(crate) text: Arc<str>,
    /// Where the lines after the first begin.
    breaks: Vec<usize>,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        Self { name: name.into(), text: text.into(), breaks }
    }

    /// Returns the place of a byte offset; offsets past the end are at the end.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line(offset);
        let before = self.text.get(line.start..offset).unwrap_or_default();
        Place {
            file: Arc::clone(&self.name),
            line: self.breaks.partition_point(|start| *start <= offset) + 1,
            column: before.chars().count() + 1,
        }
    }

    /// Returns the bytes of the line that holds an offset, without its line break.
    pub(crate) fn line(&self, offset: usize) -> Span {
        let offset = self.text.floor_char_boundary(offset);
        let after = self.breaks.partition_point(|start| *start <= offset);
        let start = after.checked_sub(1).and_then(|at| self.breaks.get(at)).copied().unwrap_or(0);
        let end = self.breaks.get(after).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    }
}
