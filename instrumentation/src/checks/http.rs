//! Checks that an HTTP endpoint answers as expected.

use hyper::body::Bytes;

use super::net::http::{Answer, Request, advice};
use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks that `GET url` is answered with a status of 200 to 299.
///
/// Redirects are not followed unless [`follow_redirects`](Http::follow_redirects) says so. Messages name the URL without
/// its user and its query, and no header's value that was sent.
///
/// ```
/// let payments = bellwether::checks::http("https://payments.example/health")
///     .header("authorization", "Bearer 5e1f")
///     .expect_status(200)
///     .expect_header("content-type", "application/json")
///     .expect_body("\"status\":\"ok\"");
/// ```
pub fn http(url: impl Into<String>) -> Http {
    Http { request: Request::get(url), status: None, headers: Vec::new(), texts: Vec::new() }
}

/// Checks an HTTP endpoint; comes from [`http()`].
#[derive(Debug, Clone)]
pub struct Http {
    request: Request,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    texts: Vec<String>,
}

impl Http {
    /// Asks with another method than `GET`, given in upper case.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.request.method(method);
        self
    }

    /// Adds a header to the request.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.header(name, value);
        self
    }

    /// Sends a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = Bytes::from(body.into());
        self
    }

    /// Expects exactly this status.
    #[must_use]
    pub fn expect_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Expects a header of the answer whose value contains this text, whatever its case.
    #[must_use]
    pub fn expect_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Expects that the body, of which 1 MiB is read at most, contains this text.
    #[must_use]
    pub fn expect_body(mut self, text: impl Into<String>) -> Self {
        self.texts.push(text.into());
        self
    }

    /// Follows up to this many redirects. Headers and body are not sent to another server than the one in the URL.
    #[must_use]
    pub fn follow_redirects(mut self, most: usize) -> Self {
        self.request.redirects = most;
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.request.trust_pem = pem.into();
        self
    }

    fn judge(&self, answer: &Answer) -> CheckResult {
        let status = answer.status;
        let right = match self.status {
            Some(expected) => status.as_u16() == expected,
            None => status.is_success(),
        };
        if !right {
            let expected = self.status.map_or("2xx".to_owned(), |status| status.to_string());
            let target = match answer.header("location") {
                Some(_) if status.is_redirection() => "; it redirects",
                _ => "",
            };
            return Err(answer
                .wrong(format_args!("answered {status} instead of {expected}{target}"))
                .advice(advice(status.as_u16()))
                .error_type(status.as_u16().to_string()));
        }
        for (name, value) in &self.headers {
            let found = answer.header(name);
            if !found.is_some_and(|it| it.to_lowercase().contains(&value.to_lowercase())) {
                let found = found.map_or("is not there".to_owned(), |it| format!("is `{it}`"));
                return Err(answer
                    .wrong(format_args!("the header {name} {found} instead of `{value}`"))
                    .advice("see whether this is the server that was meant")
                    .error_type("unexpected_header"));
            }
        }
        let body = String::from_utf8_lossy(&answer.body);
        match self.texts.iter().find(|text| !body.contains(text.as_str())) {
            Some(text) => Err(answer
                .wrong(format_args!("the answer does not contain `{text}`"))
                .advice("see whether this is the server that was meant")
                .error_type("unexpected_body")),
            None => Ok(()),
        }
    }
}

impl Check for Http {
    fn kind(&self) -> CheckKind {
        CheckKind::Http
    }

    async fn run(&self) -> Result<(), NotPassed> {
        self.judge(&self.request.send().await?)
    }
}
