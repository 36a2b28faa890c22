//! Patterns over routes, as the catalog writes them.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

/// Matches routes such as `/api/v1/admin/**` or `GET /users/*`: `*` takes one segment, `**` at the end takes any number,
/// none included. Without a method every method fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    method: Option<String>,
    path: String,
}

/// Orders patterns that fit the same route; the greatest says the most about it.
pub(crate) type Precision = (usize, Reverse<usize>, bool);

impl Pattern {
    /// Tells whether the pattern fits a path template (or a path) and a method.
    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        let mut wanted = segments(&self.path);
        let mut given = segments(path);
        self.method.as_ref().is_none_or(|wanted| wanted == method || method == "ANY")
            && loop {
                match (wanted.next(), given.next()) {
                    (None, None) | (Some("**"), _) => break true,
                    (Some("*"), Some(_)) => {}
                    (Some(want), Some(have)) if want == have => {}
                    _ => break false,
                }
            }
    }

    /// Tells how much the pattern says: literal segments first, then fewer stars, then the method.
    pub(crate) fn precision(&self) -> Precision {
        let stars = segments(&self.path).filter(|segment| is_star(segment)).count();
        let literals = segments(&self.path).count() - stars;
        (literals, Reverse(stars), self.method.is_some())
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn is_star(segment: &str) -> bool {
    matches!(segment, "*" | "**")
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            Some(method) => write!(f, "{method} {}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

impl FromStr for Pattern {
    /// What is wrong with the text.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (method, path) = match text.split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
            None => (None, text),
        };
        if !path.starts_with('/') {
            return Err("a path begins with `/`");
        }
        let mut parts = segments(path).peekable();
        while let Some(part) = parts.next() {
            if part == "**" && parts.peek().is_some() {
                return Err("`**` can only stand at the end");
            }
        }
        Ok(Self { method, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_segments_and_a_method_takes_its_own() {
        for (pattern, method, path, fits) in [
            ("/api/**", "GET", "/api/users/{id}", true),
            ("/api/**", "GET", "/api", true),
            ("/api/**", "GET", "/apis", false),
            ("/users/*", "GET", "/users/{id}", true),
            ("/users/*", "GET", "/users", false),
            ("/users/*", "GET", "/users/{id}/orders", false),
            ("post /login", "POST", "/login", true),
            ("POST /login", "GET", "/login", false),
            ("POST /login", "ANY", "/login", true),
        ] {
            let parsed: Pattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(method, path), fits, "{pattern} {method} {path}");
        }
    }

    #[test]
    fn the_pattern_that_says_more_is_the_more_precise() {
        let rising = ["/**", "/api/**", "/api/*", "GET /api/*", "/api/users/**", "/api/users"];
        let precision = |text: &str| text.parse::<Pattern>().unwrap().precision();
        assert!(rising.map(precision).is_sorted_by(|a, b| a <= b));
        assert!(precision("GET /api/*") > precision("/api/*"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!("api".parse::<Pattern>().is_err());
        assert!("/a/**/b".parse::<Pattern>().is_err());
    }
}
