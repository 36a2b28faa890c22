//! Sizes, room and time.

use std::time::Duration;

use bellwether_core::ingest::Accepted;
use prost::Message;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::conformance::{gzip, traces, zstd};
use super::harness::{JSON, PROTOBUF, Receiver, Reply};

const MIB: usize = 1 << 20;

fn lines(coding: &str) -> String {
    format!("content-type: {PROTOBUF}\r\ncontent-encoding: {coding}\r\n")
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {PROTOBUF}\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    [head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()
}

/// Scenario: requests above the limit: plain, in chunks, only once decompressed, only once
/// translated, and one that says so but never sends.
/// Guarantee: 413 with a Status, no room kept; one that just fits is taken.
#[tokio::test]
async fn oversize_is_413_before_and_after_decompression() {
    let receiver = Receiver::accepting().await;
    let body = traces(&"x".repeat(MIB)).encode_to_vec();
    for (coding, sent) in [("identity", body.clone()), ("gzip", gzip(&body)), ("zstd", zstd(&body))]
    {
        let reply = receiver.send("POST", "/v1/traces", &lines(coding), &sent).await;
        assert_eq!(reply.status, 413, "{coding}");
        assert!(reply.told().contains("1048576 bytes"), "{}", reply.told());
    }
    assert_eq!(receiver.raw(&chunked(&body)).await.status, 413);

    let counts = "0,".repeat(200_000);
    let json = format!(
        r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"histogram":{{"dataPoints":[
            {{"bucketCounts":[{counts}0]}}]}}}}]}}]}}]}}"#
    );
    assert!(json.len() < MIB);
    let reply = receiver.post("/v1/metrics", JSON, json.as_bytes()).await;
    assert_eq!((reply.status, reply.header("content-type")), (413, Some(JSON)));

    let unsent = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n\
         expect: 100-continue\r\ncontent-length: 99999999999\r\n\r\n"
    );
    assert_eq!(receiver.raw(unsent.as_bytes()).await.status, 413);

    assert!(receiver.got().is_empty());
    assert_eq!(receiver.admission.in_flight(), 0);
    let just_fits = traces(&"x".repeat(MIB - 100)).encode_to_vec();
    for (coding, sent) in [("identity", just_fits.clone()), ("gzip", gzip(&just_fits))] {
        let reply = receiver.send("POST", "/v1/traces", &lines(coding), &sent).await;
        assert_eq!(reply.status, 200, "{coding}");
    }
    assert_eq!(receiver.raw(&chunked(&just_fits)).await.status, 200);
}

/// Scenario: requests at work hold nearly all room when more come, over other connections.
/// Guarantee: those on top get 503 with Retry-After, before and after decompression; those at
/// work are answered; then there is room again.
#[tokio::test]
async fn bytes_in_flight_are_bounded() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), "{}", |_| {}).await;
    let large = traces(&"x".repeat(MIB - 100)).encode_to_vec();
    let at_work = || receiver.post("/v1/traces", PROTOBUF, &large);
    let on_top = async {
        receiver.ingest.arrived.acquire_many(3).await.expect("open").forget();
        assert!(receiver.admission.in_flight() > 2 << 20);
        // Something small would still fit; nothing is left for what these become.
        let mut kept = receiver.admission.share().admit().expect("room");
        kept.cover((1 << 20) - (128 << 10)).expect("room");
        let packed = gzip(&large);
        let cases = [
            receiver.send("POST", "/v1/traces", &lines("identity"), &large).await,
            receiver.send("POST", "/v1/traces", &lines("gzip"), &packed).await,
            receiver.raw(&chunked(&large)).await,
        ];
        for reply in cases {
            assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
            assert!(reply.told().contains("no room"));
        }
        drop(kept);
        receiver.ingest.go.add_permits(4);
    };
    let (first, second, third, ()) = tokio::join!(at_work(), at_work(), at_work(), on_top);
    assert_eq!([first.status, second.status, third.status], [200; 3]);
    assert_eq!(receiver.got().len(), 3, "who was turned away was not looked at");
    assert_eq!(at_work().await.status, 200, "room again");
    assert_eq!(receiver.admission.in_flight(), 0);
}

/// Scenario: a sender says nothing, or sends its headers byte by byte and never ends.
/// Guarantee: the connection ends.
#[tokio::test]
async fn slow_headers_end() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        "{}",
        |bound| bound.limits.idle_timeout = Duration::from_millis(50),
    )
    .await;
    for begin in ["", "POST /v1/traces HT", "POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-a: b"] {
        let reply = receiver.raw(begin.as_bytes()).await;
        assert!([0, 408].contains(&reply.status), "{reply:?}");
    }
}

/// Scenario: a sender says how long its body is and stops in the middle of it.
/// Guarantee: its room is free again after the time for a request, and it is told to retry.
#[tokio::test]
async fn slow_bodies_free_their_room() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        "{}",
        |bound| bound.limits.request_timeout = Duration::from_millis(50),
    )
    .await;
    let mut stream = TcpStream::connect(receiver.address).await.expect("somebody listens");
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n\
         content-length: 1000000\r\n\r\nabc"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let reply = Reply::read(stream).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    assert_eq!(receiver.admission.in_flight(), 0);
}

/// Scenario: a zstd frame that asks for a window of 128 MiB.
/// Guarantee: it is refused; no such window is made.
#[tokio::test]
async fn a_large_window_is_refused() {
    let receiver = Receiver::accepting().await;
    // magic; no checksum, no size; window of 2^(10 + 17); one last raw block of one byte
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x09, 0x00, 0x00, 0x00];
    let reply = receiver.send("POST", "/v1/traces", &lines("zstd"), &frame).await;
    assert_eq!(reply.status, 400);
    assert!(reply.told().contains("broken compression"), "{}", reply.told());
}
