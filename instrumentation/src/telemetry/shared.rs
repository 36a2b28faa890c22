//! What the parts of the library share.

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

use super::CLOSING;
use crate::business::{Business, Catalog};
use crate::env::{self, Lookup};
use crate::facts::{Facts, ProbeEnd, State};
use crate::loss::{Loss, SignalLoss};
use crate::providers::Providers;
use crate::resource;
use crate::runtime::OwnRuntime;
use crate::semconv::{SERVICE_NAME, SERVICE_VERSION};
use crate::startup;

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
    pub(super) resource: Resource,
    pub(super) providers: Providers,
    pub(super) facts: Option<Facts>,
    pub(super) env: Lookup,
    pub(super) business: Business,
    pub(super) loss: Arc<Loss>,
    #[cfg(feature = "axum")]
    pub(super) activities: Mutex<Vec<crate::http::Activity>>,
    pub(super) startup: startup::Live,
    pub(super) own: Option<Handle>,
    pub(super) stopping: CancellationToken,
}

impl Shared {
    pub(crate) fn loss(&self) -> &Arc<Loss> {
        &self.loss
    }

    pub(crate) fn export_loss(&self) -> Vec<SignalLoss> {
        self.loss.report(Instant::now())
    }

    pub(crate) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Returns the business map.
    pub(crate) fn business(&self) -> &Business {
        &self.business
    }

    /// Returns what the requests of each instrumented router show: what is under way, and how it ends.
    #[cfg(feature = "axum")]
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

    /// Returns `service.name`.
    #[cfg(feature = "axum")]
    pub(crate) fn service_name(&self) -> String {
        resource::text(&self.resource, SERVICE_NAME).unwrap_or_default()
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

    /// Sends a probe to the collector and asks for it; `None` when telemetry is disabled.
    pub(crate) fn probe(
        &self,
        nonce: String,
        within: Duration,
    ) -> Option<oneshot::Receiver<ProbeEnd>> {
        self.facts.as_ref().map(|facts| facts.probe(nonce, within))
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

    /// Flushes the batches without waiting, and says when it is done.
    pub(crate) fn flush_in_background(&self, done: impl FnOnce() + Send + 'static) {
        let providers = self.providers.clone();
        drop(on_a_thread("bellwether-flush", move || {
            providers.flush();
            done();
        }));
    }

    /// Flushes the batches and waits, but not longer than said. Blocks.
    pub(crate) fn flush_within(&self, deadline: Duration) {
        let (flushed, heard) = mpsc::channel();
        // Whoever waited may have given up.
        self.flush_in_background(move || {
            let _ = flushed.send(());
        });
        let _ = heard.recv_timeout(deadline);
    }

    pub(super) fn close(&self) -> oneshot::Receiver<()> {
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
