//! Starts telemetry from the standard variables.

use std::sync::Arc;

use opentelemetry::KeyValue;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::business::Catalog;
use crate::env::{self, Lookup};
use crate::facts::{Facts, OtlpTransport};
use crate::loss::Loss;
use crate::providers::Providers;
use crate::resource::{self, Identity};
use crate::runtime::OwnRuntime;
use crate::semconv::SERVICE_VERSION;
use crate::settings::Settings;
use crate::telemetry::{Parts, Telemetry};

mod error;

pub use error::InitError;

/// What the console shows when `RUST_LOG` says nothing. The SDK reports every failed export; the library says once
/// that the collector cannot be reached.
const DEFAULT_FILTER: &str = "info,opentelemetry=off";

/// Starts telemetry from the standard `OTEL_*` variables and installs a subscriber; the one line that a service needs.
///
/// Short for [`builder()`]`.`[`init()`](Builder::init). A service that knows its own name and version says so with the builder.
///
/// # Errors
///
/// See [`Builder::init`].
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = bellwether::init()?;
/// # Ok(())
/// # }
/// ```
pub fn init() -> Result<Telemetry, InitError> {
    builder().init()
}

/// Begins to set telemetry up.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = bellwether::builder()
///     .service_name(env!("CARGO_PKG_NAME"))
///     .service_version(env!("CARGO_PKG_VERSION"))
///     .init()?;
/// # Ok(())
/// # }
/// ```
pub fn builder() -> Builder {
    Builder { identity: Identity::default(), catalog: None, share: None, env: env::process() }
}

/// Sets telemetry up; comes from [`builder()`].
///
/// What is said here is a default: a variable of the environment (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`) beats it.
#[must_use = "a builder does nothing until init or build"]
#[derive(Clone)]
pub struct Builder {
    identity: Identity,
    catalog: Option<Catalog>,
    share: Option<f64>,
    env: Lookup,
}

impl Builder {
    /// Names the service: `service.name`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.identity.name = Some(name.into());
        self
    }

    /// Gives the version: `service.version`, by which the collector compares what two versions serve.
    pub fn service_version(mut self, version: impl Into<String>) -> Self {
        self.identity.version = Some(version.into());
        self
    }

    /// Adds an attribute to the resource, such as `deployment.environment.name`.
    pub fn attribute(mut self, key: &'static str, value: impl Into<String>) -> Self {
        let attribute = KeyValue::new(key, value.into());
        self.identity.attributes.push(attribute);
        self
    }

    /// Gives the business map, by which requests and operations get their business tags; the file that
    /// `BELLWETHER_CATALOG` names beats it.
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Records this share of the traces that begin here, from 0 to 1 (all unless said); a trace that a caller began is
    /// recorded when the caller records it. `OTEL_TRACES_SAMPLER` beats it.
    ///
    /// Facts are never sampled: the startup validation, the runs of monitors, the route manifest, the announced end.
    /// Metrics count every request.
    pub fn sample(mut self, share: f64) -> Self {
        self.share = Some(share.clamp(0.0, 1.0));
        self
    }

    /// Starts telemetry, installs a subscriber that also writes to standard error (filtered by `RUST_LOG`, `info` when it
    /// is not set), makes the providers the global ones of OpenTelemetry, and records panics
    /// ([`record_panics`](Telemetry::record_panics)).
    ///
    /// Reaching the collector is not part of it: a service starts without one.
    ///
    /// # Errors
    ///
    /// Fails when a variable holds what cannot be used, when a subscriber is already installed, or when the system
    /// gives no thread.
    pub fn init(self) -> Result<Telemetry, InitError> {
        let filter = (self.env)("RUST_LOG").filter(|text| !text.is_empty());
        let filter = EnvFilter::builder()
            .parse(filter.as_deref().unwrap_or(DEFAULT_FILTER))
            .map_err(|error| InitError::Filter(error.into()))?;
        let colour = env::colour_on_stderr(&self.env);
        let (telemetry, providers, unknown) = self.assemble()?;
        let console =
            fmt::layer().with_ansi(colour).with_writer(std::io::stderr).with_filter(filter);
        let subscriber = tracing_subscriber::registry().with(telemetry.layer()).with(console);
        subscriber.try_init().map_err(|error| InitError::Subscriber(error.into()))?;
        opentelemetry::global::set_text_map_propagator(providers.propagator());
        opentelemetry::global::set_tracer_provider(providers.tracer);
        opentelemetry::global::set_meter_provider(providers.meter);
        telemetry.record_panics();
        warn_without_version(&telemetry);
        for propagator in unknown {
            tracing::warn!(
                propagator,
                "OTEL_PROPAGATORS names what is not known here; tracecontext and baggage are"
            );
        }
        Ok(telemetry)
    }

    /// Starts telemetry and installs nothing: the service composes [`Telemetry::layer`] with its own layers.
    ///
    /// ```no_run
    /// use tracing_subscriber::layer::SubscriberExt;
    /// use tracing_subscriber::util::SubscriberInitExt;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let telemetry = bellwether::builder().build()?;
    /// tracing_subscriber::registry()
    ///     .with(telemetry.layer())
    ///     .with(tracing_subscriber::fmt::layer())
    ///     .init();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails when a variable holds what cannot be used, or when the system gives no thread.
    pub fn build(self) -> Result<Telemetry, InitError> {
        Ok(self.assemble()?.0)
    }

    fn assemble(mut self) -> Result<(Telemetry, Providers, Vec<String>), InitError> {
        let resource = resource::detect(&self.identity, &self.env);
        let settings = Settings::read(&self.env, self.share)?;
        let catalog = self.read_catalog()?;
        let mut parts = Parts { resource, catalog, env: self.env, ..Parts::silent() };
        if !settings.disabled {
            let runtime = OwnRuntime::start().map_err(InitError::Runtime)?;
            let loss = Arc::new(Loss::default());
            {
                let _entered = runtime.handle().enter();
                parts.providers = Providers::otlp(&parts.resource, &settings, &loss)
                    .map_err(|error| InitError::Exporter(error.into()))?;
            }
            let transport =
                OtlpTransport::new(settings.exporters, parts.resource.clone(), &parts.env);
            parts.facts = Some(Facts::new(Arc::new(transport), runtime.handle().clone()));
            parts.runtime = Some(runtime);
            parts.loss = loss;
        }
        let providers = parts.providers.clone();
        Ok((Telemetry::new(parts), providers, settings.unknown_propagators))
    }

    fn read_catalog(&mut self) -> Result<Catalog, InitError> {
        #[cfg(feature = "catalog")]
        if let Some(path) = (self.env)("BELLWETHER_CATALOG").filter(|path| !path.is_empty()) {
            return Ok(Catalog::read(path)?);
        }
        Ok(self.catalog.take().unwrap_or_default())
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("identity", &self.identity).finish_non_exhaustive()
    }
}

fn warn_without_version(telemetry: &Telemetry) {
    if resource::text(telemetry.resource(), SERVICE_VERSION).is_none() {
        tracing::warn!(
            "service.version is not set, so a route that vanishes with a new version cannot be noticed; \
             set it with builder().service_version(..) or in OTEL_RESOURCE_ATTRIBUTES"
        );
    }
}
