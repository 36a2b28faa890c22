// @generated from proto/registry by `cargo run -p bellwether-proto --bin semconv`; do not edit.
//! Names the attributes, spans, events and metrics of Bellwether and the values of its enumerations.

/// Names the attribute (`string`): Catalog id of the component.
pub const BUSINESS_COMPONENT: &str = "business.component";

/// Names the attribute (`string`): Currency of the amounts beside it, ISO 4217.
pub const BUSINESS_CURRENCY: &str = "business.currency";

/// Names the attribute (`string`): Catalog id of the customer; `other` on metrics for customers that are not in the catalog.
pub const BUSINESS_CUSTOMER: &str = "business.customer";

/// Names the attribute (`string`): Id of any customer, in the catalog or not; spans only.
pub const BUSINESS_CUSTOMER_ID: &str = "business.customer.id";

/// Names the attribute (`int`): Number of customers affected.
///
/// Names the metric (gauge, `{customer}`): Customers affected by an open incident.
pub const BUSINESS_CUSTOMERS_AFFECTED: &str = "business.customers_affected";

/// Names the attribute (`boolean`): Whether the number beside it is an estimate.
pub const BUSINESS_ESTIMATED: &str = "business.estimated";

/// Names the metric (gauge, `{score}`): How healthy the product is, from 0 to 100.
pub const BUSINESS_HEALTH_SCORE: &str = "business.health_score";

/// Names the attribute (`string`): Catalog id of the customer journey.
pub const BUSINESS_JOURNEY: &str = "business.journey";

/// Names the attribute (`string`): Name of the step of the journey.
pub const BUSINESS_JOURNEY_STEP: &str = "business.journey.step";

/// Names the metric (histogram, `s`): How long an operation of a component took, by outcome.
pub const BUSINESS_OPERATION_DURATION: &str = "business.operation.duration";

/// Names the attribute (`string`): Catalog id of the opportunity.
pub const BUSINESS_OPPORTUNITY: &str = "business.opportunity";

/// Names the attribute (values in [`business_outcome`]): How the operation ended for the customer.
pub const BUSINESS_OUTCOME: &str = "business.outcome";

/// Names the attribute (`string`): Revenue at risk as a decimal, with `business.currency`.
///
/// Names the metric (gauge, `{currency}`): Revenue at risk now. The unit on the wire names the currency, for example `{GBP}`.
pub const BUSINESS_REVENUE_AT_RISK: &str = "business.revenue_at_risk";

/// Names the metric (gauge, `{currency}`): Revenue lost so far in incidents that are open. The unit on the wire names the currency, for example `{GBP}`.
pub const BUSINESS_REVENUE_LOST: &str = "business.revenue_lost";

/// Names the metric (gauge, `{configuration}`): 1 while the configuration on disk has mistakes and an older one is in force, else 0.
pub const COLLECTOR_CONFIGURATION_REFUSED: &str = "collector.configuration.refused";

/// Names the metric (counter, `{request}`): Requests that its queue took.
pub const COLLECTOR_DESTINATION_ACCEPTED_REQUESTS: &str = "collector.destination.accepted.requests";

/// Names the metric (counter, `{request}`): Requests, messages or points of metrics that were given up.
pub const COLLECTOR_DESTINATION_DROPPED_REQUESTS: &str = "collector.destination.dropped.requests";

/// Names the metric (gauge, `s`): For how long the destination does not take what it is sent; 0 while it does.
pub const COLLECTOR_DESTINATION_FAILING_DURATION: &str = "collector.destination.failing.duration";

/// Names the metric (gauge, `{destination}`): 1 while the destination takes what it is sent, else 0.
pub const COLLECTOR_DESTINATION_HEALTHY: &str = "collector.destination.healthy";

/// Names the metric (counter, `{item}`): Points that were left out when cumulative metrics were turned into delta.
pub const COLLECTOR_DESTINATION_LEFT_OUT_ITEMS: &str = "collector.destination.left_out.items";

/// Names the metric (gauge, `s`): For how long the oldest request waits; 0 when none does.
pub const COLLECTOR_DESTINATION_QUEUED_AGE: &str = "collector.destination.queued.age";

/// Names the metric (gauge, `{item}`): Spans, points and log records that wait.
pub const COLLECTOR_DESTINATION_QUEUED_ITEMS: &str = "collector.destination.queued.items";

/// Names the metric (gauge, `{request}`): Requests, messages or points of metrics that wait.
pub const COLLECTOR_DESTINATION_QUEUED_REQUESTS: &str = "collector.destination.queued.requests";

/// Names the metric (gauge, `By`): Bytes that wait.
pub const COLLECTOR_DESTINATION_QUEUED_SIZE: &str = "collector.destination.queued.size";

/// Names the metric (counter, `{request}`): Requests that its queue had no room for; their senders were told to come again.
pub const COLLECTOR_DESTINATION_REFUSED_REQUESTS: &str = "collector.destination.refused.requests";

/// Names the metric (counter, `{item}`): Spans, points and log records that the destination refused out of requests that it took.
pub const COLLECTOR_DESTINATION_REJECTED_ITEMS: &str = "collector.destination.rejected.items";

/// Names the metric (counter, `{request}`): Messages that may have arrived twice, since an earlier try had no answer.
pub const COLLECTOR_DESTINATION_REPEATED_REQUESTS: &str = "collector.destination.repeated.requests";

/// Names the metric (counter, `{item}`): Spans, points and log records that the destination took.
pub const COLLECTOR_DESTINATION_SENT_ITEMS: &str = "collector.destination.sent.items";

/// Names the metric (counter, `{request}`): Requests, messages or points of metrics that the destination took.
pub const COLLECTOR_DESTINATION_SENT_REQUESTS: &str = "collector.destination.sent.requests";

/// Names the metric (counter, `{request}`): Messages that needed no call.
pub const COLLECTOR_DESTINATION_SKIPPED_REQUESTS: &str = "collector.destination.skipped.requests";

/// Names the metric (updowncounter, `{file_descriptor}`): File descriptors that the collector has open.
pub const COLLECTOR_FILE_DESCRIPTORS: &str = "collector.file_descriptors";

/// Names the metric (gauge, `{heartbeat}`): 1 while the heartbeat is withheld or does not arrive, else 0.
pub const COLLECTOR_HEARTBEAT_FAILING: &str = "collector.heartbeat.failing";

/// Names the metric (counter, `{heartbeat}`): Heartbeats that the dead-man's switch took.
pub const COLLECTOR_HEARTBEAT_SENT: &str = "collector.heartbeat.sent";

/// Names the metric (gauge, `{collector}`): 1 while the collector takes telemetry, judges it and keeps history, else 0.
pub const COLLECTOR_READY: &str = "collector.ready";

/// Names the metric (counter, `{item}`): Spans, points and log records in requests that were acknowledged; counted where the health processor looks.
pub const COLLECTOR_RECEIVER_ACCEPTED_ITEMS: &str = "collector.receiver.accepted.items";

/// Names the metric (counter, `{request}`): Requests that were acknowledged.
pub const COLLECTOR_RECEIVER_ACCEPTED_REQUESTS: &str = "collector.receiver.accepted.requests";

/// Names the metric (counter, `By`): Bytes of requests that were acknowledged, decompressed.
pub const COLLECTOR_RECEIVER_ACCEPTED_SIZE: &str = "collector.receiver.accepted.size";

/// Names the metric (gauge, `By`): Memory that requests hold now, over all protocols of a receiver.
pub const COLLECTOR_RECEIVER_IN_FLIGHT_SIZE: &str = "collector.receiver.in_flight.size";

/// Names the metric (counter, `{request}`): Requests that were not taken.
pub const COLLECTOR_RECEIVER_REFUSED_REQUESTS: &str = "collector.receiver.refused.requests";

/// Names the span: The collector went over to another configuration. Its status is ERROR with a message when that failed and the one before goes on.
pub const COLLECTOR_RELOAD: &str = "collector.reload";

/// Names the metric (histogram, `s`): How long it took to store what an evaluation changed.
pub const COLLECTOR_STORE_DURATION: &str = "collector.store.duration";

/// Names the metric (gauge, `{store}`): 1 while the newest change could not be stored, else 0.
pub const COLLECTOR_STORE_FAILING: &str = "collector.store.failing";

/// Names the metric (counter, `{item}`): Events and spans about the collector itself for which there was no room.
pub const COLLECTOR_TELEMETRY_DROPPED: &str = "collector.telemetry.dropped";

/// Names the metric (gauge, `1`): State of the component as a number. 0 operational, 1 degraded_performance, 2 partial_outage, 3 major_outage, -1 unknown, -2 under_maintenance.
pub const COMPONENT_HEALTH: &str = "component.health";

/// Names the attribute (`string`): State before the change; a value of `component.state`.
pub const COMPONENT_PREVIOUS_STATE: &str = "component.previous_state";

/// Names the attribute (values in [`component_state`]): State of the component, at the time of forwarding when the collector adds it.
pub const COMPONENT_STATE: &str = "component.state";

/// Names the event: A component's state changed.
pub const COMPONENT_STATE_CHANGED: &str = "component.state_changed";

/// Names the standard attribute: What CPU time was spent on, `user` or `system`.
pub const CPU_MODE: &str = "cpu.mode";

/// Names the standard attribute: Kind of the database, for example `postgresql`.
pub const DB_SYSTEM_NAME: &str = "db.system.name";

/// Names the standard attribute: Environment of the deployment, for example `production`.
pub const DEPLOYMENT_ENVIRONMENT_NAME: &str = "deployment.environment.name";

/// Names the attribute (`string`): Name of the exporter in the configuration.
pub const DESTINATION: &str = "destination";

/// Names the standard attribute: Class of the error that ended the operation.
pub const ERROR_TYPE: &str = "error.type";

/// Names the metric (gauge, `{alert}`): Alerts that fire now.
pub const HEALTH_ALERTS: &str = "health.alerts";

/// Names the span: From a fault's first evidence to the incident that tells it; the root of the incident's trace. The trace id is the incident's id, so that everything that was done about an incident is one trace.
pub const HEALTH_DETECTION: &str = "health.detection";

/// Names the metric (histogram, `s`): Time from a fault's first evidence to the alert that tells it.
pub const HEALTH_DETECTION_DELAY: &str = "health.detection.delay";

/// Names the metric (histogram, `s`): How long it took to evaluate all rules and to decide who is told.
pub const HEALTH_EVALUATION_DURATION: &str = "health.evaluation.duration";

/// Names the metric (counter, `{evaluation}`): Evaluations of a rule.
pub const HEALTH_RULE_EVALUATIONS: &str = "health.rule.evaluations";

/// Names the standard attribute: Method of the request.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";

/// Names the standard attribute: Status code of the response, an integer.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";

/// Names the standard attribute: Template of the matched route; absent when no route matched.
pub const HTTP_ROUTE: &str = "http.route";

/// Names the attribute (`string`): Id of the incident, the same in every message about it.
pub const INCIDENT_ID: &str = "incident.id";

/// Names the event: An incident was opened.
pub const INCIDENT_OPENED: &str = "incident.opened";

/// Names the event: An incident is over and its recovery was verified.
pub const INCIDENT_RESOLVED: &str = "incident.resolved";

/// Names the attribute (values in [`incident_severity`]): How loud the incident is.
pub const INCIDENT_SEVERITY: &str = "incident.severity";

/// Names the event: An open incident changed its severity, its extent or its text.
pub const INCIDENT_UPDATED: &str = "incident.updated";

/// Names the span: One step of a customer journey; a child of the check or the monitor that walks it. The span's name is `journey.step {name}`. Its status is ERROR with a message when the step did not get what it expects.
pub const JOURNEY_STEP: &str = "journey.step";

/// Names the span: One run of a monitor. The span's name is `monitor.check {name}`.
pub const MONITOR_CHECK: &str = "monitor.check";

/// Names the attribute (`int`): Number of runs in a row that did not pass, this one included.
pub const MONITOR_CONSECUTIVE_FAILURES: &str = "monitor.consecutive_failures";

/// Names the attribute (`int`): Level of health, 1 (basic), 2 (endpoint), 3 (business) or 4 (integration).
pub const MONITOR_LEVEL: &str = "monitor.level";

/// Names the attribute (`string`): Name of the monitor, unique in its service.
pub const MONITOR_NAME: &str = "monitor.name";

/// Names the attribute (values in [`monitor_outcome`]): How this run of the monitor ended.
pub const MONITOR_OUTCOME: &str = "monitor.outcome";

/// Names the metric (gauge, `1`): 1 while the monitor is well, 0 while it fails.
pub const MONITOR_STATUS: &str = "monitor.status";

/// Names the span: One attempt to deliver a message to a vendor. A child of `health.detection` when it is about an incident. Its status is ERROR with a message when the attempt failed.
pub const NOTICE_DELIVERY: &str = "notice.delivery";

/// Names the metric (counter, `s`): CPU time that the collector used.
pub const PROCESS_CPU_TIME: &str = "process.cpu.time";

/// Names the metric (updowncounter, `By`): Physical memory that the collector has.
pub const PROCESS_MEMORY_USAGE: &str = "process.memory.usage";

/// Names the metric (gauge, `s`): For how long the collector runs.
pub const PROCESS_UPTIME: &str = "process.uptime";

/// Names the attribute (`string`): Why something happened; a short, bounded word on metrics, a sentence on events.
pub const REASON: &str = "reason";

/// Names the attribute (`string`): Name of the receiver in the configuration, and its protocol.
pub const RECEIVER: &str = "receiver";

/// Names the attribute (`int`): Seconds from one report of the routes to the next. After three of them without one, and without `service.stopping`, the instance is gone.
pub const REPORT_INTERVAL: &str = "report.interval";

/// Names the attribute (`string[]`): The route manifest, each entry `METHOD /path/{param}`.
pub const ROUTES: &str = "routes";

/// Names the attribute (`string`): Id of the rule that decided.
pub const RULE_ID: &str = "rule.id";

/// Names the standard attribute: Host name or address of the server that was called.
pub const SERVER_ADDRESS: &str = "server.address";

/// Names the standard attribute: How much a service or component matters (`critical`, `high`, `medium`, `low`).
pub const SERVICE_CRITICALITY: &str = "service.criticality";

/// Names the standard attribute: Unique id of one running instance; on every resource.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";

/// Names the standard attribute: Logical name of the service; on every resource.
pub const SERVICE_NAME: &str = "service.name";

/// Names the event: The routes that the instance serves and how its startup ended. Sent at start and again every `report.interval`, so that a collector that was away learns it, and so that an instance that is killed is missed.
pub const SERVICE_ROUTES: &str = "service.routes";

/// Names the event: An orderly end is near, so that the silence that follows is no alarm.
pub const SERVICE_STOPPING: &str = "service.stopping";

/// Names the standard attribute: Version of the running service; manifests of two versions are compared by it.
pub const SERVICE_VERSION: &str = "service.version";

/// Names the attribute (values in [`signal`]): The kind of telemetry that an item belongs to.
pub const SIGNAL: &str = "signal";

/// Names the span: One check of the startup validation. The span's name is `startup.check {name}`. Its status is ERROR with a message when the check did not pass.
pub const STARTUP_CHECK: &str = "startup.check";

/// Names the metric (histogram, `s`): How long a startup check took.
pub const STARTUP_CHECK_DURATION: &str = "startup.check.duration";

/// Names the attribute (values in [`startup_check_kind`]): What the check looks at.
pub const STARTUP_CHECK_KIND: &str = "startup.check.kind";

/// Names the attribute (`string`): Name of the check, unique in its service.
pub const STARTUP_CHECK_NAME: &str = "startup.check.name";

/// Names the attribute (values in [`startup_check_on_failure`]): What follows when the check fails.
pub const STARTUP_CHECK_ON_FAILURE: &str = "startup.check.on_failure";

/// Names the attribute (values in [`startup_check_outcome`]): How the check ended.
pub const STARTUP_CHECK_OUTCOME: &str = "startup.check.outcome";

/// Names the attribute (`int`): Number of checks that failed or timed out.
pub const STARTUP_CHECKS_FAILED: &str = "startup.checks.failed";

/// Names the attribute (`int`): Number of checks that were run.
pub const STARTUP_CHECKS_TOTAL: &str = "startup.checks.total";

/// Names the attribute (`double`): Seconds from the first check's start to the last check's end.
pub const STARTUP_DURATION: &str = "startup.duration";

/// Names the attribute (values in [`startup_outcome`]): How the startup ended.
pub const STARTUP_OUTCOME: &str = "startup.outcome";

/// Names the span: The startup validation of one instance; a root span.
pub const STARTUP_VALIDATION: &str = "startup.validation";

/// Names the attribute (values in [`stream`]): What goes to a destination.
pub const STREAM: &str = "stream";

/// Names the metric (counter, `{item}`): Items of telemetry that were never delivered.
pub const TELEMETRY_EXPORT_DROPPED: &str = "telemetry.export.dropped";

/// Names the event: Asks the collector to confirm that it sees what this service sends.
pub const TELEMETRY_PROBE: &str = "telemetry.probe";

/// Names the attribute (`string`): Random value that the collector is asked for afterwards at `GET /v1/probe/{nonce}`.
pub const TELEMETRY_PROBE_NONCE: &str = "telemetry.probe.nonce";

/// Names the standard attribute: Path of the request; spans only, never metrics.
pub const URL_PATH: &str = "url.path";

/// Lists the values of `business.outcome`.
pub mod business_outcome {
    /// Stands for: the operation did what the customer wanted.
    pub const SUCCESS: &str = "success";

    /// Stands for: the operation failed for the customer.
    pub const FAILURE: &str = "failure";
}

/// Lists the values of `component.state`.
pub mod component_state {
    /// Stands for: works as it should.
    pub const OPERATIONAL: &str = "operational";

    /// Stands for: works but slowly or with errors.
    pub const DEGRADED_PERFORMANCE: &str = "degraded_performance";

    /// Stands for: a part or some customers are without it.
    pub const PARTIAL_OUTAGE: &str = "partial_outage";

    /// Stands for: does not work.
    pub const MAJOR_OUTAGE: &str = "major_outage";

    /// Stands for: planned work is going on.
    pub const UNDER_MAINTENANCE: &str = "under_maintenance";

    /// Stands for: no evidence yet or only stale evidence.
    pub const UNKNOWN: &str = "unknown";
}

/// Lists the values of `incident.severity`.
pub mod incident_severity {
    /// Stands for: a critical component is out.
    pub const EMERGENCY: &str = "emergency";

    /// Stands for: a critical or high component is partly out or worse.
    pub const CRITICAL: &str = "critical";

    /// Stands for: something important is degraded.
    pub const HIGH: &str = "high";

    /// Stands for: worth a look today.
    pub const MEDIUM: &str = "medium";

    /// Stands for: worth knowing.
    pub const LOW: &str = "low";
}

/// Lists the values of `monitor.outcome`.
pub mod monitor_outcome {
    /// Stands for: the check passed.
    pub const PASSED: &str = "passed";

    /// Stands for: the check failed.
    pub const FAILED: &str = "failed";

    /// Stands for: no answer within the monitor's timeout.
    pub const TIMED_OUT: &str = "timed_out";
}

/// Lists the values of `signal`.
pub mod signal {
    /// Stands for: spans.
    pub const TRACES: &str = "traces";

    /// Stands for: metric points.
    pub const METRICS: &str = "metrics";

    /// Stands for: log records and events.
    pub const LOGS: &str = "logs";
}

/// Lists the values of `startup.check.kind`.
pub mod startup_check_kind {
    /// Stands for: configuration and environment.
    pub const CONFIG: &str = "config";

    /// Stands for: a route that must be mounted.
    pub const ROUTE: &str = "route";

    /// Stands for: an HTTP endpoint.
    pub const HTTP: &str = "http";

    /// Stands for: OpenID Connect discovery.
    pub const OIDC: &str = "oidc";

    /// Stands for: CORS answers.
    pub const CORS: &str = "cors";

    /// Stands for: a TCP port.
    pub const TCP: &str = "tcp";

    /// Stands for: a TLS certificate.
    pub const TLS: &str = "tls";

    /// Stands for: an SQL database.
    pub const SQL: &str = "sql";

    /// Stands for: a Redis server.
    pub const REDIS: &str = "redis";

    /// Stands for: a feature flag.
    pub const FEATURE_FLAG: &str = "feature_flag";

    /// Stands for: isolation between tenants.
    pub const TENANT_ISOLATION: &str = "tenant_isolation";

    /// Stands for: space on a disk.
    pub const DISK: &str = "disk";

    /// Stands for: the clock's offset.
    pub const CLOCK: &str = "clock";

    /// Stands for: the way to the collector.
    pub const TELEMETRY: &str = "telemetry";

    /// Stands for: a customer journey.
    pub const JOURNEY: &str = "journey";

    /// Stands for: a check of the service's own.
    pub const CUSTOM: &str = "custom";
}

/// Lists the values of `startup.check.on_failure`.
pub mod startup_check_on_failure {
    /// Stands for: the process ends.
    pub const ABORT: &str = "abort";

    /// Stands for: the service starts and says that it is degraded.
    pub const DEGRADE: &str = "degrade";
}

/// Lists the values of `startup.check.outcome`.
pub mod startup_check_outcome {
    /// Stands for: what was looked for is there.
    pub const PASSED: &str = "passed";

    /// Stands for: what was looked for is not there.
    pub const FAILED: &str = "failed";

    /// Stands for: no answer within the check's time.
    pub const TIMED_OUT: &str = "timed_out";

    /// Stands for: the check could not be made and says nothing.
    pub const SKIPPED: &str = "skipped";
}

/// Lists the values of `startup.outcome`.
pub mod startup_outcome {
    /// Stands for: every check passed or was skipped.
    pub const READY: &str = "ready";

    /// Stands for: the service runs although a check failed.
    pub const DEGRADED: &str = "degraded";

    /// Stands for: a check that must pass failed and the process ends.
    pub const ABORTED: &str = "aborted";
}

/// Lists the values of `stream`.
pub mod stream {
    /// Stands for: telemetry that is handed on.
    pub const SIGNALS: &str = "signals";

    /// Stands for: messages about incidents and components.
    pub const NOTICES: &str = "notices";

    /// Stands for: points of metrics for customers.
    pub const METRICS: &str = "metrics";
}
