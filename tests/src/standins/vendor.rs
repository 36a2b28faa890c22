//! The seam between a vendor's rules and the server that carries them.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::record::Verdict;

/// JSON bodies above this size are not kept in records.
const KEPT_BODY: usize = 8 * 1024;

/// A request, read whole, with the two clocks at the moment it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Request method.
    pub method: Method,
    /// Path, without the query.
    pub path: String,
    /// Query parameters in the order sent, decoded.
    pub query: Vec<(String, String)>,
    /// All headers, credentials included.
    pub headers: HeaderMap,
    /// The body as sent, still compressed.
    pub body: Bytes,
    /// Wall clock.
    pub now: Timestamp,
    /// Clock for rates.
    pub instant: Instant,
}

impl Call {
    /// Splits the path at its slashes, without empty segments.
    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// Returns a header's text, `None` when it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }
}

/// What a vendor answers, and what is to be remembered of the request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Media type of `body`.
    pub content_type: &'static str,
    /// Body, often empty.
    pub body: Bytes,
    /// Further headers, such as `Retry-After`.
    pub headers: Vec<(&'static str, String)>,
    /// The judgement.
    pub verdict: Verdict,
    /// Why it was refused, or what was left out.
    pub reason: Option<String>,
    /// Things that pass and that a careful sender avoids.
    pub warnings: Vec<String>,
    /// What was in the request.
    pub summary: Value,
}

impl Answer {
    /// Makes an answer whose verdict follows from its status.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            headers: Vec::new(),
            verdict: if status.is_success() { Verdict::Accepted } else { Verdict::Refused },
            reason: None,
            warnings: Vec::new(),
            summary: Value::Null,
        }
    }

    /// Makes a JSON answer.
    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// Sets why the request was refused, or what was left out of it.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Sets what was in the request.
    #[must_use]
    pub fn about(mut self, summary: Value) -> Self {
        self.summary = summary;
        self
    }

    /// Sets what was in the request to its JSON body, or to the size of a large one.
    #[must_use]
    pub fn about_body(self, body: &[u8]) -> Self {
        let summary = if body.len() > KEPT_BODY {
            json!({ "json_bytes": body.len() })
        } else {
            serde_json::from_slice(body).unwrap_or(Value::Null)
        };
        self.about(summary)
    }

    /// Adds a response header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a warning to the record.
    #[must_use]
    pub fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    /// Renders everything but the body.
    pub(crate) fn response(&self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A vendor's rules: turns requests into answers and shows what it stored.
pub trait Vendor: Send + Sync + 'static {
    /// Returns the vendor's name as shown to people.
    fn name(&self) -> &'static str;

    /// Judges a request, stores it when the rules let it pass, and answers.
    fn answer(&self, call: &Call) -> Answer;

    /// Renders the vendor's form of an error for a fault that was asked for.
    ///
    /// `retry_after` is in seconds and goes into the header that this vendor
    /// uses on `path`.
    fn fault(&self, path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer;

    /// Shows what is stored, as JSON.
    fn state(&self) -> Value;

    /// Shows what is stored, as the inside of an HTML page.
    fn page(&self) -> String;
}
