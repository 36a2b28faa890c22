//! Checks that an OpenID Connect provider can be discovered and has keys to verify tokens with.

use serde_json::Value;

use super::net::http::{Answer, Request, Url};
use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks the OpenID Connect provider that calls itself `issuer`: its discovery document names the same issuer, and the
/// key set that it points to has at least one key that a signature can be verified with.
///
/// The issuer has to be the same letter by letter, as OpenID Connect Discovery 1.0 (section 4.3) demands: a missing slash at the
/// end makes every token invalid.
///
/// ```
/// let login = bellwether::checks::oidc("https://id.marketedge.example/realms/main");
/// ```
pub fn oidc(issuer: impl Into<String>) -> Oidc {
    Oidc { issuer: issuer.into(), trust_pem: Vec::new() }
}

/// Checks an OpenID Connect provider; comes from [`oidc`].
#[derive(Debug, Clone)]
pub struct Oidc {
    issuer: String,
    trust_pem: Vec<u8>,
}

impl Oidc {
    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust_pem = pem.into();
        self
    }

    async fn get(&self, url: String) -> Result<(Answer, Value), NotPassed> {
        let mut request = Request::get(url);
        request.trust_pem = self.trust_pem.clone();
        let answer = request.send().await?;
        if !answer.status.is_success() {
            return Err(answer
                .wrong(format_args!("answered {} instead of 2xx", answer.status))
                .advice("correct the issuer, or see the provider's log")
                .error_type(answer.status.as_u16().to_string()));
        }
        let value = serde_json::from_slice(&answer.body).map_err(|_| {
            answer
                .wrong("the answer is not JSON")
                .advice("see whether this is an OpenID Connect provider")
                .error_type("invalid_json")
        })?;
        Ok((answer, value))
    }
}

impl Check for Oidc {
    fn kind(&self) -> CheckKind {
        CheckKind::Oidc
    }

    async fn run(&self) -> CheckResult {
        let base = self.issuer.trim_end_matches('/');
        let (answer, document) =
            self.get(format!("{base}/.well-known/openid-configuration")).await?;
        let issuer = document["issuer"].as_str().unwrap_or_default();
        if issuer != self.issuer {
            return Err(answer
                .wrong(format_args!("the issuer is `{issuer}` instead of `{}`", self.issuer))
                .advice("configure the issuer exactly as the provider writes it, slash at the end included")
                .error_type("issuer_mismatch"));
        }
        let Some(keys) = document["jwks_uri"].as_str() else {
            return Err(answer
                .wrong("the document names no jwks_uri")
                .advice("see whether this is an OpenID Connect provider")
                .error_type("no_jwks_uri"));
        };
        Url::parse(keys).map_err(|_| {
            answer.wrong("the document's jwks_uri is no URL").error_type("invalid_jwks_uri")
        })?;
        let (answer, set) = self.get(keys.to_owned()).await?;
        let keys = set["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        if keys.iter().any(verifies) {
            return Ok(());
        }
        Err(answer
            .wrong(format_args!("none of {} keys can verify a signature", keys.len()))
            .advice("let the provider publish a public RSA, EC or OKP key for signatures")
            .error_type("no_usable_key"))
    }
}

/// Tells whether a JSON Web Key (RFC 7517) is a whole public key that may verify signatures.
fn verifies(key: &Value) -> bool {
    let has = |name: &str| key[name].as_str().is_some_and(|value| !value.is_empty());
    let whole = match key["kty"].as_str() {
        Some("RSA") => has("n") && has("e"),
        Some("EC") => has("crv") && has("x") && has("y"),
        Some("OKP") => has("crv") && has("x"),
        _ => false,
    };
    let for_signatures = key["use"].as_str().is_none_or(|it| it == "sig");
    let may_verify = key["key_ops"]
        .as_array()
        .is_none_or(|operations| operations.iter().any(|it| it == "verify"));
    whole && for_signatures && may_verify
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_that_verify_are_whole_and_for_signatures() {
        for key in [
            json!({"kty": "RSA", "n": "x", "e": "AQAB"}),
            json!({"kty": "RSA", "n": "x", "e": "AQAB", "use": "sig", "key_ops": ["verify"]}),
            json!({"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "use": "sig"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "a"}),
        ] {
            assert!(verifies(&key), "{key}");
        }
        for key in [
            json!({"kty": "RSA", "n": "", "e": "AQAB"}),
            json!({"kty": "RSA", "n": "x", "e": "AQAB", "use": "enc"}),
            json!({"kty": "EC", "crv": "P-256", "x": "a"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "a", "key_ops": ["sign"]}),
            json!({"kty": "oct", "k": "secret"}),
            json!({}),
            json!("key"),
        ] {
            assert!(!verifies(&key), "{key}");
        }
    }
}
