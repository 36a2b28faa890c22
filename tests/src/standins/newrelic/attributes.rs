//! New Relic's limits on OTLP attributes: cut, and told of afterwards.

use std::sync::Arc;

use serde_json::Value;

use crate::standins::otlp::Attributes;

/// Longest attribute name, in characters.
const NAME: usize = 255;
/// Longest text value, in characters.
const VALUE: usize = 4095;
/// Longest array.
const ENTRIES: usize = 64;

/// Applies the limits in place and says what was cut, in `told`.
pub(super) fn limit(attributes: &mut Attributes, told: &mut Vec<String>) {
    let fits = |(name, value): (&String, &Value)| short(name, NAME) && value_fits(value);
    if attributes.iter().all(fits) {
        return;
    }
    let whole = std::mem::take(attributes);
    for (name, value) in whole {
        let name = cut(name, NAME, "attribute name", told);
        if let Some(value) = limit_value(&name, value, told) {
            attributes.insert(name, value);
        }
    }
}

/// Applies the limits to attributes that records share.
pub(super) fn limit_shared(attributes: &mut Arc<Attributes>, told: &mut Vec<String>) {
    let before = told.len();
    let mut limited = Attributes::clone(attributes);
    limit(&mut limited, told);
    if told.len() > before {
        *attributes = Arc::new(limited);
    }
}

fn value_fits(value: &Value) -> bool {
    match value {
        Value::String(text) => short(text, VALUE),
        Value::Array(list) => list.len() <= ENTRIES && list.iter().all(is_entry) && alike(list),
        Value::Object(_) => false,
        _ => true,
    }
}

fn limit_value(name: &str, value: Value, told: &mut Vec<String>) -> Option<Value> {
    match value {
        Value::Object(_) => {
            told.push(format!("attribute {name}: maps are not supported, it was dropped"));
            None
        }
        Value::Array(list) if !list.iter().all(is_entry) || !alike(&list) => {
            told.push(format!(
                "attribute {name}: only arrays of one simple type are supported, it was dropped"
            ));
            None
        }
        Value::Array(mut list) => {
            if list.len() > ENTRIES {
                told.push(format!("attribute {name}: {} entries cut to {ENTRIES}", list.len()));
                list.truncate(ENTRIES);
            }
            Some(Value::Array(list))
        }
        Value::String(text) => Some(cut(text, VALUE, &format!("value of {name}"), told).into()),
        other => Some(other),
    }
}

fn is_entry(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

fn alike(list: &[Value]) -> bool {
    let first = list.first().map(std::mem::discriminant);
    list.iter().all(|entry| Some(std::mem::discriminant(entry)) == first)
}

fn short(text: &str, limit: usize) -> bool {
    text.len() <= limit || text.chars().count() <= limit
}

fn cut(text: String, limit: usize, what: &str, told: &mut Vec<String>) -> String {
    if short(&text, limit) {
        return text;
    }
    let length = text.chars().count();
    told.push(format!("{what}: {length} characters cut to {limit}"));
    text.chars().take(limit).collect()
}
