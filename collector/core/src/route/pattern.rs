use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Route, RouteError, is_parameter, segments, takes_rest, template};

/// A pattern over routes, such as `/api/v1/admin/**` or `GET /api/v1/users/*`.
///
/// `*` takes one segment, `**` at the end takes any number, none included; a parameter such as
/// `{id}` or `:id` takes a parameter of a route, whatever its name, and any segment of a path.
/// Without a method every method fits.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct RoutePattern {
    method: Option<String>,
    path: String,
}

/// What a segment of a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// This text.
    Literal(&'a str),
    /// A parameter of a template, or any segment of a path.
    Parameter,
    /// Any segment.
    Any,
    /// All segments that follow, also none.
    Rest,
}

/// Orders patterns that fit the same route; the greatest says the most about it.
pub(crate) type Precision = (usize, Reverse<usize>, bool);

impl RoutePattern {
    /// Says whether a registered route fits.
    pub fn matches(&self, route: &Route) -> bool {
        self.method.as_ref().is_none_or(|method| route.serves(method))
            && self.matches_segments(&route.path, is_parameter)
    }

    /// Says whether the path of a request fits, whatever the method.
    pub fn matches_path(&self, path: &str) -> bool {
        self.matches_segments(path, |_| true)
    }

    fn matches_segments(&self, path: &str, fits_parameter: impl Fn(&str) -> bool) -> bool {
        let mut wanted = self.parts();
        let mut given = segments(path);
        loop {
            match (wanted.next(), given.next()) {
                (None, None) | (Some(Part::Rest), _) => return true,
                (Some(Part::Any), Some(_)) => {}
                (Some(Part::Parameter), Some(have)) if fits_parameter(have) => {}
                (Some(Part::Literal(want)), Some(have)) if want == have => {}
                _ => return false,
            }
        }
    }

    /// Returns the method that it is about, if only one.
    pub(crate) fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// Returns what its segments take, in order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        segments(&self.path).map(part)
    }

    /// Says how much the pattern says: segments that are written out first, then fewer stars,
    /// then the method.
    pub(crate) fn precision(&self) -> Precision {
        let stars = self.parts().filter(|it| matches!(it, Part::Any | Part::Rest)).count();
        (self.parts().count() - stars, Reverse(stars), self.method.is_some())
    }
}

fn part(segment: &str) -> Part<'_> {
    match segment {
        "*" => Part::Any,
        "**" => Part::Rest,
        _ if takes_rest(segment) => Part::Rest,
        _ if is_parameter(segment) => Part::Parameter,
        literal => Part::Literal(literal),
    }
}

impl FromStr for RoutePattern {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let text = text.trim();
        let (method, path) = match text.split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim()),
            None => (None, text),
        };
        if !path.starts_with('/') {
            return Err(RouteError::Path(path.to_owned()));
        }
        let pattern = Self { method, path: template(path) };
        let mut parts = pattern.parts().peekable();
        while let Some(part) = parts.next() {
            if part == Part::Rest && parts.peek().is_some() {
                return Err(RouteError::Rest(path.to_owned()));
            }
        }
        drop(parts);
        Ok(pattern)
    }
}

impl TryFrom<String> for RoutePattern {
    type Error = RouteError;

    fn try_from(text: String) -> Result<Self, RouteError> {
        text.parse()
    }
}

impl From<RoutePattern> for String {
    fn from(pattern: RoutePattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.method {
            Some(method) => write!(f, "{method} {}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_routes() {
        for (pattern, route, fits) in [
            ("/api/v1/admin/**", "GET /api/v1/admin/users/{id}", true),
            ("/api/v1/admin/**", "GET /api/v1/admin", true),
            ("/api/v1/admin/**", "GET /api/v1/administrators", false),
            ("/api/*/admin", "GET /api/v2/admin", true),
            ("/users/{id}", "GET /users/{user}", true),
            ("/users/:id", "GET /users/<int:user>", true),
            ("/users/{id}", "GET /users/me", false),
            ("/files/{rest:path}", "GET /files/{*path}", true),
            ("POST /login", "GET /login", false),
            ("post /login", "POST /login", true),
            ("/login", "POST /login", true),
            ("POST /login", "ANY /login", true),
        ] {
            let pattern: RoutePattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&route.parse().unwrap()), fits, "{pattern} {route}");
        }
    }

    #[test]
    fn patterns_take_paths() {
        for (pattern, path, fits) in [
            ("/users/{id}", "/users/7", true),
            ("/users/{id}", "/users", false),
            ("GET /users/*", "/users/7", true),
            ("/**", "/", true),
        ] {
            assert_eq!(pattern.parse::<RoutePattern>().unwrap().matches_path(path), fits);
        }
    }

    #[test]
    fn the_pattern_that_says_more_is_the_more_precise() {
        let rising = ["/**", "/api/**", "/api/*", "GET /api/*", "/api/users/**", "/api/users"];
        let precision = |text: &str| text.parse::<RoutePattern>().unwrap().precision();
        assert!(rising.map(precision).is_sorted());
    }
}
