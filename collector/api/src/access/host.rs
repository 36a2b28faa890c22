//! Which address a request says that it was sent to, and which page sent it.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// Headers by which a proxy says that it asks for somebody else.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Returns host and port as the client wrote them.
pub(super) fn host(request: &Parts) -> Option<&str> {
    let authority = request.uri.authority().map(|it| it.as_str());
    authority.or_else(|| request.headers.get(header::HOST)?.to_str().ok())
}

/// Says whether a request was sent to this machine by a name that only this machine has, by
/// nobody in between. A page whose name was made to lead here (DNS rebinding) has another one.
pub(super) fn is_local(request: &Parts) -> bool {
    let proxied = FORWARDED.iter().any(|it| request.headers.contains_key(*it));
    !proxied && host(request).is_some_and(|it| is_loopback(without_port(it)))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_loopback(name: &str) -> bool {
    let bare = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(name);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

/// Says whether a request may change something, as far as the page goes that sent it. A program
/// that is no browser names no page; a browser always does with what changes something.
pub(super) fn is_from_own_page(request: &Parts, allowed: &[String], by_cookie: bool) -> bool {
    let headers: &HeaderMap = &request.headers;
    let text = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or("?"));
    let own = |origin: &str| {
        let same = origin.split_once("://").map(|(_, rest)| rest);
        let is_host = same.zip(host(request)).is_some_and(|(one, other)| {
            one.eq_ignore_ascii_case(other) && matches!(scheme(origin), "http" | "https")
        });
        is_host || allowed.iter().any(|it| it.eq_ignore_ascii_case(origin))
    };
    match (text("origin"), text("sec-fetch-site")) {
        (Some(origin), _) => own(origin),
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, None) => !by_cookie,
    }
}

/// Returns what stands before `://`.
fn scheme(origin: &str) -> &str {
    origin.split("://").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(Request::post("/x"), |it, (n, v)| it.header(*n, *v));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["localhost", "LOCALHOST:8088", "127.0.0.1:8088", "127.1.2.3", "[::1]:8088"] {
            assert!(is_local(&parts(&[("host", host)])), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil:8088", "10.0.0.1", ""]
        {
            assert!(!is_local(&parts(&[("host", host)])), "{host}");
        }
        assert!(!is_local(&parts(&[])));
        for by in FORWARDED {
            assert!(!is_local(&parts(&[("host", "localhost"), (by, "192.0.2.1")])), "{by}");
        }
        let absolute = Request::post("http://evil.example/x").header("host", "localhost");
        assert!(!is_local(&absolute.body(()).unwrap().into_parts().0));
    }

    #[test]
    fn a_page_of_another_origin_is_told_from_our_own() {
        let allowed = ["https://bellwether.example".to_owned()];
        let may = |headers: &[(&str, &str)], cookie| {
            let host = [("host", "localhost:8088")];
            is_from_own_page(&parts(&[&host, headers].concat()), &allowed, cookie)
        };
        for origin in ["http://localhost:8088", "https://bellwether.example"] {
            assert!(may(&[("origin", origin)], true), "{origin}");
        }
        for origin in [
            "http://localhost",
            "http://localhost:3000",
            "http://evil.example",
            "null",
            "https://bellwether.example.evil",
            "file://localhost:8088",
            "",
        ] {
            assert!(!may(&[("origin", origin)], false), "{origin}");
        }
        assert!(may(&[("sec-fetch-site", "same-origin")], true));
        assert!(!may(&[("sec-fetch-site", "cross-site")], false));
        assert!(!may(&[("sec-fetch-site", "same-site")], false));
        assert!(may(&[], false), "a program that is no browser");
        assert!(!may(&[], true), "a browser says where it comes from");
    }
}
