//! Receivers of plain OTLP, over gRPC and over HTTP, in a thread of their own.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// Longest wait for something to come in, on a machine that has hardly any time for it.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    pub(crate) spans: Vec<Span>,
    /// Names of metrics.
    pub(crate) metrics: Vec<String>,
    /// Names of events.
    pub(crate) events: Vec<String>,
    /// Names of the resource's attributes.
    pub(crate) resource: Vec<String>,
}

#[derive(Debug, Clone, Default)]
struct Inbox {
    received: Arc<Mutex<Received>>,
    changed: Arc<Condvar>,
}

impl Inbox {
    fn take(&self, resource: Option<&Resource>, add: impl FnOnce(&mut Received)) {
        let mut received = self.received.lock().unwrap();
        let names = resource.into_iter().flat_map(|it| &it.attributes).map(|it| it.key.clone());
        received.resource = names.collect();
        add(&mut received);
        self.changed.notify_all();
    }

    fn traces(&self, request: &ExportTraceServiceRequest) {
        for it in &request.resource_spans {
            let spans = it.scope_spans.iter().flat_map(|scope| scope.spans.clone());
            self.take(it.resource.as_ref(), |received| received.spans.extend(spans));
        }
    }

    fn metrics(&self, request: &ExportMetricsServiceRequest) {
        for it in &request.resource_metrics {
            let metrics = it.scope_metrics.iter().flat_map(|scope| &scope.metrics);
            let names = metrics.map(|metric| metric.name.clone());
            self.take(it.resource.as_ref(), |received| received.metrics.extend(names));
        }
    }

    fn logs(&self, request: &ExportLogsServiceRequest) {
        for it in &request.resource_logs {
            let records = it.scope_logs.iter().flat_map(|scope| &scope.log_records);
            let names = records.map(|record| record.event_name.clone());
            self.take(it.resource.as_ref(), |received| received.events.extend(names));
        }
    }
}

/// A receiver that listens; its thread ends with the test's process.
pub(crate) struct Receiver {
    address: SocketAddr,
    inbox: Inbox,
}

impl Receiver {
    pub(crate) fn grpc() -> Self {
        Self::start(|listener, inbox| async move {
            tonic::transport::Server::builder()
                .add_service(TraceServiceServer::new(inbox.clone()))
                .add_service(MetricsServiceServer::new(inbox.clone()))
                .add_service(LogsServiceServer::new(inbox))
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
                .unwrap();
        })
    }

    #[cfg(feature = "http-proto")]
    pub(crate) fn http() -> Self {
        use axum::body::Bytes;
        use axum::extract::State;
        use axum::routing::post;
        use prost::Message;

        Self::start(|listener, inbox| async move {
            let traces = |State(inbox): State<Inbox>, body: Bytes| async move {
                inbox.traces(&Message::decode(body).unwrap());
            };
            let metrics = |State(inbox): State<Inbox>, body: Bytes| async move {
                inbox.metrics(&Message::decode(body).unwrap());
            };
            let logs = |State(inbox): State<Inbox>, body: Bytes| async move {
                inbox.logs(&Message::decode(body).unwrap());
            };
            let app = axum::Router::new()
                .route("/v1/traces", post(traces))
                .route("/v1/metrics", post(metrics))
                .route("/v1/logs", post(logs));
            axum::serve(listener, app.with_state(inbox)).await.unwrap();
        })
    }

    fn start<F: Future<Output = ()>>(
        serve: impl FnOnce(TcpListener, Inbox) -> F + Send + 'static,
    ) -> Self {
        let inbox = Inbox::default();
        let (taken, (bound, heard)) = (inbox.clone(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, taken).await;
            });
        });
        Self { address: heard.recv().unwrap(), inbox }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Received {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Waits until what came in is what a test waits for.
    pub(crate) fn until(&self, enough: impl Fn(&Received) -> bool) {
        let received = self.inbox.received.lock().unwrap();
        let (received, waited) = self
            .inbox
            .changed
            .wait_timeout_while(received, PATIENCE, |received| !enough(received))
            .unwrap();
        assert!(!waited.timed_out(), "{received:#?}");
    }
}

#[tonic::async_trait]
impl TraceService for Inbox {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces(request.get_ref());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Inbox {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics(request.get_ref());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Inbox {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.logs(request.get_ref());
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}
