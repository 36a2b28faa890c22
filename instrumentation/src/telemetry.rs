//! The handle of a service on its telemetry.

use std::sync::{Arc, mpsc};
#[cfg(feature = "axum")]
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::business::{Business, Catalog};
use crate::env::{self, Lookup};
use crate::facts::{Facts, State};
use crate::loss::{Loss, SignalLoss};
use crate::providers::Providers;
use crate::resource;
use crate::routing::RouteManifest;
use crate::runtime::OwnRuntime;
use crate::semconv::{SERVICE_NAME, SERVICE_VERSION};
use crate::startup;

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
    /// sent again every 2 s until the collector acknowledges it, and every 60 s from then on.
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
        let manifest = router.manifest().clone();
        let service = resource::text(&shared.resource, SERVICE_NAME).unwrap_or_default();
        let (router, activity) = crate::http::instrument(
            router.into_axum(),
            &manifest,
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

/// What telemetry is put together from.
pub(crate) struct Parts {
    pub(crate) resource: Resource,
    pub(crate) providers: Providers,
    pub(crate) facts: Option<Facts>,
    pub(crate) runtime: Option<OwnRuntime>,
    pub(crate) catalog: Catalog,
    pub(crate) loss: Arc<Loss>,
    pub(crate) env: Lookup,
}

impl Parts {
    /// Returns the parts of telemetry that goes nowhere.
    pub(crate) fn silent() -> Self {
        Self {
            resource: Resource::builder_empty().build(),
            providers: Providers::disabled(),
            facts: None,
            runtime: None,
            catalog: Catalog::new(),
            loss: Arc::default(),
            env: env::process(),
        }
    }
}

/// What the parts of the library share.
pub(crate) struct Shared {
    resource: Resource,
    providers: Providers,
    facts: Option<Facts>,
    env: Lookup,
    business: Business,
    loss: Arc<Loss>,
    #[cfg(feature = "axum")]
    activities: Mutex<Vec<crate::http::Activity>>,
    startup: startup::Live,
    own: Option<Handle>,
    stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn export_loss(&self) -> Vec<SignalLoss> {
        self.loss.report(Instant::now())
    }

    /// Returns the business map.
    #[allow(dead_code, reason = "for the health endpoints")]
    pub(crate) fn business(&self) -> &Business {
        &self.business
    }

    /// Returns what the requests of each instrumented router show: what is under way, and how it ends.
    #[cfg(feature = "axum")]
    #[allow(dead_code, reason = "for the health endpoints")]
    pub(crate) fn activities(&self) -> Vec<crate::http::Activity> {
        self.activities.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the token of the service's end: what runs for its sake ends with it.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Returns the library's own runtime, which a blocked service cannot block; `None` when telemetry is disabled.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        self.own.clone()
    }

    /// Tells whether there is anybody to deliver facts to.
    pub(crate) fn delivers(&self) -> bool {
        self.facts.is_some()
    }

    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the service's name and version, for people.
    pub(crate) fn service(&self) -> String {
        let name = resource::text(&self.resource, SERVICE_NAME);
        let name = name.unwrap_or_else(|| "this service".to_owned());
        match resource::text(&self.resource, SERVICE_VERSION) {
            Some(version) => format!("{name} {version}"),
            None => name,
        }
    }

    pub(crate) fn meter(&self) -> Meter {
        self.providers.meter.meter_with_scope(crate::scope())
    }

    pub(crate) fn env(&self) -> &Lookup {
        &self.env
    }

    pub(crate) fn startup(&self) -> &startup::Live {
        &self.startup
    }

    pub(crate) fn colour_on_stderr(&self) -> bool {
        env::colour_on_stderr(&self.env)
    }

    pub(crate) fn update_facts(&self, change: impl FnOnce(&mut State)) {
        if let Some(facts) = &self.facts {
            facts.update(change);
        }
    }

    /// Sends spans until they are acknowledged; `None` when telemetry is disabled.
    pub(crate) fn deliver(&self, spans: Vec<SpanData>) -> Option<oneshot::Receiver<()>> {
        self.facts.as_ref().map(|facts| facts.deliver(spans))
    }

    /// Flushes the batches; the receiver hears when it is done, which may be never.
    pub(crate) fn flush(&self) -> oneshot::Receiver<()> {
        let providers = self.providers.clone();
        on_a_thread("bellwether-flush", move || providers.flush())
    }

    fn close(&self) -> oneshot::Receiver<()> {
        let providers = self.providers.clone();
        on_a_thread("bellwether-close", move || providers.shutdown(CLOSING))
    }
}

/// Runs on a thread what may block longer than anybody should wait; a thread that cannot be had counts as done.
fn on_a_thread(name: &str, work: impl FnOnce() + Send + 'static) -> oneshot::Receiver<()> {
    let (done, heard) = oneshot::channel();
    let thread = std::thread::Builder::new().name(name.to_owned());
    if let Err(error) = thread.spawn(move || {
        work();
        let _ = done.send(());
    }) {
        tracing::warn!(%error, "telemetry cannot be flushed: no thread");
    }
    heard
}
