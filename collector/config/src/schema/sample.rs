//! Words and sample values for what a schema allows.

use serde_json::{Value, json};

use super::shape::MAX_REFERENCES;
use super::{Shape, alternatives};

/// Returns some value that a schema allows, to read on with in place of one that is wrong.
pub(crate) fn sample(schema: &Value, root: &Value) -> Value {
    sample_at(schema, root, 0)
}

fn sample_at(schema: &Value, root: &Value, depth: usize) -> Value {
    let shapes = alternatives(schema, root);
    let Some(shape) = shapes.iter().find(|shape| !shape.allows("null")).or(shapes.first()) else {
        return Value::Null;
    };
    if let Some(value) = shape.example.or(shape.values.first().copied()) {
        return value.clone();
    }
    match shape.types.first().copied() {
        Some("object") if depth < MAX_REFERENCES => {
            let required = shape.required.iter().chain(&shape.required_secrets);
            let keys = required.filter_map(|key| Some((*key, shape.properties.get(key)?)));
            let fill = |(key, schema): (&str, &&Value)| {
                (key.to_owned(), sample_at(schema, root, depth + 1))
            };
            Value::Object(keys.map(fill).collect())
        }
        Some("array") => json!([]),
        Some("string") => json!("sample"),
        Some("boolean") => json!(false),
        Some("integer" | "number") => shape.minimum.cloned().unwrap_or_else(|| json!(1)),
        _ => Value::Null,
    }
}

/// Says in words what shapes expect.
pub(crate) fn expected(shapes: &[Shape<'_>]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !words.contains(&word) {
            words.push(word);
        }
    };
    for shape in shapes {
        if shape.values.is_empty() || shape.values.len() > 12 {
            let types = shape.types.iter().filter_map(|kind| type_words(kind));
            types.for_each(|word| add(word.to_owned()));
        } else {
            shape.words().for_each(|word| add(format!("`{word}`")));
        }
    }
    match words.pop() {
        None => "nothing".to_owned(),
        Some(only) if words.is_empty() => only,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}

fn type_words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "keys with values",
        _ => return None,
    })
}
