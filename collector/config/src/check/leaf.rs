//! Single values: their type, the words and the range that are allowed.

use serde_json::Value;

use super::{Form, Walker};
use crate::schema::{self, Shape};
use crate::source::Span;
use crate::tree::{Node, Origin, Scalar};
use crate::{Path, scalar, suggest};

impl<'s> Walker<'s> {
    /// Reads a single value; `None` when it is wrong, which is reported.
    pub(super) fn leaf(
        &mut self,
        found: &Scalar,
        node: &Node,
        at: &Span,
        shape: &Shape<'s>,
        path: &Path,
    ) -> Option<Value> {
        self.mark(node, std::slice::from_ref(shape));
        let value = value_of(found, shape);
        let problem = if !shape.allows(type_of(&value)) {
            Some(wrong(found, &value, shape))
        } else if !shape.values.is_empty() && !shape.values.contains(&&value) {
            Some(wrong_word(found, shape))
        } else if self.form == Form::Schema && !fits(&found.text, shape) {
            Some(wrong_form(found, shape))
        } else {
            out_of_range(&value, shape).map(|message| (message, None))
        };
        let problem = match (problem, &value) {
            (None, Value::String(path)) if shape.file => match self.lookup.path(path) {
                Ok(place) => return Some(Value::String(place)),
                Err(why) => Some((unreadable(found, &why), None)),
            },
            (problem, _) => problem,
        };
        let Some((message, help)) = problem else { return Some(value) };
        let place = if node.span.is_empty() { at } else { &node.span };
        self.find(place, path, message, help);
        None
    }
}

fn wrong(found: &Scalar, value: &Value, shape: &Shape<'_>) -> (String, Option<String>) {
    let expected = schema::expected(std::slice::from_ref(shape));
    let message = mismatch(found, value, &expected, shape.secret);
    let written = found.origin == Origin::Written && !value.is_null();
    let plain = || scalar::plain(&found.text);
    let help = if value.is_null() && shape.allows("array") {
        Some("write `[]` for an empty list".to_owned())
    } else if let Some(sample) = shape.example {
        Some(example(sample))
    } else if shape.secret {
        Some("put it in quotes, or write `${env:NAME}`".to_owned())
    } else if !written || !shape.values.is_empty() {
        None
    } else if shape.allows("string") {
        Some(format!("put it in quotes: `\"{}\"`", found.text))
    } else if !found.plain && shape.allows(type_of(&plain())) {
        Some(format!("write it without quotes: `{}`", found.text))
    } else if shape.allows("boolean") {
        boolean(&found.text)
    } else {
        None
    };
    (message, help)
}

/// Returns the value of a scalar. What a substitution brought is read as the schema wants it,
/// in quotes or not; what stands in the file is what YAML says it is.
fn value_of(found: &Scalar, shape: &Shape<'_>) -> Value {
    let text = || Value::String(found.text.clone());
    let plain = scalar::plain(&found.text);
    match &found.origin {
        Origin::Whole(_) if shape.allows("string") => text(),
        Origin::Whole(_) if shape.allows(type_of(&plain)) && !plain.is_null() => plain,
        Origin::Written if found.plain => plain,
        _ => text(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Says what was expected and found, without repeating what may be secret.
pub(super) fn mismatch(found: &Scalar, value: &Value, expected: &str, secret: bool) -> String {
    let kind = match value {
        Value::Null => return format!("expected {expected}, found nothing"),
        Value::Bool(_) => "",
        Value::Number(_) => "the number ",
        _ => "the text ",
    };
    match &found.origin {
        _ if secret => format!("expected {expected}, found something else"),
        Origin::Whole(raw) | Origin::Part(raw) => {
            format!("expected {expected}, which the value of `{raw}` is not")
        }
        _ => format!("expected {expected}, found {kind}`{}`", short(&found.text)),
    }
}

fn wrong_word(found: &Scalar, shape: &Shape<'_>) -> (String, Option<String>) {
    let all: Vec<&str> = shape.words().collect();
    let message = match &found.origin {
        _ if shape.secret => "this value is not known here".to_owned(),
        Origin::Whole(raw) | Origin::Part(raw) => format!("the value of `{raw}` is not known here"),
        _ => format!("`{}` is not known here", short(&found.text)),
    };
    let guess = suggest::closest(&found.text, all.iter().copied());
    let help = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("write {}", suggest::list(all, "or")),
    };
    (message, Some(help))
}

/// Says whether a text is of a schema's form. A pattern that cannot be read allows all.
fn fits(text: &str, shape: &Shape<'_>) -> bool {
    let pattern = shape.pattern.and_then(|pattern| regex_lite::Regex::new(pattern).ok());
    pattern.is_none_or(|pattern| pattern.is_match(text))
}

fn wrong_form(found: &Scalar, shape: &Shape<'_>) -> (String, Option<String>) {
    let subject = match &found.origin {
        _ if shape.secret => "this value".to_owned(),
        Origin::Whole(raw) | Origin::Part(raw) => format!("the value of `{raw}`"),
        _ => format!("`{}`", short(&found.text)),
    };
    (format!("{subject} is not of the form that is expected"), shape.example.map(example))
}

fn unreadable(found: &Scalar, why: &str) -> String {
    let subject = match &found.origin {
        Origin::Whole(raw) | Origin::Part(raw) => format!("that `{raw}` names"),
        _ => format!("`{}`", short(&found.text)),
    };
    format!("cannot read the file {subject}: {why}")
}

fn out_of_range(value: &Value, shape: &Shape<'_>) -> Option<String> {
    let number = value.as_f64()?;
    let least = shape.minimum.filter(|least| least.as_f64().is_some_and(|least| number < least));
    let most = shape.maximum.filter(|most| most.as_f64().is_some_and(|most| number > most));
    match (least, most) {
        (Some(least), _) => Some(format!("`{value}` is too small: the least is {least}")),
        (_, Some(most)) => Some(format!("`{value}` is too large: the most is {most}")),
        _ => None,
    }
}

fn boolean(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "1" => Some("write `true`".to_owned()),
        "no" | "off" | "n" | "0" => Some("write `false`".to_owned()),
        _ => None,
    }
}

/// Writes an example as help.
pub(super) fn example(example: &Value) -> String {
    format!("write it like `{}`", written(example))
}

/// Writes a value as it would stand in YAML, on one line.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Cuts a text that is too long for a message.
fn short(text: &str) -> String {
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(60).collect();
    if chars.next().is_some() { format!("{short}…") } else { short }
}
