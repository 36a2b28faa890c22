//! Checks that variables are there and mean something.

use std::fmt;

use super::{Check, CheckKind, CheckResult, NotPassed};
use crate::env::{self, Lookup};

/// Checks that each variable is set, not empty, and not a placeholder that somebody forgot to replace.
///
/// Placeholders are values such as `changeme`, `TODO`, `<password>`, `your-api-key`, `xxx` and `${UNEXPANDED}`. All
/// problems are reported together. A value is never printed.
///
/// ```
/// let configuration = bellwether::checks::environment(["DATABASE_URL", "SESSION_KEY"]);
/// ```
pub fn environment<I>(required: I) -> Environment
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    Environment { required: required.into_iter().map(Into::into).collect(), lookup: env::process() }
}

/// Checks required variables; comes from [`environment`].
#[derive(Clone)]
pub struct Environment {
    required: Vec<String>,
    lookup: Lookup,
}

impl Environment {
    /// Looks the variables up in `lookup` instead of the process environment; `None` means that one is not set.
    #[must_use]
    pub fn lookup(
        mut self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.lookup = std::sync::Arc::new(lookup);
        self
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("required", &self.required).finish_non_exhaustive()
    }
}

impl Check for Environment {
    fn kind(&self) -> CheckKind {
        CheckKind::Config
    }

    async fn run(&self) -> CheckResult {
        let problems: Vec<(&str, Problem)> = self
            .required
            .iter()
            .filter_map(|name| Some((name.as_str(), problem((self.lookup)(name).as_deref())?)))
            .collect();
        let Some((_, first)) = problems.first() else {
            return Ok(());
        };
        let message: Vec<String> =
            problems.iter().map(|(name, problem)| format!("{name} {problem}")).collect();
        let names: Vec<&str> = problems.iter().map(|(name, _)| *name).collect();
        Err(NotPassed::failed(message.join("; "))
            .advice(format!("set {} in the environment of this process", names.join(", ")))
            .error_type(first.error_type()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Missing,
    Empty,
    Placeholder,
}

impl Problem {
    fn error_type(self) -> &'static str {
        match self {
            Self::Missing => "variable_missing",
            Self::Empty => "variable_empty",
            Self::Placeholder => "variable_placeholder",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is not set",
            Self::Empty => "is set but empty",
            Self::Placeholder => "still holds a placeholder",
        })
    }
}

fn problem(value: Option<&str>) -> Option<Problem> {
    match value.map(str::trim) {
        None => Some(Problem::Missing),
        Some("") => Some(Problem::Empty),
        Some(value) if is_placeholder(value) => Some(Problem::Placeholder),
        Some(_) => None,
    }
}

fn is_placeholder(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let wrapped = |open, close| value.starts_with(open) && value.ends_with(close);
    let word: String = value.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect();
    wrapped("<", ">")
        || wrapped("${", "}")
        || wrapped("{{", "}}")
        || value.starts_with("your-")
        || value.starts_with("your_")
        || word.chars().all(|c| c == 'x')
        || word.starts_with("changeme")
        || word.starts_with("replaceme")
        || matches!(word.as_str(), "todo" | "fixme" | "placeholder" | "tbd" | "fillmein")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(pairs: &'static [(&'static str, &'static str)], required: &[&str]) -> CheckResult {
        let lookup = env::fixed(pairs);
        environment(required.iter().copied()).lookup(move |name| lookup(name)).run().await
    }

    #[tokio::test]
    async fn set_variables_pass() {
        let pairs = &[("DATABASE_URL", "postgres://u:p@h/db"), ("KEY", "exchange")];
        assert_eq!(run(pairs, &["DATABASE_URL", "KEY"]).await, Ok(()));
        assert_eq!(run(&[], &[]).await, Ok(()));
    }

    #[tokio::test]
    async fn every_problem_is_named_at_once_and_no_value_is_printed() {
        let pairs = &[("EMPTY", "  "), ("KEY", "changeme-s3cret"), ("FINE", "yes")];
        let error = run(pairs, &["DATABASE_URL", "EMPTY", "FINE", "KEY"]).await.unwrap_err();
        assert_eq!(
            error.message(),
            "DATABASE_URL is not set; EMPTY is set but empty; KEY still holds a placeholder"
        );
        assert_eq!(
            error.advice.as_deref(),
            Some("set DATABASE_URL, EMPTY, KEY in the environment of this process")
        );
        assert_eq!(error.error_type, "variable_missing");
    }

    #[test]
    fn placeholders_are_known() {
        for value in [
            "changeme",
            "CHANGE_ME",
            "change-me-please",
            "replace me",
            "TODO",
            "xxx",
            "XXXX-XXXX",
            "<password>",
            "${DATABASE_URL}",
            "{{ key }}",
            "your-api-key",
            "your_token",
            "placeholder",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in
            ["exchange", "todoist", "x86", "yours", "postgres://localhost/todo", "a<b>", "0"]
        {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
