//! A whole collector inside the test's process: on port 0, over a folder of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bellwether_api::Snapshot;
use bellwether_collector::app::{Addresses, App, World};
use bellwether_collector::config;
use bellwether_core::state::ComponentState;
use bellwether_queue::Disk;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::process::Api;
use super::wait;

/// How long a collector may take to come to a conclusion; far more than it needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a test collector listens on and how often it looks, before what the test adds.
const BASE: &str = "\
receivers: { otlp: { protocols: { grpc: { endpoint: \"127.0.0.1:0\" }, http: { endpoint: \"127.0.0.1:0\" } } } }
extensions: { storage: { path: \"${env:FOLDER}\" }, dashboard: { endpoint: \"127.0.0.1:0\" } }
processors: { health: { catalog: catalog.yaml, rules: [rules.yaml], evaluate_every: 50ms } }
";

/// A collector that runs in this process. Stops when dropped, at the latest.
pub struct Collector {
    addresses: Addresses,
    otlp: SocketAddr,
    otlp_http: SocketAddr,
    stop: CancellationToken,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    folder: tempfile::TempDir,
}

impl Collector {
    /// Starts a collector with a catalog and rules, and no destinations.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn start(catalog: &str, rules: &str) -> anyhow::Result<Self> {
        Self::write_and_run(catalog, rules, "").await
    }

    /// Starts a collector that leads every signal to destinations, given as `exporters:` are.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn leading_to(exporters: &str) -> anyhow::Result<Self> {
        let exporters = format!("exporters: {exporters}\n");
        Self::write_and_run("components: {}", "rules: {}", &exporters).await
    }

    /// Starts a collector with a catalog, rules, and whatever else its file says.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn configured(catalog: &str, rules: &str, more: &str) -> anyhow::Result<Self> {
        Self::write_and_run(catalog, rules, more).await
    }

    /// Starts a collector that asks from outside, given as `receivers.probes:` is.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn asking(
        catalog: &str,
        rules: &str,
        probes: &str,
        exporters: &str,
    ) -> anyhow::Result<Self> {
        let base = BASE.replacen("receivers: {", &format!("receivers: {{ probes: {probes},"), 1);
        Self::run(Self::written(&base, catalog, rules, &format!("exporters: {exporters}\n"))?).await
    }

    /// Starts a collector whose API has further settings, given as in `extensions.dashboard:`.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn answering(
        catalog: &str,
        dashboard: &str,
        exporters: &str,
    ) -> anyhow::Result<Self> {
        let base = BASE.replacen("dashboard: {", &format!("dashboard: {{ {dashboard},"), 1);
        let exporters = format!("exporters: {exporters}\n");
        Self::run(Self::written(&base, catalog, "rules: {}", &exporters)?).await
    }

    /// Starts a collector like [`Collector::leading_to`] whose queues are on a disk of the test's.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn on_disk(exporters: &str, disk: Arc<dyn Disk>) -> anyhow::Result<Self> {
        let exporters = format!("exporters: {exporters}\n");
        let folder = Self::written(BASE, "components: {}", "rules: {}", &exporters)?;
        Self::run_in(folder, World { disk, ..World::real()? }).await
    }

    /// Starts a collector like [`Collector::configured`] in a world of the test's.
    ///
    /// # Errors
    /// Fails when the configuration has mistakes or a part cannot be built.
    pub async fn in_world(
        catalog: &str,
        rules: &str,
        more: &str,
        world: World,
    ) -> anyhow::Result<Self> {
        Self::run_in(Self::written(BASE, catalog, rules, more)?, world).await
    }

    /// Ends it at once, with nothing put in order.
    pub async fn kill(mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // that it was aborted is what it says
            let _ = running.await;
        }
    }

    async fn write_and_run(catalog: &str, rules: &str, more: &str) -> anyhow::Result<Self> {
        Self::run(Self::written(BASE, catalog, rules, more)?).await
    }

    fn written(
        base: &str,
        catalog: &str,
        rules: &str,
        more: &str,
    ) -> anyhow::Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        let place = folder.path().to_str().context("a folder with a readable name")?;
        let file = folder.path().join("bellwether.yaml");
        std::fs::write(&file, base.replace("${env:FOLDER}", place) + more)?;
        std::fs::write(folder.path().join("catalog.yaml"), catalog)?;
        std::fs::write(folder.path().join("rules.yaml"), rules)?;
        Ok(folder)
    }

    /// Stops it and starts another one over the same folder.
    ///
    /// # Errors
    /// Fails when one does not stop or the other does not start.
    pub async fn restart(mut self) -> anyhow::Result<Self> {
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir()?);
        self.stop().await?;
        Self::run(folder).await
    }

    async fn run(folder: tempfile::TempDir) -> anyhow::Result<Self> {
        Self::run_in(folder, World::real()?).await
    }

    async fn run_in(folder: tempfile::TempDir, world: World) -> anyhow::Result<Self> {
        let config = config::load(Some(&folder.path().join("bellwether.yaml")))?;
        let app = App::build(config, world).await?;
        let addresses = app.addresses();
        let otlp = addresses.otlp_grpc.context("it takes gRPC")?;
        let otlp_http = addresses.otlp_http.context("it takes HTTP")?;
        let stop = CancellationToken::new();
        // held by the handle, and waited for in `stop`
        #[expect(clippy::disallowed_methods, reason = "the handle owns the task")]
        let running = Some(tokio::spawn(app.run(stop.clone())));
        Ok(Self { addresses, otlp, otlp_http, stop, running, folder })
    }

    /// Returns the folder that everything lies in that it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the address of OTLP over gRPC.
    pub fn otlp(&self) -> SocketAddr {
        self.otlp
    }

    /// Returns the address of OTLP over HTTP.
    pub fn otlp_http(&self) -> SocketAddr {
        self.otlp_http
    }

    /// Returns the address of the API.
    pub fn dashboard(&self) -> SocketAddr {
        self.addresses.dashboard
    }

    /// Returns how everything stands.
    ///
    /// # Errors
    /// Fails when the API does not answer.
    pub async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        Api::new(format!("http://{}", self.addresses.dashboard))?.status().await
    }

    /// Waits until a component has a state, and returns how everything stands then.
    ///
    /// # Errors
    /// Fails when it does not come to that, and says which state it has.
    pub async fn until(&self, component: &str, state: ComponentState) -> anyhow::Result<Snapshot> {
        wait::until(&format!("{component} to be {state}"), PATIENCE, async || {
            let snapshot = self.snapshot().await?;
            let found = snapshot.components.iter().find(|it| it.id.as_str() == component);
            let found = found.with_context(|| format!("no component {component}"))?;
            anyhow::ensure!(found.effective == state, "{component} is {}", found.effective);
            Ok(snapshot)
        })
        .await
    }

    /// Waits until the collector has evaluated at least twice more, so that what it was told
    /// before has had its effect.
    ///
    /// # Errors
    /// Fails when it evaluates no more.
    pub async fn settled(&self) -> anyhow::Result<Snapshot> {
        for _ in 0..2 {
            let before = self.snapshot().await?.collector.now;
            wait::until("the next evaluation", PATIENCE, async || {
                let now = self.snapshot().await?.collector.now;
                anyhow::ensure!(now > before, "the newest is of {now}");
                Ok(())
            })
            .await?;
        }
        self.snapshot().await
    }

    /// Stops it in an orderly way.
    ///
    /// # Errors
    /// Returns what the collector itself says went wrong.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        match self.running.take() {
            Some(running) => running.await?,
            None => Ok(()),
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
