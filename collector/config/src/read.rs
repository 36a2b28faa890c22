//! A checked value to a type, and what the type itself refuses back to places.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::check::Checked;
use crate::problem::Finding;
use crate::schema;
use crate::tree::{Body, Node, Origin};
use crate::{Path, Step};

/// Builds the type from a checked value.
///
/// A type refuses one value and stops. So each value that it refuses is replaced by a sample of
/// the schema and the type asked again, until all that it refuses are found.
pub(crate) fn build<T: DeserializeOwned>(
    mut value: Value,
    node: &Node,
    base: &Path,
    root: &Value,
    checked: &mut Checked,
) -> Option<T> {
    let mut refused: Vec<Path> = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize(value.clone()) {
            Ok(built) => return Some(built),
            Err(error) => error,
        };
        let local = path_of(error.path());
        let path = base.join(&local);
        let is_sample = checked.samples.iter().any(|sample| sample.contains(&path));
        // With samples in it the value may be refused for reasons that are none of the writer's.
        if is_sample || refused.contains(&path) {
            if checked.findings.is_empty() {
                checked.findings.push(finding(node, &local, base, &error.inner().to_string()));
            }
            return None;
        }
        let found = finding(node, &local, base, &error.inner().to_string());
        let exact = local_path(&found.path, base);
        let quoted = |key: &str| found.message.contains(&format!("`{key}`"));
        let is_key = matches!(exact.steps().last(), Some(Step::Key(key)) if quoted(key));
        checked.findings.push(found);
        refused.push(path);
        let wanted = schema::at(root, &exact, &value);
        if !(is_key && remove(&mut value, &exact)) {
            *at_mut(&mut value, &exact)? = schema::sample(wanted?, root);
        }
        checked.samples.push(base.join(&exact));
    }
}

fn finding(node: &Node, local: &Path, base: &Path, message: &str) -> Finding {
    let exact = narrow(node, local, message);
    Finding {
        span: node.point(&exact),
        path: base.join(&exact),
        message: redact(node, &exact, message),
        help: None,
    }
}

/// Finds the one value below a path that a message quotes: serde cannot tell places inside of
/// tagged alternatives.
fn narrow(node: &Node, local: &Path, message: &str) -> Path {
    let Some((below, _)) = node.find(local) else { return local.clone() };
    let mut hits = Vec::new();
    let quoted = |text: &str| !text.is_empty() && message.contains(&format!("`{text}`"));
    below.visit(local, &mut |path, entry, value| {
        let is_value = matches!(&value.body, Body::Scalar(scalar) if quoted(&scalar.text));
        if is_value || entry.is_some_and(|entry| quoted(&entry.key)) {
            hits.push(path.clone());
        }
    });
    match hits.as_slice() {
        [only] => only.clone(),
        _ => local.clone(),
    }
}

/// Takes out of a message what came from outside of the file.
fn redact(node: &Node, local: &Path, message: &str) -> String {
    let mut message = message.to_owned();
    let mut hide = |value: &Node| {
        if let Body::Scalar(scalar) = &value.body
            && let Origin::Whole(raw) | Origin::Part(raw) = &scalar.origin
            && !scalar.text.is_empty()
        {
            message = message.replace(&scalar.text, raw);
        }
    };
    if let Some((below, _)) = node.find(local) {
        hide(below);
        below.visit(local, &mut |_, _, value| hide(value));
    }
    message
}

fn path_of(path: &serde_path_to_error::Path) -> Path {
    let mut out = Path::root();
    for segment in path {
        out = match segment {
            Segment::Seq { index } => out.index(*index),
            Segment::Map { key } => out.key(key),
            Segment::Enum { variant } => out.key(variant),
            Segment::Unknown => break,
        };
    }
    out
}

fn local_path(path: &Path, base: &Path) -> Path {
    Path::from_steps(path.steps().get(base.steps().len()..).unwrap_or_default())
}

/// Takes a key out whose name is refused.
fn remove(value: &mut Value, path: &Path) -> bool {
    let Some((Step::Key(last), above)) = path.steps().split_last() else { return false };
    let map = at_mut(value, &Path::from_steps(above)).and_then(Value::as_object_mut);
    map.and_then(|map| map.remove(last)).is_some()
}

fn at_mut<'v>(value: &'v mut Value, path: &Path) -> Option<&'v mut Value> {
    path.steps().iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}
