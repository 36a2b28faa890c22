//! Strict checks of JSON bodies that collect every problem with its place.

use serde_json::{Map, Value};

/// Collects what is wrong with a body.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    problems: Vec<String>,
}

impl Checker {
    /// Returns all problems found, in the order met.
    pub(crate) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// Adds a problem at `place`.
    pub(crate) fn problem(&mut self, place: &str, what: impl AsRef<str>) {
        self.problems.push(format!("{place}: {}", what.as_ref()));
    }

    /// Wants an object with all of `required` and nothing beyond `required` and `optional`.
    pub(crate) fn object<'a>(
        &mut self,
        place: &str,
        value: &'a Value,
        required: &[&str],
        optional: &[&str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.problem(place, "must be an object");
            return None;
        };
        for name in required {
            if !object.contains_key(*name) {
                self.problem(place, format!("\"{name}\" is required"));
            }
        }
        for name in object.keys() {
            let known = required.iter().chain(optional).any(|known| known == name);
            if !known {
                self.problem(place, format!("\"{name}\" is not a known property"));
            }
        }
        Some(object)
    }

    /// Wants text of `min` to `max` characters.
    pub(crate) fn text(&mut self, place: &str, value: Option<&Value>, min: usize, max: usize) {
        let Some(value) = value else { return };
        let Some(text) = value.as_str() else {
            self.problem(place, "must be a string");
            return;
        };
        let length = text.chars().count();
        if length < min || length > max {
            self.problem(place, format!("has {length} characters; {min} to {max} are allowed"));
        }
    }

    /// Wants one of `allowed`.
    pub(crate) fn one_of(&mut self, place: &str, value: Option<&Value>, allowed: &[&str]) {
        let Some(value) = value else { return };
        let fits = value.as_str().is_some_and(|text| allowed.contains(&text));
        if !fits {
            self.problem(place, format!("is {value}; must be one of {}", allowed.join(", ")));
        }
    }

    /// Wants a boolean.
    pub(crate) fn boolean(&mut self, place: &str, value: Option<&Value>) {
        if value.is_some_and(|value| !value.is_boolean()) {
            self.problem(place, "must be true or false");
        }
    }

    /// Wants a list of `min` to `max` entries and returns it.
    pub(crate) fn list<'a>(
        &mut self,
        place: &str,
        value: Option<&'a Value>,
        min: usize,
        max: usize,
    ) -> &'a [Value] {
        let Some(value) = value else { return &[] };
        let Some(list) = value.as_array() else {
            self.problem(place, "must be an array");
            return &[];
        };
        if list.len() < min || list.len() > max {
            let found = list.len();
            self.problem(place, format!("has {found} entries; {min} to {max} are allowed"));
        }
        list
    }

    /// Wants an object of free form: at most `properties` each, `depth` levels deep.
    pub(crate) fn free_form(
        &mut self,
        place: &str,
        value: Option<&Value>,
        properties: usize,
        depth: usize,
    ) {
        let Some(value) = value else { return };
        if !value.is_object() {
            self.problem(place, "must be an object");
            return;
        }
        if widest(value) > properties {
            self.problem(place, format!("has an object of more than {properties} properties"));
        }
        if deepest(value) > depth {
            self.problem(place, format!("is nested more than {depth} levels deep"));
        }
    }
}

fn widest(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(widest).max().unwrap_or(0).max(map.len()),
        Value::Array(list) => list.iter().map(widest).max().unwrap_or(0),
        _ => 0,
    }
}

fn deepest(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(deepest).max().unwrap_or(0),
        Value::Array(list) => 1 + list.iter().map(deepest).max().unwrap_or(0),
        _ => 0,
    }
}
