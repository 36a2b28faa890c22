//! Requests to other services: client spans, their durations, and the caller's trace and customer on the way out.

use std::sync::Arc;
use std::time::Instant;

use opentelemetry::context::FutureExt;
use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::trace::{
    SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, Response, Url};

use crate::business::metric::BOUNDS;
use crate::propagation::Propagator;
use crate::providers::Providers;
use crate::semconv::{ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS};

const HTTP_CLIENT_REQUEST_DURATION: &str = "http.client.request.duration";
const SERVER_PORT: &str = "server.port";
const URL_FULL: &str = "url.full";

/// Sends requests of a [`reqwest::Client`] in a span each; comes from
/// [`Telemetry::http_client`](crate::Telemetry::http_client), clones are cheap.
///
/// What goes out carries `traceparent` and `baggage`, so that the trace goes on behind, and whoever is behind knows the
/// customer. Requests are built as ever and sent with [`send`](Self::send):
///
/// ```
/// # async fn handler(http: bellwether::HttpClient) -> Result<(), reqwest::Error> {
/// let prices = http.send(http.client().get("http://prices.internal/v1/today")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tracer: SdkTracer,
    duration: Histogram<f64>,
    propagator: Propagator,
}

impl HttpClient {
    pub(crate) fn new(client: reqwest::Client, providers: &Providers) -> Self {
        let duration = providers
            .meter
            .meter_with_scope(crate::scope())
            .f64_histogram(HTTP_CLIENT_REQUEST_DURATION)
            .with_unit("s")
            .with_description("Duration of HTTP client requests.")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        let tracer = providers.tracer.tracer_with_scope(crate::scope());
        let inner = Inner { tracer, duration, propagator: providers.propagator() };
        Self { client, inner: Arc::new(inner) }
    }

    /// Returns the client, to build requests with.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request that was built, and returns when the head of the answer is there.
    ///
    /// # Errors
    ///
    /// Returns what reqwest returns: an answer of any status is none.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, reqwest::Error> {
        let (client, request) = request.build_split();
        self.observe(client, request?).await
    }

    /// Sends a request.
    ///
    /// # Errors
    ///
    /// Returns what reqwest returns: an answer of any status is none.
    pub async fn execute(&self, request: Request) -> Result<Response, reqwest::Error> {
        self.observe(self.client.clone(), request).await
    }

    async fn observe(
        &self,
        client: reqwest::Client,
        mut request: Request,
    ) -> Result<Response, reqwest::Error> {
        let began = Instant::now();
        let mut attributes = common(request.method(), request.url());
        let parent = Context::current();
        let name = method(request.method());
        let mut described = attributes.clone();
        described.push(KeyValue::new(URL_FULL, shown(request.url())));
        let span =
            SpanBuilder::from_name(name).with_kind(SpanKind::Client).with_attributes(described);
        let context = parent.with_span(self.inner.tracer.build_with_context(span, &parent));
        self.inner.propagator.inject_context(&context, &mut Headers(request.headers_mut()));

        let result = client.execute(request).with_context(context.clone()).await;

        let span = context.span();
        let mut end = Vec::new();
        match &result {
            Ok(response) => {
                let status = response.status();
                end.push(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
                if status.is_client_error() || status.is_server_error() {
                    end.push(KeyValue::new(ERROR_TYPE, status.as_str().to_owned()));
                    span.set_status(Status::error(""));
                }
            }
            Err(error) => {
                end.push(KeyValue::new(ERROR_TYPE, kind(error)));
                // Without the URL, whose query may hold a token.
                span.set_status(Status::error(kind(error)));
            }
        }
        span.set_attributes(end.clone());
        span.end();
        attributes.extend(end);
        self.inner.duration.record(began.elapsed().as_secs_f64(), &attributes);
        result
    }
}

/// Lists what span and metric have in common.
fn common(asked: &Method, url: &Url) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new(HTTP_REQUEST_METHOD, method(asked))];
    attributes.extend(url.host_str().map(|host| KeyValue::new(SERVER_ADDRESS, host.to_owned())));
    let port = url.port_or_known_default();
    attributes.extend(port.map(|port| KeyValue::new(SERVER_PORT, i64::from(port))));
    attributes
}

/// Returns the method, `_OTHER` for one that is not standard.
fn method(asked: &Method) -> &'static str {
    match asked.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "_OTHER",
    }
}

/// Returns the URL without user, password, query and fragment, where secrets live.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// Names what went wrong in one word of a few.
fn kind(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_redirect() {
        "redirect"
    } else if error.is_builder() {
        "invalid_request"
    } else {
        "request"
    }
}

struct Headers<'h>(&'h mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` says nothing.
        if value.is_empty() {
            return;
        }
        if let (Ok(name), Ok(value)) = (key.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests;
