//! Links in messages: looked at by anyone and anything, followed by people.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use bellwether_core::access::{AuditEntry, Outcome, Role};
use bellwether_core::links::{Deed, Links};
use bellwether_core::time::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use super::access::{Place, asked};
use super::memory::Memory;
use super::samples::at;
use super::text;
use crate::{LinkSettings, Seal, Signer};

const PERSON: &str = "ann+ops@x.example";

fn settings(more: serde_json::Value) -> LinkSettings {
    serde_json::from_value(more).unwrap()
}

/// A signer with a key of its own, in a folder.
fn signer() -> (Signer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let seal = Seal::read(folder.path(), &LinkSettings::default()).unwrap();
    (Signer::new(seal), folder)
}

fn link(signer: &Signer, deed: Deed, incident: &str, from: Timestamp) -> String {
    signer.link(deed, &incident.into(), PERSON, from).unwrap()
}

/// An API that everybody has to show a token, with these links.
fn place(signer: &Signer) -> (Place, Arc<Mutex<Vec<AuditEntry>>>) {
    let store = Memory::with_history();
    let kept = store.acts.clone();
    (Place::linked(json!({ "endpoint": "0.0.0.0:0" }), store, signer), kept)
}

/// Scenario: a scanner of mails follows both links of a message, and then somebody presses the
/// button of one.
/// Guarantee: to look does nothing; the button acts, as the person that the message was written
/// to, and the audit says so without the link. Neither needs a token or a page of our own.
#[tokio::test]
async fn to_look_does_nothing_and_the_button_acts() {
    let (signer, _folder) = signer();
    let (place, kept) = place(&signer);
    for deed in [Deed::Acknowledge, Deed::Silence] {
        let link = link(&signer, deed, "inc-3", at(90));
        for method in ["GET", "HEAD"] {
            assert_eq!(place.status(asked(method, &link)).await, StatusCode::OK);
        }
        assert!(kept.lock().unwrap().is_empty(), "{deed}: nothing was done");
        // what a browser sends from a page without a referrer
        let answer = place.ask(asked("POST", &link).with("origin", "null")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let entry = kept.lock().unwrap().remove(0);
        assert_eq!((entry.by.as_str(), entry.outcome), (PERSON, Outcome::Done));
        assert_eq!(entry.act, format!("POST /links/{deed}/{{id}}"));
        assert_eq!((entry.about, entry.body), (format!("/links/{deed}/inc-3"), String::new()));
    }
}

/// Guarantee: what is shown is escaped, sends nothing but its own form, and keeps the link to itself.
#[tokio::test]
async fn the_page_says_what_it_would_do_and_does_nothing_else() {
    let (signer, _folder) = signer();
    let (place, _) = place(&signer);
    let answer = place.ask(asked("GET", &link(&signer, Deed::Acknowledge, "inc-3", at(90)))).await;
    let headers = answer.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"));
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    insta::assert_snapshot!(text(answer).await);
    let over = place.ask(asked("GET", &link(&signer, Deed::Silence, "inc-2", at(90)))).await;
    let over = text(over).await;
    assert!(over.contains("It is over") && !over.contains("<form"), "{over}");
    let evil = signer.link(Deed::Silence, &"inc-3".into(), "<script>", at(90)).unwrap();
    assert!(!text(place.ask(asked("GET", &evil)).await).await.contains("<script>"));
}

/// Scenario: somebody changes a link in every part of it, uses it for something else, or too late.
/// Guarantee: nothing is shown and nothing is done.
#[tokio::test]
async fn a_link_does_what_it_says_for_whom_it_says_while_it_lasts() {
    let (signer, _folder) = signer();
    let good = link(&signer, Deed::Acknowledge, "inc-3", at(90));
    let end = at(90).secs() + 86_400;
    let longer = good.replace(&end.to_string(), &(end + 1).to_string());
    let query = good.split_once('?').unwrap().1;
    let cut = &good[..good.len() - 1];
    for wrong in [
        good.replace("inc-3", "inc-2"),
        good.replace("acknowledge", "silence"),
        good.replace("ann", "bob"),
        good.replace(&format!("until={end}"), "until=x"),
        longer,
        cut.to_owned(),
        format!("{good}0"),
        format!("/links/acknowledge/inc-3?{query}&proof=0"),
        "/links/acknowledge/inc-3".to_owned(),
        "/links/acknowledge/inc-3?by=ann&until=99999999999&proof=".to_owned(),
        link(&self::signer().0, Deed::Acknowledge, "inc-3", at(90)),
    ] {
        for method in ["GET", "POST"] {
            let (place, kept) = place(&signer);
            let answer = place.ask(asked(method, &wrong)).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {wrong}");
            let said = text(answer).await;
            assert!(said.contains("not one of ours") && !said.contains("Admin"), "{said}");
            assert!(kept.lock().unwrap().is_empty(), "{method} {wrong}");
        }
    }
    let (place, kept) = place(&signer);
    let old = link(&signer, Deed::Acknowledge, "inc-3", at(100 - 86_400));
    for method in ["GET", "POST"] {
        let answer = place.ask(asked(method, &old)).await;
        assert_eq!(answer.status(), StatusCode::GONE);
        assert!(text(answer).await.contains("expired"));
    }
    assert!(kept.lock().unwrap().is_empty());
    let over = place.ask(asked("POST", &link(&signer, Deed::Acknowledge, "inc-2", at(90)))).await;
    assert_eq!(over.status(), StatusCode::NOT_FOUND);
    assert_eq!(over.headers()["content-type"], "text/html; charset=utf-8");
}

#[tokio::test(start_paused = true)]
async fn guessed_links_are_slowed_down() {
    let (signer, _folder) = signer();
    let (place, _) = place(&signer);
    let wrong = || asked("GET", "/links/silence/inc-3?by=ann&until=99999999999&proof=0");
    for _ in 0..10 {
        assert_eq!(place.status(wrong()).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(place.status(wrong()).await, StatusCode::TOO_MANY_REQUESTS);
    let good = link(&signer, Deed::Silence, "inc-3", at(90));
    assert_eq!(place.status(asked("GET", &good)).await, StatusCode::OK, "nobody is locked out");
}

/// Guarantee: no role opens a link that is not ours.
#[tokio::test]
async fn no_token_takes_the_place_of_a_link() {
    let (signer, _folder) = signer();
    let (place, _) = place(&signer);
    let request = asked("POST", "/links/silence/inc-3").token(&place.token(Role::Admin));
    assert_eq!(place.status(request).await, StatusCode::FORBIDDEN);
}

/// Scenario: the collector starts again, with the same folder, with a key of its own, and with none.
/// Guarantee: a kept key makes links that go on, only its owner can read it, and links that are not
/// wanted are neither made nor taken.
#[test]
fn a_key_is_made_once_and_kept_where_nobody_else_reads_it() {
    let (first, folder) = signer();
    let file = folder.path().join("links.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = Signer::new(Seal::read(folder.path(), &LinkSettings::default()).unwrap());
    let made = |signer: &Signer| link(signer, Deed::Silence, "inc-3", at(90));
    assert_eq!(made(&first), made(&again));
    let own = settings(json!({ "signing_key": "k".repeat(32), "valid_for": "1h" }));
    let own = Signer::new(Seal::read(folder.path(), &own).unwrap());
    assert_ne!(made(&first), made(&own));
    let off =
        Signer::new(Seal::read(folder.path(), &settings(json!({ "enabled": false }))).unwrap());
    assert_eq!(off.link(Deed::Silence, &"inc-3".into(), PERSON, at(90)), None);
    std::fs::write(&file, "short").unwrap();
    let error = Seal::read(folder.path(), &LinkSettings::default()).err().unwrap().to_string();
    assert!(error.contains("links.key: this is no key"), "{error}");
}

#[test]
fn keys_that_could_be_guessed_and_no_time_are_mistakes() {
    assert!(LinkSettings::default().flaws().is_empty());
    let wrong = settings(json!({ "signing_key": "short", "valid_for": "0s" }));
    let keys: Vec<&str> = wrong.flaws().into_iter().map(|(key, ..)| key).collect();
    assert_eq!(keys, ["signing_key", "valid_for"]);
    assert!(!format!("{wrong:?} {}", serde_json::to_string(&wrong).unwrap()).contains("short"));
}
