use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::get;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use tower::ServiceExt;

use super::*;
use crate::business::processors::TagLogs;
use crate::business::{self, Catalog, Component, Criticality};
use crate::loss::{LogsQueue, Loss, SpansQueue};

mod compose;
mod tags;

struct Served {
    app: Router,
    activity: Activity,
    spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    logs: InMemoryLogExporter,
    providers: Providers,
}

fn catalog() -> Catalog {
    let component = |id, criticality, route| Component::new(id, criticality).route(route).unwrap();
    Catalog::new()
        .component(component("users", Criticality::High, "/users/**"))
        .component(component("admin", Criticality::Critical, "/admin/**"))
        .customer("zebra")
}

fn serve() -> Served {
    serve_sampled(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
}

fn serve_sampled(sampler: Sampler) -> Served {
    let spans = InMemorySpanExporter::default();
    let metrics = InMemoryMetricExporter::default();
    let logs = InMemoryLogExporter::default();
    let loss = Arc::new(Loss::default());
    let providers = Providers {
        tracer: SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_span_processor(SpansQueue::new(spans.clone(), 100, &loss))
            .build(),
        meter: SdkMeterProvider::builder()
            .with_reader(PeriodicReader::builder(metrics.clone()).build())
            .build(),
        logger: SdkLoggerProvider::builder()
            .with_log_processor(TagLogs)
            .with_log_processor(LogsQueue::new(logs.clone(), 100, &loss))
            .build(),
        ..Providers::disabled()
    };
    let users = Router::new().route("/{id}", get(async || StatusCode::NOT_FOUND));
    let tracer = providers.tracer.tracer("inner");
    let app = Router::new()
        .nest("/users", users)
        .route("/broken", get(async || StatusCode::BAD_GATEWAY))
        .route("/users/named", get(tags::for_zebra))
        .route("/users/stranger", get(async || business::customer("c-10482")))
        .route("/users/traced", get(compose::traced))
        .route("/graphql", get(async || business::component("admin")))
        .route("/pending", get(std::future::pending::<()>))
        .route("/inner", get(async move || tracer.start("inner work").end()));
    let routes = ["GET /users/{id}", "GET /broken", "GET /users/named", "GET /inner"];
    let manifest = routes.iter().map(|route| route.parse().unwrap()).collect();
    let business = Business::new(&providers, Arc::new(catalog()));
    let listed = Listed { manifest: &manifest, components: &BTreeMap::new() };
    let (app, activity) = instrument(app, listed, "shop".to_owned(), &providers, &business);
    Served { app, activity, spans, metrics, logs, providers }
}

fn request(method: &str, path: &str, header: Option<(&str, &str)>) -> Request {
    let mut request = axum::http::Request::builder().method(method).uri(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(Body::empty()).unwrap()
}

impl Served {
    async fn ask(&self, method: &str, path: &str, header: Option<(&str, &str)>) -> Vec<SpanData> {
        self.app.clone().oneshot(request(method, path, header)).await.unwrap();
        self.spans()
    }

    /// Returns the spans since the last call.
    fn spans(&self) -> Vec<SpanData> {
        self.providers.tracer.force_flush().unwrap();
        let spans = self.spans.get_finished_spans().unwrap();
        self.spans.reset();
        spans
    }

    fn metrics(&self) -> String {
        self.providers.meter.force_flush().unwrap();
        format!("{:?}", self.metrics.get_finished_metrics().unwrap())
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
            "business.component=users",
            "http.request.method=GET",
            "http.response.status_code=404",
            "http.route=/users/{id}",
            "service.criticality=high",
            "url.path=/users/7",
            "url.scheme=http",
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
            "business.component=admin",
            "http.request.method=_OTHER",
            "http.response.status_code=404",
            "service.criticality=critical",
            "url.path=/admin/dashboard",
            "url.scheme=http",
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
    let spans = serve().ask("GET", "/inner", Some(("traceparent", traceparent))).await;
    let (inner, server) = (&spans[0], &spans[1]);
    assert_eq!(server.parent_span_id.to_string(), "b7ad6b7169203331");
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
    assert_eq!(inner.span_context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn durations_are_measured_by_route_and_status() {
    let served = serve();
    served.ask("GET", "/users/7", None).await;
    let text = served.metrics();
    assert!(text.contains("http.server.request.duration"), "{text}");
    assert!(text.contains("/users/{id}"), "{text}");
    assert!(!text.contains("/users/7"), "paths are unbounded: {text}");
}

#[tokio::test]
async fn requests_under_way_are_counted_and_a_cancelled_one_leaves_a_span() {
    let served = serve();
    let pending = served.app.clone().oneshot(request("GET", "/pending", None));
    let mut pending = Box::pin(pending);
    assert!(futures_util::poll!(&mut pending).is_pending());
    assert!(served.metrics().contains("http.server.active_requests"));
    let under_way =
        |served: &Served| -> i64 { served.activity.work.by_method().map(|(_, count)| count).sum() };
    assert_eq!(under_way(&served), 1);
    drop(pending);
    assert_eq!(under_way(&served), 0);
    assert!(attributes(&served.spans()[0]).contains(&"error.type=cancelled".to_owned()));
}

#[tokio::test]
async fn an_unsampled_request_is_still_measured_and_its_trace_goes_on_unsampled() {
    let served = serve();
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert!(served.ask("GET", "/inner", Some(("traceparent", traceparent))).await.is_empty());
    assert!(serve_sampled(Sampler::AlwaysOff).ask("GET", "/inner", None).await.is_empty());
    assert!(served.metrics().contains("http.server.request.duration"));
}
