//! Reads the process environment, in one place of the library.

use std::io::IsTerminal;
use std::sync::Arc;

/// Looks up one environment variable; `None` when it is not set.
pub(crate) type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Returns the lookup that reads the process environment.
///
/// A value that is not UTF-8 is read with replacement characters rather than called unset.
pub(crate) fn process() -> Lookup {
    Arc::new(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

/// Tells whether standard error is a terminal whose user has not refused colours with `NO_COLOR`.
pub(crate) fn colour_on_stderr(env: &Lookup) -> bool {
    std::io::stderr().is_terminal() && env("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Returns a lookup over fixed pairs, for tests.
#[cfg(test)]
pub(crate) fn fixed(pairs: &'static [(&'static str, &'static str)]) -> Lookup {
    Arc::new(move |name| {
        let (_, value) = pairs.iter().find(|(key, _)| *key == name)?;
        Some((*value).to_owned())
    })
}
