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

/// Asks the service once, ends it in order, and returns what the receiver got.
fn story(receiver: &Receiver, protocol: &str) -> Received {
    let service = Service::start(
        "minimal",
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_SERVICE_NAME", "greeter"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.2.3"),
        ],
    );
    assert_eq!(service.get("/hello/ada"), "Hello, ada!\n");
    receiver.until(|received| received.events.iter().any(|it| it == "service.routes"));
    let (ended, told) = service.stop();
    assert!(ended.success(), "{ended}: {told}");
    receiver.received()
}

fn holds_everything(received: &Received) {
    for expected in ["startup.validation", "startup.check environment", "GET /hello/{name}"] {
        assert!(received.spans.iter().any(|it| it.name == expected), "{expected}: {received:#?}");
    }
    let served = received.spans.iter().find(|it| it.name == "GET /hello/{name}");
    let served = format!("{served:?}");
    for expected in ["http.route", "/hello/ada", "http.response.status_code"] {
        assert!(served.contains(expected), "{expected}: {served}");
    }
    for expected in ["http.server.request.duration", "startup.check.duration"] {
        assert!(received.metrics.iter().any(|it| it == expected), "{expected}: {received:#?}");
    }
    for expected in ["service.routes", "service.stopping"] {
        assert!(received.events.iter().any(|it| it == expected), "{expected}: {received:#?}");
    }
    for expected in ["service.name", "service.version", "service.instance.id", "process.pid"] {
        assert!(received.resource.iter().any(|it| it == expected), "{expected}: {received:#?}");
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
    let service = Service::start(
        "minimal",
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("OTEL_SERVICE_NAME", "greeter"),
        ],
    );
    service.get("/hello/ada");
    receiver.until(|received| received.events.iter().any(|it| it == "service.routes"));
    let (ended, told) = service.stop();
    assert!(ended.success(), "{ended}: {told}");
    let received = receiver.received();
    assert!(received.spans.iter().all(|it| it.name.starts_with("startup.")), "{received:#?}");
    assert!(received.spans.iter().any(|it| it.name == "startup.validation"), "{received:#?}");
    assert!(received.events.iter().any(|it| it == "service.stopping"), "{received:#?}");
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
