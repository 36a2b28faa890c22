//! What is compared.

use anyhow::Context as _;
use axum::Json;
use bellwether::business::{Catalog, Component, Criticality};
use clap::ValueEnum;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

mod by_hand;

/// A way to instrument the same service.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum, Serialize, Deserialize,
)]
pub(crate) enum Variant {
    /// Not at all.
    None,
    /// tracing, tracing-opentelemetry as it comes, and the batch exporter.
    Default,
    /// The same without location, threads, target and inactivity.
    Lean,
    /// Ours: span, business tags, metrics, activity for the health endpoints.
    Bellwether,
}

/// What the caller says of its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Trace {
    /// It is recorded.
    Sampled,
    /// It is not.
    Unsampled,
}

impl Trace {
    /// Returns the header that the caller sends.
    pub(crate) fn parent(self) -> &'static str {
        match self {
            Self::Sampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Self::Unsampled => "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        }
    }
}

/// A service, and whatever must live as long as it.
pub(crate) struct Service {
    pub(crate) app: axum::Router,
    pub(crate) keep: Keep,
}

/// Ends the telemetry of a variant.
pub(crate) enum Keep {
    Nothing,
    Provider(SdkTracerProvider),
    Telemetry(bellwether::Telemetry),
}

impl Variant {
    /// Builds the service and installs what it needs for the whole process.
    ///
    /// Must be called within the runtime that carries the exports of the variants by hand.
    pub(crate) fn build(self, endpoint: &str) -> anyhow::Result<Service> {
        match self {
            Self::None => Ok(Service { app: plain(), keep: Keep::Nothing }),
            Self::Default | Self::Lean => by_hand(self == Self::Lean, endpoint),
            Self::Bellwether => ours(),
        }
    }
}

async fn user() -> Json<Value> {
    Json(json!({ "id": 42, "name": "Ada", "roles": ["admin"] }))
}

fn plain() -> axum::Router {
    use axum::routing::get;
    axum::Router::new()
        .route("/api/v1/admin/users/{id}", get(user))
        .route("/health", get(async || "ok"))
}

fn by_hand(lean: bool, endpoint: &str) -> anyhow::Result<Service> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("bench").build())
        .with_batch_exporter(exporter)
        .build();
    let mut layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    if lean {
        layer = layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
    }
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let filter = tracing_subscriber::filter::LevelFilter::INFO;
    tracing_subscriber::registry().with(filter).with(layer).try_init()?;
    Ok(Service { app: plain().layer(by_hand::Spans), keep: Keep::Provider(provider) })
}

fn ours() -> anyhow::Result<Service> {
    use bellwether::routing::{Router, get};
    let component = Component::new("admin", Criticality::High).route("/api/v1/admin/**")?;
    let catalog = Catalog::new().component(component).customer("zebra");
    let telemetry = bellwether::builder()
        .service_name("bench")
        .service_version("1")
        .catalog(catalog)
        .build()
        .context("the endpoint comes from the environment of the worker")?;
    let filter = tracing_subscriber::filter::LevelFilter::INFO;
    tracing_subscriber::registry().with(filter).with(telemetry.layer()).try_init()?;
    let app = Router::new()
        .route("/api/v1/admin/users/{id}", get(user))
        .route("/health", get(async || "ok"));
    let app = telemetry.instrument(app);
    Ok(Service { app, keep: Keep::Telemetry(telemetry) })
}
