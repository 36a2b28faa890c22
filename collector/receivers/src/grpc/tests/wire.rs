//! What no well-behaved client does: HTTP/2 by hand.

use std::time::Duration;

use bellwether_core::ingest::Accepted;
use bytes::Bytes;
use h2::client::SendRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::harness::{Receiver, TRACES};

/// Nothing here takes longer unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);

async fn socket(receiver: &Receiver) -> TcpStream {
    let address = receiver.address.strip_prefix("http://").expect("an address");
    TcpStream::connect(address).await.expect("somebody listens")
}

async fn connect(receiver: &Receiver, tasks: &mut JoinSet<()>) -> SendRequest<Bytes> {
    let (client, connection) = h2::client::handshake(socket(receiver).await).await.expect("HTTP/2");
    tasks.spawn(async move { drop(connection.await) });
    client
}

fn request() -> http::Request<()> {
    let request = http::Request::post(format!("http://x{TRACES}"));
    request.header("content-type", "application/grpc").body(()).expect("a request")
}

/// Sends a head and some bytes of its body, and keeps the call open.
async fn open(
    client: &SendRequest<Bytes>,
    bytes: &'static [u8],
) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
    let mut client = client.clone().ready().await.expect("room for a call");
    let (answer, mut body) = client.send_request(request(), false).expect("sent");
    body.send_data(Bytes::from_static(bytes), false).expect("sent");
    (answer, body)
}

async fn status(answer: h2::client::ResponseFuture) -> Option<String> {
    let answer = timeout(DEADLINE, answer).await.expect("in time").expect("an answer");
    let status = answer.headers().get("grpc-status")?;
    Some(status.to_str().expect("a number").to_owned())
}

/// Scenario: a call begins a message and never ends it.
/// Guarantee: its room is free again after the time for a request, and it is told to retry.
#[tokio::test]
async fn a_message_that_never_ends_frees_its_room() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        |bound| bound.limits.request_timeout = Duration::from_millis(50),
    )
    .await;
    let mut tasks = JoinSet::new();
    let client = connect(&receiver, &mut tasks).await;
    let (answer, _body) = open(&client, b"\0\0\x01\0\0abc").await;
    assert_eq!(status(answer).await.as_deref(), Some("4"), "DEADLINE_EXCEEDED");
    assert_eq!(receiver.admission.in_flight(), 0);
}

/// Scenario: a message announces more than is allowed, and nothing of it is sent.
/// Guarantee: it is refused at once.
#[tokio::test]
async fn oversize_is_refused_by_its_announcement() {
    let receiver = Receiver::accepting().await;
    let mut tasks = JoinSet::new();
    let client = connect(&receiver, &mut tasks).await;
    let (answer, _body) = open(&client, b"\0\xff\xff\xff\xff").await;
    assert_eq!(status(answer).await.as_deref(), Some("8"), "RESOURCE_EXHAUSTED");
}

/// Scenario: a sender breaks off its call while the request is at work.
/// Guarantee: the work ends and its room is free.
#[tokio::test]
async fn who_breaks_off_frees_its_room() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), |_| {}).await;
    let mut tasks = JoinSet::new();
    let client = connect(&receiver, &mut tasks).await;
    let (answer, mut body) = open(&client, b"\0\0\0\0\0").await;
    body.send_data(Bytes::new(), true).expect("sent");
    receiver.ingest.arrived.acquire().await.expect("open").forget();
    assert!(receiver.admission.in_flight() > 0);
    drop((answer, body));
    let free = async {
        while receiver.admission.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, free).await.expect("in time");
}

/// Scenario: a connection says nothing, a part of what HTTP/2 begins with, or nonsense.
/// Guarantee: it ends.
#[tokio::test]
async fn connections_that_do_not_begin_end() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        |bound| {
            bound.limits.begin_timeout = Duration::from_millis(50);
            bound.limits.idle_timeout = Duration::from_millis(50);
        },
    )
    .await;
    for begin in
        ["", "P", "PRI * HT", "GET /v1/pro", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense, and more"]
    {
        let mut socket = socket(&receiver).await;
        socket.write_all(begin.as_bytes()).await.expect("sent");
        let mut all = Vec::new();
        let ended = timeout(DEADLINE, socket.read_to_end(&mut all)).await;
        // what was not read may make the end a reset
        drop(ended.unwrap_or_else(|_| panic!("`{begin}` stays open")));
    }
}

/// Scenario: a sender of OTLP over HTTP/1.1 has the port of gRPC.
/// Guarantee: it is told so.
#[tokio::test]
async fn the_wrong_port_is_told() {
    let receiver = Receiver::accepting().await;
    let mut socket = socket(&receiver).await;
    let post =
        b"POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    socket.write_all(post).await.expect("sent");
    let mut answer = String::new();
    timeout(DEADLINE, socket.read_to_string(&mut answer)).await.expect("in time").expect("text");
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    assert!(answer.contains("4318"), "{answer}");
}
