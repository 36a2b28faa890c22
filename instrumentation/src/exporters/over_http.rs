//! OTLP as protobuf over HTTP/1.1, for networks that let no gRPC through.

use std::pin::Pin;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, RetryPolicy, SpanExporter,
    WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::metrics::Temporality;
use tokio::runtime::Handle;

use super::Tries;
use crate::checks::net::http::Request as OneRequest;

macro_rules! built {
    ($builder:expr, $tries:expr) => {{
        let builder = $builder
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Client::here());
        match $tries {
            Tries::AsSpecified => builder.build(),
            Tries::One => builder.with_retry_policy(RetryPolicy::disabled()).build(),
        }
    }};
}

pub(super) fn spans(tries: Tries) -> Result<SpanExporter, ExporterBuildError> {
    built!(SpanExporter::builder(), tries)
}

pub(super) fn logs(tries: Tries) -> Result<LogExporter, ExporterBuildError> {
    built!(LogExporter::builder(), tries)
}

pub(super) fn metrics(temporality: Temporality) -> Result<MetricExporter, ExporterBuildError> {
    built!(MetricExporter::builder().with_temporality(temporality), Tries::AsSpecified)
}

/// Sends each request over a connection of its own, which is one every few seconds.
///
/// The SDK's batches call from threads without a runtime; the connections live on the library's own.
#[derive(Debug)]
struct Client {
    runtime: Handle,
}

impl Client {
    fn here() -> Self {
        Self { runtime: Handle::current() }
    }
}

impl HttpClient for Client {
    fn send_bytes<'c, 'f>(
        &'c self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        'c: 'f,
        Self: 'f,
    {
        let (head, body) = request.into_parts();
        let mut one = OneRequest::get(head.uri.to_string());
        one.method(head.method.as_str());
        for (name, value) in &head.headers {
            one.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        one.body = body;
        // Aborted with the future: whoever gives up waiting leaves nothing behind.
        let task = AbortOnDrop(self.runtime.spawn(async move { one.send().await }));
        Box::pin(async move {
            let answer = task.join().await?.map_err(|problem| problem.message().to_owned())?;
            let mut response = Response::builder().status(answer.status);
            if let Some(headers) = response.headers_mut() {
                *headers = answer.headers;
            }
            Ok(response.body(answer.body)?)
        })
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
