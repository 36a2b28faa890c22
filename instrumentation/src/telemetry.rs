//! The handle of a service on its telemetry.

use std::sync::{Arc, mpsc};
#[cfg(feature = "axum")]
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use tokio_util::sync::CancellationToken;

use crate::business::Business;
use crate::facts::Facts;
use crate::loss::SignalLoss;
use crate::routing::RouteManifest;
use crate::runtime::OwnRuntime;
use crate::startup;

mod shared;
#[cfg(test)]
mod tests;

pub(crate) use shared::{Parts, Shared};

/// Longest time that the end of a service waits for its telemetry.
const CLOSING: Duration = Duration::from_secs(2);

/// Holds a service's telemetry and keeps it flowing; comes from [`init`](crate::init()).
///
/// Keep it until the end of `main`. [`shutdown`](Self::shutdown) announces an orderly end; a mere drop flushes what is
/// queued and announces nothing, because an end that nobody meant is exactly what the collector has to notice. Both
/// take 2 s at most.
///
/// Exports run on a thread of the library's own, so that a blocked or finished runtime of the service stops no
/// telemetry.
#[must_use = "telemetry ends when this is dropped; keep it until the end of main"]
pub struct Telemetry {
    shared: Arc<Shared>,
    closed: bool,
    // Last, so that it still runs while the rest ends.
    _runtime: Option<OwnRuntime>,
}

impl Telemetry {
    /// Creates telemetry that goes nowhere, for tests and for tools; what `OTEL_SDK_DISABLED=true` gives.
    pub fn disabled() -> Self {
        Self::new(Parts::silent())
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { resource, providers, facts, runtime, catalog, loss, env } = parts;
        let own = runtime.as_ref().map(|runtime| runtime.handle().clone());
        let shared = Shared {
            business: Business::new(&providers, Arc::new(catalog)),
            resource,
            providers,
            facts,
            env,
            loss,
            #[cfg(feature = "axum")]
            activities: Mutex::default(),
            startup: startup::Live::default(),
            own,
            stopping: CancellationToken::new(),
        };
        Self { shared: Arc::new(shared), closed: false, _runtime: runtime }
    }

    /// Creates telemetry whose facts go to `transport`, on the current runtime.
    #[cfg(test)]
    pub(crate) fn with_transport(transport: Arc<dyn crate::facts::Transport>) -> Self {
        let facts = Facts::new(transport, tokio::runtime::Handle::current());
        Self::new(Parts { facts: Some(facts), ..Parts::silent() })
    }

    /// Returns the layer that turns `tracing` spans and events into OpenTelemetry spans and logs, for a service that
    /// composes its own subscriber; [`init`](crate::init()) installs it by itself.
    ///
    /// The layer takes spans and events of level `INFO` and above and filters for itself: what other layers of the
    /// subscriber show does not change what is exported.
    ///
    /// ```
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let telemetry = bellwether::Telemetry::disabled();
    /// let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    /// ```
    pub fn layer<S>(&self) -> impl tracing_subscriber::Layer<S> + Send + Sync + 'static
    where
        S: tracing::Subscriber
            + for<'span> tracing_subscriber::registry::LookupSpan<'span>
            + Send
            + Sync,
    {
        self.shared.providers.layer()
    }

    /// Returns who sends: the resource that stands on every signal.
    pub fn resource(&self) -> &Resource {
        &self.shared.resource
    }

    /// Reports the routes that this service serves, for a service that does not use
    /// [`instrument`](Self::instrument).
    ///
    /// The event `service.routes` goes out at once, or when the startup validation that is under way has ended; it is
    /// sent again every 2 s until the collector acknowledges it, and every 15 s from then on.
    pub fn report_routes(&self, manifest: RouteManifest) {
        self.shared.update_facts(|state| state.manifest = Some(manifest));
    }

    /// Adds server spans and metrics to a router and reports its manifest; the one line that a router needs.
    ///
    /// Each request gets a span and a point of `http.server.request.duration` by the HTTP semantic conventions. A
    /// request that matched no route has no `http.route`, which is how the collector tells a missing route's 404 from
    /// the application's own. See [`report_routes`](Self::report_routes) for what becomes of the manifest.
    ///
    /// ```
    /// use bellwether::routing::{Router, get};
    ///
    /// let telemetry = bellwether::Telemetry::disabled();
    /// let app: axum::Router = telemetry.instrument(Router::new().route("/health", get(async || "ok")));
    /// ```
    #[cfg(feature = "axum")]
    pub fn instrument(&self, router: crate::routing::Router) -> axum::Router {
        self.report_routes(router.manifest().clone());
        let shared = &self.shared;
        let (manifest, components) = (router.manifest().clone(), router.components().clone());
        let service = shared.service_name();
        let (router, activity) = crate::http::instrument(
            router.into_axum(),
            crate::http::Listed { manifest: &manifest, components: &components },
            service,
            &shared.providers,
            &shared.business,
        );
        shared.activities.lock().unwrap_or_else(PoisonError::into_inner).push(activity);
        router
    }

    /// Watches how the startup stands: validating, ready, degraded and by which checks. Never blocks.
    pub fn startup(&self) -> startup::Watch {
        self.shared.startup.watch()
    }

    /// Gives a client of reqwest spans, durations, and the trace and customer of the request under way.
    #[cfg(feature = "reqwest")]
    pub fn http_client(&self, client: reqwest::Client) -> crate::HttpClient {
        crate::HttpClient::new(client, &self.shared.providers)
    }

    /// Returns what measures work that is no request, and knows the business map.
    pub fn business(&self) -> &Business {
        &self.shared.business
    }

    /// Returns what each signal has lost since the service started, and whether its exports fail at the moment.
    ///
    /// ```
    /// # let telemetry = bellwether::Telemetry::disabled();
    /// for signal in telemetry.export_loss() {
    ///     println!("{}: {} lost, failing for {:?}", signal.signal(), signal.total(), signal.failing_for());
    /// }
    /// ```
    pub fn export_loss(&self) -> Vec<SignalLoss> {
        self.shared.export_loss()
    }

    /// Records panics from now on, as a log record with `exception.*` attributes within the trace they happened in, and
    /// flushes; the panic hook that was there before still runs.
    ///
    /// [`init`](crate::init()) does it by itself; [`build`](crate::Builder::build) leaves it to the service.
    pub fn record_panics(&self) {
        crate::panics::record(Arc::downgrade(&self.shared));
    }

    /// Ends telemetry in order: announces `service.stopping`, so that the silence that follows is no alarm, and flushes
    /// what is queued. Takes 2 s at most.
    pub async fn shutdown(mut self) {
        self.shared.stopping.cancel();
        let announced = self.shared.facts.as_ref().map(Facts::stop);
        let flushed = self.shared.close();
        let both = async {
            if let Some(announced) = announced {
                let _ = announced.await;
            }
            let _ = flushed.await;
        };
        if tokio::time::timeout(CLOSING, both).await.is_err() {
            tracing::warn!("the end of this service did not reach the collector in time");
        }
        self.closed = true;
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").field("service", &self.shared.service()).finish_non_exhaustive()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.shared.stopping.cancel();
        if !self.closed {
            let (closed, heard) = mpsc::channel();
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("bellwether-close".to_owned());
            let spawned = thread.spawn(move || {
                shared.providers.shutdown(CLOSING);
                let _ = closed.send(());
            });
            if spawned.is_ok() {
                let _ = heard.recv_timeout(CLOSING);
            }
        }
    }
}
