//! A signal as conditions see it: its own fields, its attributes, those of its resource.

use std::sync::Arc;

use bellwether_core::attribute::Value;
use bellwether_expr::{Kind, Lookup, Vocabulary};
use bellwether_otlp::scan::RawValue;
use bellwether_otlp::{AnyValue, SpanKind, StatusCode};

use crate::attributes::value;

/// The kinds of signal that indicators are made of.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Spans.
    #[default]
    Spans,
    /// Points of metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl SignalKind {
    /// Returns the names of a signal's own fields, beside its attributes.
    pub(crate) const fn fields(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Spans => &[
                ("span.kind", Kind::Text),
                ("span.name", Kind::Text),
                ("span.status", Kind::Text),
                ("span.duration", Kind::Double),
            ],
            Self::Metrics => &[("metric.name", Kind::Text), ("metric.unit", Kind::Text)],
            Self::Logs => {
                &[("log.severity", Kind::Int), ("log.event", Kind::Text), ("log.body", Kind::Text)]
            }
        }
    }

    /// Returns the word that stands for the kind everywhere outside.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// Returns the names that a condition on signals of this kind may use.
    pub fn vocabulary(self) -> Vocabulary {
        Vocabulary::of(self.fields().iter().copied()).and_attributes()
    }

    /// Says whether a name is that of an own field and not of an attribute.
    pub(crate) fn has_field(self, name: &str) -> bool {
        self.fields().iter().any(|it| it.0 == name)
    }
}

/// The own fields of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Own<'a> {
    Span { kind: SpanKind, status: StatusCode, name: &'a str, seconds: f64 },
    Metric { name: &'a str, unit: &'a str },
    Log { severity: i32, event: &'a str, body: Option<&'a str> },
}

impl<'a> Own<'a> {
    fn get(&self, name: &str) -> Option<Value<'a>> {
        Some(match (*self, name) {
            (Self::Span { kind, .. }, "span.kind") => Value::Str(kind_word(kind)),
            (Self::Span { status, .. }, "span.status") => Value::Str(status_word(status)),
            (Self::Span { name, .. }, "span.name") => Value::Str(name),
            (Self::Span { seconds, .. }, "span.duration") => Value::Double(seconds),
            (Self::Metric { name, .. }, "metric.name") => Value::Str(name),
            (Self::Metric { unit, .. }, "metric.unit") => Value::Str(unit),
            (Self::Log { severity, .. }, "log.severity") => Value::Int(i64::from(severity)),
            (Self::Log { event, .. }, "log.event") => Value::Str(event),
            (Self::Log { body, .. }, "log.body") => Value::Str(body?),
            _ => return None,
        })
    }
}

fn kind_word(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified => "unspecified",
        SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn status_word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::Unset => "unset",
        StatusCode::Ok => "ok",
        StatusCode::Error => "error",
    }
}

/// An attribute of a resource, kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kept {
    Str(Box<str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Other,
}

impl Kept {
    pub(crate) fn of(value: &AnyValue<'_>) -> Self {
        match value {
            AnyValue::Str(text) => Self::Str((*text).into()),
            AnyValue::Bool(truth) => Self::Bool(*truth),
            AnyValue::Int(number) => Self::Int(*number),
            AnyValue::Double(number) => Self::Double(*number),
            _ => Self::Other,
        }
    }

    pub(crate) fn get(&self) -> Value<'_> {
        match self {
            Self::Str(text) => Value::Str(text),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(number) => Value::Int(*number),
            Self::Double(number) => Value::Double(*number),
            Self::Other => Value::Other,
        }
    }
}

/// The attributes of a resource that anybody asks for, by name.
pub(crate) type KeptAttributes = [(Arc<str>, Kept)];

/// A signal as conditions see it. An attribute of the signal comes before one of its resource.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'s, 'a> {
    pub(crate) own: Own<'a>,
    /// The attributes that anybody asks for, by the number of their name.
    pub(crate) attributes: &'s [(u16, RawValue<'a>)],
    /// Their names.
    pub(crate) names: &'s [Arc<str>],
    pub(crate) resource: &'s KeptAttributes,
}

impl<'s, 'a: 's> Subject<'s, 'a> {
    pub(crate) fn get(&self, name: &str) -> Option<Value<'s>> {
        if let Some(own) = self.own.get(name) {
            return Some(own);
        }
        let named = |it: &&(u16, RawValue<'a>)| {
            self.names.get(usize::from(it.0)).is_some_and(|known| &**known == name)
        };
        match self.attributes.iter().find(named) {
            Some((_, raw)) => Some(value(&raw.read())),
            None => self.resource.iter().find(|it| &*it.0 == name).map(|it| it.1.get()),
        }
    }
}

impl Lookup for Subject<'_, '_> {
    fn get(&self, name: &str) -> Option<bellwether_expr::Value<'_>> {
        Some(match self.get(name)? {
            Value::Str(text) => bellwether_expr::Value::Text(text),
            Value::Bool(truth) => bellwether_expr::Value::Bool(truth),
            Value::Int(number) => bellwether_expr::Value::Int(number),
            Value::Double(number) => bellwether_expr::Value::Double(number),
            Value::Other => return None,
        })
    }
}
