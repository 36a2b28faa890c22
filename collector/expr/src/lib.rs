//! Conditions that people write, in the [Common Expression Language](https://cel.dev).
//!
//! An expression is checked whole when it is loaded: its size and depth are bounded, every name
//! and every function has to be known, macros are refused, and it is tried once with typical
//! values. What is left at run time ends soon and cannot fail but for a value of another kind.
//! Pure: no clock, no I/O.

mod check;
mod evaluate;
mod value;
mod vocabulary;

use std::fmt;
use std::sync::Arc;

pub use value::{Kind, Lookup, Value};
pub use vocabulary::Vocabulary;

/// A longer text is refused.
pub const LONGEST: usize = 1_024;

/// A condition that was checked.
pub trait Condition: fmt::Debug + Send + Sync {
    /// Returns the text that was compiled.
    fn text(&self) -> &str;

    /// Returns the names that it looks up, each once.
    fn names(&self) -> &[String];

    /// Says whether it holds.
    ///
    /// # Errors
    /// Fails when that cannot be told: a name has no value here, or one of another kind.
    fn holds(&self, lookup: &dyn Lookup) -> Result<bool, Undecided>;
}

/// Says why an expression is not taken, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<Option<&'static str>>) -> Self {
        Self { message: message.into(), help: help.into().map(str::to_owned) }
    }
}

/// Says why it cannot be told whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// It depends on something that has no value here.
    #[error("`{0}` has no value")]
    Absent(String),
    /// A value is not of the kind that the expression is written for.
    #[error("{0}")]
    Failed(String),
}

/// Checks an expression and makes a condition of it.
///
/// # Errors
/// Refuses what is no expression, is too long or too deep, uses a name, a function or a macro
/// that it may not use, or comes to anything but true or false with typical values.
pub fn compile(text: &str, vocabulary: &Vocabulary) -> Result<Arc<dyn Condition>, Refusal> {
    if text.len() > LONGEST {
        let message = format!("the expression has {} bytes, more than {LONGEST}", text.len());
        return Err(Refusal::new(message, "split it into several rules"));
    }
    let expression = evaluate::parse(text)?;
    let checked = check::check(&expression, vocabulary)?;
    evaluate::try_out(&expression, &checked.typical)?;
    Ok(Arc::new(evaluate::Compiled::new(text, expression, checked.names())))
}

#[cfg(test)]
mod tests;
