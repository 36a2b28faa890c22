use axum::Router;
use axum::http::HeaderMap as Incoming;
use axum::routing::get;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};

use super::*;
use crate::business::tags::Tags;
use crate::business::{self, Catalog};

/// Starts a service that answers with the headers that it got.
async fn echo() -> String {
    let app = Router::new()
        .route("/", get(async |headers: Incoming| format!("{headers:?}")))
        .route("/broken", get(async || axum::http::StatusCode::BAD_GATEWAY));
    serve(app).await
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://user:secret@{address}")
}

fn plain() -> reqwest::Client {
    // In a workspace somebody else may ask reqwest for TLS without a provider.
    #[cfg(feature = "tls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn the_trace_and_the_customer_go_out_and_no_secret_is_told() {
    let (spans, metrics) = (InMemorySpanExporter::default(), InMemoryMetricExporter::default());
    let providers = Providers {
        tracer: SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build(),
        meter: SdkMeterProvider::builder()
            .with_reader(PeriodicReader::builder(metrics.clone()).build())
            .build(),
        ..Providers::disabled()
    };
    let http = HttpClient::new(plain(), &providers);
    let server = echo().await;

    let tags = Tags::begin(&Arc::new(Catalog::new()), None, &Context::new());
    let request = async {
        business::customer("zebra");
        let ok = http.send(http.client().get(format!("{server}/?token=5e1f"))).await.unwrap();
        let broken = http.send(http.client().get(format!("{server}/broken"))).await.unwrap();
        assert_eq!(broken.status().as_u16(), 502);
        ok.text().await.unwrap()
    };
    let seen = request.with_context(Context::new().with_value(tags)).await;
    assert!(seen.contains("business.customer.id=zebra"), "{seen}");

    let spans = spans.get_finished_spans().unwrap();
    let [ok, broken] = spans.as_slice() else { panic!("{spans:?}") };
    assert!(seen.contains(&ok.span_context.trace_id().to_string()), "{seen}");
    assert!(seen.contains(&ok.span_context.span_id().to_string()), "{seen}");
    assert_eq!((ok.name.as_ref(), &ok.span_kind), ("GET", &SpanKind::Client));
    let told = format!("{spans:?}");
    assert!(!told.contains("secret") && !told.contains("5e1f"), "{told}");
    assert!(matches!(broken.status, Status::Error { .. }));

    providers.meter.force_flush().unwrap();
    let told = format!("{:?}", metrics.get_finished_metrics().unwrap());
    assert!(told.contains(HTTP_CLIENT_REQUEST_DURATION) && told.contains("127.0.0.1"), "{told}");
}

/// Scenario: a service learns whom it serves and asks another one, over a real connection, with the client.
/// Guarantee: the span of the service behind is in the same trace and names the customer, without a line of its own.
#[tokio::test]
async fn a_service_behind_inherits_the_customer() {
    use crate::routing;
    use crate::telemetry::Parts;

    let spans = InMemorySpanExporter::default();
    let tracer = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let providers = || Providers { tracer: tracer.clone(), ..Providers::disabled() };
    let telemetry = || {
        let catalog = Catalog::new().customer("zebra");
        crate::Telemetry::new(Parts { providers: providers(), catalog, ..Parts::silent() })
    };
    let (front, behind) = (telemetry(), telemetry());
    let prices = routing::Router::new().route("/prices", routing::get(async || "925000"));
    let server = serve(behind.instrument(prices)).await;

    let http = front.http_client(plain());
    let ask = async move || {
        business::customer("zebra");
        let answer = http.send(http.client().get(format!("{server}/prices"))).await.unwrap();
        answer.text().await.unwrap()
    };
    let app = routing::Router::new().route("/report", routing::get(ask));
    let front = serve(front.instrument(app)).await;
    assert_eq!(plain().get(format!("{front}/report")).send().await.unwrap().status(), 200);

    let spans = spans.get_finished_spans().unwrap();
    let behind = spans.iter().find(|it| it.name == "GET /prices").unwrap();
    assert!(behind.attributes.contains(&KeyValue::new("business.customer", "zebra")), "{behind:?}");
    assert!(spans.iter().all(|it| it.span_context.trace_id() == behind.span_context.trace_id()));
    assert_eq!(spans.len(), 3, "{spans:?}");
}
