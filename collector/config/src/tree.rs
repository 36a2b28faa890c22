//! A document as a tree in which every key and value knows its place.

use crate::source::Span;
use crate::{Path, Step};

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) body: Body,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Map(Vec<Entry>),
    Seq(Vec<Node>),
    Scalar(Scalar),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

/// A value without parts.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The text after escapes and substitution.
    pub(crate) text: String,
    /// Whether it stands without quotes, so that `5` is a number.
    pub(crate) plain: bool,
    pub(crate) origin: Origin,
}

/// Where the text of a scalar comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It stands in the file.
    Written,
    /// It is the value of one substitution, written as this.
    Whole(String),
    /// It has substitutions in it, written as this.
    Part(String),
    /// A substitution in this failed: that is reported, and the value is unknown.
    Failed(String),
}

impl Scalar {
    /// Says whether all that stands in the file is a reference to a variable or a file.
    pub(crate) fn is_reference(&self) -> bool {
        let (Origin::Whole(raw) | Origin::Failed(raw)) = &self.origin else { return false };
        let inside = raw.strip_prefix("${env:").or_else(|| raw.strip_prefix("${file:"));
        let inside = inside.and_then(|text| text.strip_suffix('}')).unwrap_or("}");
        !inside.contains([':', '}', '$'])
    }
}

impl Node {
    /// Returns an empty map, which is what an empty file is.
    pub(crate) const fn empty() -> Self {
        Self { span: 0..0, body: Body::Map(Vec::new()) }
    }

    /// Returns the value at a path and the place of its key (of the item itself in a list).
    pub(crate) fn find(&self, path: &Path) -> Option<(&Self, Span)> {
        let mut node = self;
        let mut at = node.start();
        for step in path.steps() {
            (node, at) = match (step, &node.body) {
                (Step::Key(key), Body::Map(entries)) => {
                    let entry = entries.iter().find(|entry| entry.key == *key)?;
                    (&entry.value, entry.key_span.clone())
                }
                (Step::Index(index), Body::Seq(items)) => {
                    let item = items.get(*index)?;
                    (item, item.start())
                }
                _ => return None,
            };
        }
        Some((node, at))
    }

    /// Returns what to point at for a path: the value if it is written there, else its key,
    /// else that of the nearest key above.
    pub(crate) fn point(&self, path: &Path) -> Span {
        let mut best = self.start();
        let mut above = Path::root();
        for step in path.steps() {
            above = match step {
                Step::Key(key) => above.key(key),
                Step::Index(index) => above.index(*index),
            };
            match self.find(&above) {
                Some((node, _)) if node.is_written_scalar() => best = node.span.clone(),
                Some((_, at)) => best = at,
                None => break,
            }
        }
        best
    }

    /// Calls a function with every key and value below, with its path.
    pub(crate) fn visit(&self, path: &Path, f: &mut impl FnMut(&Path, Option<&Entry>, &Self)) {
        match &self.body {
            Body::Map(entries) => {
                for entry in entries {
                    let path = path.key(&entry.key);
                    f(&path, Some(entry), &entry.value);
                    entry.value.visit(&path, f);
                }
            }
            Body::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = path.index(index);
                    f(&path, None, item);
                    item.visit(&path, f);
                }
            }
            Body::Scalar(_) => {}
        }
    }

    /// Returns where it starts, as a short span to point at.
    pub(crate) fn start(&self) -> Span {
        match &self.body {
            Body::Scalar(_) => self.span.clone(),
            Body::Map(entries) => match entries.first() {
                Some(first) if first.key_span.start == self.span.start => first.key_span.clone(),
                _ => self.span.start..self.span.start + 1,
            },
            Body::Seq(_) => self.span.start..self.span.start + 1,
        }
    }

    fn is_written_scalar(&self) -> bool {
        matches!(self.body, Body::Scalar(_)) && !self.span.is_empty()
    }
}
