//! Who may send: tokens that come in a header.

use std::fmt;
use std::sync::Arc;

use bellwether_core::catalog::Flaw;
use bellwether_core::settings::{FilePath, Secret};
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

/// Says who decides whether a sender may come in: `receivers.otlp.protocols.*.auth`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ServerAuth")]
pub struct Auth {
    /// An extension that knows tokens, such as `bearertokenauth`.
    pub authenticator: String,
}

/// Knows tokens: `extensions.bearertokenauth`. Keys mean what they mean to the OpenTelemetry
/// Collector.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "BearerTokenAuth")]
pub struct BearerTokenAuth {
    /// The word before the token, in whatever case; Bearer unless set. Nothing stands before it
    /// when this is empty.
    pub scheme: String,
    /// The header that the token comes in; Authorization unless set.
    pub header: String,
    /// The token.
    pub token: Option<Secret>,
    /// Several tokens, each as good as the others: one for each sender, or the old and the new.
    pub tokens: Vec<Secret>,
    /// A file with tokens, one in a line.
    pub filename: Option<FilePath>,
}

impl Default for BearerTokenAuth {
    fn default() -> Self {
        Self {
            scheme: "Bearer".to_owned(),
            header: "Authorization".to_owned(),
            token: None,
            tokens: Vec::new(),
            filename: None,
        }
    }
}

impl BearerTokenAuth {
    /// Checks everything and reads the file; paths of flaws begin below the extension.
    ///
    /// # Errors
    /// Returns every mistake, without any token.
    pub fn build(&self) -> Result<Tokens, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let mut flaw = |path: &str, message: String, help: &str| {
            flaws.push(Flaw::new(path, message, help.to_owned()));
        };
        let header = self.header.parse::<HeaderName>();
        if header.is_err() {
            flaw(
                "header",
                format!("`{}` is not the name of a header", self.header),
                "write letters, digits and `-`",
            );
        }
        let token = self.token.iter().map(|it| ("token", it.clone()));
        let tokens = self.tokens.iter().map(|it| ("tokens", it.clone()));
        let mut known: Vec<(&str, Secret)> = token.chain(tokens).collect();
        match self.filename.as_ref().map(|file| (file, std::fs::read_to_string(file))) {
            None => {}
            Some((_, Ok(text))) => {
                let lines = text.lines().map(str::trim).filter(|it| !it.is_empty());
                known.extend(lines.map(|it| ("filename", Secret::new(it))));
            }
            Some((file, Err(error))) => {
                let message = format!("`{}` cannot be read: {error}", file.as_path().display());
                flaw("filename", message, "name a text file with one token in a line");
            }
        }
        let good = |it: &Secret| {
            !it.expose().trim().is_empty() && HeaderValue::from_str(it.expose().trim()).is_ok()
        };
        if let Some((path, _)) = known.iter().find(|(_, token)| !good(token)) {
            let message = "a token is empty, or holds a character that no header takes".to_owned();
            flaw(path, message, "look for line breaks in it");
        }
        if known.is_empty() && flaws.is_empty() {
            let message = "there is no token, so nobody could come in".to_owned();
            flaws.push(Flaw::new("", message, "write `token`, `tokens` or `filename`".to_owned()));
        }
        match header {
            Ok(header) if flaws.is_empty() => {
                let tokens = known.into_iter().map(|it| it.1).collect();
                let scheme = self.scheme.trim().to_owned();
                Ok(Tokens(Arc::new(Known { header, scheme, tokens })))
            }
            _ => Err(flaws),
        }
    }
}

/// Tokens of which a sender must have one. Clones share them.
#[derive(Clone)]
pub struct Tokens(Arc<Known>);

struct Known {
    header: HeaderName,
    scheme: String,
    tokens: Vec<Secret>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("count", &self.0.tokens.len()).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Says whether a request has one, in a time that does not tell how much of it is right.
    pub(crate) fn are_in(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(&self.0.header) else { return false };
        let Some(given) = after(&self.0.scheme, value.as_bytes()) else { return false };
        let given = given.trim_ascii();
        let mut found = Choice::from(0);
        for token in &self.0.tokens {
            found |= token.expose().trim().as_bytes().ct_eq(given);
        }
        found.into()
    }

    /// Says what is wanted, as `WWW-Authenticate` does.
    pub(crate) fn challenge(&self) -> HeaderValue {
        let bearer = HeaderValue::from_static("Bearer");
        HeaderValue::from_str(&self.0.scheme).ok().filter(|it| !it.is_empty()).unwrap_or(bearer)
    }
}

/// Returns what follows a scheme and a space.
fn after<'v>(scheme: &str, value: &'v [u8]) -> Option<&'v [u8]> {
    if scheme.is_empty() {
        return Some(value);
    }
    let (word, rest) = value.split_at_checked(scheme.len())?;
    let fits = word.eq_ignore_ascii_case(scheme.as_bytes());
    rest.strip_prefix(b" ").filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(written: serde_json::Value) -> Result<Tokens, Vec<Flaw>> {
        serde_json::from_value::<BearerTokenAuth>(written).expect("settings").build()
    }

    fn admits(tokens: &Tokens, name: &'static str, value: &str) -> bool {
        let value = HeaderValue::from_str(value).expect("a value");
        tokens.are_in(&HeaderMap::from_iter([(HeaderName::from_static(name), value)]))
    }

    #[test]
    fn only_who_has_a_whole_token_comes_in() {
        let known =
            tokens(serde_json::json!({ "tokens": ["old", "new-and-longer"] })).expect("two");
        for good in ["Bearer old", "bearer new-and-longer", "BEARER  old"] {
            assert!(admits(&known, "authorization", good), "{good}");
        }
        for bad in
            ["Bearer", "Bearer ", "Bearer ol", "Bearer older", "old", "Basic old", "Bearerold", ""]
        {
            assert!(!admits(&known, "authorization", bad), "{bad}");
        }
        assert!(!admits(&known, "x-api-key", "Bearer old"));
        assert!(!known.are_in(&HeaderMap::new()));
    }

    #[test]
    fn header_and_scheme_may_be_others() {
        let settings = serde_json::json!({ "token": "a b", "header": "X-API-Key", "scheme": "" });
        let known = tokens(settings).expect("one");
        assert!(admits(&known, "x-api-key", "a b"));
        assert!(!admits(&known, "authorization", "Bearer a b"));
    }

    #[test]
    fn tokens_of_a_file_are_its_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("tokens");
        std::fs::write(&file, "one\n\n  two  \n").expect("written");
        let known = tokens(serde_json::json!({ "filename": file })).expect("two");
        assert!(admits(&known, "authorization", "Bearer two"));
        assert_eq!(format!("{known:?}"), "Tokens { count: 2, .. }", "no token is shown");
    }

    #[test]
    fn mistakes_are_told_without_the_token() {
        for (written, path) in [
            (serde_json::json!({}), ""),
            (serde_json::json!({ "token": "se\u{0}cret" }), "token"),
            (serde_json::json!({ "tokens": ["fine", "se\ncret"] }), "tokens"),
            (serde_json::json!({ "token": "secret", "header": "a b" }), "header"),
            (serde_json::json!({ "filename": "/nowhere/tokens" }), "filename"),
        ] {
            let flaws = tokens(written).expect_err(path);
            assert_eq!(flaws.len(), 1, "{flaws:?}");
            assert_eq!(flaws[0].path, path);
            assert!(!format!("{flaws:?}").contains("cret"), "{flaws:?}");
        }
    }
}
