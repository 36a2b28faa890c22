//! A request that a vendor wants made and what came back, as plain data: no network here.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lettre::Address;
use serde_json::Value;

use crate::body::Body;
use crate::signals::{PROTOBUF, Packed};
use crate::verdict::RetryAfter;

/// A request to make. `Debug` shows neither URL nor headers, since both may hold a token.
#[derive(Clone)]
pub struct Call {
    /// What it does, for logs and errors, such as `create incident`.
    pub what: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The whole URL. Never logged; [`Call::host`] is.
    pub url: String,
    /// Headers; those that hold a key are marked sensitive.
    pub headers: HeaderMap,
    /// The body as it leaves, compressed when the headers say so.
    pub body: Body,
    /// From whom and to whom, where the body is a mail.
    pub envelope: Option<Envelope>,
}

/// From whom a mail comes and who gets it, whatever its headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where it goes back to when it cannot be delivered.
    pub from: Address,
    /// Who gets it.
    pub to: Vec<Address>,
}

impl Call {
    /// Makes a call without headers and without a body.
    pub fn new(what: &'static str, method: Method, url: String) -> Self {
        let (headers, body) = (HeaderMap::new(), Body::default());
        Self { what, method, url, headers, body, envelope: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body and says what it is.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.header(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", Bytes::from(body.to_string()))
    }

    /// Sets an OTLP body as HTTP carries it.
    #[must_use]
    pub fn otlp(self, packed: Packed) -> Self {
        self.body(PROTOBUF, packed.body).encoded(packed.compression.name())
    }

    /// Says how the body is compressed: a `Content-Encoding`, or nothing.
    #[must_use]
    pub fn encoded(self, encoding: Option<&'static str>) -> Self {
        match encoding {
            Some(name) => self.header(CONTENT_ENCODING, HeaderValue::from_static(name)),
            None => self,
        }
    }

    /// Returns the host and port that the call goes to; safe to show.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit('@').next().unwrap_or_default()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} to {}, {} bytes)", self.what, self.method, self.host(), self.body.len())
    }
}

/// What a vendor answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed, at most [`crate::transport::MAX_ANSWER`] bytes.
    pub body: Bytes,
    /// What came behind the body; gRPC tells there how it went.
    pub trailers: HeaderMap,
}

impl Answer {
    /// Says whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body as JSON, absent when it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Reads `Retry-After`, or else Datadog's `X-RateLimit-Reset` (seconds).
    pub fn retry_after(&self) -> Option<RetryAfter> {
        let text = |name: HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        text(RETRY_AFTER).and_then(RetryAfter::parse).or_else(|| {
            text(HeaderName::from_static("x-ratelimit-reset")).and_then(RetryAfter::parse)
        })
    }

    /// Returns the status and what the body says went wrong, for people. Not yet redacted.
    pub fn explain(&self) -> String {
        let said = self.said();
        if said.is_empty() {
            format!("HTTP {}", self.status)
        } else {
            format!("HTTP {}: {said}", self.status)
        }
    }

    /// Finds the error text: `message`, `error`, `errors` of JSON, or the start of a text.
    fn said(&self) -> String {
        // long enough that a secret is never cut in two before redaction cuts to 300
        const READ: usize = 2_000;
        if let Some(json) = self.json() {
            let found =
                ["message", "error", "errors", "detail"].iter().find_map(|key| json.get(key));
            return match found {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            };
        }
        let is_protobuf = self
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/x-protobuf"));
        if is_protobuf {
            return crate::signals::partial::status_message(&self.body).unwrap_or_default();
        }
        String::from_utf8_lossy(&self.body).chars().take(READ).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_shows_neither_token_nor_key() {
        let key = HeaderValue::from_static("k3y");
        let url = "https://user:t0ken@hooks.example:8443/services/t0ken?key=t0ken".to_owned();
        let call = Call::new("tell", Method::POST, url).header(http::header::AUTHORIZATION, key);
        assert_eq!(call.host(), "hooks.example:8443");
        assert_eq!(format!("{call:?}"), "tell (POST to hooks.example:8443, 0 bytes)");
    }

    #[test]
    fn an_answer_explains_itself() {
        for (body, text) in [
            ("", "HTTP 400"),
            (r#"{"errors":["Payload is not valid"]}"#, r#"HTTP 400: ["Payload is not valid"]"#),
            (r#"{"message":"no such page"}"#, "HTTP 400: no such page"),
            (r#"{"error":"bad token"}"#, "HTTP 400: bad token"),
            ("<h1>Bad gateway</h1>", "HTTP 400: <h1>Bad gateway</h1>"),
        ] {
            let answer = Answer { status: 400, body: Bytes::from(body), ..Answer::default() };
            assert_eq!(answer.explain(), text);
        }
    }
}
