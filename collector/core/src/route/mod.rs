//! Routes as services register them, and patterns that a catalog writes for them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod pattern;

pub use pattern::RoutePattern;
pub(crate) use pattern::{Part, Precision};

/// A registered route, such as `GET /api/v1/admin/users/{id}`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Route {
    /// The request method in capital letters.
    pub method: String,
    /// The path template, beginning with a slash.
    pub path: String,
}

/// Says why a text is not a route or a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// A route needs a method and a path.
    #[error("`{0}` is not a route: write a method and a path, such as `GET /api/v1/users/{{id}}`")]
    Shape(String),
    /// A path begins with a slash.
    #[error("`{0}` is not a path: it has to begin with `/`")]
    Path(String),
    /// `**` stands at the end only.
    #[error("`{0}`: `**` means everything below and can only stand at the end")]
    Rest(String),
}

impl Route {
    /// Says whether the route takes requests with this method; `ANY` takes all.
    pub fn serves(&self, method: &str) -> bool {
        self.method == "ANY" || self.method == method
    }

    /// Says whether a request's path fits the template: `{id}` takes one segment,
    /// `{*rest}` and `{rest:path}` take all that follow.
    pub fn matches_path(&self, path: &str) -> bool {
        let mut wanted = segments(&self.path);
        let mut given = segments(path);
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(want), Some(_)) if takes_rest(want) => return true,
                (Some(want), Some(have)) if is_parameter(want) || want == have => {}
                _ => return false,
            }
        }
    }
}

/// Writes a path template in one way: parameters as `{name}`, where frameworks also write
/// `:name` (Express, Rails) or `<name>` and `<int:name>` (Flask, Django).
pub fn template(path: &str) -> String {
    let segment = |segment: &str| {
        let angled = segment.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
        match (segment.strip_prefix(':'), angled) {
            (Some(name), _) if !name.is_empty() => format!("{{{name}}}"),
            (_, Some(inner)) => match inner.split_once(':') {
                Some(("path", name)) => format!("{{{name}:path}}"),
                Some((_, name)) => format!("{{{name}}}"),
                None => format!("{{{inner}}}"),
            },
            _ => segment.to_owned(),
        }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

pub(crate) fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

pub(crate) fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// Says whether a segment is a parameter as any framework writes it; see [`template`].
pub(crate) fn is_parameter_anywhere(segment: &str) -> bool {
    is_parameter(segment)
        || (segment.starts_with(':') && segment.len() > 1)
        || (segment.starts_with('<') && segment.ends_with('>'))
}

fn takes_rest(segment: &str) -> bool {
    is_parameter(segment) && (segment.starts_with("{*") || segment.ends_with(":path}"))
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        let (method, path) = text
            .trim()
            .split_once(char::is_whitespace)
            .ok_or_else(|| RouteError::Shape(text.to_owned()))?;
        let path = path.trim();
        if !path.starts_with('/') {
            return Err(RouteError::Path(path.to_owned()));
        }
        Ok(Self { method: method.to_ascii_uppercase(), path: template(path) })
    }
}

impl TryFrom<String> for Route {
    type Error = RouteError;

    fn try_from(text: String) -> Result<Self, RouteError> {
        text.parse()
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.to_string()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_paths() {
        for (route, path, fits) in [
            ("GET /a/{id}", "/a/7", true),
            ("GET /a/{id}", "/a", false),
            ("GET /a/{id}", "/a/7/b", false),
            ("GET /a/b", "/a/b", true),
            ("GET /a/b", "/a/c", false),
            ("GET /files/{*rest}", "/files/x/y", true),
            ("GET /files/{rest:path}", "/files/x/y", true),
            ("GET /files/{*rest}", "/files", false),
            ("GET /", "/", true),
        ] {
            assert_eq!(route.parse::<Route>().unwrap().matches_path(path), fits, "{route} {path}");
        }
    }

    #[test]
    fn templates_of_other_frameworks_are_written_alike() {
        for (theirs, ours) in [
            ("GET /users/:id/edit", "GET /users/{id}/edit"),
            ("GET /users/<id>", "GET /users/{id}"),
            ("GET /users/<int:id>", "GET /users/{id}"),
            ("GET /files/<path:rest>", "GET /files/{rest:path}"),
            ("GET /time/12:30", "GET /time/12:30"),
            ("GET /:", "GET /:"),
        ] {
            assert_eq!(theirs.parse::<Route>().unwrap().to_string(), ours);
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        assert!(matches!("/a".parse::<Route>(), Err(RouteError::Shape(_))));
        assert!(matches!("GET a".parse::<Route>(), Err(RouteError::Path(_))));
        assert!(matches!("/a/**/b".parse::<RoutePattern>(), Err(RouteError::Rest(_))));
    }
}
