//! A stock OTLP backend: the servers that `opentelemetry-proto` generates, which decode all they
//! are sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

/// Everything that a backend was sent, and how requests were compressed.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Requests with spans.
    pub traces: Vec<ExportTraceServiceRequest>,
    /// Requests with metrics.
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// Requests with log records.
    pub logs: Vec<ExportLogsServiceRequest>,
    /// The `grpc-encoding` of each request in turn; empty for none.
    pub encodings: Vec<String>,
    /// The `authorization` of each request in turn; empty for none.
    pub authorizations: Vec<String>,
}

/// A backend that listens for gRPC. It stops when dropped.
pub struct Backend {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Services(Arc<Mutex<Received>>);

impl Services {
    fn take<T>(&self, request: Request<T>) -> (MutexGuard<'_, Received>, T) {
        let text = |name| {
            let value = request.metadata().get(name).and_then(|it| it.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (encoding, authorization) = (text("grpc-encoding"), text("authorization"));
        let mut received = lock(&self.0);
        received.encodings.push(encoding);
        received.authorizations.push(authorization);
        (received, request.into_inner())
    }
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tonic::async_trait]
impl TraceService for Services {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (mut received, request) = self.take(request);
        received.traces.push(request);
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Services {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (mut received, request) = self.take(request);
        received.metrics.push(request);
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Services {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let (mut received, request) = self.take(request);
        received.logs.push(request);
        Ok(Response::new(Default::default()))
    }
}

impl Backend {
    /// Starts one that speaks without TLS.
    ///
    /// # Errors
    /// Fails without a free port.
    pub async fn start() -> anyhow::Result<Self> {
        Self::serve(Server::builder()).await
    }

    /// Starts one that speaks TLS.
    ///
    /// # Errors
    /// Fails without a free port, or when a certificate cannot be used.
    pub async fn with_tls(tls: ServerTlsConfig) -> anyhow::Result<Self> {
        Self::serve(Server::builder().tls_config(tls)?).await
    }

    async fn serve(mut server: Server) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Received::default()));
        let services = Services(Arc::clone(&received));
        let traces = TraceServiceServer::new(services.clone());
        let metrics = MetricsServiceServer::new(services.clone());
        let logs = LogsServiceServer::new(services);
        let router = server
            .add_service(traces.accept_compressed(Gzip).accept_compressed(Zstd))
            .add_service(metrics.accept_compressed(Gzip).accept_compressed(Zstd))
            .add_service(logs.accept_compressed(Gzip).accept_compressed(Zstd));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // ends with its task; what it could not take shows in what did not arrive
            let _ = router.serve_with_incoming(TcpIncoming::from(listener)).await;
        });
        Ok(Self { address, received, _server: tasks })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns everything that it was sent.
    pub fn received(&self) -> Received {
        lock(&self.received).clone()
    }
}
