//! What a request says of its caller.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::uri::Scheme;
use opentelemetry::propagation::Extractor;

/// Returns how the caller spoke to the service, or to the proxy before it.
pub(super) fn scheme(request: &Request) -> &'static str {
    let forwarded = request.headers().get("x-forwarded-proto");
    let https = match forwarded {
        Some(value) => value.as_bytes().eq_ignore_ascii_case(b"https"),
        None => request.uri().scheme() == Some(&Scheme::HTTPS),
    };
    if https { "https" } else { "http" }
}

/// Reads what a caller sent along.
pub(super) struct Headers<'h>(pub(super) &'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
