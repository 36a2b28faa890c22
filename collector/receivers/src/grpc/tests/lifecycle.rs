//! Binding, serving, stopping, and configuration.

use std::time::Duration;

use bellwether_core::ingest::Accepted;
use bellwether_core::settings::Endpoint;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tokio::time::timeout;

use super::super::{Config, Error, build};
use super::harness::{Receiver, TRACES};
use crate::Admission;

/// Nothing here takes longer unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);

/// Scenario: the receiver is told to stop while a request is at work.
/// Guarantee: that request gets its answer, then the receiver ends without an error.
#[tokio::test]
async fn a_request_at_work_is_answered_before_the_end() {
    let receiver = Receiver::start(|| Ok(Accepted::default()), |_| {}).await;
    let stop = async {
        receiver.ingest.arrived.acquire().await.expect("open").forget();
        receiver.shutdown.cancel();
        receiver.ingest.go.add_permits(1);
    };
    let (answer, ()) = tokio::join!(receiver.send(TRACES, Vec::new()), stop);
    answer.expect("taken");
    timeout(DEADLINE, receiver.ended()).await.expect("in time");
}

/// Scenario: the receiver is told to stop while a request will never be answered.
/// Guarantee: it ends when its grace is over.
#[tokio::test]
async fn a_request_that_hangs_does_not_hold_up_the_end() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        |it| it.limits.grace = Duration::from_millis(1),
    )
    .await;
    let mut tasks = tokio::task::JoinSet::new();
    let channel = receiver.channel().await;
    tasks.spawn(async move {
        let mut client = TraceServiceClient::new(channel);
        drop(client.export(ExportTraceServiceRequest::default()).await);
    });
    receiver.ingest.arrived.acquire().await.expect("open").forget();
    receiver.shutdown.cancel();
    timeout(DEADLINE, receiver.ended()).await.expect("in time");
}

/// Scenario: requests take longer than allowed.
/// Guarantee: they end with a code that is retried, and their room is free again.
#[tokio::test]
async fn a_request_out_of_time_frees_its_room() {
    let receiver = Receiver::start(
        || Ok(Accepted::default()),
        |bound| bound.limits.request_timeout = Duration::from_millis(1),
    )
    .await;
    for _ in 0..3 {
        let status = receiver.send(TRACES, Vec::new()).await.expect_err("out of time");
        assert_eq!(status.code(), tonic::Code::DeadlineExceeded, "{}", status.message());
        assert_eq!(receiver.admission.in_flight(), 0);
    }
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let room = Admission::new(0);
    let free = Config { endpoint: Endpoint::loopback(0), ..Config::default() };
    let first = build(&free, room.clone()).await.expect("a free port");
    let endpoint = Endpoint::loopback(first.local_addr().port());
    let taken = Config { endpoint: endpoint.clone(), ..Config::default() };
    let error = build(&taken, room).await;
    let Err(error @ Error::Bind { .. }) = error else { panic!("a taken port") };
    assert!(error.to_string().contains(&endpoint.to_string()), "{error}");
}

#[test]
fn configuration_has_defaults_and_no_unknown_keys() {
    let config: Config = serde_json::from_str("{}").expect("defaults");
    assert_eq!(config, Config::default());
    assert_eq!(config.endpoint.to_string(), "127.0.0.1:4317");
    assert_eq!(config.max_recv_msg_size_mib.get(), 64);

    let config: Config = serde_json::from_str(r#"{"endpoint": "[::1]:1"}"#).expect("an endpoint");
    assert_eq!(config.endpoint.to_string(), "[::1]:1");
    let error = serde_json::from_str::<Config>(r#"{"endpont": "[::1]:1"}"#).expect_err("a typo");
    assert!(error.to_string().contains("endpont"), "{error}");
    let zero = serde_json::from_str::<Config>(r#"{"max_recv_msg_size_mib": 0}"#);
    assert!(zero.is_err(), "nothing would fit");
}
