//! Telemetry as a service would send it, written as a story.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tonic::transport::Channel;

/// How long a sender waits for an acknowledgement.
const PATIENCE: Duration = Duration::from_secs(10);

/// One process of a service, that reports to a collector.
#[derive(Clone, Debug)]
pub struct Sender {
    channel: Channel,
    resource: Resource,
}

impl Sender {
    /// Connects a process of `service` to a collector.
    ///
    /// # Errors
    /// Fails when nobody listens at the address.
    pub async fn connect(
        collector: SocketAddr,
        service: &str,
        version: &str,
        instance: &str,
    ) -> anyhow::Result<Self> {
        let endpoint = Channel::from_shared(format!("http://{collector}"))?.timeout(PATIENCE);
        let attributes = vec![
            text("service.name", service),
            text("service.version", version),
            text("service.instance.id", instance),
        ];
        let resource = Resource { attributes, ..Resource::default() };
        Ok(Self { channel: endpoint.connect().await?, resource })
    }

    /// Reports the routes that the process serves; returns once that is acknowledged.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn manifest(&self, routes: &[&str]) -> Result<(), tonic::Status> {
        let values = routes.iter().map(|it| value(Value::StringValue((*it).to_owned()))).collect();
        let routes = KeyValue {
            key: "routes".to_owned(),
            value: Some(value(Value::ArrayValue(ArrayValue { values }))),
            ..KeyValue::default()
        };
        self.event("service.routes", vec![routes, text("startup.outcome", "ready")]).await
    }

    /// Says that the process is about to end in an orderly way.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn stopping(&self) -> Result<(), tonic::Status> {
        self.event("service.stopping", vec![]).await
    }

    /// Sends a probe; returns once that is acknowledged.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn probe(&self, nonce: &str) -> Result<(), tonic::Status> {
        self.event("telemetry.probe", vec![text("telemetry.probe.nonce", nonce)]).await
    }

    async fn event(&self, name: &str, attributes: Vec<KeyValue>) -> Result<(), tonic::Status> {
        let record = LogRecord {
            event_name: name.to_owned(),
            time_unix_nano: nanos(),
            attributes,
            ..LogRecord::default()
        };
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let resource = Some(self.resource.clone());
        let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
        let request = ExportLogsServiceRequest { resource_logs };
        LogsServiceClient::new(self.channel.clone()).export(request).await.map(drop)
    }

    /// Reports a request that was served: with its route, or without one when none matched.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn served(
        &self,
        path: &str,
        route: Option<&str>,
        status: i64,
    ) -> Result<(), tonic::Status> {
        let mut attributes = vec![
            text("http.request.method", "GET"),
            text("url.path", path),
            KeyValue {
                key: "http.response.status_code".to_owned(),
                value: Some(value(Value::IntValue(status))),
                ..KeyValue::default()
            },
        ];
        attributes.extend(route.map(|route| text("http.route", route)));
        let span = Span {
            trace_id: vec![1; 16],
            span_id: vec![1; 8],
            name: "GET".to_owned(),
            kind: SpanKind::Server.into(),
            start_time_unix_nano: nanos(),
            end_time_unix_nano: nanos(),
            attributes,
            ..Span::default()
        };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource = Some(self.resource.clone());
        let resource_spans =
            vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
        let request = ExportTraceServiceRequest { resource_spans };
        TraceServiceClient::new(self.channel.clone()).export(request).await.map(drop)
    }

    /// Returns the connection, for requests that no well-behaved sender makes.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }
}

fn text(key: &str, text: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value(Value::StringValue(text.to_owned()))),
        ..KeyValue::default()
    }
}

fn value(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn nanos() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "what a service reports carries the wall clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
