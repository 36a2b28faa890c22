//! What several kinds of exporters have in their settings.

mod headers;
mod queue;
mod retry;
mod tls;

use std::time::Duration;

use bellwether_core::settings::{HumanDuration, Secret};
use http::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::timing::Timing;

pub use headers::Headers;
pub(crate) use headers::headers;
pub use queue::{Batch, Policy, QueueSettings, SendingQueue, Sizer, Storage};
pub use retry::RetryOnFailure;
pub use tls::TlsSettings;

/// Something wrong in the settings of a destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{message}", path, if path.is_empty() { "" } else { ": " })]
pub struct Problem {
    /// Where, from the settings of the destination on, such as `api.key`.
    pub path: String,
    /// What, and what to write instead; without secrets.
    pub message: String,
}

impl Problem {
    /// Makes a problem.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Whether incidents are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Incidents {
    /// Each change of an incident is told.
    #[default]
    Publish,
    /// None is.
    Off,
}

pub(crate) fn ten_seconds() -> HumanDuration {
    HumanDuration::from_secs(10)
}

pub(crate) fn thirty_seconds() -> HumanDuration {
    HumanDuration::from_secs(30)
}

/// Returns the timing, whose timeout must not be zero.
pub(crate) fn timing(
    timeout: HumanDuration,
    retry: &RetryOnFailure,
    problems: &mut Vec<Problem>,
) -> Timing {
    if timeout.get() == Duration::ZERO {
        problems.push(Problem::new("timeout", "no call ends in no time: write at least `1s`"));
    }
    let mut timing = Timing { timeout: timeout.get(), ..Timing::default() };
    retry.apply(&mut timing, problems);
    timing
}

/// Returns a base URL without its last slash, and complains about what is none.
pub(crate) fn base_url(path: &str, text: &str, problems: &mut Vec<Problem>) -> String {
    let text = text.trim();
    let problem = match reqwest::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            "must begin with `https://` or `http://`"
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "must end with its path, without `?` and `#`"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "must not hold a user or a password; use headers"
        }
        Ok(_) => return text.trim_end_matches('/').to_owned(),
        Err(_) => "must be a URL, such as `https://otlp.example:4318`",
    };
    problems.push(Problem::new(path, problem));
    String::new()
}

/// Returns a whole URL that is a secret, and complains about what is none without showing it.
pub(crate) fn secret_url(path: &str, url: &Secret, problems: &mut Vec<Problem>) -> String {
    let text = url.expose().trim();
    let problem = match reqwest::Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            "must begin with `https://` or `http://`"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "must not hold a user or a password; use headers"
        }
        Ok(_) => return text.to_owned(),
        Err(_) => "must be a URL, such as `https://hooks.example/alerts`",
    };
    problems.push(Problem::new(path, problem));
    String::new()
}

/// Returns what of a URL must not be shown: the whole, and each long part of it, which may be a
/// token by itself.
pub(crate) fn secrets_of_url(url: &Secret) -> Vec<Secret> {
    /// Shorter parts are words.
    const LONG: usize = 16;
    let parts = url.expose().split(['/', '?', '&', '=', '#']).skip(3);
    let long = parts.filter(|it| it.len() >= LONG).map(Secret::new);
    std::iter::once(url.clone()).chain(long).collect()
}

/// Returns a header's value that is never shown, and complains about what cannot be one.
pub(crate) fn secret_header(
    path: &str,
    prefix: &str,
    secret: &Secret,
    problems: &mut Vec<Problem>,
) -> HeaderValue {
    match HeaderValue::from_str(&format!("{prefix}{}", secret.expose().trim())) {
        Ok(mut value) => {
            value.set_sensitive(true);
            value
        }
        Err(_) => {
            let message = "holds a character that no header takes: look for line breaks";
            problems.push(Problem::new(path, message));
            HeaderValue::from_static("")
        }
    }
}

/// Returns what was made if there is no problem.
pub(crate) fn unless<T>(problems: Vec<Problem>, made: T) -> Result<T, Vec<Problem>> {
    if problems.is_empty() { Ok(made) } else { Err(problems) }
}
