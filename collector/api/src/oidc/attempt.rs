//! One try to sign in, from the button to the way back. All of it is in the browser that tries, so
//! that nothing is kept here for those who never come back.

use std::time::Duration;

use ring::digest::{SHA256, digest};
use ring::hmac;
use subtle::ConstantTimeEq;

use super::base64;
use crate::access::{hexadecimal, random};

/// The cookie that a try is in: it goes nowhere but to where the provider leads back to.
pub(super) const COOKIE: &str = "bellwether_login";

/// Where tries begin; the way back is below.
pub(super) const PATH: &str = "/login/oidc";

/// How long one may take at the provider.
pub(super) const TIME: Duration = Duration::from_secs(600);

/// Longer addresses of pages are not remembered.
const LONGEST: usize = 512;

/// How long a secret is, in hexadecimal.
const LENGTH: usize = 64;

/// One try. State, nonce and the verifier of PKCE follow from its secret, and none of them tells
/// another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    secret: String,
    /// The page to show afterwards.
    pub(super) to: String,
}

impl Attempt {
    /// Begins one; absent when the system gives no randomness.
    pub(super) fn begin(to: Option<&str>) -> Option<Self> {
        let to = to.filter(|it| is_own_page(it)).unwrap_or("/");
        Some(Self { secret: random::<{ LENGTH / 2 }>()?, to: to.to_owned() })
    }

    /// Reads one from its cookie.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (secret, to) = value.split_once('.')?;
        let whole = secret.len() == LENGTH && secret.bytes().all(|it| it.is_ascii_hexdigit());
        let to = to.to_owned();
        (whole && is_own_page(&to)).then(|| Self { secret: secret.to_owned(), to })
    }

    /// Returns the value of its cookie.
    pub(super) fn value(&self) -> String {
        format!("{}.{}", self.secret, self.to)
    }

    /// Returns what the provider has to bring back.
    pub(super) fn state(&self) -> String {
        self.derived(b"state")
    }

    /// Says whether the provider brought back the state of this try.
    pub(super) fn is_of(&self, state: &str) -> bool {
        bool::from(self.state().as_bytes().ct_eq(state.as_bytes()))
    }

    /// Returns what the ID token has to hold.
    pub(super) fn nonce(&self) -> String {
        self.derived(b"nonce")
    }

    /// Returns what proves that who has the code began the try.
    pub(super) fn verifier(&self) -> String {
        self.derived(b"verifier")
    }

    /// Returns the verifier's hash, which is told at the beginning.
    pub(super) fn challenge(&self) -> String {
        base64::encode(digest(&SHA256, self.verifier().as_bytes()).as_ref())
    }

    fn derived(&self, what: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        hexadecimal(hmac::sign(&key, what).as_ref())
    }
}

/// Says whether this is the address of a page of the dashboard, and cannot lead elsewhere.
fn is_own_page(to: &str) -> bool {
    let usual = |it: u8| it.is_ascii_alphanumeric() || b"/-._~%?=&:".contains(&it);
    let known = to == "/" || to == "/plain" || to.starts_with("/ui/");
    known && to.len() <= LONGEST && to.bytes().all(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for to in ["/", "/plain", "/ui/incidents/inc-1", "/ui/customers?at=a%20b&x=1:2"] {
            let attempt = Attempt::begin(Some(to)).unwrap();
            assert_eq!(attempt.to, to);
            assert_eq!(Attempt::read(&attempt.value()), Some(attempt));
        }
        for to in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "ui/x",
            "/ui/\r\nx",
            "/ui/a;b",
            "/login/oidc",
            "/ui/@",
        ] {
            assert_eq!(Attempt::begin(Some(to)).unwrap().to, "/", "{to}");
        }
        assert_eq!(Attempt::read(&format!("{}.//evil.example", "0".repeat(64))), None);
        for value in ["", ".", "/", &"0".repeat(64), &format!("{}./", "g".repeat(64))] {
            assert_eq!(Attempt::read(value), None, "{value}");
        }
    }

    #[test]
    fn what_the_provider_learns_tells_nothing_of_the_rest() {
        let (one, other) = (Attempt::begin(None).unwrap(), Attempt::begin(None).unwrap());
        let parts = |it: &Attempt| [it.state(), it.nonce(), it.verifier(), it.challenge()];
        let mut all = [parts(&one), parts(&other)].concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 8);
        assert!(one.is_of(&one.state()) && !one.is_of(&other.state()) && !one.is_of(""));
        assert!((43..=128).contains(&one.verifier().len()), "as RFC 7636 wants it");
    }
}
