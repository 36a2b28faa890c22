//! HTTP/2 without TLS, over a real socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use futures_util::future::join_all;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::body::Body;
use crate::call::Call;
use crate::transport::{Http, Network, Transport};
use crate::wire::{Protocol, Wire};

fn grpc() -> Arc<dyn Transport> {
    grpc_through(Matcher::builder().build())
}

fn grpc_through(proxies: Matcher) -> Arc<dyn Transport> {
    // another test may have been first
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wire = Wire { protocol: Protocol::PlainHttp2, ..Wire::default() };
    Http::through(proxies.into()).unwrap().open(&wire).unwrap()
}

/// What a server does with a connection.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Answers with what came, piece by piece through a narrow window.
    Echo,
    /// The same, and says goodbye with the first answer.
    Leave,
    /// Reads, and never answers.
    Silent,
}

/// Serves each connection in its manner, the last one for all that follow, and counts them.
async fn serve(manners: Vec<Manner>, tasks: &mut JoinSet<()>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tasks.spawn(async move {
        let mut all = JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let at = count.fetch_add(1, Ordering::SeqCst);
            let manner = *manners.get(at).or(manners.last()).unwrap();
            all.spawn(connection(socket, manner));
        }
    });
    (address, connections)
}

async fn connection(socket: TcpStream, manner: Manner) {
    let mut calls = JoinSet::new();
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        if manner == Manner::Leave {
            connection.graceful_shutdown();
        }
        calls.spawn(answer(request, respond, manner));
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, manner: Manner) {
    let (head, mut body) = request.into_parts();
    assert!(head.headers[header::USER_AGENT].to_str().unwrap().starts_with("bellwether/"));
    let mut whole = BytesMut::new();
    while let Some(Ok(data)) = body.data().await {
        whole.extend_from_slice(&data);
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    if manner == Manner::Silent {
        std::future::pending::<()>().await;
    }
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    stream.send_data(whole.freeze(), false).unwrap();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers).unwrap();
}

fn call(to: SocketAddr, pieces: Vec<Bytes>) -> Call {
    let mut call = Call::new("test", Method::POST, format!("http://{to}/x"));
    call.body = pieces.into_iter().collect::<Body>();
    call
}

/// Bytes that say where they belong.
fn piece(of: u32, length: usize) -> Bytes {
    (of..).flat_map(u32::to_le_bytes).take(length).collect()
}

#[tokio::test]
async fn bodies_in_pieces_arrive_whole_although_windows_are_narrow() {
    let mut tasks = JoinSet::new();
    let (server, connections) = serve(vec![Manner::Echo], &mut tasks).await;
    let grpc = grpc();
    let sizes = [5, 300_000, 1, 1_023, 1_024, 70_001, 0, 400_000];
    let calls = (0..8).map(|of| {
        let pieces: Vec<Bytes> =
            (0..).zip(sizes).map(|(at, size)| piece(1_000_000 * of + 100_000 * at, size)).collect();
        let expected = pieces.concat();
        let grpc = &grpc;
        async move {
            let answer = grpc.send(call(server, pieces)).await.unwrap();
            assert_eq!(answer.status, 200);
            assert!(answer.body == expected, "something else came back");
            assert_eq!(answer.trailers["grpc-status"], "0");
        }
    });
    join_all(calls).await;
    let empty = grpc.send(call(server, Vec::new())).await.unwrap();
    assert!(empty.body.is_empty());
    assert_eq!(connections.load(Ordering::SeqCst), 1, "all share a connection");
}

#[tokio::test]
async fn who_says_goodbye_is_called_on_another_connection() {
    let mut tasks = JoinSet::new();
    let (server, connections) = serve(vec![Manner::Leave, Manner::Echo], &mut tasks).await;
    let grpc = grpc();
    for number in 0..3 {
        let answer = grpc.send(call(server, vec![piece(number, 50_000)])).await.unwrap();
        assert_eq!(answer.body, piece(number, 50_000));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_does_not_answer_is_called_on_another_connection() {
    let mut tasks = JoinSet::new();
    let (server, connections) = serve(vec![Manner::Silent, Manner::Echo], &mut tasks).await;
    let grpc = grpc();
    tokio::select! {
        biased;
        answer = grpc.send(call(server, vec![piece(0, 9)])) => panic!("{answer:?}"),
        // given up once the server has the connection
        () = async { while connections.load(Ordering::SeqCst) == 0 { tokio::task::yield_now().await } } => {}
    }
    let answer = grpc.send(call(server, vec![piece(1, 9)])).await.unwrap();
    assert_eq!(answer.body, piece(1, 9));
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_connection_names_the_host_and_not_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = Call::new("test", Method::POST, format!("http://{address}/hook/t0ken?key=t0ken"));
    let error = grpc().send(refused).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("{address}: ")), "{error}");
    assert!(error.contains("refused") && !error.contains("t0ken"), "{error}");
}

/// A proxy that leads every tunnel to one server; returns what it was asked.
async fn tunnel(listener: TcpListener, answer: &str, to: SocketAddr) -> Vec<String> {
    let mut socket = BufReader::new(listener.accept().await.unwrap().0);
    let mut asked: Vec<String> = Vec::new();
    while asked.last().is_none_or(|line| !line.is_empty()) {
        let mut line = String::new();
        socket.read_line(&mut line).await.unwrap();
        asked.push(line.trim_end().to_owned());
    }
    socket.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).await.unwrap();
    if answer.starts_with("200") {
        copy_bidirectional(&mut socket, &mut TcpStream::connect(to).await.unwrap()).await.unwrap();
    }
    asked
}

async fn proxied(answer: &str) -> (Result<Bytes, String>, Vec<String>) {
    let mut tasks = JoinSet::new();
    let (server, _) = serve(vec![Manner::Echo], &mut tasks).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://user:pa55@{}", listener.local_addr().unwrap());
    let grpc = grpc_through(Matcher::builder().https(proxy).build());
    let mut call = call(server, vec![piece(0, 100_000)]);
    call.url = "http://collector.invalid:4317/x".to_owned();
    let send = async move { grpc.send(call).await.map(|it| it.body).map_err(|it| it.to_string()) };
    tokio::join!(send, tunnel(listener, answer, server))
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel() {
    let (answer, asked) = proxied("200 OK").await;
    assert_eq!(answer.unwrap(), piece(0, 100_000));
    assert_eq!(asked[0], "CONNECT collector.invalid:4317 HTTP/1.1");
    assert!(asked.contains(&"Proxy-Authorization: Basic dXNlcjpwYTU1".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_without_its_password() {
    for (answer, told) in [("407 No", "authorization required"), ("502 No", "unsuccessful")] {
        let (error, _) = proxied(answer).await;
        let error = error.unwrap_err();
        let begins = "collector.invalid:4317: no tunnel through the proxy 127.0.0.1: ";
        assert!(error.starts_with(begins) && error.contains(told), "{error}");
        assert!(!error.contains("pa55"), "{error}");
    }
}
