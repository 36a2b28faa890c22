//! What a type or a later check says against a value.

use crate::excerpt::Marks;
use crate::problem::Finding;
use crate::tree::{Body, Node, Origin};
use crate::{Path, Step};

/// What is said against a value, and where that is in a tree.
pub(crate) struct Refusal {
    pub(crate) path: Path,
    /// Whether it is the key that is refused, not its value.
    pub(crate) is_key: bool,
    pub(crate) message: String,
}

impl Refusal {
    /// Finds the one key or value below a path that the message quotes: serde cannot tell
    /// places inside of tagged alternatives, nor those of keys.
    pub(crate) fn new(node: &Node, path: &Path, message: String) -> Self {
        let quoted = |text: &str| !text.is_empty() && message.contains(&format!("`{text}`"));
        let mut hits = Vec::new();
        if let Some((below, _)) = node.find(path) {
            let by_key = matches!(path.steps().last(), Some(Step::Key(key)) if quoted(key));
            if by_key && !matches!(&below.body, Body::Scalar(scalar) if quoted(&scalar.text)) {
                hits.push((path.clone(), true));
            }
            below.visit(path, &mut |path, entry, value| {
                if entry.is_some_and(|entry| quoted(&entry.key)) {
                    hits.push((path.clone(), true));
                }
                if matches!(&value.body, Body::Scalar(scalar) if quoted(&scalar.text)) {
                    hits.push((path.clone(), false));
                }
            });
        }
        let (path, is_key) = match hits.as_slice() {
            [only] => only.clone(),
            _ => (path.clone(), false),
        };
        Self { path, is_key, message }
    }

    /// Takes a path as exact.
    pub(crate) const fn exactly(path: Path, message: String) -> Self {
        Self { path, is_key: false, message }
    }

    /// Points at the key or value. `base` is where the tree is in its document.
    pub(crate) fn finding(&self, node: &Node, base: &Path, marks: &Marks) -> Finding {
        let key = node.find(&self.path).filter(|_| self.is_key).map(|(_, at)| at);
        Finding {
            span: key.unwrap_or_else(|| node.point(&self.path)),
            path: base.join(&self.path),
            message: self.redacted(node, marks),
            help: None,
        }
    }

    /// Returns the message without what came from outside of the file and without secrets.
    fn redacted(&self, node: &Node, marks: &Marks) -> String {
        let mut message = self.message.clone();
        let mut hide = |value: &Node| {
            let Body::Scalar(scalar) = &value.body else { return };
            if scalar.text.is_empty() {
                return;
            }
            if let Origin::Whole(raw) | Origin::Part(raw) = &scalar.origin {
                message = message.replace(&scalar.text, raw);
            } else if marks.secret.contains(&(value.span.start, value.span.end)) {
                message = message.replace(&scalar.text, "***");
            }
        };
        if let Some((below, _)) = node.find(&self.path) {
            hide(below);
            below.visit(&self.path, &mut |_, _, value| hide(value));
        }
        message
    }
}
