//! The server span that a careful developer writes with `tracing`: the attributes of the semantic conventions, the caller's
//! trace, no boxed future.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use opentelemetry::propagation::Extractor;
use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Puts a span around every request.
#[derive(Clone)]
pub(super) struct Spans;

impl<S> Layer<S> for Spans {
    type Service = Spanned<S>;

    fn layer(&self, inner: S) -> Spanned<S> {
        Spanned { inner }
    }
}

#[derive(Clone)]
pub(super) struct Spanned<S> {
    inner: S,
}

impl<S: Service<Request, Response = Response>> Service<Request> for Spanned<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let method = request.method().as_str();
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let span = tracing::info_span!(
            "request",
            otel.name = format_args!("{method} {}", route.unwrap_or_default()),
            otel.kind = "server",
            http.request.method = method,
            http.route = route,
            url.path = request.uri().path(),
            url.scheme = "http",
            http.response.status_code = Empty,
            error.r#type = Empty,
        );
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Headers(request.headers()))
        });
        let _ = span.set_parent(parent);
        let inner = span.in_scope(|| self.inner.call(request)).instrument(span.clone());
        Answering { inner, span }
    }
}

pin_project! {
    pub(super) struct Answering<F> {
        #[pin]
        inner: Instrumented<F>,
        span: Span,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for Answering<F> {
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(cx));
        if let Ok(response) = &outcome {
            let status = response.status();
            this.span.record("http.response.status_code", status.as_u16());
            if status.is_server_error() {
                this.span.record("error.type", status.as_str());
            }
        }
        Poll::Ready(outcome)
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
