// @generated from proto/registry by `cargo run -p bellwether-proto --bin semconv`; do not edit.
//! Describes every metric of Bellwether.

use crate::metric::{Instrument, Metric};

/// Describes `business.customers_affected`.
pub const BUSINESS_CUSTOMERS_AFFECTED: Metric = Metric {
    name: "business.customers_affected",
    instrument: Instrument::Gauge,
    unit: "{customer}",
    brief: "Customers affected by an open incident.",
    attributes: &["incident.id", "business.component", "business.estimated"],
};

/// Describes `business.health_score`.
pub const BUSINESS_HEALTH_SCORE: Metric = Metric {
    name: "business.health_score",
    instrument: Instrument::Gauge,
    unit: "{score}",
    brief: "How healthy the product is, from 0 to 100.",
    attributes: &[],
};

/// Describes `business.operation.duration`.
pub const BUSINESS_OPERATION_DURATION: Metric = Metric {
    name: "business.operation.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    brief: "How long an operation of a component took, by outcome.",
    attributes: &["business.component", "business.customer", "business.outcome", "service.criticality"],
};

/// Describes `business.revenue_at_risk`.
pub const BUSINESS_REVENUE_AT_RISK: Metric = Metric {
    name: "business.revenue_at_risk",
    instrument: Instrument::Gauge,
    unit: "{currency}",
    brief: "Revenue at risk now.",
    attributes: &["business.component", "business.opportunity", "business.currency", "business.customer"],
};

/// Describes `business.revenue_lost`.
pub const BUSINESS_REVENUE_LOST: Metric = Metric {
    name: "business.revenue_lost",
    instrument: Instrument::Gauge,
    unit: "{currency}",
    brief: "Revenue lost so far in incidents that are open.",
    attributes: &["business.component", "business.opportunity", "business.currency", "business.customer"],
};

/// Describes `collector.configuration.refused`.
pub const COLLECTOR_CONFIGURATION_REFUSED: Metric = Metric {
    name: "collector.configuration.refused",
    instrument: Instrument::Gauge,
    unit: "{configuration}",
    brief: "1 while the configuration on disk has mistakes and an older one is in force, else 0.",
    attributes: &[],
};

/// Describes `collector.destination.accepted.requests`.
pub const COLLECTOR_DESTINATION_ACCEPTED_REQUESTS: Metric = Metric {
    name: "collector.destination.accepted.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests that its queue took.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.dropped.requests`.
pub const COLLECTOR_DESTINATION_DROPPED_REQUESTS: Metric = Metric {
    name: "collector.destination.dropped.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests, messages or points of metrics that were given up.",
    attributes: &["destination", "stream", "reason"],
};

/// Describes `collector.destination.failing.duration`.
pub const COLLECTOR_DESTINATION_FAILING_DURATION: Metric = Metric {
    name: "collector.destination.failing.duration",
    instrument: Instrument::Gauge,
    unit: "s",
    brief: "For how long the destination does not take what it is sent; 0 while it does.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.healthy`.
pub const COLLECTOR_DESTINATION_HEALTHY: Metric = Metric {
    name: "collector.destination.healthy",
    instrument: Instrument::Gauge,
    unit: "{destination}",
    brief: "1 while the destination takes what it is sent, else 0.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.left_out.items`.
pub const COLLECTOR_DESTINATION_LEFT_OUT_ITEMS: Metric = Metric {
    name: "collector.destination.left_out.items",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Points that were left out when cumulative metrics were turned into delta.",
    attributes: &["destination", "stream", "reason"],
};

/// Describes `collector.destination.queued.age`.
pub const COLLECTOR_DESTINATION_QUEUED_AGE: Metric = Metric {
    name: "collector.destination.queued.age",
    instrument: Instrument::Gauge,
    unit: "s",
    brief: "For how long the oldest request waits; 0 when none does.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.queued.items`.
pub const COLLECTOR_DESTINATION_QUEUED_ITEMS: Metric = Metric {
    name: "collector.destination.queued.items",
    instrument: Instrument::Gauge,
    unit: "{item}",
    brief: "Spans, points and log records that wait.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.queued.requests`.
pub const COLLECTOR_DESTINATION_QUEUED_REQUESTS: Metric = Metric {
    name: "collector.destination.queued.requests",
    instrument: Instrument::Gauge,
    unit: "{request}",
    brief: "Requests, messages or points of metrics that wait.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.queued.size`.
pub const COLLECTOR_DESTINATION_QUEUED_SIZE: Metric = Metric {
    name: "collector.destination.queued.size",
    instrument: Instrument::Gauge,
    unit: "By",
    brief: "Bytes that wait.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.refused.requests`.
pub const COLLECTOR_DESTINATION_REFUSED_REQUESTS: Metric = Metric {
    name: "collector.destination.refused.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests that its queue had no room for; their senders were told to come again.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.rejected.items`.
pub const COLLECTOR_DESTINATION_REJECTED_ITEMS: Metric = Metric {
    name: "collector.destination.rejected.items",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Spans, points and log records that the destination refused out of requests that it took.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.repeated.requests`.
pub const COLLECTOR_DESTINATION_REPEATED_REQUESTS: Metric = Metric {
    name: "collector.destination.repeated.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Messages that may have arrived twice, since an earlier try had no answer.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.sent.items`.
pub const COLLECTOR_DESTINATION_SENT_ITEMS: Metric = Metric {
    name: "collector.destination.sent.items",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Spans, points and log records that the destination took.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.sent.requests`.
pub const COLLECTOR_DESTINATION_SENT_REQUESTS: Metric = Metric {
    name: "collector.destination.sent.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests, messages or points of metrics that the destination took.",
    attributes: &["destination", "stream"],
};

/// Describes `collector.destination.skipped.requests`.
pub const COLLECTOR_DESTINATION_SKIPPED_REQUESTS: Metric = Metric {
    name: "collector.destination.skipped.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Messages that needed no call.",
    attributes: &["destination", "stream", "reason"],
};

/// Describes `collector.file_descriptors`.
pub const COLLECTOR_FILE_DESCRIPTORS: Metric = Metric {
    name: "collector.file_descriptors",
    instrument: Instrument::UpDownCounter,
    unit: "{file_descriptor}",
    brief: "File descriptors that the collector has open.",
    attributes: &[],
};

/// Describes `collector.heartbeat.failing`.
pub const COLLECTOR_HEARTBEAT_FAILING: Metric = Metric {
    name: "collector.heartbeat.failing",
    instrument: Instrument::Gauge,
    unit: "{heartbeat}",
    brief: "1 while the heartbeat is withheld or does not arrive, else 0.",
    attributes: &[],
};

/// Describes `collector.heartbeat.sent`.
pub const COLLECTOR_HEARTBEAT_SENT: Metric = Metric {
    name: "collector.heartbeat.sent",
    instrument: Instrument::Counter,
    unit: "{heartbeat}",
    brief: "Heartbeats that the dead-man's switch took.",
    attributes: &[],
};

/// Describes `collector.ready`.
pub const COLLECTOR_READY: Metric = Metric {
    name: "collector.ready",
    instrument: Instrument::Gauge,
    unit: "{collector}",
    brief: "1 while the collector takes telemetry, judges it and keeps history, else 0.",
    attributes: &[],
};

/// Describes `collector.receiver.accepted.items`.
pub const COLLECTOR_RECEIVER_ACCEPTED_ITEMS: Metric = Metric {
    name: "collector.receiver.accepted.items",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Spans, points and log records in requests that were acknowledged; counted where the health processor looks.",
    attributes: &["receiver", "signal"],
};

/// Describes `collector.receiver.accepted.requests`.
pub const COLLECTOR_RECEIVER_ACCEPTED_REQUESTS: Metric = Metric {
    name: "collector.receiver.accepted.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests that were acknowledged.",
    attributes: &["receiver", "signal"],
};

/// Describes `collector.receiver.accepted.size`.
pub const COLLECTOR_RECEIVER_ACCEPTED_SIZE: Metric = Metric {
    name: "collector.receiver.accepted.size",
    instrument: Instrument::Counter,
    unit: "By",
    brief: "Bytes of requests that were acknowledged, decompressed.",
    attributes: &["receiver", "signal"],
};

/// Describes `collector.receiver.in_flight.size`.
pub const COLLECTOR_RECEIVER_IN_FLIGHT_SIZE: Metric = Metric {
    name: "collector.receiver.in_flight.size",
    instrument: Instrument::Gauge,
    unit: "By",
    brief: "Memory that requests hold now, over all protocols of a receiver.",
    attributes: &["receiver"],
};

/// Describes `collector.receiver.refused.requests`.
pub const COLLECTOR_RECEIVER_REFUSED_REQUESTS: Metric = Metric {
    name: "collector.receiver.refused.requests",
    instrument: Instrument::Counter,
    unit: "{request}",
    brief: "Requests that were not taken.",
    attributes: &["receiver", "signal", "reason"],
};

/// Describes `collector.store.duration`.
pub const COLLECTOR_STORE_DURATION: Metric = Metric {
    name: "collector.store.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    brief: "How long it took to store what an evaluation changed.",
    attributes: &[],
};

/// Describes `collector.store.failing`.
pub const COLLECTOR_STORE_FAILING: Metric = Metric {
    name: "collector.store.failing",
    instrument: Instrument::Gauge,
    unit: "{store}",
    brief: "1 while the newest change could not be stored, else 0.",
    attributes: &[],
};

/// Describes `collector.telemetry.dropped`.
pub const COLLECTOR_TELEMETRY_DROPPED: Metric = Metric {
    name: "collector.telemetry.dropped",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Events and spans about the collector itself for which there was no room.",
    attributes: &["signal"],
};

/// Describes `component.health`.
pub const COMPONENT_HEALTH: Metric = Metric {
    name: "component.health",
    instrument: Instrument::Gauge,
    unit: "1",
    brief: "State of the component as a number.",
    attributes: &["business.component", "service.criticality"],
};

/// Describes `health.alerts`.
pub const HEALTH_ALERTS: Metric = Metric {
    name: "health.alerts",
    instrument: Instrument::Gauge,
    unit: "{alert}",
    brief: "Alerts that fire now.",
    attributes: &["rule.id", "component.state"],
};

/// Describes `health.detection.delay`.
pub const HEALTH_DETECTION_DELAY: Metric = Metric {
    name: "health.detection.delay",
    instrument: Instrument::Histogram,
    unit: "s",
    brief: "Time from a fault's first evidence to the alert that tells it.",
    attributes: &["rule.id", "component.state"],
};

/// Describes `health.evaluation.duration`.
pub const HEALTH_EVALUATION_DURATION: Metric = Metric {
    name: "health.evaluation.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    brief: "How long it took to evaluate all rules and to decide who is told.",
    attributes: &[],
};

/// Describes `health.rule.evaluations`.
pub const HEALTH_RULE_EVALUATIONS: Metric = Metric {
    name: "health.rule.evaluations",
    instrument: Instrument::Counter,
    unit: "{evaluation}",
    brief: "Evaluations of a rule.",
    attributes: &["rule.id", "component.state"],
};

/// Describes `monitor.status`.
pub const MONITOR_STATUS: Metric = Metric {
    name: "monitor.status",
    instrument: Instrument::Gauge,
    unit: "1",
    brief: "1 while the monitor is well, 0 while it fails.",
    attributes: &["monitor.name", "monitor.level", "business.component"],
};

/// Describes `process.cpu.time`.
pub const PROCESS_CPU_TIME: Metric = Metric {
    name: "process.cpu.time",
    instrument: Instrument::Counter,
    unit: "s",
    brief: "CPU time that the collector used.",
    attributes: &["cpu.mode"],
};

/// Describes `process.memory.usage`.
pub const PROCESS_MEMORY_USAGE: Metric = Metric {
    name: "process.memory.usage",
    instrument: Instrument::UpDownCounter,
    unit: "By",
    brief: "Physical memory that the collector has.",
    attributes: &[],
};

/// Describes `process.uptime`.
pub const PROCESS_UPTIME: Metric = Metric {
    name: "process.uptime",
    instrument: Instrument::Gauge,
    unit: "s",
    brief: "For how long the collector runs.",
    attributes: &[],
};

/// Describes `startup.check.duration`.
pub const STARTUP_CHECK_DURATION: Metric = Metric {
    name: "startup.check.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    brief: "How long a startup check took.",
    attributes: &["startup.check.name", "startup.check.kind", "startup.check.outcome"],
};

/// Describes `telemetry.export.dropped`.
pub const TELEMETRY_EXPORT_DROPPED: Metric = Metric {
    name: "telemetry.export.dropped",
    instrument: Instrument::Counter,
    unit: "{item}",
    brief: "Items of telemetry that were never delivered.",
    attributes: &["signal", "reason"],
};

/// Lists every metric, by name.
pub const ALL: &[&Metric] = &[
    &BUSINESS_CUSTOMERS_AFFECTED,
    &BUSINESS_HEALTH_SCORE,
    &BUSINESS_OPERATION_DURATION,
    &BUSINESS_REVENUE_AT_RISK,
    &BUSINESS_REVENUE_LOST,
    &COLLECTOR_CONFIGURATION_REFUSED,
    &COLLECTOR_DESTINATION_ACCEPTED_REQUESTS,
    &COLLECTOR_DESTINATION_DROPPED_REQUESTS,
    &COLLECTOR_DESTINATION_FAILING_DURATION,
    &COLLECTOR_DESTINATION_HEALTHY,
    &COLLECTOR_DESTINATION_LEFT_OUT_ITEMS,
    &COLLECTOR_DESTINATION_QUEUED_AGE,
    &COLLECTOR_DESTINATION_QUEUED_ITEMS,
    &COLLECTOR_DESTINATION_QUEUED_REQUESTS,
    &COLLECTOR_DESTINATION_QUEUED_SIZE,
    &COLLECTOR_DESTINATION_REFUSED_REQUESTS,
    &COLLECTOR_DESTINATION_REJECTED_ITEMS,
    &COLLECTOR_DESTINATION_REPEATED_REQUESTS,
    &COLLECTOR_DESTINATION_SENT_ITEMS,
    &COLLECTOR_DESTINATION_SENT_REQUESTS,
    &COLLECTOR_DESTINATION_SKIPPED_REQUESTS,
    &COLLECTOR_FILE_DESCRIPTORS,
    &COLLECTOR_HEARTBEAT_FAILING,
    &COLLECTOR_HEARTBEAT_SENT,
    &COLLECTOR_READY,
    &COLLECTOR_RECEIVER_ACCEPTED_ITEMS,
    &COLLECTOR_RECEIVER_ACCEPTED_REQUESTS,
    &COLLECTOR_RECEIVER_ACCEPTED_SIZE,
    &COLLECTOR_RECEIVER_IN_FLIGHT_SIZE,
    &COLLECTOR_RECEIVER_REFUSED_REQUESTS,
    &COLLECTOR_STORE_DURATION,
    &COLLECTOR_STORE_FAILING,
    &COLLECTOR_TELEMETRY_DROPPED,
    &COMPONENT_HEALTH,
    &HEALTH_ALERTS,
    &HEALTH_DETECTION_DELAY,
    &HEALTH_EVALUATION_DURATION,
    &HEALTH_RULE_EVALUATIONS,
    &MONITOR_STATUS,
    &PROCESS_CPU_TIME,
    &PROCESS_MEMORY_USAGE,
    &PROCESS_UPTIME,
    &STARTUP_CHECK_DURATION,
    &TELEMETRY_EXPORT_DROPPED,
];
