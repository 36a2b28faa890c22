use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tower::ServiceExt;

use super::*;

struct Served {
    app: Router,
    spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    providers: Providers,
}

fn serve() -> Served {
    let spans = InMemorySpanExporter::default();
    let metrics = InMemoryMetricExporter::default();
    let providers = Providers {
        tracer: SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build(),
        meter: SdkMeterProvider::builder()
            .with_reader(PeriodicReader::builder(metrics.clone()).build())
            .build(),
        logger: SdkLoggerProvider::builder().build(),
    };
    let users = Router::new().route("/{id}", get(async || StatusCode::NOT_FOUND));
    let tracer = providers.tracer.tracer("inner");
    let app = Router::new()
        .nest("/users", users)
        .route("/broken", get(async || StatusCode::BAD_GATEWAY))
        .route("/inner", get(async move || tracer.start("inner work").end()));
    Served { app: instrument(app, &providers), spans, metrics, providers }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, traceparent: Option<&str>) -> Vec<SpanData> {
        self.spans.reset();
        let mut request = axum::http::Request::builder().method(method).uri(path);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let request = request.body(Body::empty()).unwrap();
        self.app.clone().oneshot(request).await.unwrap();
        self.spans.get_finished_spans().unwrap()
    }
}

fn attributes(span: &SpanData) -> Vec<String> {
    let mut attributes: Vec<String> =
        span.attributes.iter().map(|kv| format!("{}={}", kv.key, kv.value)).collect();
    attributes.sort();
    attributes
}

#[tokio::test]
async fn the_applications_own_404_has_a_route() {
    let spans = serve().ask("GET", "/users/7", None).await;
    assert_eq!(spans[0].name, "GET /users/{id}");
    assert_eq!(spans[0].span_kind, SpanKind::Server);
    assert_eq!(
        attributes(&spans[0]),
        [
            "http.request.method=GET",
            "http.response.status_code=404",
            "http.route=/users/{id}",
            "url.path=/users/7",
        ]
    );
    assert_eq!(spans[0].status, Status::Unset);
}

#[tokio::test]
async fn a_missing_routes_404_has_none() {
    let spans = serve().ask("BREW", "/admin/dashboard", None).await;
    assert_eq!(spans[0].name, "_OTHER");
    assert_eq!(
        attributes(&spans[0]),
        [
            "http.request.method=_OTHER",
            "http.response.status_code=404",
            "url.path=/admin/dashboard",
        ]
    );
}

#[tokio::test]
async fn server_errors_are_errors() {
    let spans = serve().ask("GET", "/broken", None).await;
    assert!(attributes(&spans[0]).contains(&"error.type=502".to_owned()));
    assert!(matches!(spans[0].status, Status::Error { .. }));
}

#[tokio::test]
async fn a_trace_goes_on_from_the_caller_into_the_handler() {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let spans = serve().ask("GET", "/inner", Some(traceparent)).await;
    let (inner, server) = (&spans[0], &spans[1]);
    assert_eq!(server.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
    assert_eq!(inner.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn durations_are_measured_by_route_and_status() {
    let served = serve();
    served.ask("GET", "/users/7", None).await;
    served.providers.meter.force_flush().unwrap();
    let text = format!("{:?}", served.metrics.get_finished_metrics().unwrap());
    assert!(text.contains("http.server.request.duration"), "{text}");
    assert!(text.contains("/users/{id}"), "{text}");
    assert!(!text.contains("/users/7"), "paths are unbounded: {text}");
}
