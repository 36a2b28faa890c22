//! Headers that every answer carries, so that a browser does nothing with it but show it.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers to an answer that has none of its own. Whoever is not let in does not learn which methods there are.
pub(crate) async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        // anew, since to remove one changes the order of the others, which tells as much
        let others = response.headers().iter().filter(|(name, _)| *name != header::ALLOW);
        *response.headers_mut() = others.map(|(name, it)| (name.clone(), it.clone())).collect();
    }
    response
}
