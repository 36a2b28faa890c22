//! One request of a journey, and what has to come back.

use std::fmt;

use serde_json::Value;

/// One step of a [`Journey`](super::Journey): a request, what has to come back, and what later steps use of it.
///
/// In the URL, in values of headers and in everything that is sent, `{{name}}` stands for a credential of the journey or
/// for what an earlier step extracted. In a URL the value is percent-encoded, except at its very beginning
/// (`{{base}}/login`).
///
/// ```
/// use bellwether::journeys::Step;
/// use serde_json::json;
///
/// let log_in = Step::post("log in", "https://api.marketedge.example/api/v1/auth/login")
///     .json(json!({ "username": "{{username}}", "password": "{{password}}" }))
///     .expect_status(200)
///     .extract("token", "$.access_token");
/// let open_admin = Step::get("open admin", "https://api.marketedge.example/api/v1/admin/dashboard")
///     .header("authorization", "Bearer {{token}}")
///     .expect_json("$.customer", "zebra");
/// ```
#[derive(Clone, PartialEq)]
#[must_use]
pub struct Step {
    pub(super) name: String,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
    pub(super) statuses: Vec<u16>,
    pub(super) wanted_headers: Vec<(String, Vec<Value>)>,
    pub(super) wanted_text: Vec<String>,
    pub(super) wanted_json: Vec<(String, Vec<Value>)>,
    pub(super) extract: Vec<(String, String)>,
    /// How many redirects are followed before the answer counts.
    pub(super) redirects: usize,
}

/// What a request sends along; every text may have places for values.
#[derive(Clone, PartialEq)]
pub(super) enum Body {
    Empty,
    Json(Value),
    Form(Vec<(String, String)>),
    Text(String),
}

impl Step {
    /// Begins a step: what people call it, the method and the whole URL.
    pub fn new(name: impl Into<String>, method: &str, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            method: method.to_ascii_uppercase(),
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
            statuses: Vec::new(),
            wanted_headers: Vec::new(),
            wanted_text: Vec::new(),
            wanted_json: Vec::new(),
            extract: Vec::new(),
            redirects: 0,
        }
    }

    /// Begins a step that asks with `GET`.
    pub fn get(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self::new(name, "GET", url)
    }

    /// Begins a step that asks with `POST`.
    pub fn post(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self::new(name, "POST", url)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a JSON document, in whose texts values may come in; they stay texts.
    pub fn json(mut self, document: Value) -> Self {
        self.body = Body::Json(document);
        self
    }

    /// Sends a field of a form (`application/x-www-form-urlencoded`), beside those that were given before.
    pub fn form(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let field = (name.into(), value.into());
        match &mut self.body {
            Body::Form(fields) => fields.push(field),
            other => *other = Body::Form(vec![field]),
        }
        self
    }

    /// Sends a text as it is; its type is for a header to say.
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Body::Text(text.into());
        self
    }

    /// Expects this status; given more than once, one of them. Any from 200 to 299 unless said. A redirect that is not
    /// followed is a status like any other.
    pub fn expect_status(mut self, status: u16) -> Self {
        self.statuses.push(status);
        self
    }

    /// Follows up to this many redirects, none unless said. Headers and body are not sent to another server than the one
    /// in the URL.
    pub fn follow_redirects(mut self, most: usize) -> Self {
        self.redirects = most;
        self
    }

    /// Expects a header of this value, in which `*` stands for any run of characters.
    pub fn expect_header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.expect_header_of(name, [Value::String(value.into())])
    }

    /// Expects a header of one of these values.
    pub fn expect_header_of(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.wanted_headers.push((name.into(), values.into_iter().collect()));
        self
    }

    /// Expects that the body, of which 1 MiB is read at most, contains this text.
    pub fn expect_body(mut self, text: impl Into<String>) -> Self {
        self.wanted_text.push(text.into());
        self
    }

    /// Expects this value at a place of the JSON that comes back; in a text `*` stands for any run of characters, and `*`
    /// alone for anything at all.
    pub fn expect_json(self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        self.expect_json_of(path, [value.into()])
    }

    /// Expects one of these values at a place of the JSON that comes back.
    pub fn expect_json_of(
        mut self,
        path: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        self.wanted_json.push((path.into(), values.into_iter().collect()));
        self
    }

    /// Lets later steps use a value of the JSON that comes back as `{{name}}`. The path is `$` followed by `.key`,
    /// `['any key']` and `[0]`; a text, a number or a truth value has to be there, or the step fails.
    pub fn extract(mut self, name: impl Into<String>, path: impl Into<String>) -> Self {
        self.extract.push((name.into(), path.into()));
        self
    }

    /// Returns what people call it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Shows the name, the method and the URL without its query: the rest may be secret.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("url", &shown(&self.url))
            .finish_non_exhaustive()
    }
}

/// Returns a URL as it was written, without the user, the query and the fragment, where secrets live.
pub(super) fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let step = Step::get("s", "https://u:p4ss@a.example/{{x}}?key=k3y#f")
            .header("authorization", "t0ken")
            .body("b0dy");
        let text = format!("{step:?}");
        assert!(text.contains("https://a.example/{{x}}"), "{text}");
        for secret in ["p4ss", "k3y", "t0ken", "b0dy"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
