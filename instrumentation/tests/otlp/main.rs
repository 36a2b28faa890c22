//! The minimal example against receivers that know nothing of us: plain OTLP over gRPC, and over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod receiver;
mod service;

use receiver::{Received, Receiver};
use service::Service;

/// Lets telemetry out while the service runs, and not only in the two seconds that its end takes at most: on a machine
/// that is short of time those are too few for much.
const SOON: [(&str, &str); 3] = [
    ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
];

/// Asks the service once, waits until everything has arrived, ends it in order, and returns what the receiver got.
fn story(receiver: &Receiver, protocol: &str) -> Received {
    let endpoint = receiver.endpoint();
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_SERVICE_NAME", "greeter"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.2.3"),
    ];
    let service = Service::start("minimal", &[own.as_slice(), &SOON].concat());
    assert_eq!(service.get("/hello/ada"), "Hello, ada!\n");
    receiver.until(|received| missing(received).is_empty());
    ends_in_order(service, receiver);
    receiver.received()
}

/// Names what has to come in and has not.
fn missing(received: &Received) -> Vec<&'static str> {
    let spans = ["startup.validation", "startup.check environment", "GET /hello/{name}"];
    let metrics = ["http.server.request.duration", "startup.check.duration"];
    let events = ["service.routes"];
    let resource = ["service.name", "service.version", "service.instance.id", "process.pid"];
    let has = |names: &[String], it: &str| names.iter().any(|name| name == it);
    let spans = spans.into_iter().filter(|it| !received.spans.iter().any(|span| span.name == *it));
    let metrics = metrics.into_iter().filter(|it| !has(&received.metrics, it));
    let events = events.into_iter().filter(|it| !has(&received.events, it));
    let resource = resource.into_iter().filter(|it| !has(&received.resource, it));
    spans.chain(metrics).chain(events).chain(resource).collect()
}

/// Ends a service; its end is announced, or it says that it could not be within the time that an end may take.
fn ends_in_order(service: Service, receiver: &Receiver) {
    let (ended, told) = service.stop();
    assert!(ended.success(), "{ended}: {told}");
    let announced = receiver.received().events.iter().any(|it| it == "service.stopping");
    assert!(announced || told.contains("did not reach the collector in time"), "{told}");
}

fn holds_everything(received: &Received) {
    let served = received.spans.iter().find(|it| it.name == "GET /hello/{name}");
    let served = format!("{served:?}");
    for expected in ["http.route", "/hello/ada", "http.response.status_code"] {
        assert!(served.contains(expected), "{expected}: {served}");
    }
}

/// Scenario: the minimal service sends to a receiver of plain OTLP over gRPC.
/// Guarantee: spans, metrics, logs, the startup validation, the manifest and the announced end all arrive.
#[test]
fn a_plain_receiver_gets_everything_over_grpc() {
    let receiver = Receiver::grpc();
    holds_everything(&story(&receiver, "grpc"));
}

/// Scenario: the same over HTTP, for a network that lets no gRPC through.
/// Guarantee: the same arrives.
#[test]
#[cfg(feature = "http-proto")]
fn a_plain_receiver_gets_everything_over_http() {
    let receiver = Receiver::http();
    holds_everything(&story(&receiver, "http/protobuf"));
}

/// Scenario: the sampler records no trace at all.
/// Guarantee: what is a fact still arrives: the startup validation, the manifest, the announced end.
#[test]
fn facts_are_never_sampled_away() {
    let receiver = Receiver::grpc();
    let endpoint = receiver.endpoint();
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SERVICE_NAME", "greeter"),
    ];
    let service = Service::start("minimal", &[own.as_slice(), &SOON].concat());
    service.get("/hello/ada");
    // The request is counted, so that its span would have come, too.
    let all_but_the_request = ["GET /hello/{name}", "service.version"];
    receiver.until(|it| missing(it).iter().all(|name| all_but_the_request.contains(name)));
    ends_in_order(service, &receiver);
    let received = receiver.received();
    assert!(received.spans.iter().all(|it| it.name.starts_with("startup.")), "{received:#?}");
}

/// Scenario: the complete example asks plain receivers, which know nothing of probes, whether telemetry arrives.
/// Guarantee: the check is skipped because nobody can confirm, never passed; the rest of the startup is as ever.
#[test]
#[cfg(all(feature = "disk", feature = "http"))]
fn a_receiver_that_cannot_confirm_a_probe_makes_the_check_skipped() {
    let mut receivers = vec![(Receiver::grpc(), "grpc")];
    #[cfg(feature = "http-proto")]
    receivers.push((Receiver::http(), "http/protobuf"));
    for (receiver, protocol) in receivers {
        let service = Service::start(
            "complete",
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("HEALTH_TOKEN", "t0ken"),
                ("BELLWETHER_REPORT", "json"),
            ],
        );
        receiver.until(|received| received.events.iter().any(|it| it == "telemetry.probe"));
        let (ended, told) = service.stop();
        assert!(ended.success(), "{ended}: {told}");
        let report = told.lines().find(|line| line.starts_with('{')).expect("a report");
        let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
        assert_eq!(report["outcome"], "ready", "{report}");
        let checks = report["checks"].as_array().expect("checks");
        let outcomes: Vec<_> = checks.iter().filter_map(|it| it["outcome"].as_str()).collect();
        assert_eq!(outcomes, ["passed", "passed", "skipped", "passed"], "{report}");
        let message = checks[2]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("cannot confirm: "), "{message}");
    }
}
