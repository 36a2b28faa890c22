//! Server spans and metrics by the HTTP semantic conventions.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use opentelemetry::context::FutureExt;
use opentelemetry::metrics::{Histogram, MeterProvider};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{
    SpanBuilder, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use crate::providers::Providers;
use crate::semconv::{
    ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, URL_PATH,
};

const HTTP_SERVER_REQUEST_DURATION: &str = "http.server.request.duration";
/// Bounds in seconds, as the semantic conventions advise.
const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

struct Server {
    tracer: SdkTracer,
    duration: Histogram<f64>,
    propagator: TraceContextPropagator,
}

/// Puts a span and a duration around every request of the router.
pub(crate) fn instrument(router: Router, providers: &Providers) -> Router {
    let meter = providers.meter.meter_with_scope(crate::scope());
    let server = Server {
        tracer: providers.tracer.tracer_with_scope(crate::scope()),
        duration: meter
            .f64_histogram(HTTP_SERVER_REQUEST_DURATION)
            .with_unit("s")
            .with_description("Duration of HTTP server requests.")
            .with_boundaries(BOUNDS.to_vec())
            .build(),
        propagator: TraceContextPropagator::new(),
    };
    router.layer(from_fn_with_state(Arc::new(server), observe))
}

async fn observe(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut common = vec![KeyValue::new(HTTP_REQUEST_METHOD, method)];
    common.extend(route.clone().map(|route| KeyValue::new(HTTP_ROUTE, route)));
    let mut attributes = common.clone();
    attributes.push(KeyValue::new(URL_PATH, request.uri().path().to_owned()));

    let name = match &route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    let parent =
        server.propagator.extract_with_context(&Context::new(), &Headers(request.headers()));
    let span = SpanBuilder::from_name(name).with_kind(SpanKind::Server).with_attributes(attributes);
    let context = parent.with_span(server.tracer.build_with_context(span, &parent));

    let response = next.run(request).with_context(context.clone()).await;

    let status = response.status();
    let code = KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
    let span = context.span();
    span.set_attribute(code.clone());
    common.push(code);
    if status.is_server_error() {
        let error = KeyValue::new(ERROR_TYPE, status.as_str().to_owned());
        span.set_attribute(error.clone());
        span.set_status(Status::error(""));
        common.push(error);
    }
    span.end();
    server.duration.record(began.elapsed().as_secs_f64(), &common);
    response
}

/// Returns the method, or `_OTHER` for one that is not standard, so that made-up methods cannot flood the metrics.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
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

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests;
