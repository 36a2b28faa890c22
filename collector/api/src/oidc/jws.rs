//! Signed tokens (JWS), and the keys that they are held against. What a token says of itself decides
//! nothing: the algorithm has to be one of those that only the provider can sign with.

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::base64::decode;

/// Longer tokens are not read.
const LONGEST: usize = 64 * 1_024;

/// No more keys than this are looked at.
const MOST_KEYS: usize = 64;

/// Why a token is not one of the provider's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Forged {
    #[error("it is no signed token")]
    Malformed,
    #[error(
        "it is signed with `{0}`; taken are RS256, RS384, RS512, PS256, ES256, ES384 and EdDSA"
    )]
    Algorithm(String),
    #[error("none of the keys that the provider publishes is the one that it names")]
    NoKey,
    #[error("its signature is wrong")]
    Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What a reader has to understand; nothing of it is known here.
    crit: Option<Value>,
}

/// A public key as providers publish it. Those of a kind that is not known stay unused.
#[derive(Debug, Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a provider.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// Reads a set of keys (JWKS). Absent where it is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(bytes).ok()?;
        let keys = keys.into_iter().take(MOST_KEYS);
        Some(Self(keys.filter_map(|it| serde_json::from_value(it).ok()).collect()))
    }

    /// Returns what a token says, if one of these keys signed it.
    ///
    /// # Errors
    /// Says why it is not to be believed.
    pub(super) fn claims(&self, token: &str) -> Result<Map<String, Value>, Forged> {
        if token.len() > LONGEST {
            return Err(Forged::Malformed);
        }
        let (signed, proof) = token.rsplit_once('.').ok_or(Forged::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Forged::Malformed)?;
        let read = |text: &str| decode(text).ok_or(Forged::Malformed);
        let header: Header =
            serde_json::from_slice(&read(header)?).map_err(|_| Forged::Malformed)?;
        if header.crit.is_some() {
            return Err(Forged::Malformed);
        }
        let algorithm =
            Algorithm::named(&header.alg).ok_or_else(|| Forged::Algorithm(short(&header.alg)))?;
        let proof = read(proof)?;
        let fits = |key: &&Key| key.is_for(algorithm, &header);
        let mut fitting = self.0.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Err(Forged::NoKey);
        }
        if !fitting.any(|it| it.signed(algorithm, signed.as_bytes(), &proof)) {
            return Err(Forged::Signature);
        }
        serde_json::from_slice(&read(payload)?).map_err(|_| Forged::Malformed)
    }
}

impl Key {
    fn is_for(&self, algorithm: Algorithm, header: &Header) -> bool {
        let (kind, curve) = match algorithm {
            Algorithm::Es256 => ("EC", Some("P-256")),
            Algorithm::Es384 => ("EC", Some("P-384")),
            Algorithm::EdDsa => ("OKP", Some("Ed25519")),
            _ => ("RSA", None),
        };
        self.kty == kind
            && (curve.is_none() || self.crv.as_deref() == curve)
            && self.purpose.as_deref().is_none_or(|it| it == "sig")
            && self.alg.as_deref().is_none_or(|it| it == header.alg)
            && (header.kid.is_none() || self.kid == header.kid)
    }

    fn signed(&self, algorithm: Algorithm, message: &[u8], proof: &[u8]) -> bool {
        let part = |it: &Option<String>| it.as_deref().and_then(decode);
        let rsa = |how| {
            let (n, e) = (part(&self.n)?, part(&self.e)?);
            RsaPublicKeyComponents { n, e }.verify(how, message, proof).ok()
        };
        let curve = |how: &'static dyn signature::VerificationAlgorithm, length: usize| {
            let (x, y) = (part(&self.x)?, part(&self.y)?);
            let whole = x.len() == length && y.len() == length;
            let point = whole.then(|| [&[4], &*x, &*y].concat())?;
            UnparsedPublicKey::new(how, point).verify(message, proof).ok()
        };
        let verified = match algorithm {
            Algorithm::Rs256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::Rs384 => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::Rs512 => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::Ps256 => rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::Es256 => curve(&signature::ECDSA_P256_SHA256_FIXED, 32),
            Algorithm::Es384 => curve(&signature::ECDSA_P384_SHA384_FIXED, 48),
            Algorithm::EdDsa => part(&self.x).and_then(|x| {
                UnparsedPublicKey::new(&signature::ED25519, x).verify(message, proof).ok()
            }),
        };
        verified.is_some()
    }
}

/// Returns the beginning of what somebody else wrote, for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(80).collect()
}
