//! What probes say of servers that misbehave.

use std::time::Duration;

use serde_json::{Value, json};

use super::listeners::{self, Listener, body, certificate, empty, redirect};
use crate::Probe;
use crate::settings::Settings;

fn probe(settings: Value) -> Probe {
    let mut settings = settings;
    settings["component"] = "auth".into();
    let settings: Settings = serde_json::from_value(settings).unwrap();
    Probe::of("login", &settings).unwrap()
}

/// Asks once, within the probe's own time; the class and the text of what is wrong.
async fn ask(settings: Value) -> Result<(), (String, String)> {
    let probe = probe(settings);
    let asked = tokio::time::timeout(probe.timeout, probe.ask.ask()).await;
    match asked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => Err((problem.class().to_owned(), problem.message().to_owned())),
        Err(_) => Err(("timeout".to_owned(), String::new())),
    }
}

async fn class(settings: Value) -> String {
    ask(settings).await.err().map_or("passed".to_owned(), |it| it.0)
}

#[tokio::test]
async fn http_answers_are_held_against_what_is_expected() {
    let server = Listener::answering(|head| match head.split([' ', '?']).nth(1) {
        Some("/json") => {
            body("content-type: application/json\r\n", r#"{"status":"ok","db":{"up":true}}"#)
        }
        Some("/none") => empty(204),
        Some("/gone") => empty(404),
        _ => empty(if head.starts_with("OPTIONS") { 200 } else { 500 }),
    })
    .await;
    let url = |path: &str| format!("http://{}{path}", server.address);
    for (http, expected) in [
        (json!({ "url": url("/none") }), "passed"),
        (json!({ "url": url("/none"), "expect": { "status": 200 } }), "204"),
        (json!({ "url": url("/none"), "expect": { "status": [200, 204] } }), "passed"),
        (json!({ "url": url("/gone") }), "404"),
        (json!({ "url": url("/gone"), "expect": { "status": 404 } }), "passed"),
        (json!({ "url": url("/any"), "method": "OPTIONS" }), "passed"),
        (json!({ "url": url("/json"), "expect": { "body": "\"ok\"" } }), "passed"),
        (json!({ "url": url("/json"), "expect": { "body": "fine" } }), "unexpected_body"),
        (json!({ "url": url("/json"), "expect": { "json": { "$.db.up": true } } }), "passed"),
        (
            json!({ "url": url("/json"), "expect": { "json": { "$.db.up": false } } }),
            "unexpected_body",
        ),
        (
            json!({ "url": url("/json"), "expect": { "headers": { "content-type": "application/*" } } }),
            "passed",
        ),
        (
            json!({ "url": url("/json"), "expect": { "headers": { "content-type": ["text/*", "image/*"] } } }),
            "unexpected_header",
        ),
    ] {
        assert_eq!(class(json!({ "http": http })).await, expected, "{http}");
    }
    let (_, text) = ask(json!({ "http": { "url": url("/gone?key=s3cret") } })).await.unwrap_err();
    let place = url("/gone");
    assert_eq!(text, format!("GET {place}: answered 404 Not Found instead of 2xx"));
}

#[tokio::test]
async fn secrets_are_sent_and_not_shown() {
    let server = Listener::answering(|head| {
        empty(if head.contains("authorization: Bearer s3cret") { 403 } else { 200 })
    })
    .await;
    let http = json!({
        "url": format!("http://{}/", server.address),
        "headers": { "authorization": "Bearer s3cret" },
    });
    let (class, text) = ask(json!({ "http": http })).await.unwrap_err();
    assert_eq!(class, "403");
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn redirects_are_answers_until_they_are_followed_and_never_followed_for_ever() {
    let server = Listener::answering(|head| match head.split(' ').nth(1) {
        Some("/loop") => redirect("/loop"),
        Some("/two") => redirect("/one"),
        Some("/one") => redirect("/end"),
        _ => empty(200),
    })
    .await;
    let http = |path: &str, follow: u8| {
        let url = format!("http://{}{path}", server.address);
        json!({ "http": { "url": url, "follow_redirects": follow } })
    };
    assert_eq!(class(http("/two", 0)).await, "302");
    assert_eq!(class(http("/two", 1)).await, "302");
    assert_eq!(class(http("/two", 2)).await, "passed");
    let (class, text) = ask(http("/loop", 5)).await.unwrap_err();
    assert_eq!(class, "302");
    assert!(text.ends_with("instead of 2xx, after 5 redirects that were followed"), "{text}");
}

#[tokio::test]
async fn who_refuses_hangs_drips_or_hangs_up_has_failed() {
    let gone = Listener::gone().await;
    let hanging = Listener::new(|stream| async move {
        let _kept = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let slow = Listener::new(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        listeners::head(&mut stream).await;
        for _ in 0..1_000 {
            if stream.write_all(b"H").await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let rude = Listener::new(|mut stream| async move {
        listeners::head(&mut stream).await;
    })
    .await;
    let http = |address: std::net::SocketAddr| json!({ "http": { "url": format!("http://{address}/") }, "timeout": "300ms" });
    assert_eq!(class(http(gone)).await, "connection_refused");
    assert_eq!(class(http(hanging.address)).await, "timeout");
    assert_eq!(class(http(rude.address)).await, "http");
    // a head that never ends is no answer, however it is put
    assert!(ask(http(slow.address)).await.is_err());

    let tcp = |address: std::net::SocketAddr| json!({ "tcp": { "address": address.to_string() } });
    assert_eq!(class(tcp(gone)).await, "connection_refused");
    assert_eq!(class(tcp(hanging.address)).await, "passed", "it takes connections");
    let tls = json!({ "tls": { "address": hanging.address.to_string() }, "timeout": "300ms" });
    assert_eq!(class(tls).await, "timeout");
}

#[tokio::test]
async fn certificates_are_looked_at() {
    let folder = std::env::temp_dir();
    let trusted = |certified: &rcgen::CertifiedKey<rcgen::KeyPair>, name: &str| {
        let path = folder.join(format!("bellwether-probes-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, certified.cert.pem()).unwrap();
        path
    };
    let good = certificate("localhost", (2096, 1, 1));
    let old = certificate("localhost", (2021, 1, 1));
    let other = certificate("other.example", (2096, 1, 1));
    let mut found = Vec::new();
    for (certified, name) in [(&good, "good"), (&old, "old"), (&other, "other")] {
        let server = Listener::secure(certified).await;
        let address = format!("localhost:{}", server.address.port());
        let ca_file = trusted(certified, name);
        found.push(class(json!({ "tls": { "address": address, "ca_file": ca_file } })).await);
    }
    assert_eq!(found, ["passed", "certificate_expired", "certificate_wrong_name"]);

    let server = Listener::secure(&good).await;
    let address = format!("localhost:{}", server.address.port());
    assert_eq!(class(json!({ "tls": { "address": address } })).await, "certificate_untrusted");
    let ca_file = trusted(&good, "again");
    let tls = json!({ "address": address, "ca_file": ca_file, "valid_for": "36500d" });
    assert_eq!(class(json!({ "tls": tls })).await, "certificate_expired", "in a hundred years");
    let http = |valid_for: Value| {
        let url = format!("https://{address}/");
        json!({ "http": { "url": url, "ca_file": ca_file, "valid_for": valid_for } })
    };
    assert_eq!(class(http(Value::Null)).await, "passed");
    assert_eq!(class(http("14d".into())).await, "passed");
    assert_eq!(class(http("36500d".into())).await, "certificate_expired");
    for name in ["good", "old", "other", "again"] {
        let path = folder.join(format!("bellwether-probes-{}-{name}.pem", std::process::id()));
        std::fs::remove_file(path).unwrap();
    }
}

/// A journey of the catalog is walked with its credentials, what a step extracts goes on, and
/// what fails names the step.
#[tokio::test]
async fn a_journey_is_walked() {
    let server = Listener::answering(|head| match head.split(' ').nth(1) {
        Some("/login") => body("", r#"{"access_token":"t-1"}"#),
        Some("/admin") if head.contains("authorization: Bearer t-1") => empty(200),
        Some("/admin") => empty(401),
        _ => empty(404),
    })
    .await;
    let catalog = |last: &str| {
        let base = format!("http://{}", server.address);
        let raw = json!({
            "components": { "auth": {}, "admin": {} },
            "customers": { "zebra": { "name": "Zebra" } },
            "journeys": { "zebra-admin": {
                "customer": "zebra",
                "components": ["auth", "admin"],
                "credentials": { "username": "zebra-probe", "password": "s3cret" },
                "steps": [
                    { "name": "log in", "request": { "method": "POST", "url": format!("{base}/login"),
                      "json": { "username": "{{username}}", "password": "{{password}}" } },
                      "expect": { "status": 200 }, "extract": { "token": "$.access_token" } },
                    { "name": "open admin", "request": { "url": format!("{base}{last}"),
                      "headers": { "authorization": "Bearer {{token}}" } }, "expect": { "status": 200 } },
                ],
            } },
        });
        let raw = serde_json::from_value(raw).unwrap();
        bellwether_core::catalog::Catalog::check(raw).unwrap()
    };
    let walk = async |last: &str| {
        let catalog = catalog(last);
        let probe = Probe::walking(&catalog.journeys()[0]).unwrap();
        assert_eq!((probe.name.as_str(), probe.customer), ("zebra-admin", Some("zebra".into())));
        assert_eq!(probe.component.as_str(), "admin", "where it leads, however it is spelt");
        probe.ask.ask().await
    };
    assert_eq!(walk("/admin").await, Ok(()));
    let problem = walk("/gone").await.unwrap_err();
    let base = format!("http://{}", server.address);
    assert_eq!(
        problem.message(),
        format!("step 2 of 2, open admin: GET {base}/gone: answered 404 Not Found instead of 200")
    );
}
