//! `GET /v1/probe/{nonce}` beside OTLP, on the same port.

use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use super::harness::{LOGS, Receiver, SEEN};

/// Asks over HTTP/2, as the channel of an exporter does.
async fn ask(receiver: &Receiver, path: &str) -> (u16, Option<String>, String) {
    let request =
        http::Request::get(format!("{}{path}", receiver.address)).body(Body::empty()).unwrap();
    let mut channel = receiver.channel().await;
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    let header = response.headers().get("bellwether-probe");
    let word = header.map(|it| it.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, word, String::from_utf8_lossy(&body).into_owned())
}

/// Scenario: a service asks for a probe that arrived, and for one that did not.
/// Guarantee: 200 and 404, both with the header by which this collector is known.
#[tokio::test]
async fn probes_are_told_from_one_another() {
    let receiver = Receiver::accepting().await;
    let seen = ask(&receiver, &format!("/v1/probe/{SEEN}")).await;
    assert_eq!(seen, (200, Some("seen".to_owned()), "the probe arrived\n".to_owned()));
    for path in ["/v1/probe/n-2", "/v1/probe/", "/v1/probe/n-1/more"] {
        let (status, word, _) = ask(&receiver, path).await;
        assert_eq!((status, word.as_deref()), (404, Some("unseen")), "{path}");
    }
    let (status, word, _) = ask(&receiver, "/v1/other").await;
    assert_eq!((status, word), (415, None));
    assert!(receiver.got().is_empty(), "no probe is taken for telemetry");
    receiver.send(LOGS, Vec::new()).await.expect("OTLP as ever");
}

/// Scenario: somebody asks with curl.
/// Guarantee: HTTP/1.1 is answered the same way.
#[tokio::test]
async fn plain_http_is_answered_too() {
    let receiver = Receiver::accepting().await;
    let address = receiver.address.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /v1/probe/{SEEN} HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("bellwether-probe: seen\r\n"), "{answer}");
}
