//! TLS on both receivers.

use std::time::Duration;

use bellwether_core::settings::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::harness::{Authority, Client, DEADLINE, Receivers, Told, tls};
use crate::{Admission, grpc};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Scenario: senders that trust the receiver's authority, one that trusts another one, one that
/// speaks plain text.
/// Guarantee: only the first get in; those who speak HTTP are told what is wrong; nobody is
/// served worse afterwards.
#[tokio::test]
async fn only_tls_gets_in() {
    let (ours, other, folder) = (Authority::new("ours"), Authority::new("other"), folder());
    let told = Told { tls: Some(tls(&folder, &ours.server(), None)), ..Told::default() };
    let receivers = Receivers::start(told).await;
    let good = Client { trusts: Some(ours.pem()), ..Client::default() };
    assert_eq!(receivers.send(&good).await, [Ok(()), Ok(())]);

    for refused in receivers.send(&Client { trusts: Some(other.pem()), ..Client::default() }).await
    {
        assert!(refused.clone().expect_err("not trusted").contains("UnknownIssuer"), "{refused:?}");
    }
    let [grpc, http] = receivers.send(&Client::default()).await;
    assert!(grpc.is_err(), "no HTTP/2 in plain text");
    let told = http.expect_err("no HTTP in plain text");
    assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("speaks TLS"), "{told}");
    for address in receivers.addresses() {
        let knock = b"GET /v1/probe/x HTTP/1.1\r\nhost: x\r\n\r\n";
        let told = Client::default().ask(address, knock).await.expect("a sign of life");
        assert!(told.starts_with("HTTP/1.1 400 "), "{told}");
        let nonsense = Client::default().ask(address, &[0; 100]).await;
        assert!(nonsense.is_ok(), "{nonsense:?}");
    }
    assert_eq!(receivers.send(&good).await, [Ok(()), Ok(())]);
    assert_eq!(receivers.taken(), 4);
}

/// Scenario: senders have to show a certificate. One shows a good one; others none, one of an
/// unknown authority, one that has expired, one that was made for servers.
/// Guarantee: only the first is served, over both protocols.
#[tokio::test]
async fn only_those_with_a_good_certificate_get_in() {
    let (ours, senders, other, folder) =
        (Authority::new("ours"), Authority::new("senders"), Authority::new("other"), folder());
    let settings = tls(&folder, &ours.server(), Some(&senders.pem()));
    assert!(settings.knows_senders());
    let receivers = Receivers::start(Told { tls: Some(settings), ..Told::default() }).await;
    let showing = |shows| Client { trusts: Some(ours.pem()), shows, authorization: None };
    assert_eq!(receivers.send(&showing(Some(senders.client()))).await, [Ok(()), Ok(())]);
    for (shows, alert) in [
        (None, "CertificateRequired"),
        (Some(other.client()), "UnknownCA"),
        (Some(senders.expired_client()), "CertificateExpired"),
        (Some(senders.server()), "Certificate"),
    ] {
        let [grpc, http] = receivers.send(&showing(shows)).await;
        assert!(grpc.is_err(), "{alert}");
        let told = http.expect_err(alert);
        assert!(told.contains(alert), "{alert}: {told}");
    }
    assert_eq!(receivers.taken(), 2);
    assert_eq!(receivers.send(&showing(Some(senders.client()))).await, [Ok(()), Ok(())]);
}

/// Scenario: the receiver's own certificate has expired.
/// Guarantee: senders find that out, and the receiver goes on.
#[tokio::test]
async fn an_expired_certificate_is_the_senders_to_refuse() {
    let (ours, folder) = (Authority::new("ours"), folder());
    let told = Told { tls: Some(tls(&folder, &ours.expired_server(), None)), ..Told::default() };
    let receivers = Receivers::start(told).await;
    let client = Client { trusts: Some(ours.pem()), ..Client::default() };
    for refused in receivers.send(&client).await {
        let told = refused.expect_err("expired").to_lowercase();
        assert!(told.contains("expired"), "{told}");
    }
    assert_eq!(receivers.taken(), 0);
}

/// Scenario: a sender knows only TLS 1.2, another one only TLS 1.3.
/// Guarantee: both are served unless the settings ask for newer or older versions.
#[tokio::test]
async fn versions_are_as_configured() {
    let (ours, folder) = (Authority::new("ours"), folder());
    let client = Client { trusts: Some(ours.pem()), ..Client::default() };
    let (old, new) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for (min, max, serves_old, serves_new) in
        [("1.2", "1.3", true, true), ("1.3", "1.3", false, true), ("1.2", "1.2", true, false)]
    {
        let mut settings = tls(&folder, &ours.server(), None);
        settings.min_version = serde_json::from_value(min.into()).expect("a version");
        settings.max_version = serde_json::from_value(max.into()).expect("a version");
        let receivers = Receivers::start(Told { tls: Some(settings), ..Told::default() }).await;
        let ask = b"GET /v1/probe/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        for address in receivers.addresses() {
            let served = client.ask_with(address, ask, &[old]).await;
            assert_eq!(served.is_ok(), serves_old, "1.2 where {min} to {max}: {served:?}");
            let served = client.ask_with(address, ask, &[new]).await;
            assert_eq!(served.is_ok(), serves_new, "1.3 where {min} to {max}: {served:?}");
        }
    }
}

/// Scenario: connections say nothing, or stop in the middle of the handshake; meanwhile others
/// come.
/// Guarantee: the others are served, and those are closed when their time is over.
#[tokio::test]
async fn a_handshake_does_not_take_for_ever() {
    let (ours, folder) = (Authority::new("ours"), folder());
    let settings = tls(&folder, &ours.server(), None);
    let begin_timeout = Some(Duration::from_millis(200));
    let told = Told { tls: Some(settings), begin_timeout, ..Told::default() };
    let receivers = Receivers::start(told).await;
    let mut slow = Vec::new();
    for address in receivers.addresses() {
        // a handshake of 512 bytes of which two have come
        for said in [&b""[..], &[22, 3, 1, 2, 0, 1, 0]] {
            let mut stream = TcpStream::connect(address).await.expect("somebody listens");
            stream.write_all(said).await.expect("sent");
            slow.push(stream);
        }
    }
    let good = Client { trusts: Some(ours.pem()), ..Client::default() };
    assert_eq!(receivers.send(&good).await, [Ok(()), Ok(())]);
    for mut stream in slow {
        let mut rest = Vec::new();
        let closing = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest));
        // whether it ends with a word or without is up to the system
        let _ = closing.await.expect("closed");
    }
}

/// Scenario: settings name a key of another certificate, files that hold nothing, or only half of
/// what is needed.
/// Guarantee: nothing is bound to them, and the message says which key and why.
#[tokio::test]
async fn what_cannot_be_used_is_told() {
    let (ours, folder) = (Authority::new("ours"), folder());
    let good = || tls(&folder, &ours.server(), Some(&ours.pem()));
    assert_eq!(good().check(), Ok(()));
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").expect("written");
    let named = |name: &str| serde_json::from_value(name.into()).expect("a path");
    let at_empty = || Some(named(&empty.display().to_string()));
    type Change<'a> = &'a dyn Fn(&mut crate::Tls);
    let cases: [(&str, Change<'_>); 8] = [
        ("cert_file: ", &|it| it.cert_file = at_empty()),
        ("key_file: ", &|it| it.key_file = at_empty()),
        ("client_ca_file: ", &|it| it.client_ca_file = at_empty()),
        ("cert_file: `/nowhere` cannot be read", &|it| it.cert_file = Some(named("/nowhere"))),
        ("key_pem: the certificate cannot be used with its key", &|it| {
            it.key_file = None;
            it.key_pem = Some(bellwether_core::settings::Secret::new(ours.server().key));
        }),
        ("cert_pem: stands beside", &|it| it.cert_pem = Some(ours.pem())),
        ("TLS needs a certificate and its key", &|it| *it = crate::Tls::default()),
        ("max_version: ", &|it| {
            it.min_version = serde_json::from_value("1.3".into()).expect("a version");
            it.max_version = serde_json::from_value("1.2".into()).expect("a version");
        }),
    ];
    for (told, change) in cases {
        let mut settings = good();
        change(&mut settings);
        let endpoint = Endpoint::loopback(0);
        let config = grpc::Config { endpoint, tls: Some(settings), ..grpc::Config::default() };
        let error = grpc::build(&config, Admission::new(0)).await.expect_err(told).to_string();
        assert!(error.starts_with("receivers.otlp.protocols.grpc.tls: "), "{error}");
        assert!(error.contains(told), "{told}: {error}");
        assert!(!error.contains("PRIVATE KEY-----\n"), "{error}");
    }
}
