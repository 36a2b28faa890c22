//! Attributes of signals, and conditions on them, without knowing how signals are encoded.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The value of an attribute, as far as conditions look into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A text.
    Str(&'a str),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// Something else that is there: bytes, a list, keys with values, nothing.
    Other,
}

impl<'a> Value<'a> {
    /// Returns the text, if it is one.
    pub fn as_str(self) -> Option<&'a str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }
}

/// A value as settings write it: a text, a number, or `true` and `false`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Double(f64),
    /// A text.
    Text(String),
}

/// What an attribute has to be: one value, or any of several. In a text, `*` stands for any
/// run of characters, so that `*` alone asks only that the attribute is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Wanted {
    /// This value.
    One(Scalar),
    /// Any of these values.
    Any(Vec<Scalar>),
}

impl Wanted {
    /// Returns the values of which one is wanted.
    pub fn values(&self) -> &[Scalar] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Any(values) => values,
        }
    }

    /// Says whether a value is one of those that are wanted.
    pub fn takes(&self, value: Value<'_>) -> bool {
        self.values().iter().any(|wanted| wanted.takes(value))
    }
}

impl Scalar {
    /// Says whether a value is the one that is meant. A number is its value, however encoded.
    pub fn takes(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(wanted), _) if wanted == "*" => true,
            (Self::Text(wanted), Value::Str(text)) => glob(wanted, text),
            (Self::Bool(wanted), Value::Bool(value)) => *wanted == value,
            (Self::Int(wanted), Value::Int(value)) => *wanted == value,
            (Self::Int(wanted), Value::Double(value)) => *wanted as f64 == value,
            (Self::Double(wanted), Value::Int(value)) => *wanted == value as f64,
            (Self::Double(wanted), Value::Double(value)) => *wanted == value,
            _ => false,
        }
    }

    /// Returns the text when nothing but this very text is meant.
    pub(crate) fn exact_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.contains('*') => Some(text),
            _ => None,
        }
    }
}

/// Says whether a text fits a pattern in which `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        // the earliest place leaves most for what follows
        match left.find(part) {
            Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

/// A condition on attributes: every one that it names is there and is what is wanted. It holds
/// for everything when it names none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Predicate(pub BTreeMap<String, Wanted>);

impl Predicate {
    /// Says whether it holds, given where to find an attribute.
    pub fn holds<'a>(&self, get: impl Fn(&str) -> Option<Value<'a>>) -> bool {
        self.0.iter().all(|(key, wanted)| get(key).is_some_and(|value| wanted.takes(value)))
    }

    /// Returns the attributes that it looks at.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Says whether it names no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn predicate(value: serde_json::Value) -> Predicate {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text, fits) in [
            ("post*", "postgresql", true),
            ("post*", "pos", false),
            ("*sql", "mysql", true),
            ("*sql", "sqlite", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("**", "x", true),
            ("é*", "été", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn values_are_told_apart_by_kind_and_numbers_by_value() {
        for (wanted, value, takes) in [
            (json!("postgresql"), Value::Str("postgresql"), true),
            (json!(["mysql", "postgresql"]), Value::Str("postgresql"), true),
            (json!(["mysql", "maria*"]), Value::Str("postgresql"), false),
            (json!([]), Value::Str("postgresql"), false),
            (json!(200), Value::Int(200), true),
            (json!(200), Value::Double(200.0), true),
            (json!(0.5), Value::Double(0.5), true),
            (json!(2.0), Value::Int(2), true),
            (json!(200), Value::Str("200"), false),
            (json!("200"), Value::Int(200), false),
            (json!(true), Value::Bool(true), true),
            (json!("*"), Value::Other, true),
            (json!("*"), Value::Int(1), true),
            (json!("a*"), Value::Other, false),
        ] {
            let wanted: Wanted = serde_json::from_value(wanted).unwrap();
            assert_eq!(wanted.takes(value), takes, "{wanted:?} {value:?}");
        }
    }

    #[test]
    fn every_attribute_that_is_named_has_to_fit() {
        let get = |key: &str| match key {
            "db.system.name" => Some(Value::Str("postgresql")),
            "db.namespace" => Some(Value::Str("shop")),
            _ => None,
        };
        assert!(predicate(json!({})).holds(get));
        assert!(predicate(json!({ "db.system.name": "postgresql" })).holds(get));
        let both = json!({ "db.system.name": "postgresql", "db.namespace": "sh*" });
        assert!(predicate(both).holds(get));
        assert!(
            !predicate(json!({ "db.system.name": "postgresql", "db.namespace": "hr" })).holds(get)
        );
        assert!(!predicate(json!({ "server.address": "*" })).holds(get));
    }
}
