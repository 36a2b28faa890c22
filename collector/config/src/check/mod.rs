//! Holds a tree against a schema and reports every mistake.
//!
//! The value that comes out is one that the type can nearly always be built from: where the
//! document is wrong it has a sample, so that what only the type itself can refuse (such as
//! `30x` for a duration) is found in the same go.

mod choose;
mod leaf;
mod object;

use serde_json::Value;

use crate::excerpt::Marks;
use crate::lookup::Lookup;
use crate::problem::Finding;
use crate::schema::{self, Shape, alternatives};
use crate::source::Span;
use crate::tree::{Body, Node, Origin};
use crate::{Path, scalar};

/// What a check brings to light.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) findings: Vec<Finding>,
    pub(crate) marks: Marks,
    /// Where the value has a sample instead of what the document says.
    pub(crate) samples: Vec<Path>,
    /// Values that come from the file that a twin key names.
    pub(crate) twins: Vec<Twin>,
}

/// A secret that was read from the file that its twin key names.
pub(crate) struct Twin {
    pub(crate) key: Path,
    pub(crate) twin: Path,
    pub(crate) text: String,
}

/// Who tells a text of the right form from one of the wrong form, such as `30x` for a duration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The type, when it is built after the check: it says best what is wrong.
    Type,
    /// The patterns of the schema: the type is not at hand.
    Schema,
}

/// Holds a tree against a schema; `at` is what to point at for the tree as a whole.
pub(crate) fn check(
    node: &Node,
    at: &Span,
    path: &Path,
    root: &Value,
    lookup: &Lookup,
    form: Form,
) -> (Value, Checked) {
    let mut walker = Walker { root, lookup, form, out: Checked::default() };
    let value = walker.walk(node, at, root, path);
    (value, walker.out)
}

pub(super) struct Walker<'s> {
    root: &'s Value,
    lookup: &'s Lookup,
    form: Form,
    out: Checked,
}

impl<'s> Walker<'s> {
    fn walk(&mut self, node: &Node, at: &Span, schema: &'s Value, path: &Path) -> Value {
        let shapes = alternatives(schema, self.root);
        if is_failed(node) {
            self.mark(node, &shapes);
            return self.sample(schema, path);
        }
        if let Some(value) = self.nothing(node, at, &shapes, path) {
            return value;
        }
        match self.choose(node, at, shapes, path) {
            Some(shape) => {
                self.shape(node, at, &shape, path).unwrap_or_else(|| self.sample(schema, path))
            }
            None => self.sample(schema, path),
        }
    }

    /// Reads a value by one shape; `None` when it is of another type, which is reported.
    fn shape(&mut self, node: &Node, at: &Span, shape: &Shape<'s>, path: &Path) -> Option<Value> {
        if shape.is_anything() && shape.items.is_none() {
            return Some(untyped(node));
        }
        match &node.body {
            Body::Map(entries) if shape.allows("object") => {
                Some(self.object(entries, at, shape, path))
            }
            Body::Seq(items) if shape.allows("array") => Some(self.array(items, at, shape, path)),
            Body::Scalar(scalar) => self.leaf(scalar, node, at, shape, path),
            _ => {
                self.wrong_type(node, at, std::slice::from_ref(shape), path);
                None
            }
        }
    }

    fn array(&mut self, items: &[Node], at: &Span, shape: &Shape<'s>, path: &Path) -> Value {
        if let Some(least) = shape.min_items
            && (items.len() as u64) < least
        {
            let message = format!("expected at least {least} in this list, found {}", items.len());
            self.find(at, path, message, None);
        }
        let read = |(index, item): (usize, &Node)| match shape.items {
            Some(schema) => self.walk(item, &item.start(), schema, &path.index(index)),
            None => untyped(item),
        };
        Value::Array(items.iter().enumerate().map(read).collect())
    }

    /// A key with nothing after it (`grpc:`) stands for an empty section where one is expected,
    /// as the OpenTelemetry Collector has it, and elsewhere for a key that is left out.
    fn nothing(
        &mut self,
        node: &Node,
        at: &Span,
        shapes: &[Shape<'s>],
        path: &Path,
    ) -> Option<Value> {
        let Body::Scalar(scalar) = &node.body else { return None };
        if !scalar.plain || !scalar::plain(&scalar.text).is_null() {
            return None;
        }
        let is_section = |shape: &&Shape<'s>| shape.types.contains(&"object");
        let sections: Vec<_> = shapes.iter().filter(is_section).collect();
        if let [section] = sections.as_slice()
            && node.span.is_empty()
        {
            return Some(self.object(&[], at, section, path));
        }
        shapes.iter().any(|shape| shape.allows("null")).then_some(Value::Null)
    }

    fn wrong_type(&mut self, node: &Node, at: &Span, shapes: &[Shape<'s>], path: &Path) {
        self.mark(node, shapes);
        let secret = shapes.iter().any(|shape| shape.secret);
        let expected = schema::expected(shapes);
        let (message, place) = match &node.body {
            Body::Map(_) => (format!("expected {expected}, found keys with values"), at),
            Body::Seq(_) => (format!("expected {expected}, found a list"), at),
            Body::Scalar(found) => {
                let value = untyped(node);
                let place = if node.span.is_empty() { at } else { &node.span };
                (leaf::mismatch(found, &value, &expected, secret), place)
            }
        };
        let example = shapes.iter().find_map(|shape| shape.example).map(leaf::example);
        self.find(place, path, message, example);
    }

    /// Notes whether a value may be shown: all of it, or nothing of it, is secret or known.
    fn mark(&mut self, node: &Node, shapes: &[Shape<'_>]) {
        let span = (node.span.start, node.span.end);
        if shapes.iter().any(|shape| shape.secret) {
            self.out.marks.secret.insert(span);
        } else if matches!(node.body, Body::Scalar(_)) {
            self.out.marks.shown.insert(span);
        }
    }

    fn sample(&mut self, schema: &Value, path: &Path) -> Value {
        self.out.samples.push(path.clone());
        schema::sample(schema, self.root)
    }

    fn find(&mut self, at: &Span, path: &Path, message: String, help: Option<String>) {
        self.out.findings.push(Finding { span: at.clone(), path: path.clone(), message, help });
    }

    /// Tries something without keeping what it finds.
    fn quietly<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> (T, Checked) {
        let kept = std::mem::take(&mut self.out);
        let value = f(self);
        (value, std::mem::replace(&mut self.out, kept))
    }
}

/// Says whether a value is unknown because its substitution failed, which is reported already.
fn is_failed(node: &Node) -> bool {
    matches!(&node.body, Body::Scalar(scalar) if matches!(scalar.origin, Origin::Failed(_)))
}

/// Turns a tree into a value by the core schema of YAML alone.
pub(crate) fn untyped(node: &Node) -> Value {
    match &node.body {
        Body::Map(entries) => Value::Object(
            entries.iter().map(|entry| (entry.key.clone(), untyped(&entry.value))).collect(),
        ),
        Body::Seq(items) => Value::Array(items.iter().map(untyped).collect()),
        Body::Scalar(scalar) if scalar.plain => scalar::plain(&scalar.text),
        Body::Scalar(scalar) => Value::String(scalar.text.clone()),
    }
}
