//! Clients that are slow on purpose. Time is paused, so that it is as long as it is.

use std::net::SocketAddr;
use std::time::Duration;

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::*;

fn router() -> Router {
    Router::new()
        .route("/small", get(async || "here"))
        .route("/large", get(async || "x".repeat(1 << 20)))
        .route("/takes", post(async |body: String| body))
}

/// A connection with little room for what nobody reads.
fn connected() -> (DuplexStream, JoinSet<()>) {
    let (client, server) = duplex(1_024);
    let mut tasks = JoinSet::new();
    let peer = SocketAddr::from(([192, 0, 2, 1], 4_711));
    let (limits, stop) = (Limits::default(), CancellationToken::new());
    tasks.spawn(connection(server, peer, router(), limits, stop));
    (client, tasks)
}

/// Waits until the connection is given up, and returns after how many seconds that was.
async fn given_up(mut tasks: JoinSet<()>) -> u64 {
    let begun = Instant::now();
    tasks.join_next().await.unwrap().unwrap();
    begun.elapsed().as_secs()
}

/// Scenario: somebody connects and says nothing, or the first half of a first line.
/// Guarantee: the connection is given up within a minute.
#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_let_go() {
    let (_silent, tasks) = connected();
    assert_eq!(given_up(tasks).await, 60);
    let (mut half, tasks) = connected();
    half.write_all(b"GET /sm").await.unwrap();
    assert_eq!(given_up(tasks).await, 30);
}

/// Scenario: headers come a byte at a time, each before anybody could call that silence.
/// Guarantee: all of them have to be there within 30 s.
#[tokio::test(start_paused = true)]
async fn who_sends_headers_drop_by_drop_is_let_go() {
    let (mut client, tasks) = connected();
    client.write_all(b"GET /small HTTP/1.1\r\nx: ").await.unwrap();
    let dripping = async {
        while client.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(5)).await;
        }
    };
    let (took, ()) = tokio::join!(given_up(tasks), dripping);
    assert_eq!(took, 30);
}

/// Scenario: a body comes a byte at a time.
/// Guarantee: the request is answered after 30 s with what was wrong, and its room is free.
#[tokio::test(start_paused = true)]
async fn who_sends_a_body_drop_by_drop_is_told() {
    let (client, _tasks) = connected();
    let (mut reading, mut writing) = tokio::io::split(client);
    let head = b"POST /takes HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n";
    writing.write_all(head).await.unwrap();
    let begun = Instant::now();
    let dripping = async {
        while writing.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(5)).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = reading.read_exact(&mut answer) => drop(read.unwrap()),
        () = dripping => panic!("the connection ended without an answer"),
    }
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// Scenario: somebody asks for much and reads nothing of it, or stops half-way; another one reads
/// slowly, for minutes.
/// Guarantee: who reads nothing for 30 s is let go, and who reads is served.
#[tokio::test(start_paused = true)]
async fn who_reads_nothing_is_let_go_and_who_reads_slowly_is_served() {
    let ask = b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let (mut client, tasks) = connected();
    client.write_all(ask).await.unwrap();
    assert_eq!(given_up(tasks).await, 30);
    let (mut client, tasks) = connected();
    client.write_all(ask).await.unwrap();
    client.read_exact(&mut [0; 2_000]).await.unwrap();
    assert_eq!(given_up(tasks).await, 30);
    let (mut client, _tasks) = connected();
    client.write_all(ask).await.unwrap();
    let begun = Instant::now();
    let (mut read, mut piece) = (0, [0; 16 << 10]);
    loop {
        match client.read(&mut piece).await.unwrap() {
            0 => break,
            some => read += some,
        }
        if read % (64 << 10) < 1_024 {
            sleep(Duration::from_secs(20)).await;
        }
    }
    assert!(read > 1 << 20, "{read} bytes came");
    assert!(begun.elapsed() > Duration::from_secs(120), "{:?}", begun.elapsed());
}

/// Guarantee: a connection that is used now and then stays, whatever time it takes altogether.
#[tokio::test(start_paused = true)]
async fn who_comes_again_in_time_is_served() {
    let (mut client, mut tasks) = connected();
    for _ in 0..10 {
        client.write_all(b"GET /small HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            client.read_buf(&mut answer).await.unwrap();
        }
        sleep(Duration::from_secs(29)).await;
    }
    assert!(tasks.try_join_next().is_none());
    assert_eq!(given_up(tasks).await, 1, "30 s after the last one");
}

async fn ask(stream: &mut TcpStream) -> String {
    let request = b"GET /small HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut answer = vec![0; 15];
    let sent = stream.write_all(request).await;
    match (sent, stream.read_exact(&mut answer).await) {
        (Ok(()), Ok(_)) => String::from_utf8(answer).unwrap(),
        _ => "closed".to_owned(),
    }
}

/// Scenario: one address opens connections and keeps them; so do many at once.
/// Guarantee: it has so many and no more, who is too many waits for a place, and what ends frees it.
#[tokio::test]
async fn connections_are_bounded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits { connections: 4, of_one: 2, ..Limits::default() };
    let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve(listener, router(), limits, stop.clone()));
    let from = async |last: u8| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
        socket.connect(address).await.unwrap()
    };
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut stream = from(1).await;
        assert_eq!(ask(&mut stream).await, "HTTP/1.1 200 OK");
        kept.push(stream);
    }
    assert_eq!(ask(&mut from(1).await).await, "closed", "its third");
    for _ in 0..2 {
        let mut stream = from(2).await;
        assert_eq!(ask(&mut stream).await, "HTTP/1.1 200 OK", "another one comes in");
        kept.push(stream);
    }
    let mut waits = from(3).await;
    let early = tokio::time::timeout(Duration::from_millis(100), ask(&mut waits)).await;
    assert!(early.is_err(), "there is no place");
    drop(kept.remove(0));
    let mut answer = [0; 15];
    waits.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK", "there is one now");
    stop.cancel();
    drop((kept, waits));
    tasks.join_next().await.unwrap().unwrap();
}
