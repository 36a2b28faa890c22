//! Checks that variables are there and mean something.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Check, CheckKind, CheckResult, NotPassed};
use crate::env::{self, Lookup};

/// Checks that each variable is set, not empty, and not a placeholder that somebody forgot to replace.
///
/// Placeholders are values such as `changeme`, `TODO`, `<password>`, `your-api-key`, `xxx` and `${UNEXPANDED}`. All
/// problems are reported together. A value is never printed.
///
/// ```
/// let configuration = bellwether::checks::environment(["DATABASE_URL", "SESSION_KEY"])
///     .parses::<u16>("PORT")
///     .parses_if_set::<std::net::IpAddr>("LISTEN_ON")
///     .one_of("LOG_FORMAT", ["text", "json"])
///     .holds("WORKERS", "a number from 1 to 64", |value| value.parse().is_ok_and(|n: u8| (1..=64).contains(&n)));
/// ```
pub fn environment<I>(required: I) -> Environment
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    let expected = required.into_iter().map(|name| Expected::new(name, true, None));
    Environment { expected: expected.collect(), lookup: env::process() }
}

/// Checks required variables; comes from [`environment`].
#[derive(Clone)]
pub struct Environment {
    expected: Vec<Expected>,
    lookup: Lookup,
}

/// What one variable has to be.
#[derive(Clone)]
struct Expected {
    name: String,
    required: bool,
    form: Option<Form>,
}

/// What a value has to look like.
#[derive(Clone)]
struct Form {
    /// In words, such as `a u16`.
    is: String,
    fits: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Expected {
    fn new(name: impl Into<String>, required: bool, form: Option<Form>) -> Self {
        Self { name: name.into(), required, form }
    }
}

impl Environment {
    /// Expects a variable that is set and can be read as a `T`, such as a number, an address or a type of the service.
    #[must_use]
    pub fn parses<T: FromStr + 'static>(self, name: impl Into<String>) -> Self {
        self.with(name, true, form_of::<T>())
    }

    /// Expects a variable that can be read as a `T` when it is set at all.
    #[must_use]
    pub fn parses_if_set<T: FromStr + 'static>(self, name: impl Into<String>) -> Self {
        self.with(name, false, form_of::<T>())
    }

    /// Expects a variable that is set to one of these values.
    #[must_use]
    pub fn one_of<I>(self, name: impl Into<String>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        let is = format!("one of {}", values.join(", "));
        let fits = Arc::new(move |value: &str| values.iter().any(|it| it == value));
        self.with(name, true, Form { is, fits })
    }

    /// Expects a variable that is set and of which `fits` is true; `is` says in words what it has to be.
    #[must_use]
    pub fn holds(
        self,
        name: impl Into<String>,
        is: impl Into<String>,
        fits: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.with(name, true, Form { is: is.into(), fits: Arc::new(fits) })
    }

    fn with(mut self, name: impl Into<String>, required: bool, form: Form) -> Self {
        self.expected.push(Expected::new(name, required, Some(form)));
        self
    }

    /// Looks the variables up in `lookup` instead of the process environment; `None` means that one is not set.
    #[must_use]
    pub fn lookup(
        mut self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.expected.iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
        f.debug_struct("Environment").field("variables", &names).finish_non_exhaustive()
    }
}

impl Check for Environment {
    fn kind(&self) -> CheckKind {
        CheckKind::Config
    }

    async fn run(&self) -> CheckResult {
        let problem = |it: &Expected| it.problem((self.lookup)(&it.name).as_deref());
        let problems: Vec<(&str, Problem)> =
            self.expected.iter().filter_map(|it| Some((it.name.as_str(), problem(it)?))).collect();
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Missing,
    Empty,
    Placeholder,
    /// It is not what it should be, in words.
    Malformed(String),
}

impl Problem {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Missing => "variable_missing",
            Self::Empty => "variable_empty",
            Self::Placeholder => "variable_placeholder",
            Self::Malformed(_) => "variable_malformed",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is not set",
            Self::Empty => "is set but empty",
            Self::Placeholder => "still holds a placeholder",
            Self::Malformed(is) => return write!(f, "is not {is}"),
        })
    }
}

impl Expected {
    fn problem(&self, value: Option<&str>) -> Option<Problem> {
        let fits = |value: &str| self.form.as_ref().is_none_or(|form| (form.fits)(value));
        match value.map(str::trim) {
            None => self.required.then_some(Problem::Missing),
            Some("") => self.required.then_some(Problem::Empty),
            Some(value) if is_placeholder(value) => Some(Problem::Placeholder),
            // As the service will read it, white space included.
            Some(_) if value.is_some_and(fits) => None,
            Some(_) => self.form.as_ref().map(|form| Problem::Malformed(form.is.clone())),
        }
    }
}

/// Says of a type that it can be read. What its own error says is left out: it may quote the value.
fn form_of<T: FromStr + 'static>() -> Form {
    let path = std::any::type_name::<T>();
    let name = path.rsplit("::").next().unwrap_or(path);
    Form { is: format!("a valid {name}"), fits: Arc::new(|value| value.parse::<T>().is_ok()) }
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
mod tests;
