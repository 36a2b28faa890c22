//! Lines of a file that are safe to show.
//!
//! A line is shown with its keys and its punctuation. Of values only those are shown that a
//! schema knows and does not call secret; all others, and comments, are masked. So a key that
//! is misspelt, misplaced or not yet checked cannot put its secret on the screen.

use std::collections::BTreeSet;

use crate::Path;
use crate::source::{Source, Span};
use crate::tree::{Body, Entry, Node};

/// Longer lines are cut around the place that is pointed at; in characters.
const MAX_LINE: usize = 160;
const MASK: &str = "***";

/// A masked line of a file, and which of its bytes to point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: String,
    pub(crate) point: Span,
}

/// Which values of a file may be shown, by the bytes that they take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Those that a schema knows and does not call secret.
    pub(crate) shown: BTreeSet<(usize, usize)>,
    /// Those that a schema calls secret. They win.
    pub(crate) secret: BTreeSet<(usize, usize)>,
}

/// The keys and values of a file in order, each with whether it may be shown.
pub(crate) struct Pieces {
    pieces: Vec<(Span, bool)>,
    /// Secrets that are written as something with parts; their keys are secret too.
    secret: Vec<Span>,
    /// Whether the text could be parsed, so that all keys are known.
    parsed: bool,
}

impl Pieces {
    /// Takes the pieces of a parsed document.
    pub(crate) fn of(root: &Node, keys: &[Span], marks: &Marks) -> Self {
        let mut pieces: Vec<(Span, bool)> = keys.iter().map(|key| (key.clone(), true)).collect();
        let mut secret = Vec::new();
        let mut add = |_: &Path, _: Option<&Entry>, node: &Node| {
            let span = (node.span.start, node.span.end);
            let hidden = marks.secret.contains(&span);
            match &node.body {
                Body::Scalar(scalar) => {
                    let shown = marks.shown.contains(&span) && !hidden;
                    pieces.push((node.span.clone(), shown || scalar.is_reference()));
                }
                _ if hidden => secret.push(node.span.clone()),
                _ => {}
            }
        };
        add(&Path::root(), None, root);
        root.visit(&Path::root(), &mut add);
        Self { secret, ..Self::sorted(pieces, true) }
    }

    /// Takes the keys of a text that could not be parsed; all else may be secret.
    pub(crate) fn of_keys(keys: Vec<Span>) -> Self {
        Self::sorted(keys.into_iter().map(|key| (key, true)).collect(), false)
    }

    fn sorted(mut pieces: Vec<(Span, bool)>, parsed: bool) -> Self {
        pieces.retain(|(span, _)| !span.is_empty());
        // Aliases repeat pieces: what is hidden in one place is hidden in all.
        pieces.sort_by_key(|(span, shown)| (span.start, *shown));
        pieces.dedup_by_key(|(span, _)| span.start);
        Self { pieces, secret: Vec::new(), parsed }
    }

    /// Says whether a byte may be shown, if it belongs to a key or value.
    fn shows(&self, offset: usize) -> Option<bool> {
        if self.secret.iter().any(|span| span.contains(&offset)) {
            return Some(false);
        }
        let after = self.pieces.partition_point(|(span, _)| span.start <= offset);
        let (span, shown) = self.pieces.get(after.checked_sub(1)?)?;
        span.contains(&offset).then_some(*shown)
    }
}

/// Returns the line that a span begins on, masked and without comments.
pub(crate) fn excerpt(source: &Source, pieces: &Pieces, at: &Span) -> Excerpt {
    let line = source.line(at.start);
    let text = source.text.get(line.clone()).unwrap_or_default();
    let mut out = String::new();
    let mut point: Option<Span> = None;
    let mut masking = false;
    let key = if pieces.parsed { 0..0 } else { leading_key(text) };
    let mut before = ' ';
    for (column, c) in text.char_indices() {
        let offset = line.start + column;
        let shown = match pieces.shows(offset) {
            Some(shown) => shown,
            None if c == '#' && before.is_whitespace() => break,
            None => key.contains(&column) || is_punctuation(c),
        };
        match (shown, masking) {
            (true, _) => out.push(c),
            (false, false) => out.push_str(MASK),
            (false, true) => {}
        }
        masking = !shown;
        if at.contains(&offset) || at.start == offset {
            let width = if shown { c.len_utf8() } else { MASK.len() };
            let start = point.map_or(out.len() - width, |point| point.start);
            point = Some(start..out.len());
        }
        before = c;
    }
    let out = out.trim_end().to_owned();
    let point = point.unwrap_or(out.len()..out.len());
    cut(&out, point)
}

/// Returns where a line of a text that is not YAML has what looks like its key.
fn leading_key(line: &str) -> Span {
    let start = line.find(|c: char| !c.is_whitespace() && c != '-').unwrap_or(line.len());
    let rest = line.get(start..).unwrap_or_default();
    let in_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '"' | '\'');
    let end = rest.find(|c| !in_key(c)).unwrap_or(rest.len());
    let after = rest.get(end..).and_then(|rest| rest.strip_prefix(':'));
    let is_key = after.is_some_and(|after| after.is_empty() || after.starts_with(' '));
    if is_key { start..start + end } else { 0..0 }
}

/// Cuts a long line around the place that is pointed at.
fn cut(line: &str, point: Span) -> Excerpt {
    if line.chars().count() <= MAX_LINE {
        return Excerpt { line: line.to_owned(), point };
    }
    let start = line.floor_char_boundary(point.start.saturating_sub(MAX_LINE / 2));
    let end = line.ceil_char_boundary((start + MAX_LINE).min(line.len()));
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < line.len() { "…" } else { "" };
    let shift = |at: usize| at.clamp(start, end) - start + head.len();
    Excerpt {
        line: format!("{head}{}{tail}", line.get(start..end).unwrap_or_default()),
        point: shift(point.start)..shift(point.end),
    }
}

const fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '{'
            | '}'
            | '['
            | ']'
            | ','
            | ':'
            | '-'
            | '?'
            | '"'
            | '\''
            | '|'
            | '>'
            | '<'
            | '@'
            | '`'
            | '%'
            | '*'
            | '&'
            | '!'
    )
}
