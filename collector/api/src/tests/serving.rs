//! Over a real socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::api_over;
use super::memory::Memory;
use super::samples::snapshot;
use crate::{Config, Server};

async fn bound(store: Memory) -> Server {
    let (api, _hand) = api_over(snapshot(), store);
    let config: Config = serde_json::from_str(r#"{ "endpoint": "127.0.0.1:0" }"#).unwrap();
    config.bind(api).await.unwrap()
}

async fn ask(server: &Server, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads until the other side closes, which has to be soon.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
    answer
}

#[test]
fn it_stays_on_this_machine_unless_told_otherwise() {
    let config: Config = serde_json::from_str("{}").unwrap();
    assert_eq!(config.endpoint.to_string(), "127.0.0.1:8088");
    assert!(serde_json::from_str::<Config>(r#"{ "endpont": "127.0.0.1:1" }"#).is_err());
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_the_end() {
    let server = bound(Memory::default()).await;
    let stop = CancellationToken::new();
    let mut stream = ask(&server, "/livez").await;
    let mut tasks = JoinSet::new();
    tasks.spawn(server.run(stop.clone()));
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    stop.cancel();
    tasks.join_next().await.unwrap().unwrap().unwrap();
    assert!(rest(stream).await.ends_with("{\"alive\":true}"));
}

/// Scenario: a client waits for a store that does not answer while the collector stops.
/// Guarantee: the end does not wait for it longer than the grace.
#[tokio::test]
async fn a_hanging_answer_does_not_hold_up_the_end() {
    let store = Memory::stuck();
    let asked = Arc::clone(&store.asked);
    let server = bound(store).await;
    let stop = CancellationToken::new();
    let _stream = ask(&server, "/api/v1/incidents").await;
    let mut tasks = JoinSet::new();
    tasks.spawn(server.run(stop.clone()));
    asked.notified().await;
    stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), tasks.join_next()).await;
    ended.unwrap().unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let server = bound(Memory::default()).await;
    let taken = server.local_addr().to_string();
    let config = Config { endpoint: taken.parse().unwrap(), ..Config::default() };
    let (api, _hand) = api_over(snapshot(), Memory::default());
    let error = config.bind(api).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("api: cannot listen on {taken}: name another endpoint, or stop what listens there")
    );
}
