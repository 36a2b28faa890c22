//! What a browser keeps, where no script reads it.

use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie that holds a browser's token, or its session.
pub(crate) const COOKIE: &str = "bellwether_token";

/// Returns a cookie that a browser shows.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
}

/// Writes the cookie that no other site can send. It lasts as long as the browser runs, and where
/// the page came over TLS it goes over nothing else.
pub(crate) fn session_cookie(value: &str, secure: bool, end: &str) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    sensitive(&format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}"))
}

/// Makes a header that no log shows.
pub(crate) fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
