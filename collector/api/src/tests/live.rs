//! `/api/v1/live` over real sockets.

use std::time::Duration;

use bellwether_core::access::Role;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::running::Running;
use super::samples::{at, snapshot};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<TcpStream>;

impl Running {
    /// Opens a socket, with what a test adds to the request.
    async fn open(&self, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let url = format!("ws://{}/api/v1/live{query}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Publishes what is the same at another time.
    fn goes_on(&self, second: i64) {
        self.change(|it| it.collector.now = at(second).into());
    }
}

async fn message(socket: &mut Socket) -> Value {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Reads on until the other side says why it ends.
async fn code(socket: &mut Socket) -> u16 {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Text(_) | Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Scenario: a page opens a socket, something changes, the connection breaks, something else
/// changes, the page comes back.
/// Guarantee: it is sent everything once, then what changed, and after the break what it missed.
#[tokio::test]
async fn a_page_is_sent_everything_and_then_what_changes() {
    let running = Running::loopback().await;
    let mut socket = running.open("", &[]).await.unwrap();
    let first = message(&mut socket).await;
    assert_eq!(first["kind"], "snapshot");
    assert_eq!(first["snapshot"], serde_json::to_value(snapshot()).unwrap());
    let seq = first["seq"].as_u64().unwrap();
    running.goes_on(101);
    let delta = message(&mut socket).await;
    assert_eq!((delta["kind"].as_str(), delta["seq"].as_u64()), (Some("delta"), Some(seq + 1)));
    drop(socket);
    running.goes_on(102);
    let mut socket = running.open(&format!("?after={}", seq + 1), &[]).await.unwrap();
    let missed = message(&mut socket).await;
    assert_eq!((missed["kind"].as_str(), missed["seq"].as_u64()), (Some("delta"), Some(seq + 2)));
    assert_eq!(missed["collector"]["now"], at(102).to_string());
}

/// Guarantee: a page of another origin, a name that was made to lead here, and somebody without
/// a token open no socket.
#[tokio::test]
async fn a_socket_opens_for_whoever_may_look_and_nobody_else() {
    let running = Running::loopback().await;
    let own = format!("http://{}", running.address);
    assert!(running.open("", &[("origin", &own)]).await.is_ok());
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "evil.example", 401),
        ("authorization", "Bearer bellwether_0", 401),
    ] {
        assert_eq!(running.open("", &[(name, value)]).await.err(), Some(status), "{name} {value}");
    }
    assert_eq!(running.open("?after=x", &[]).await.err(), Some(400));
    let elsewhere = Running::new(json!({
        "endpoint": "127.0.0.1:0", "auth": { "without_token": "nobody" },
    }));
    let elsewhere = elsewhere.await;
    assert_eq!(elsewhere.open("", &[]).await.err(), Some(401));
    let made = elsewhere.tokens.create("eve", Role::Viewer, at(0)).unwrap();
    let header = format!("Bearer {}", made.secret.expose());
    let mut socket = elsewhere.open("", &[("authorization", &header)]).await.unwrap();
    assert_eq!(message(&mut socket).await["kind"], "snapshot");
    elsewhere.tokens.revoke(&made.token.id).unwrap();
    assert_eq!(code(&mut socket).await, 1008, "a token that is revoked ends what it opened");
}

/// Guarantee: there are no more than 256 sockets; one that ends makes room.
#[tokio::test]
async fn sockets_are_counted() {
    let running = Running::loopback().await;
    let mut sockets = Vec::new();
    for _ in 0..256 {
        sockets.push(running.open("", &[]).await.unwrap());
    }
    assert_eq!(running.open("", &[]).await.err(), Some(503));
    let mut last = sockets.pop().unwrap();
    last.close(None).await.unwrap();
    while timeout(PATIENCE, last.next()).await.unwrap().is_some_and(|it| it.is_ok()) {}
    let again = timeout(PATIENCE, async {
        while running.open("", &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    again.await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_collector_is_said() {
    let mut running = Running::loopback().await;
    let mut socket = running.open("", &[]).await.unwrap();
    message(&mut socket).await;
    running.stop.cancel();
    assert_eq!(code(&mut socket).await, 1001);
    drop(socket);
    timeout(PATIENCE, running.tasks.join_next()).await.unwrap().unwrap().unwrap().unwrap();
}

/// Scenario: a hundred pages look while everything changes again and again.
/// Guarantee: each change is written once, whoever looks: the pages get the same bytes, in order.
#[tokio::test]
async fn many_pages_are_sent_the_same() {
    let running = Running::loopback().await;
    let mut sockets = Vec::new();
    for _ in 0..100 {
        let mut socket = running.open("", &[]).await.unwrap();
        message(&mut socket).await;
        sockets.push(socket);
    }
    for second in 101..121 {
        running.goes_on(second);
        let first = message(&mut sockets[0]).await;
        for socket in &mut sockets[1..] {
            assert_eq!(message(socket).await, first);
        }
    }
}
