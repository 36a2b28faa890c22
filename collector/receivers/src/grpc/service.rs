//! Answers `Export` of the three services.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Ingest, Signal};
use bellwether_otlp::validate;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};
use tonic::server::{Grpc, UnaryService};
use tower::Service;

use super::codec::RawCodec;
use super::{probe, status};
use crate::proto;

/// What a sender that met the bound on requests is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Takes every request of every connection.
#[derive(Clone)]
pub(super) struct Export {
    ingest: Arc<dyn Ingest>,
    in_flight: Arc<Semaphore>,
    max_message: usize,
}

impl Export {
    pub(super) fn new(ingest: Arc<dyn Ingest>, in_flight: usize, max_message: usize) -> Self {
        Self { ingest, in_flight: Arc::new(Semaphore::new(in_flight)), max_message }
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        if let Some(nonce) = probe::nonce(&request) {
            return probe::answer(self.ingest.has_seen(nonce), Body::new);
        }
        let content_type = request.headers().get(header::CONTENT_TYPE);
        if !content_type.is_some_and(is_grpc) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return response;
        }
        let Some(signal) = signal(request.uri().path()) else {
            return Status::unimplemented("no such method; Export is the only one").into_http();
        };
        // Before the body is read: who is turned away costs nothing.
        let Ok(_place) = self.in_flight.try_acquire() else {
            tracing::debug!(signal = signal.as_str(), "refused a request, too many in flight");
            return status::overloaded(RETRY_AFTER).into_http();
        };
        let mut grpc = Grpc::new(RawCodec)
            .accept_compressed(Gzip)
            .accept_compressed(Zstd)
            .max_decoding_message_size(self.max_message);
        let ingest = Arc::clone(&self.ingest);
        let response = grpc.unary(Take { ingest, signal }, request).await;
        status::correct_oversize(response)
    }
}

impl Service<Request<Body>> for Export {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

fn is_grpc(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"application/grpc")
}

fn signal(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Some(Signal::Metrics),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
        _ => None,
    }
}

/// Takes one body that was read and decompressed.
struct Take {
    ingest: Arc<dyn Ingest>,
    signal: Signal,
}

impl UnaryService<Bytes> for Take {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let (ingest, signal) = (Arc::clone(&self.ingest), self.signal);
        Box::pin(async move {
            let body = request.into_inner();
            let checked = match signal {
                Signal::Traces => validate::traces(&body),
                Signal::Metrics => validate::metrics(&body),
                Signal::Logs => validate::logs(&body),
            };
            if let Err(why) = checked {
                tracing::debug!(signal = signal.as_str(), %why, "refused a malformed request");
                return Err(status::malformed(&why.to_string()));
            }
            let outcome = ingest.ingest(signal, body).await;
            outcome
                .map(|accepted| tonic::Response::new(proto::accepted(&accepted)))
                .map_err(status::refused)
        })
    }
}
