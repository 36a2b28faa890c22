//! Binding, connections, stopping, and configuration.

use std::time::Duration;

use bellwether_core::ingest::Accepted;
use bellwether_core::settings::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::{Config, Error, build};
use super::harness::{PROTOBUF, Receiver};
use crate::Admission;

/// Scenario: three requests follow each other over one connection.
/// Guarantee: each is answered; the connection stays.
#[tokio::test]
async fn connections_are_kept() {
    let receiver = Receiver::accepting().await;
    let mut stream = TcpStream::connect(receiver.address).await.expect("somebody listens");
    for _ in 0..3 {
        let request = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n\
             content-length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.expect("an answer"));
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_eq!(receiver.got().len(), 3);
}

/// Scenario: the receiver is told to stop while a request is at work and a connection is idle.
/// Guarantee: that request gets its answer, the idle connection ends, then the receiver does.
#[tokio::test]
async fn a_request_at_work_is_answered_before_the_end() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), "{}", |_| {}).await;
    let _idle = TcpStream::connect(receiver.address).await.expect("somebody listens");
    let stop = async {
        receiver.ingest.arrived.acquire().await.expect("open").forget();
        receiver.shutdown.cancel();
        receiver.ingest.go.add_permits(1);
    };
    let (reply, ()) = tokio::join!(receiver.post("/v1/traces", PROTOBUF, b""), stop);
    assert_eq!(reply.status, 200);
    receiver.ended().await;
}

/// Scenario: the receiver is told to stop while a request will never be answered.
/// Guarantee: it ends when its grace is over.
#[tokio::test]
async fn a_request_that_hangs_does_not_hold_up_the_end() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        "{}",
        |bound| bound.limits.grace = Duration::from_millis(1),
    )
    .await;
    let mut stream = TcpStream::connect(receiver.address).await.expect("somebody listens");
    let request = format!(
        "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    receiver.ingest.arrived.acquire().await.expect("open").forget();
    receiver.shutdown.cancel();
    receiver.ended().await;
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let room = Admission::new(0);
    let free = Config { endpoint: Endpoint::loopback(0), ..Config::default() };
    let first = build(&free, room.clone()).await.expect("a free port");
    let endpoint = Endpoint::loopback(first.local_addr().port());
    let taken = Config { endpoint: endpoint.clone(), ..Config::default() };
    let Err(error @ Error::Bind { .. }) = build(&taken, room).await else { panic!("taken") };
    assert!(error.to_string().contains(&endpoint.to_string()), "{error}");
}

#[test]
fn configuration_has_defaults_and_no_unknown_keys() {
    let config: Config = serde_json::from_str("{}").expect("defaults");
    assert_eq!(config, Config::default());
    assert_eq!(config.endpoint.to_string(), "127.0.0.1:4318");
    assert_eq!(config.max_request_body_size.bytes(), 64 << 20);
    for (written, bytes) in [("20971520", 20 << 20), (r#""8MiB""#, 8 << 20)] {
        let json = format!(r#"{{"max_request_body_size": {written}}}"#);
        let config: Config = serde_json::from_str(&json).expect("a size");
        assert_eq!(config.max_request_body_size.bytes(), bytes);
    }
    for wrong in [
        r#"{"endpont": "[::1]:1"}"#,
        r#"{"max_request_body_size": 0}"#,
        r#"{"max_request_body_size": "0B"}"#,
        r#"{"max_request_body_size": "large"}"#,
        r#"{"cors": {"allowed_origin": []}}"#,
    ] {
        assert!(serde_json::from_str::<Config>(wrong).is_err(), "{wrong}");
    }
}
