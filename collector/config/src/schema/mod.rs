//! The schema of a type, and what one place in it allows.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{Path, Step};

mod publish;
mod sample;
mod shape;

pub use publish::published;
pub(crate) use sample::{expected, sample};
pub(crate) use shape::{Shape, alternatives};

/// Marks a schema whose value must never be shown.
const SECRET: &str = "x-secret";
/// Marks a schema whose value is the path of a file that is read later.
const FILE: &str = "x-file";
/// Marks the `…_file` twin of a secret key, with the name of that key.
const FILE_OF: &str = "x-file-of";
/// Lists the secret keys of an object of which the key or its twin must be there.
const REQUIRED_SECRETS: &str = "x-required-secrets";

/// Returns the JSON Schema (draft 2020-12) of a type, for editors and for the check.
///
/// Beside every property `key` that is secret (`"x-secret": true`) stands its twin `key_file`.
pub fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    with_twins(generator.into_root_schema_for::<T>().to_value())
}

/// Returns a schema with the twins of its secret keys, for those who have no type at hand.
pub fn completed(schema: schemars::Schema) -> Value {
    with_twins(schema.to_value())
}

/// Adds the twins of secret keys to a schema.
pub(crate) fn with_twins(plain: Value) -> Value {
    let mut with_twins = plain.clone();
    add_twins(&mut with_twins, &plain);
    with_twins
}

fn add_twins(schema: &mut Value, root: &Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| add_twins(item, root)),
        Value::Object(object) => {
            object.values_mut().for_each(|value| add_twins(value, root));
            add_twins_here(object, root);
        }
        _ => {}
    }
}

fn add_twins_here(object: &mut Map<String, Value>, root: &Value) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    let is_secret = |schema: &Value| alternatives(schema, root).iter().any(|shape| shape.secret);
    let secrets: Vec<String> = properties
        .iter()
        .filter(|(_, schema)| schema.get(FILE_OF).is_none() && is_secret(schema))
        .map(|(key, _)| key.clone())
        .collect();
    for key in &secrets {
        properties.insert(
            format!("{key}_file"),
            json!({
                "type": "string",
                "description": format!("The path of a file that holds `{key}`, instead of `{key}` itself."),
                FILE_OF: key,
            }),
        );
    }
    let Some(Value::Array(required)) = object.get_mut("required") else { return };
    let (secret, plain): (Vec<Value>, Vec<Value>) = std::mem::take(required)
        .into_iter()
        .partition(|key| key.as_str().is_some_and(|key| secrets.iter().any(|s| s == key)));
    *required = plain;
    if required.is_empty() {
        object.remove("required");
    }
    if !secret.is_empty() {
        object.insert(REQUIRED_SECRETS.to_owned(), Value::Array(secret));
    }
}

/// Returns the key that a property is the `…_file` twin of.
pub(crate) fn twin_of(property: &Value) -> Option<&str> {
    property.get(FILE_OF)?.as_str()
}

/// Returns the schema of what a path leads to, with the value that lies there to tell
/// alternatives apart.
pub(crate) fn at<'s>(root: &'s Value, path: &Path, value: &Value) -> Option<&'s Value> {
    let mut schema = root;
    let mut value = Some(value);
    for step in path.steps() {
        let shapes = alternatives(schema, root);
        let below = |shape: &Shape<'s>| match step {
            Step::Key(key) => shape.properties.get(key.as_str()).copied().or(shape.additional),
            Step::Index(_) => shape.items,
        };
        let tags_fit = |shape: &&Shape<'s>| {
            shape.properties.iter().all(|(key, schema)| {
                let wanted = schema.get("const");
                wanted.is_none() || wanted == value.and_then(|value| value.get(key))
            })
        };
        schema = shapes.iter().filter(tags_fit).find_map(below)?;
        value = match step {
            Step::Key(key) => value.and_then(|value| value.get(key)),
            Step::Index(index) => value.and_then(|value| value.get(index)),
        };
    }
    Some(schema)
}
