//! A checked value to a type, and what the type itself refuses back to places.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::check::Checked;
use crate::problem::Finding;
use crate::refusal::Refusal;
use crate::schema;
use crate::tree::Node;
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
        let refusal = Refusal::new(node, &path_of(error.path()), error.inner().to_string());
        let path = base.join(&refusal.path);
        let is_sample = checked.samples.iter().any(|sample| sample.contains(&path));
        // With samples in it the value may be refused for reasons that are none of the writer's.
        let known = is_sample || refused.contains(&path);
        if !known || checked.findings.is_empty() {
            let finding = from_twin(&refusal, node, base, checked)
                .unwrap_or_else(|| refusal.finding(node, base, &checked.marks));
            checked.findings.push(finding);
        }
        if known {
            return None;
        }
        let wanted = schema::at(root, &refusal.path, &value);
        if !(refusal.is_key && remove(&mut value, &refusal.path)) {
            *at_mut(&mut value, &refusal.path)? = schema::sample(wanted?, root);
        }
        checked.samples.push(path.clone());
        refused.push(path);
    }
}

/// Points a refusal at the twin key that the value came through, without the value.
fn from_twin(refusal: &Refusal, node: &Node, base: &Path, checked: &Checked) -> Option<Finding> {
    let path = base.join(&refusal.path);
    let twin = checked.twins.iter().find(|twin| path.contains(&twin.key))?;
    let local = Path::from_steps(twin.twin.steps().get(base.steps().len()..)?);
    let message = refusal.message.replace(&twin.text, "***");
    Some(Finding { span: node.point(&local), path: twin.twin.clone(), message, help: None })
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
