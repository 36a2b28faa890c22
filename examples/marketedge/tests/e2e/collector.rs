//! A plain OTLP gRPC receiver that remembers what it got.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
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
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// Longest wait for something that must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// What arrived so far, with the resource of each request.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) spans: Vec<(Vec<KeyValue>, Span)>,
    pub(crate) logs: Vec<(Vec<KeyValue>, LogRecord)>,
    pub(crate) delta_histograms: Vec<String>,
}

impl Seen {
    pub(crate) fn span(&self, name: &str) -> Option<&Span> {
        self.spans.iter().map(|(_, span)| span).find(|span| span.name == name)
    }

    pub(crate) fn event(&self, name: &str) -> Option<&LogRecord> {
        self.logs.iter().map(|(_, log)| log).find(|log| log.event_name == name)
    }
}

#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Notify>,
}

/// A receiver that listens until it is dropped.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    receiver: Receiver,
    _server: JoinSet<Result<(), tonic::transport::Error>>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::start_on("127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn start_on(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Receiver::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(receiver.clone()))
            .add_service(LogsServiceServer::new(receiver.clone()))
            .add_service(MetricsServiceServer::new(receiver.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(
            server.serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener)),
        );
        Self { address, receiver, _server: tasks }
    }

    /// Waits until what was seen satisfies `wanted`, and returns all of it.
    pub(crate) async fn wait_for(&self, what: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let found = async {
            loop {
                let changed = self.receiver.changed.notified();
                let seen = self.receiver.seen.lock().unwrap().clone();
                if wanted(&seen) {
                    return seen;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(DEADLINE, found).await {
            Ok(seen) => seen,
            Err(_) => {
                panic!("{what} did not arrive; seen: {:#?}", self.receiver.seen.lock().unwrap())
            }
        }
    }
}

impl Receiver {
    fn see(&self, see: impl FnOnce(&mut Seen)) {
        see(&mut self.seen.lock().unwrap());
        self.changed.notify_waiters();
    }
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.see(|seen| {
            for group in request.into_inner().resource_spans {
                let resource = group.resource.unwrap_or_default().attributes;
                let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
                seen.spans.extend(spans.map(|span| (resource.clone(), span)));
            }
        });
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.see(|seen| {
            for group in request.into_inner().resource_logs {
                let resource = group.resource.unwrap_or_default().attributes;
                let logs = group.scope_logs.into_iter().flat_map(|scope| scope.log_records);
                seen.logs.extend(logs.map(|log| (resource.clone(), log)));
            }
        });
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.see(|seen| {
            let groups = request.into_inner().resource_metrics.into_iter();
            let scopes = groups.flat_map(|group| group.scope_metrics);
            for metric in scopes.flat_map(|scope| scope.metrics) {
                // 1 is delta in the protocol.
                if let Some(Data::Histogram(histogram)) = metric.data
                    && histogram.aggregation_temporality == 1
                {
                    seen.delta_histograms.push(metric.name);
                }
            }
        });
        Ok(Response::new(Default::default()))
    }
}

/// Returns an attribute as text; lists are joined by commas.
pub(crate) fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(show(attribute.value.as_ref()?))
}

fn show(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::ArrayValue(list)) => list.values.iter().map(show).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}
