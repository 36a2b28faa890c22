//! Telemetry as a service would send it, written as a story.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use tonic::transport::Channel;

use super::records::{self, number, text};

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
        let resource = records::resource(service, version, instance);
        Ok(Self { channel: endpoint.connect().await?, resource })
    }

    /// Reports the routes that the process serves; returns once that is acknowledged.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn manifest(&self, routes: &[&str]) -> Result<(), tonic::Status> {
        self.send(records::manifest(self.resource.clone(), routes, nanos())).await
    }

    /// Says that the process is about to end in an orderly way.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn stopping(&self) -> Result<(), tonic::Status> {
        self.send(self.event("service.stopping", vec![])).await
    }

    /// Sends a probe; returns once that is acknowledged.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn probe(&self, nonce: &str) -> Result<(), tonic::Status> {
        let nonce = vec![text("telemetry.probe.nonce", nonce)];
        self.send(self.event("telemetry.probe", nonce)).await
    }

    fn event(&self, name: &str, attributes: Vec<KeyValue>) -> ExportLogsServiceRequest {
        records::event(self.resource.clone(), name, attributes, nanos())
    }

    async fn send(&self, request: ExportLogsServiceRequest) -> Result<(), tonic::Status> {
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
        self.all_served(&[path], route, status).await
    }

    /// Reports requests of several paths at once, as [`Self::served`] does of one.
    ///
    /// # Errors
    /// Returns the status when the collector refuses.
    pub async fn all_served(
        &self,
        paths: &[&str],
        route: Option<&str>,
        status: i64,
    ) -> Result<(), tonic::Status> {
        let spans = paths.iter().map(|path| served(path, route, status)).collect();
        let request = records::spans(self.resource.clone(), spans);
        TraceServiceClient::new(self.channel.clone()).export(request).await.map(drop)
    }

    /// Returns the connection, for requests that no well-behaved sender makes.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }
}

fn served(path: &str, route: Option<&str>, status: i64) -> Span {
    let mut attributes = vec![
        text("http.request.method", "GET"),
        text("url.path", path),
        number("http.response.status_code", status),
    ];
    attributes.extend(route.map(|route| text("http.route", route)));
    Span {
        name: "GET".to_owned(),
        kind: SpanKind::Server.into(),
        attributes,
        // as the semantic conventions for HTTP have it
        status: (status >= 500)
            .then(|| Status { code: StatusCode::Error.into(), ..Status::default() }),
        ..records::span(nanos())
    }
}

fn nanos() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "what a service reports carries the wall clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
