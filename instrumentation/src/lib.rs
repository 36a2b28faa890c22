//! Guards a service against silent failure: startup validation, route manifests and business-tagged telemetry over OTLP.
//!
//! A process that started is not a service that works. A router that failed to mount answers 404, the health endpoint
//! says 200, and nobody is told. This library lets a service prove what it needs before it says that it is ready, tells
//! the collector which routes it serves, and sends standard OpenTelemetry traces, metrics and logs.
//!
//! ```no_run
//! use bellwether::checks::{environment, routes};
//! use bellwether::routing::{Router, get, post};
//! use bellwether::startup::{OnFailure::{Abort, Degrade}, Startup};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = bellwether::init()?;
//!     let app = Router::new()
//!         .route("/login", post(async || "welcome"))
//!         .route("/health", get(async || "ok"));
//!
//!     Startup::new(&telemetry)
//!         .check("environment", "database", Abort, environment(["DATABASE_URL"]))
//!         .check("login route", "auth", Degrade, routes(&app, ["POST /login"]))
//!         .run_or_exit()
//!         .await;
//!
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     axum::serve(listener, telemetry.instrument(app)).await?;
//!     telemetry.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! Where telemetry goes, and under which name, is said by the standard variables: `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_SDK_DISABLED` and the others that the OpenTelemetry SDK reads.
//!
//! # Features
//!
//! | feature | default | brings |
//! | --- | --- | --- |
//! | `catalog` | yes | [`business::Catalog::read`], `BELLWETHER_CATALOG` |
//! | `axum` | yes | [`routing::Router`], [`checks::routes`], [`Telemetry::instrument`] |
//! | `tls` | yes | `https://` endpoints and [`checks::tls`], verified against Mozilla's root certificates |
//! | `http` | no | [`checks::http()`], [`checks::oidc`], [`checks::cors`], [`checks::tenant_isolation`], [`checks::clock`], [`journeys`] |
//! | `http-proto` | no | `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf` |
//! | `postgres` | no | [`checks::postgres`] |
//! | `redis` | no | [`checks::redis()`] |
//! | `reqwest` | no | [`Telemetry::http_client`] |
//! | `feature-flags` | no | [`checks::feature_flags`] |
//! | `disk` | no | [`checks::disk`] |
//!
//! # What of other crates shows
//!
//! The OpenTelemetry crates and `tracing-subscriber` through [`otel`], `tokio`, `http`, `tower-service`, `serde_json`, and by feature
//! `axum`, `reqwest` and `open-feature`. Enums that may grow are `#[non_exhaustive]`.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "catalog",
        feature = "postgres",
        feature = "tls",
        feature = "http",
        feature = "redis",
        feature = "reqwest",
        feature = "feature-flags",
        feature = "disk"
    )),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the table of features links to what this build lacks"
    )
)]

use opentelemetry::InstrumentationScope;

pub mod business;
pub mod checks;
#[cfg(feature = "reqwest")]
mod client;
mod env;
mod exporters;
mod facts;
mod glob;
pub mod health;
#[cfg(feature = "axum")]
mod http;
mod init;
#[cfg(feature = "http")]
pub mod journeys;
mod loss;
pub mod monitors;
pub mod otel;
mod panics;
mod propagation;
mod providers;
mod resource;
pub mod routing;
mod runtime;
mod secret;
pub mod semconv;
mod settings;
pub mod startup;
mod telemetry;

#[cfg(feature = "reqwest")]
pub use client::HttpClient;
pub use init::{Builder, InitError, builder, init};
pub use loss::{LossReason, SignalLoss};
pub use secret::Secret;
pub use startup::Startup;
pub use telemetry::Telemetry;

/// Says on every signal which library made it.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}
