//! Finds the alternative of a schema that a value is meant to be, so that mistakes are
//! reported against the right one.

use std::collections::BTreeSet;

use super::Walker;
use crate::schema::Shape;
use crate::source::Span;
use crate::tree::{Body, Entry, Node};
use crate::{Path, suggest};

impl<'s> Walker<'s> {
    /// Returns the alternative that is meant; `None` when that cannot be told, which is reported.
    pub(super) fn choose(
        &mut self,
        node: &Node,
        at: &Span,
        mut shapes: Vec<Shape<'s>>,
        path: &Path,
    ) -> Option<Shape<'s>> {
        if shapes.len() > 1 {
            shapes.retain(|shape| shape.is_anything() || shape.types != ["null"]);
        }
        if shapes.len() <= 1 {
            return shapes.pop();
        }
        let fits = |shape: &Shape<'_>| match node.body {
            Body::Map(_) => shape.allows("object"),
            Body::Seq(_) => shape.allows("array"),
            Body::Scalar(_) => {
                ["string", "integer", "number", "boolean"].iter().any(|kind| shape.allows(kind))
            }
        };
        let mut fitting: Vec<_> = shapes.iter().filter(|shape| fits(shape)).cloned().collect();
        if fitting.len() <= 1 {
            if fitting.is_empty() {
                self.wrong_type(node, at, &shapes, path);
            }
            return fitting.pop();
        }
        match &node.body {
            Body::Scalar(_) if fitting.iter().all(|shape| !shape.values.is_empty()) => {
                Some(one_of_words(fitting))
            }
            Body::Map(entries) => match tag(&fitting) {
                Some(tag) => self.by_tag(tag, entries, at, fitting, path),
                None if fitting.iter().all(|shape| !own_keys(shape, &fitting).is_empty()) => {
                    self.by_key(entries, at, fitting, path)
                }
                None => self.by_trial(node, at, fitting, path),
            },
            _ => self.by_trial(node, at, fitting, path),
        }
    }

    /// Chooses by a key such as `kind` whose value names the alternative.
    fn by_tag(
        &mut self,
        tag: &'s str,
        entries: &[Entry],
        at: &Span,
        shapes: Vec<Shape<'s>>,
        path: &Path,
    ) -> Option<Shape<'s>> {
        let names: Vec<&str> = shapes.iter().flat_map(|shape| tag_words(shape, tag)).collect();
        let here = path.key(tag);
        let Some(entry) = entries.iter().find(|entry| entry.key == tag) else {
            let help = format!("it is one of {}", suggest::list(names, "and"));
            self.find(at, &here, format!("the key `{tag}` is missing"), Some(help));
            return None;
        };
        let Body::Scalar(scalar) = &entry.value.body else {
            let message = format!("expected {}", suggest::list(names, "or"));
            self.find(&entry.key_span, &here, message, None);
            return None;
        };
        let chosen = shapes.iter().position(|shape| tag_words(shape, tag).contains(&&*scalar.text));
        if chosen.is_none() && !super::is_failed(&entry.value) {
            let tags = Shape {
                types: vec!["string"],
                values: tag_values(&shapes, tag),
                ..Shape::default()
            };
            self.leaf(scalar, &entry.value, &entry.key_span, &tags, &here);
        }
        shapes.into_iter().nth(chosen?)
    }

    /// Chooses by a key that only one alternative requires, as in `http: {…}` or `tls: {…}`.
    fn by_key(
        &mut self,
        entries: &[Entry],
        at: &Span,
        shapes: Vec<Shape<'s>>,
        path: &Path,
    ) -> Option<Shape<'s>> {
        let has = |key: &&str| entries.iter().any(|entry| entry.key == **key);
        let chosen = shapes.iter().position(|shape| own_keys(shape, &shapes).iter().any(has));
        if let Some(chosen) = chosen {
            return shapes.into_iter().nth(chosen);
        }
        let own: BTreeSet<&str> =
            shapes.iter().flat_map(|shape| own_keys(shape, &shapes)).collect();
        let before = self.out.findings.len();
        let all = Shape {
            types: vec!["object"],
            properties: shapes.iter().flat_map(|shape| shape.properties.clone()).collect(),
            closed: shapes.iter().all(|shape| shape.closed),
            ..Shape::default()
        };
        self.object(entries, at, &all, path);
        if self.out.findings.len() == before {
            let message = format!("one of the keys {} is missing", suggest::list(own, "and"));
            self.find(at, path, message, None);
        }
        None
    }

    /// Chooses the alternative with the fewest mistakes.
    fn by_trial(
        &mut self,
        node: &Node,
        at: &Span,
        shapes: Vec<Shape<'s>>,
        path: &Path,
    ) -> Option<Shape<'s>> {
        let mut best: Option<(usize, Shape<'s>)> = None;
        for shape in &shapes {
            let (_, found) = self.quietly(|walker| walker.shape(node, at, shape, path));
            if best.as_ref().is_none_or(|(least, _)| found.findings.len() < *least) {
                best = Some((found.findings.len(), shape.clone()));
            }
        }
        let scalar = matches!(node.body, Body::Scalar(_));
        match best {
            Some((0, shape)) => Some(shape),
            // Of single values there is nothing to be nearly right about.
            Some(_) if scalar => {
                self.wrong_type(node, at, &shapes, path);
                None
            }
            best => best.map(|(_, shape)| shape),
        }
    }
}

/// Joins alternatives that each are a word into one that lists them.
fn one_of_words(shapes: Vec<Shape<'_>>) -> Shape<'_> {
    let values = shapes.iter().flat_map(|shape| shape.values.clone()).collect();
    let secret = shapes.iter().any(|shape| shape.secret);
    Shape { types: vec!["string"], values, secret, ..Shape::default() }
}

/// Returns the key that all alternatives have with values of their own.
fn tag<'s>(shapes: &[Shape<'s>]) -> Option<&'s str> {
    let first = shapes.first()?;
    first.properties.keys().copied().find(|key| {
        shapes.iter().all(|shape| !tag_words(shape, key).is_empty() && shape.required.contains(key))
    })
}

fn tag_words<'s>(shape: &Shape<'s>, tag: &str) -> Vec<&'s str> {
    shape.properties.get(tag).and_then(|schema| schema.get("const")?.as_str()).into_iter().collect()
}

fn tag_values<'s>(shapes: &[Shape<'s>], tag: &str) -> Vec<&'s serde_json::Value> {
    shapes.iter().filter_map(|shape| shape.properties.get(tag)?.get("const")).collect()
}

/// Returns the keys that one alternative requires and not all others do.
fn own_keys<'s>(shape: &Shape<'s>, shapes: &[Shape<'s>]) -> Vec<&'s str> {
    let common = |key: &&&str| shapes.iter().all(|other| other.required.contains(*key));
    shape.required.iter().filter(|key| !common(key)).copied().collect()
}
