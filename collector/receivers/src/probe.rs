//! Answers services that ask whether their telemetry arrived: `GET /v1/probe/{nonce}`.

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

const PATH: &str = "/v1/probe/";

/// Tells this collector's answer from the 404 of a receiver that knows nothing of probes.
const HEADER: &str = "bellwether-probe";

/// Returns the nonce when the request asks for a probe.
pub(crate) fn nonce(head: &Parts) -> Option<&str> {
    let nonce = head.uri.path().strip_prefix(PATH)?;
    (head.method == Method::GET).then_some(nonce)
}

/// Answers 200 when the health plane has seen the probe, and 404 when it has not, or not yet.
pub(crate) fn answer<B>(seen: bool, body: impl FnOnce(String) -> B) -> Response<B> {
    let (status, word, text) = if seen {
        (StatusCode::OK, "seen", "the probe arrived\n")
    } else {
        (StatusCode::NOT_FOUND, "unseen", "no such probe arrived, or not yet\n")
    };
    let mut response = Response::new(body(text.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(HEADER, HeaderValue::from_static(word));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
