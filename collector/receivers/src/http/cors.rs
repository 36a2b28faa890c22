//! Cross-origin requests: which web pages may send telemetry.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};

use super::answer::{Answer, empty};
use super::config::Cors;

/// Headers that need no mention: those that every page may set, and what the OpenTelemetry
/// Collector adds.
const ALWAYS: [&str; 5] =
    ["accept", "accept-language", "content-language", "content-type", "x-requested-with"];

impl Cors {
    /// Answers a browser that asks before it sends; `None` when the request is no such question
    /// or no origin is allowed at all.
    pub(super) fn preflight(&self, head: &Parts) -> Option<Answer> {
        let asks = head.method == Method::OPTIONS
            && head.headers.contains_key(ORIGIN)
            && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if self.allowed_origins.is_empty() || !asks {
            return None;
        }
        let mut answer = empty(StatusCode::NO_CONTENT);
        let wanted = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
        let post = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD).is_some_and(|it| it == "POST");
        if !post || !wanted.is_none_or(|wanted| self.allows_headers(wanted)) {
            return Some(answer);
        }
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        if let Some(wanted) = wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        if let Some(seconds) = self.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
        Some(answer)
    }

    /// Tells the browser that its page may read the answer, if it may.
    pub(super) fn mark<B>(&self, request: &HeaderMap, answer: &mut Response<B>) {
        if self.allowed_origins.is_empty() {
            return;
        }
        let headers = answer.headers_mut();
        headers.append(
            VARY,
            HeaderValue::from_static(
                "origin, access-control-request-method, access-control-request-headers",
            ),
        );
        let Some(origin) = request.get(ORIGIN).filter(|it| self.allows_origin(it)) else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        // `sendBeacon` always sends credentials; nothing here is told by them.
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }

    fn allows_origin(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_ascii_lowercase();
        self.allowed_origins.iter().any(|allowed| {
            let allowed = allowed.to_ascii_lowercase();
            match allowed.split_once('*') {
                None => origin == allowed,
                Some((begin, end)) => {
                    origin.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end))
                }
            }
        })
    }

    fn allows_headers(&self, wanted: &HeaderValue) -> bool {
        let Ok(wanted) = wanted.to_str() else { return false };
        let allows = |name: &str| {
            let listed = self.allowed_headers.iter();
            ALWAYS.iter().any(|it| it.eq_ignore_ascii_case(name))
                || listed.into_iter().any(|it| it == "*" || it.eq_ignore_ascii_case(name))
        };
        wanted.split(',').map(str::trim).filter(|it| !it.is_empty()).all(allows)
    }
}
