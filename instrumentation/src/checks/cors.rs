//! Checks that an API lets the pages in that have to call it, by the preflight that a browser makes.

use super::net::http::{Answer, Request};
use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks by a CORS preflight that a page of `origin` may `GET url`; the rest is said by the methods.
///
/// ```
/// let page = bellwether::checks::cors("https://api.marketedge.example/api/v1/users", "https://app.marketedge.example")
///     .method("PUT")
///     .header("authorization")
///     .credentials()
///     .refuses("https://elsewhere.example");
/// ```
pub fn cors(url: impl Into<String>, origin: impl Into<String>) -> Cors {
    Cors {
        url: url.into(),
        origin: origin.into(),
        method: "GET".to_owned(),
        headers: Vec::new(),
        credentials: false,
        refused: None,
        trust_pem: Vec::new(),
    }
}

/// Checks a CORS preflight; comes from [`cors`].
#[derive(Debug, Clone)]
pub struct Cors {
    url: String,
    origin: String,
    method: String,
    headers: Vec<String>,
    credentials: bool,
    refused: Option<String>,
    trust_pem: Vec<u8>,
}

impl Cors {
    /// Asks for another method than `GET`, given in upper case.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Asks for a header that the page has to send.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.headers.push(name.into().to_ascii_lowercase());
        self
    }

    /// Expects that the page may send cookies or other credentials; a `*` in an answer then allows nothing.
    #[must_use]
    pub fn credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// Expects in addition that pages of this origin may not call: an API that lets everybody in is told too.
    #[must_use]
    pub fn refuses(mut self, origin: impl Into<String>) -> Self {
        self.refused = Some(origin.into());
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust_pem = pem.into();
        self
    }

    async fn preflight(&self, origin: &str) -> Result<Answer, NotPassed> {
        let mut request = Request::get(&self.url);
        request.method("OPTIONS");
        request.trust_pem = self.trust_pem.clone();
        request.header("origin", origin);
        request.header("access-control-request-method", &self.method);
        if !self.headers.is_empty() {
            request.header("access-control-request-headers", &self.headers.join(","));
        }
        request.send().await
    }

    /// Says what of the answer keeps a browser from calling.
    fn obstacle(&self, answer: &Answer) -> Option<String> {
        if !answer.status.is_success() {
            return Some(format!("answered the preflight with {}", answer.status));
        }
        let allowed = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        let origin = allowed("access-control-allow-origin");
        if origin != self.origin && (origin != "*" || self.credentials) {
            return Some(format!(
                "allows {} instead of the origin {}",
                named(&origin),
                self.origin
            ));
        }
        if self.credentials && allowed("access-control-allow-credentials") != "true" {
            return Some("does not allow credentials".to_owned());
        }
        let methods = allowed("access-control-allow-methods");
        let simple = matches!(self.method.as_str(), "GET" | "HEAD" | "POST");
        if !simple && !self.lists(&methods, &self.method) {
            return Some(format!(
                "allows {} instead of the method {}",
                named(&methods),
                self.method
            ));
        }
        let headers = allowed("access-control-allow-headers");
        let missing = self.headers.iter().find(|header| {
            // The Fetch standard wants `authorization` by name.
            let by_name = *header == "authorization";
            !headers.split(',').any(|it| it.trim().eq_ignore_ascii_case(header))
                && (by_name || !self.lists(&headers, header))
        });
        missing.map(|header| format!("allows {} instead of the header {header}", named(&headers)))
    }

    fn lists(&self, list: &str, wanted: &str) -> bool {
        list.split(',').map(str::trim).any(|it| it == wanted || (it == "*" && !self.credentials))
    }
}

fn named(list: &str) -> String {
    if list.is_empty() { "nothing".to_owned() } else { format!("`{list}`") }
}

impl Check for Cors {
    fn kind(&self) -> CheckKind {
        CheckKind::Cors
    }

    async fn run(&self) -> CheckResult {
        let answer = self.preflight(&self.origin).await?;
        if let Some(obstacle) = self.obstacle(&answer) {
            return Err(answer
                .wrong(obstacle)
                .advice("correct the CORS settings of the API, or of the proxy before it")
                .error_type("cors_refused"));
        }
        let Some(foreign) = &self.refused else { return Ok(()) };
        let answer = self.preflight(foreign).await?;
        let allowed = answer.header("access-control-allow-origin").unwrap_or_default();
        if allowed == foreign || allowed == "*" {
            return Err(answer
                .wrong(format_args!("lets pages of {foreign} call as well"))
                .advice("name the origins that may call instead of letting every origin in")
                .error_type("cors_too_open"));
        }
        Ok(())
    }
}
