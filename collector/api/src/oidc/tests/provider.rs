//! A provider in memory, with keys of its own.

use std::collections::HashMap;
use std::sync::Mutex;

use bellwether_core::BoxFuture;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Map, Value, json};

use super::super::base64;
use crate::oidc::{Provider, ProviderAnswer, ProviderCall};
use crate::tests::samples::at;

pub(super) const ISSUER: &str = "https://login.example/";
pub(super) const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What makes another token of a good one.
pub(super) type Twist = Box<dyn Fn(Token) -> String + Send>;

/// A token before it is signed.
pub(super) struct Token {
    pub(super) header: Value,
    pub(super) claims: Value,
}

/// What is wrong with one of the provider's answers.
enum Fault {
    Away,
    Says(&'static str),
    Hangs,
}

pub(super) struct Idp {
    key: Mutex<(String, EcdsaKeyPair)>,
    claims: Mutex<Map<String, Value>>,
    pub(super) user_info: Mutex<Option<Value>>,
    /// What was asked for, by code: the nonce and the challenge.
    codes: Mutex<HashMap<String, (String, String)>>,
    twist: Mutex<Option<Twist>>,
    fault: Mutex<Option<(&'static str, Fault)>>,
    asked: Mutex<usize>,
}

fn new_key(name: &str) -> (String, EcdsaKeyPair) {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    (name.to_owned(), EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap())
}

impl Idp {
    pub(super) fn new() -> Self {
        let claims = json!({ "sub": "u-1", "preferred_username": "ann", "groups": ["sre"] });
        Self {
            key: Mutex::new(new_key("one")),
            claims: Mutex::new(claims.as_object().unwrap().clone()),
            user_info: Mutex::default(),
            codes: Mutex::default(),
            twist: Mutex::default(),
            fault: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    pub(super) fn say(&self, name: &str, value: Value) {
        self.claims.lock().unwrap().insert(name.to_owned(), value);
    }

    pub(super) fn unsay(&self, name: &str) {
        self.claims.lock().unwrap().remove(name);
    }

    /// Signs with another key from now on, and publishes only that.
    pub(super) fn exchange_key(&self, name: &str) {
        *self.key.lock().unwrap() = new_key(name);
    }

    /// Sends other tokens.
    pub(super) fn twist(&self, twist: impl Fn(Token) -> String + Send + 'static) {
        *self.twist.lock().unwrap() = Some(Box::new(twist));
    }

    pub(super) fn break_at(&self, path: &'static str, says: Option<&'static str>) {
        *self.fault.lock().unwrap() = Some((path, says.map_or(Fault::Away, Fault::Says)));
    }

    pub(super) fn hang(&self, path: &'static str) {
        *self.fault.lock().unwrap() = Some((path, Fault::Hangs));
    }

    pub(super) fn mend(&self) {
        *self.fault.lock().unwrap() = None;
    }

    pub(super) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// Signs somebody in whose browser was sent here, and returns the way back.
    pub(super) fn sign_in(&self, location: &str) -> String {
        let (_, query) = location.split_once('?').unwrap();
        let fields = fields(query);
        let code = format!("code-{}", self.codes.lock().unwrap().len());
        let kept = (fields["nonce"].clone(), fields["code_challenge"].clone());
        self.codes.lock().unwrap().insert(code.clone(), kept);
        let state = &fields["state"];
        format!("/login/oidc/callback?code={code}&state={state}&iss=https%3A%2F%2Flogin.example%2F")
    }

    /// Signs a token with the key of now.
    pub(super) fn signed(&self, token: &Token) -> String {
        let signed = unsigned(token);
        let key = &self.key.lock().unwrap().1;
        let proof = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64::encode(proof.as_ref()))
    }

    pub(super) fn keys(&self) -> Value {
        let (name, key) = &*self.key.lock().unwrap();
        let point = key.public_key().as_ref();
        let (x, y) = (base64::encode(&point[1..33]), base64::encode(&point[33..]));
        let strange = json!({ "kty": "quantum", "n": 7 });
        json!({ "keys": [strange, { "kty": "EC", "crv": "P-256", "kid": name, "use": "sig", "x": x, "y": y }] })
    }

    fn tokens(&self, call: &ProviderCall) -> (u16, Value) {
        let basic = call.authorization.as_ref().map(|it| it.expose().to_owned());
        assert_eq!(basic.as_deref(), Some("Basic YmVsbHdldGhlcjpzM2NyZXQ="));
        let form = fields(call.form.as_ref().unwrap().expose());
        assert_eq!(
            form["redirect_uri"],
            "https%3A%2F%2Fbellwether.example%2Flogin%2Foidc%2Fcallback"
        );
        let Some((nonce, challenge)) = self.codes.lock().unwrap().remove(&form["code"]) else {
            return (400, json!({ "error": "invalid_grant" }));
        };
        let verifier = digest(&SHA256, form["code_verifier"].as_bytes());
        assert_eq!(base64::encode(verifier.as_ref()), challenge);
        let now = at(100).secs();
        let mut claims = self.claims.lock().unwrap().clone();
        for (name, value) in [
            ("iss", json!(ISSUER)),
            ("aud", json!("bellwether")),
            ("iat", json!(now)),
            ("exp", json!(now + 300)),
            ("nonce", json!(nonce)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        let kid = self.key.lock().unwrap().0.clone();
        let header = json!({ "alg": "ES256", "kid": kid });
        let token = Token { header, claims: claims.into() };
        let token = match &*self.twist.lock().unwrap() {
            Some(twist) => twist(token),
            None => self.signed(&token),
        };
        (200, json!({ "id_token": token, "access_token": "a", "token_type": "Bearer" }))
    }

    fn answer(&self, call: &ProviderCall) -> (u16, Value) {
        match call.url.strip_prefix("https://login.example").unwrap() {
            DISCOVERY => (
                200,
                json!({
                    "issuer": ISSUER,
                    "authorization_endpoint": "https://login.example/authorize?ui=dark",
                    "token_endpoint": "https://login.example/token",
                    "jwks_uri": "https://login.example/keys",
                    "userinfo_endpoint": "https://login.example/me",
                    "end_session_endpoint": "https://login.example/out",
                    "authorization_response_iss_parameter_supported": true,
                }),
            ),
            "/keys" => (200, self.keys()),
            "/token" => self.tokens(call),
            "/me" => {
                assert_eq!(call.authorization.as_ref().unwrap().expose(), "Bearer a");
                let said = self.user_info.lock().unwrap().clone();
                (200, said.unwrap_or_else(|| json!({ "sub": "u-1" })))
            }
            other => panic!("{other} was asked for"),
        }
    }
}

impl Provider for Idp {
    fn ask(&self, call: ProviderCall) -> BoxFuture<'_, Result<ProviderAnswer, String>> {
        *self.asked.lock().unwrap() += 1;
        Box::pin(async move {
            match &*self.fault.lock().unwrap() {
                Some((path, Fault::Away)) if call.url.ends_with(path) => {
                    return Err("login.example: secret refused".to_owned());
                }
                Some((path, Fault::Says(body))) if call.url.ends_with(path) => {
                    return Ok(ProviderAnswer { status: 200, body: body.as_bytes().to_vec() });
                }
                Some((path, Fault::Hangs)) if call.url.ends_with(path) => {}
                _ => {
                    let (status, body) = self.answer(&call);
                    return Ok(ProviderAnswer { status, body: body.to_string().into_bytes() });
                }
            }
            std::future::pending().await
        })
    }
}

/// Returns what a signature is over.
pub(super) fn unsigned(token: &Token) -> String {
    let part = |it: &Value| base64::encode(it.to_string().as_bytes());
    format!("{}.{}", part(&token.header), part(&token.claims))
}

fn fields(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|it| it.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
