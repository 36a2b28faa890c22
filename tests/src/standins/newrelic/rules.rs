//! New Relic's rules for one custom event.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Number, Value};

/// How far a timestamp may be from now.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Most attributes of an event, by the stricter of two documents.
const ATTRIBUTES: usize = 254;
/// Longest attribute name.
const NAME: usize = 255;
/// Longest text value, in characters.
const VALUE: usize = 4096;

/// Attributes that are dropped and warned about.
const DROPPED: [&str; 6] =
    ["accountId", "entity.guid", "log", "hostname", "plugin.type", "fb.input"];

/// Attributes whose effect nobody promises.
const UNDEFINED: [&str; 2] = ["entity.name", "entity.type"];

/// Words of New Relic's query language, which need back-ticks in queries.
const NRQL: [&str; 39] = [
    "ago",
    "and",
    "as",
    "auto",
    "begin",
    "begintime",
    "compare",
    "day",
    "days",
    "end",
    "endtime",
    "explain",
    "facet",
    "from",
    "hour",
    "hours",
    "in",
    "is",
    "like",
    "limit",
    "minute",
    "minutes",
    "month",
    "months",
    "not",
    "null",
    "offset",
    "or",
    "raw",
    "second",
    "seconds",
    "select",
    "since",
    "timeseries",
    "until",
    "week",
    "weeks",
    "where",
    "with",
];

/// An event that passed, and what was left out of it.
#[derive(Debug)]
pub(super) struct Checked {
    /// Value of `eventType`.
    pub(super) event_type: String,
    /// Time of the event: its `timestamp`, or its receipt.
    pub(super) at: Timestamp,
    /// All other attributes.
    pub(super) attributes: Map<String, Value>,
    /// What was dropped from it, or is unwise.
    pub(super) warnings: Vec<String>,
}

/// Checks one event; the error says why it is dropped.
pub(super) fn check(event: &Value, now: Timestamp) -> Result<Checked, String> {
    let Some(object) = event.as_object() else {
        return Err("an event must be a flat object".to_owned());
    };
    let event_type = event_type(object.get("eventType"))?;
    let at = timestamp(object.get("timestamp"), now)?;
    if object.len() > ATTRIBUTES {
        return Err(format!("{} attributes; {ATTRIBUTES} are allowed", object.len()));
    }
    let mut checked = Checked { event_type, at, attributes: Map::new(), warnings: Vec::new() };
    for (name, value) in object {
        if name != "eventType" && name != "timestamp" {
            attribute(name, value, &mut checked)?;
        }
    }
    Ok(checked)
}

fn event_type(value: Option<&Value>) -> Result<String, String> {
    let Some(name) = value.and_then(Value::as_str) else {
        return Err("\"eventType\" is required and must be a string".to_owned());
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || name.len() > NAME || !name.chars().all(allowed) {
        return Err(format!("eventType \"{name}\" must be of letters, digits, _ and :"));
    }
    let numbered = name
        .strip_prefix("Metric")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if name == "Metric" || name == "MetricRaw" || numbered || name.starts_with("Public_") {
        return Err(format!("eventType \"{name}\" is reserved"));
    }
    Ok(name.to_owned())
}

/// Reads seconds or milliseconds; a fraction is ignored.
fn timestamp(value: Option<&Value>, now: Timestamp) -> Result<Timestamp, String> {
    let Some(value) = value else { return Ok(now) };
    let number = value.as_number().and_then(whole);
    let Some(number) = number else {
        return Err("timestamp must be a number of seconds or milliseconds".to_owned());
    };
    // Seconds reach 11 digits in the year 5138, milliseconds have had 12 since 1973.
    let at = if number.abs() < 100_000_000_000 {
        Timestamp::from_second(number)
    } else {
        Timestamp::from_millisecond(number)
    };
    let at = at.map_err(|error| format!("timestamp: {error}"))?;
    if now.duration_since(at).abs() > WINDOW {
        return Err("timestamp is more than 24 hours from now".to_owned());
    }
    Ok(at)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and the window refuses what is out of range"
)]
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))
}

fn attribute(name: &str, value: &Value, checked: &mut Checked) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_');
    if name.is_empty() || name.len() > NAME || !name.chars().all(allowed) {
        return Err(format!("attribute name \"{name}\" must be of letters, digits, : . and _"));
    }
    if DROPPED.contains(&name) {
        checked.warnings.push(format!("attribute {name} is reserved and was dropped"));
        return Ok(());
    }
    if name == "appId" && !value.is_i64() && !value.is_u64() {
        checked.warnings.push("attribute appId is not an integer and was dropped".to_owned());
        return Ok(());
    }
    if UNDEFINED.contains(&name) {
        checked.warnings.push(format!("attribute {name} has undefined effects"));
    }
    if NRQL.contains(&name.to_ascii_lowercase().as_str()) {
        checked.warnings.push(format!("attribute {name} needs back-ticks in queries"));
    }
    match value {
        Value::String(text) if text.chars().count() > VALUE => {
            Err(format!("attribute {name} is longer than {VALUE} characters"))
        }
        Value::String(_) | Value::Number(_) => {
            checked.attributes.insert(name.to_owned(), value.clone());
            Ok(())
        }
        _ => Err(format!("attribute {name} is neither a string nor a number")),
    }
}
