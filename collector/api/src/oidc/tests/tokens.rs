//! Tokens that are wrong in one way each.

use axum::http::StatusCode;
use ring::hmac;
use serde_json::{Value, json};

use super::World;
use super::provider::{Token, unsigned};
use crate::oidc::base64;
use crate::oidc::jws::{Forged, Keys};
use crate::tests::samples::at;

/// Changes a claim before the token is signed as it should be.
fn claiming(world: &World, name: &'static str, value: Value) {
    let idp = world.idp.clone();
    world.idp.twist(move |mut token| {
        token.claims[name] = value.clone();
        idp.signed(&token)
    });
}

/// Scenario: the provider sends tokens that are signed and say what they should not.
/// Guarantee: each is refused, and the page says what is wrong with it.
#[tokio::test]
async fn a_token_has_to_say_what_was_asked_for() {
    let world = World::new();
    let now = at(100).secs();
    for (name, value, why) in [
        ("iss", json!("https://evil.example/"), "from `https://evil.example/`"),
        ("iss", Value::Null, "as `iss`"),
        ("aud", json!("other"), "for somebody else"),
        ("aud", json!(["bellwether", "other"]), "for somebody else"),
        ("azp", json!("other"), "for somebody else"),
        ("nonce", json!("other"), "another sign-in"),
        ("nonce", Value::Null, "another sign-in"),
        ("exp", json!(now - 60), "it ended 60s ago: the clocks"),
        ("exp", json!("2999"), "as `exp`"),
        ("exp", Value::Null, "as `exp`"),
        ("iat", json!(now + 61), "it begins in 61s: the clocks"),
        ("iat", json!(-5), "as `iat`"),
        ("nbf", json!(now + 3_600), "it begins in 3600s"),
        ("sub", json!(""), "as `sub`"),
    ] {
        claiming(&world, name, value.clone());
        let page = world.refused(StatusCode::BAD_GATEWAY).await;
        assert!(page.contains(why), "{name} {value}: {page}");
    }
    for (name, value) in [
        ("aud", json!(["bellwether"])),
        ("azp", json!("bellwether")),
        ("exp", json!(now - 59)),
        ("exp", json!(now as f64 + 0.5)),
        ("iat", json!(now + 60)),
    ] {
        claiming(&world, name, value);
        world.entered().await;
    }
}

/// Scenario: a token that somebody else made, or changed.
/// Guarantee: it is refused whatever it says of itself.
#[tokio::test]
async fn a_token_has_to_be_signed_by_the_provider() {
    let world = World::new();
    let idp = world.idp.clone();
    world.idp.twist(move |token| {
        let good = idp.signed(&token);
        let (_, proof) = good.rsplit_once('.').unwrap();
        let mut other = token;
        other.claims["groups"] = json!(["leads"]);
        format!("{}.{proof}", unsigned(&other))
    });
    let page = world.refused(StatusCode::BAD_GATEWAY).await;
    assert!(page.contains("its signature is wrong"), "{page}");
    let relabelled = |change: fn(&mut Token)| {
        let idp = world.idp.clone();
        world.idp.twist(move |mut token| {
            change(&mut token);
            idp.signed(&token)
        });
    };
    relabelled(|it| it.header["kid"] = json!("other"));
    assert!(world.refused(StatusCode::BAD_GATEWAY).await.contains("none of the keys"));
    relabelled(|it| it.header["crit"] = json!(["b64"]));
    assert!(world.refused(StatusCode::BAD_GATEWAY).await.contains("no signed token"));
    for name in ["none", "None", "HS256", "RS1", ""] {
        let idp = world.idp.clone();
        world.idp.twist(move |mut token| {
            token.header["alg"] = json!(name);
            match name {
                "HS256" => {
                    // as if the public key were a shared secret
                    let key = hmac::Key::new(hmac::HMAC_SHA256, idp.keys().to_string().as_bytes());
                    let signed = unsigned(&token);
                    let proof = hmac::sign(&key, signed.as_bytes());
                    format!("{signed}.{}", base64::encode(proof.as_ref()))
                }
                "none" => format!("{}.", unsigned(&token)),
                _ => idp.signed(&token),
            }
        });
        let page = world.refused(StatusCode::BAD_GATEWAY).await;
        assert!(page.contains("taken are RS256"), "{name}: {page}");
    }
    relabelled(|it| it.header["alg"] = json!("RS256"));
    assert!(world.refused(StatusCode::BAD_GATEWAY).await.contains("none of the keys"));
}

/// Guarantee: a key that the provider exchanged counts with the next sign-in, and the one before
/// does not any more.
#[tokio::test]
async fn keys_are_exchanged_at_once() {
    let world = World::new();
    world.entered().await;
    world.idp.exchange_key("two");
    world.entered().await;
    let (cookie, way) = world.go().await;
    world.idp.exchange_key("two");
    let idp = world.idp.clone();
    let old = world.idp.keys();
    world.idp.twist(move |token| {
        let signed = idp.signed(&token);
        idp.exchange_key("two");
        signed
    });
    let answer = world.come_back(&cookie, &way).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY, "signed by a key that was withdrawn");
    assert_ne!(world.idp.keys(), old);
}

#[test]
fn what_is_no_token_is_refused() {
    let idp = super::Idp::new();
    let keys = Keys::read(idp.keys().to_string().as_bytes()).unwrap();
    let token = Token { header: json!({ "alg": "ES256" }), claims: json!({ "sub": "x" }) };
    let good = idp.signed(&token);
    assert_eq!(keys.claims(&good).unwrap()["sub"], "x", "without a name any fitting key will do");
    for bad in [
        "",
        ".",
        "..",
        "a.b.c",
        &good.replace('.', ""),
        &format!("{good}="),
        &format!("{good}.x"),
        &good.replacen('.', "..", 1),
        &"a".repeat(70_000),
    ] {
        assert!(matches!(keys.claims(bad), Err(Forged::Malformed | Forged::Signature)), "{bad}");
    }
    let list = Token { header: json!({ "alg": "ES256" }), claims: json!(["x"]) };
    assert_eq!(keys.claims(&idp.signed(&list)), Err(Forged::Malformed));
    for keys in ["", "[]", "{}", r#"{"keys":7}"#] {
        assert!(Keys::read(keys.as_bytes()).is_none(), "{keys}");
    }
    let none = Keys::read(br#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#).unwrap();
    assert_eq!(none.claims(&good), Err(Forged::Signature), "a key that is none");
}
