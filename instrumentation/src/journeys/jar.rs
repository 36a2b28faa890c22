//! The cookies of one walk, kept and sent as a browser does (RFC 6265), so that sessions work.

use std::time::SystemTime;

use crate::checks::net::http::{Answer, Request, Url};

/// Most cookies that one walk keeps.
const MOST: usize = 50;

/// Keeps the cookies of one walk.
#[derive(Debug, Default)]
pub(super) struct Jar(Vec<Cookie>);

struct Cookie {
    name: String,
    value: String,
    /// Where it is sent: to this host, and to those below it when the server said so.
    domain: String,
    below: bool,
    path: String,
    secure: bool,
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Jar {
    /// Adds to a request what belongs to its URL.
    pub(super) fn send(&self, url: &Url, request: &mut Request) {
        let fitting = self.0.iter().filter(|cookie| cookie.fits(url));
        let pairs: Vec<String> =
            fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if !pairs.is_empty() {
            request.header("cookie", &pairs.join("; "));
        }
    }

    /// Takes in what an answer of `url` sets, and lets go of what it takes back.
    pub(super) fn keep(&mut self, url: &Url, answer: &Answer, now: SystemTime) {
        let set = answer.headers.get_all("set-cookie");
        for text in set.iter().filter_map(|it| it.to_str().ok()) {
            let Some((cookie, is_over)) = read(text, url, now) else { continue };
            self.0.retain(|old| !old.is_replaced_by(&cookie));
            if !is_over && self.0.len() < MOST {
                self.0.push(cookie);
            }
        }
    }
}

impl Cookie {
    fn fits(&self, url: &Url) -> bool {
        let host = is_host(&self.domain, url.host(), self.below);
        let path = url.path();
        let under = path.strip_prefix(&self.path).is_some_and(|rest| {
            rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/')
        });
        host && under && (url.is_secure() || !self.secure)
    }

    fn is_replaced_by(&self, newer: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&newer.name, &newer.domain, &newer.path)
    }
}

fn is_host(domain: &str, host: &str, below: bool) -> bool {
    let host = host.to_ascii_lowercase();
    let above = host.strip_suffix(domain);
    above.is_some_and(|rest| rest.is_empty() || (below && rest.ends_with('.')))
}

/// Reads one `Set-Cookie`, and whether it takes the cookie back; `None` when a browser would ignore it.
fn read(text: &str, url: &Url, now: SystemTime) -> Option<(Cookie, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let directory = url.path().rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        domain: url.host().to_ascii_lowercase(),
        below: false,
        path: if directory.is_empty() { "/".to_owned() } else { directory.to_owned() },
        secure: false,
    };
    let (mut by_age, mut by_date) = (None, None);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" if !value.is_empty() => {
                let domain = value.trim_start_matches('.').to_ascii_lowercase();
                if !is_host(&domain, url.host(), true) {
                    return None;
                }
                (cookie.domain, cookie.below) = (domain, true);
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.secure = true,
            "max-age" => by_age = value.parse::<i64>().ok().map(|seconds| seconds <= 0),
            "expires" => by_date = httpdate::parse_http_date(value).ok().map(|at| at <= now),
            _ => {}
        }
    }
    let is_over = by_age.or(by_date).unwrap_or(false);
    (!cookie.name.is_empty()).then_some((cookie, is_over))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn kept(steps: &[(&str, &str)]) -> Jar {
        let mut jar = Jar::default();
        for (from, set) in steps {
            let answer = Answer {
                place: String::new(),
                status: hyper::StatusCode::OK,
                headers: [(hyper::header::SET_COOKIE, set.parse().unwrap())].into_iter().collect(),
                body: hyper::body::Bytes::new(),
            };
            let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            jar.keep(&Url::parse(from).unwrap(), &answer, now);
        }
        jar
    }

    fn sent(jar: &Jar, to: &str) -> Option<String> {
        let mut request = Request::get(to);
        jar.send(&Url::parse(to).unwrap(), &mut request);
        request.sent_header("cookie")
    }

    #[test]
    fn a_cookie_goes_where_a_browser_would_send_it() {
        let login = "https://api.shop.example/auth/login";
        for (set, to, expected) in [
            ("s=1; Path=/", "https://api.shop.example/admin", Some("s=1")),
            ("s=1", "https://api.shop.example/auth/me", Some("s=1")),
            ("s=1", "https://api.shop.example/admin", None),
            ("s=1; path=/adm", "https://api.shop.example/admin", None),
            ("s=1; Path=/", "https://shop.example/", None),
            ("s=1; Path=/; Domain=.shop.example", "https://www.shop.example/", Some("s=1")),
            ("s=1; Path=/; Domain=other.example", "https://other.example/", None),
            ("s=1; Path=/; Secure", "http://api.shop.example/", None),
            ("s=1; Path=/; Max-Age=0", "https://api.shop.example/", None),
            ("s=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", login, Some("s=1")),
            ("s=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", login, None),
            ("no cookie", login, None),
        ] {
            assert_eq!(sent(&kept(&[(login, set)]), to).as_deref(), expected, "{set} {to}");
        }
    }

    #[test]
    fn a_newer_cookie_replaces_and_a_dead_one_removes() {
        let at = "http://a/";
        assert_eq!(sent(&kept(&[(at, "s=1"), (at, "t=x"), (at, "s=2")]), at).unwrap(), "t=x; s=2");
        assert_eq!(sent(&kept(&[(at, "s=1"), (at, "s=; Max-Age=0")]), at), None);
    }

    #[test]
    fn values_are_not_shown() {
        assert_eq!(format!("{:?}", kept(&[("http://a/", "s=5e1f")])), "Jar([s])");
    }
}
