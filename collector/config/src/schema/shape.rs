//! What a schema allows at one place.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{FILE, REQUIRED_SECRETS, SECRET};

/// How many references may be followed to one schema: no end of references to references.
pub(super) const MAX_REFERENCES: usize = 32;

/// What one alternative of a schema allows, with references followed and parts joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape<'s> {
    /// The JSON types that are allowed; all when empty.
    pub(crate) types: Vec<&'s str>,
    pub(crate) properties: BTreeMap<&'s str, &'s Value>,
    pub(crate) required: Vec<&'s str>,
    pub(crate) required_secrets: Vec<&'s str>,
    /// The schema of keys that are not among the properties.
    pub(crate) additional: Option<&'s Value>,
    /// Whether keys that are not among the properties are refused.
    pub(crate) closed: bool,
    pub(crate) items: Option<&'s Value>,
    /// The values that are allowed; all when empty.
    pub(crate) values: Vec<&'s Value>,
    pub(crate) minimum: Option<&'s Value>,
    pub(crate) maximum: Option<&'s Value>,
    pub(crate) min_items: Option<u64>,
    /// What a text has to look like.
    pub(crate) pattern: Option<&'s str>,
    pub(crate) example: Option<&'s Value>,
    pub(crate) description: Option<&'s str>,
    pub(crate) secret: bool,
    /// Whether it is the path of a file.
    pub(crate) file: bool,
}

impl<'s> Shape<'s> {
    /// Says whether a JSON type is allowed; every whole number is a number.
    pub(crate) fn allows(&self, wanted: &str) -> bool {
        self.types.is_empty()
            || self.types.contains(&wanted)
            || (wanted == "integer" && self.types.contains(&"number"))
    }

    /// Says whether everything is allowed, so that nothing is known.
    pub(crate) fn is_anything(&self) -> bool {
        self.types.is_empty() && self.values.is_empty() && self.properties.is_empty()
    }

    /// Returns the values that are allowed, as texts.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'s str> + '_ {
        self.values.iter().filter_map(|value| value.as_str())
    }

    /// Adds what another part of the same schema says.
    fn join(mut self, other: Self) -> Self {
        if self.types.is_empty() {
            self.types = other.types;
        }
        self.properties.extend(other.properties);
        self.required.extend(other.required);
        self.required_secrets.extend(other.required_secrets);
        if self.values.is_empty() {
            self.values = other.values;
        }
        self.additional = self.additional.or(other.additional);
        self.closed |= other.closed;
        self.items = self.items.or(other.items);
        self.minimum = self.minimum.or(other.minimum);
        self.maximum = self.maximum.or(other.maximum);
        self.min_items = self.min_items.or(other.min_items);
        self.pattern = self.pattern.or(other.pattern);
        self.example = self.example.or(other.example);
        self.description = self.description.or(other.description);
        self.secret |= other.secret;
        self.file |= other.file;
        self
    }
}

/// Returns what a schema allows: one shape, or several when it has alternatives.
pub(crate) fn alternatives<'s>(schema: &'s Value, root: &'s Value) -> Vec<Shape<'s>> {
    expand(schema, root, 0)
}

fn expand<'s>(schema: &'s Value, root: &'s Value, depth: usize) -> Vec<Shape<'s>> {
    let Some(object) = schema.as_object().filter(|_| depth < MAX_REFERENCES) else {
        return vec![Shape::default()];
    };
    let mut shapes = vec![own(object)];
    let parts = object.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let reference = object.get("$ref").and_then(Value::as_str).and_then(|to| resolve(to, root));
    for part in reference.into_iter().chain(parts) {
        shapes = joined(&shapes, &expand(part, root, depth + 1));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = object.get(key).and_then(Value::as_array) {
            let choices: Vec<_> =
                choices.iter().flat_map(|choice| expand(choice, root, depth + 1)).collect();
            shapes = joined(&shapes, &choices);
        }
    }
    shapes
}

/// Joins every shape of one list with every shape of another.
fn joined<'s>(left: &[Shape<'s>], right: &[Shape<'s>]) -> Vec<Shape<'s>> {
    left.iter().flat_map(|l| right.iter().map(|r| l.clone().join(r.clone()))).collect()
}

fn resolve<'s>(reference: &str, root: &'s Value) -> Option<&'s Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// Reads what a schema says itself, without references and alternatives.
fn own(object: &Map<String, Value>) -> Shape<'_> {
    let strings = |key| {
        let list = object.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).collect::<Vec<_>>()
    };
    let types = match object.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        _ => strings("type"),
    };
    let properties = object.get("properties").and_then(Value::as_object).into_iter().flatten();
    let patterns = object.get("patternProperties").and_then(Value::as_object);
    let additional = object.get("additionalProperties");
    let closed = |key| object.get(key) == Some(&Value::Bool(false));
    let values = object.get("enum").and_then(Value::as_array).into_iter().flatten();
    Shape {
        types,
        properties: properties.map(|(key, value)| (key.as_str(), value)).collect(),
        required: strings("required"),
        required_secrets: strings(REQUIRED_SECRETS),
        // Whether a key fits its pattern is for its own type to say, in words.
        additional: additional
            .filter(|value| value.is_object())
            .or_else(|| patterns.and_then(|patterns| patterns.values().next())),
        closed: (closed("additionalProperties") || closed("unevaluatedProperties"))
            && patterns.is_none(),
        items: object.get("items"),
        values: values.chain(object.get("const")).collect(),
        minimum: object.get("minimum"),
        maximum: object.get("maximum"),
        min_items: object.get("minItems").and_then(Value::as_u64),
        pattern: object.get("pattern").and_then(Value::as_str),
        example: object.get("examples").and_then(Value::as_array).and_then(|list| list.first()),
        description: object.get("description").and_then(Value::as_str),
        secret: object.get(SECRET) == Some(&Value::Bool(true)),
        file: object.get(FILE) == Some(&Value::Bool(true)),
    }
}
