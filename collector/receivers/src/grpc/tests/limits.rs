//! Room: what many senders at once can make the receiver hold.

use bellwether_core::ingest::Accepted;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tonic::Code;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic_types::StatusExt;

use super::harness::{Receiver, TRACES};

const MIB: usize = 1 << 20;

fn large() -> Vec<u8> {
    of(MIB - 100)
}

fn of(bytes: usize) -> Vec<u8> {
    let span = Span { name: "x".repeat(bytes), ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec()
}

/// Scenario: requests at work hold nearly all room when more come, over other connections, plain
/// and compressed.
/// Guarantee: those on top get UNAVAILABLE with RetryInfo and nobody behind sees them; those at
/// work are answered; then there is room again.
#[tokio::test]
async fn bytes_in_flight_are_bounded() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), |_| {}).await;
    let at_work = || receiver.send(TRACES, large());
    let on_top = async {
        receiver.ingest.arrived.acquire_many(3).await.expect("open").forget();
        // Something small would still fit; nothing is left for what these become.
        let mut kept = receiver.admission.share().admit().expect("room");
        kept.cover((1 << 20) - (128 << 10)).expect("room");
        for encoding in [None, Some(Gzip), Some(Zstd)] {
            let status = receiver.send_with(TRACES, large(), encoding).await.expect_err("refused");
            assert_eq!(status.code(), Code::Unavailable, "{encoding:?}");
            assert!(status.get_details_retry_info().is_some(), "{encoding:?}");
        }
        drop(kept);
        receiver.ingest.go.add_permits(4);
    };
    let (first, second, third, ()) = tokio::join!(at_work(), at_work(), at_work(), on_top);
    for answer in [first, second, third] {
        answer.expect("taken");
    }
    assert_eq!(receiver.got().len(), 3, "who was turned away was not looked at");
    at_work().await.expect("room again");
    assert_eq!(receiver.admission.in_flight(), 0);
}

/// Scenario: one connection has most of half of all room when it sends more.
/// Guarantee: it is told to retry, and another connection is served.
#[tokio::test]
async fn one_connection_leaves_room_for_others() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), |_| {}).await;
    let channel = receiver.channel().await;
    let greedy = || receiver.send_over(channel.clone(), TRACES, of(700 << 10), None);
    // growing takes a little more for a moment, for which there is room only one by one
    let second = async {
        drop(receiver.ingest.arrived.acquire().await.expect("open"));
        greedy().await
    };
    let on_top = async {
        receiver.ingest.arrived.acquire_many(2).await.expect("open").forget();
        let status = greedy().await.expect_err("refused");
        assert_eq!(status.code(), Code::Unavailable);
        receiver.ingest.go.add_permits(3);
        receiver.send(TRACES, large()).await.expect("another connection");
    };
    let (first, second, ()) = tokio::join!(greedy(), second, on_top);
    first.expect("taken");
    second.expect("taken");
}
