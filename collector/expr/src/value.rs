//! Values that names stand for.

/// A value that a name stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number; NaN counts as absent.
    Double(f64),
    /// A list of texts.
    Texts(&'a [String]),
}

/// The kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// A number.
    Double,
    /// A list of texts.
    Texts,
}

impl Kind {
    /// Returns a value to try an expression with.
    pub(crate) fn typical(self) -> Value<'static> {
        match self {
            Self::Text => Value::Text("text"),
            Self::Bool => Value::Bool(true),
            Self::Int => Value::Int(1),
            Self::Double => Value::Double(1.0),
            Self::Texts => Value::Texts(&[]),
        }
    }
}

/// Finds what a name stands for.
pub trait Lookup: Send + Sync {
    /// Returns the value, absent when the name has none here.
    fn get(&self, name: &str) -> Option<Value<'_>>;
}

impl<F: Fn(&str) -> Option<Value<'static>> + Send + Sync> Lookup for F {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        self(name)
    }
}
