//! What is said is what the conventions declare, and others can read it.

use std::collections::BTreeSet;

use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_core::notice::{Body, Notice};
use bellwether_core::state::ComponentState;
use bellwether_proto::metric::Instrument;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;

use super::metric::Value;
use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn own() -> Own {
    let board = Board::new(std::time::Duration::from_secs(1), at(100));
    board.rooms.send_replace([("otlp".to_owned(), Admission::new(1 << 20))].into());
    let own = Own::new(&board, Clock::new(|| at(160)));
    own.tally("otlp/grpc").accepted(Signal::Traces, 3, 100);
    own.tally("otlp/grpc").refused(Signal::Logs, "malformed");
    own
}

/// Guarantee: a metric that nobody declared, or an attribute that its declaration does not have,
/// is found here and not by whoever looks for it on a dashboard.
#[test]
fn every_metric_is_as_the_conventions_declare_it() {
    let (reading, _) = own().read();
    let declared: BTreeSet<&str> =
        bellwether_proto::metrics::ALL.iter().map(|it| it.name).collect();
    assert!(reading.families().count() > 10);
    for family in reading.families() {
        let metric = family.metric;
        assert!(declared.contains(metric.name), "{}", metric.name);
        for (labels, value) in &family.points {
            for (name, _) in labels {
                assert!(metric.attributes.contains(name), "{}: {name}", metric.name);
            }
            let is_histogram = matches!(value, Value::Histogram(_));
            assert_eq!(is_histogram, metric.instrument == Instrument::Histogram, "{}", metric.name);
        }
    }
}

#[test]
fn another_decoder_reads_the_metrics() {
    let own = own();
    let (reading, times) = own.read();
    let body = encode::metrics(&reading, &own.resource, times);
    bellwether_otlp::validate::metrics(&body).unwrap();
    let request = ExportMetricsServiceRequest::decode(body).unwrap();
    let about = &request.resource_metrics[0];
    let resource = about.resource.as_ref().unwrap();
    assert_eq!(resource.attributes[0].key, "service.name");
    let metrics = &about.scope_metrics[0].metrics;
    assert_eq!(metrics.len(), reading.families().count());
    let accepted =
        metrics.iter().find(|it| it.name == "collector.receiver.accepted.items").unwrap();
    let Some(Data::Sum(sum)) = &accepted.data else { panic!("{accepted:?}") };
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2, "{sum:?}");
    let point = &sum.data_points[0];
    assert_eq!(point.start_time_unix_nano, 160_000_000_000);
    assert_eq!(point.attributes.len(), 2);
    let took = metrics.iter().find(|it| it.name == "health.evaluation.duration").unwrap();
    let Some(Data::Histogram(took)) = &took.data else { panic!("{took:?}") };
    let point = &took.data_points[0];
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
}

#[test]
fn events_and_spans_about_an_incident_are_one_trace() {
    let own = own();
    own.want(true);
    let incident = incident();
    own.events.push(Event::incident(&incident));
    own.spans.push(trace::detection(&incident));
    let destination = Destination::new("statuspage");
    let notice = Notice {
        destination: destination.clone(),
        subject: "incident:inc-1".to_owned(),
        newest_only: false,
        at: at(120),
        not_before: at(120),
        body: Body::Incident {
            change: bellwether_core::notice::Change::Opened,
            incident: Box::new(incident),
            recipients: Vec::new(),
        },
    };
    let error = Some("503 Service Unavailable".to_owned());
    let (start, end) = (at(121), at(122));
    own.delivery(Delivery { destination: &destination, notice: &notice, start, end, error });

    let (events, spans) = (own.events.take(), own.spans.take());
    let body = events::request(events.iter(), &own.resource);
    let logs = ExportLogsServiceRequest::decode(body).unwrap();
    let event = &logs.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(event.event_name, "incident.opened");
    let body = trace::request(spans.iter(), &own.resource);
    let traces = ExportTraceServiceRequest::decode(body).unwrap();
    let [detection, delivery] = &traces.resource_spans[0].scope_spans[0].spans[..] else {
        panic!("{traces:?}")
    };
    assert_eq!((&detection.name[..], &delivery.name[..]), ("health.detection", "notice.delivery"));
    assert!(detection.parent_span_id.is_empty());
    assert_eq!(delivery.parent_span_id, detection.span_id);
    assert_eq!(delivery.trace_id, detection.trace_id);
    assert_eq!(event.trace_id, detection.trace_id);
    assert_eq!(delivery.status.as_ref().unwrap().message, "503 Service Unavailable");
    let took = detection.end_time_unix_nano - detection.start_time_unix_nano;
    assert_eq!(took, 20_000_000_000, "from the first evidence to the incident");
}

fn incident() -> Incident {
    Incident {
        id: "inc-1".into(),
        revision: 1,
        component: "auth".into(),
        component_name: "Authentication".to_owned(),
        status: bellwether_core::incident::IncidentStatus::Identified,
        worst: ComponentState::MajorOutage,
        severity: bellwether_core::state::Severity::Emergency,
        fault_at: at(100),
        opened_at: at(120),
        updated_at: at(120),
        resolved_at: None,
        alerts: vec![],
        suppressed: vec![],
        causes: vec![],
        traces: Vec::new(),
        affected: Default::default(),
        impact: Default::default(),
        customers: Default::default(),
        flapping: false,
        timeline: vec![],
        response: Default::default(),
    }
}
