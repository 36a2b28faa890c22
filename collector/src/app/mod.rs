//! Builds the parts from a checked configuration and runs them until told to stop.

mod clock;
mod parts;
mod pipeline;
mod plane;
mod probes;
mod snapshot;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bellwether_alerts::{Desk, Follower};
use bellwether_api::{Api, Snapshot};
use bellwether_core::ids::Destination;
use bellwether_core::ingest::Signal;
use bellwether_core::store::{Commit, Outbox, Store};
use bellwether_exporters::notices::NoticePolicy;
use bellwether_exporters::signals::SignalSender;
use bellwether_exporters::timing::Stop;
use bellwether_exporters::transport::{Http, Transport};
use bellwether_exporters::{Exporter, Runtime};
use bellwether_health::Engine;
use bellwether_history::History;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use self::clock::Clock;
use self::parts::Parts;
use self::pipeline::{Lanes, Pipeline, Report, Sink};
use self::plane::Plane;
use self::probes::Probes;
use self::snapshot::Shower;
use crate::config::Config;

/// How many reports may wait for the health plane; further requests are told to come again.
const MOST_REPORTS: usize = 4_096;

/// How long receivers, and after them the health plane, may take to finish.
const FINISH: Duration = Duration::from_secs(5);

/// How long exporters may go on delivering what is owed once the rest has stopped.
const DRAIN: Duration = Duration::from_secs(5);

/// What the collector has of the world: tests hand out their own.
pub struct World {
    /// What time it is.
    pub clock: Clock,
    /// How destinations are reached.
    pub transport: Arc<dyn Transport>,
}

impl World {
    /// Returns the real world.
    ///
    /// # Errors
    /// Fails when TLS or the HTTP client cannot be set up.
    pub fn real() -> anyhow::Result<Self> {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self { clock: Clock::wall(), transport: Arc::new(Http::new()?) })
    }
}

/// Where the collector listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// OTLP over gRPC.
    pub otlp_grpc: SocketAddr,
    /// The API and its page.
    pub dashboard: SocketAddr,
}

/// A collector whose sockets are bound and whose files are open. Nothing runs yet.
pub struct App {
    history: Arc<History>,
    exporters: Vec<Exporter>,
    receiver: bellwether_receivers::grpc::Bound,
    api: bellwether_api::Server,
    pipeline: Pipeline,
    plane: Plane,
    outlets: Vec<Outlet>,
    owed: watch::Receiver<u64>,
    runtime: Runtime,
}

/// The signal queue of a destination and the worker that empties it.
struct Outlet {
    destination: Destination,
    sender: SignalSender,
    worker: bellwether_core::BoxFuture<'static, ()>,
}

impl Sink for SignalSender {
    fn send(&self, signal: Signal, body: Bytes) {
        // the destination counts what it has no room for, and says so; others are not delayed
        let _ = self.try_send(signal, body);
    }
}

impl App {
    /// Binds sockets, opens the store and goes on from what it holds.
    ///
    /// # Errors
    /// Says which part could not be built, and why.
    pub async fn build(config: Config, world: World) -> anyhow::Result<Self> {
        let history = Arc::new(History::open(&config.storage).await?);
        let store: Arc<dyn Store> = history.clone();
        let restored = store.restore().await.context("reading what the store holds")?;
        let receiver = bellwether_receivers::grpc::build(&config.grpc).await?;

        let clock = world.clock.clone();
        let runtime = Runtime {
            transport: world.transport,
            clock: Arc::new(move || clock.now()),
            stop: Stop { token: CancellationToken::new(), drain: DRAIN },
        };
        let outlets = outlets(&config.exporters, &runtime);
        let (reports, inbox) = mpsc::channel::<Report>(MOST_REPORTS);
        let (owed, owed_seen) = watch::channel(0);
        let (snapshots, shown) = watch::channel(Arc::new(Snapshot::default()));
        let api =
            config.dashboard.bind(Api::every(config.evaluate_every, shown, store.clone())).await?;
        let statuses = config.exporters.iter().map(Exporter::status).collect();
        let probes = Probes::default();
        let shower = Shower::new(statuses, world.clock.now(), snapshots);
        let plane = Plane {
            desk: Desk::new(restored.open_incidents.clone(), followers(&config.exporters)),
            engine: Engine::new(config.catalog, config.rules, &restored),
            store,
            reports: inbox,
            every: config.evaluate_every,
            clock: world.clock.clone(),
            show: Box::new(move |engine, stand| shower.show(engine, stand)),
            owed,
            unstored: Commit::default(),
            probes: probes.clone(),
        };
        let lanes = lanes(&config.lanes, &outlets);
        let pipeline = Pipeline { lanes, reports, probes, clock: world.clock };
        let exporters = config.exporters;
        Ok(Self {
            history,
            exporters,
            receiver,
            api,
            pipeline,
            plane,
            outlets,
            owed: owed_seen,
            runtime,
        })
    }

    /// Returns where the collector listens.
    pub fn addresses(&self) -> Addresses {
        Addresses { otlp_grpc: self.receiver.local_addr(), dashboard: self.api.local_addr() }
    }

    /// Runs until `stop`, then stops along the flow: receivers, health, exporters, api.
    ///
    /// # Errors
    /// Names the part that ended early or failed.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let addresses = self.addresses();
        tracing::info!(otlp_grpc = %addresses.otlp_grpc, dashboard = %format_args!("http://{}", addresses.dashboard), "listening");
        let mut parts = Parts::default();
        let [receiving, judging, serving] = [(); 3].map(|()| CancellationToken::new());
        let delivering = self.runtime.stop.token.clone();

        let outbox: Arc<dyn Outbox> = self.history.clone();
        for exporter in &self.exporters {
            let notices = exporter.run_notices(&self.runtime, outbox.clone(), self.owed.clone());
            if let Some(worker) = notices {
                parts
                    .run(format!("exporter {} (notices)", exporter.destination()), endless(worker));
            }
        }
        for outlet in self.outlets {
            let name = format!("exporter {} (signals)", outlet.destination);
            parts.run(name, endless(outlet.worker));
        }
        parts.run("health", self.plane.run(judging.clone()));
        let api = self.api.run(serving.clone());
        parts.run("api", async { api.await.map_err(Into::into) });
        let receiver = self.receiver.run(Arc::new(self.pipeline), receiving.clone());
        parts.run("receiver otlp/grpc", async { receiver.await.map_err(Into::into) });

        let early = tokio::select! {
            () = stop.cancelled() => None,
            early = parts.first_to_end() => Some(early),
        };
        tracing::info!("stopping");
        receiving.cancel();
        parts.wait_for("receiver", FINISH).await;
        judging.cancel();
        parts.wait_for("health", FINISH).await;
        delivering.cancel();
        parts.wait_for("exporter", DRAIN + FINISH).await;
        serving.cancel();
        parts.wait_for("api", FINISH).await;
        self.history.close().await;
        tracing::info!("stopped");
        early.map_or_else(|| parts.outcome(), Err)
    }
}

async fn endless(worker: bellwether_core::BoxFuture<'static, ()>) -> anyhow::Result<()> {
    worker.await;
    Ok(())
}

fn outlets(exporters: &[Exporter], runtime: &Runtime) -> Vec<Outlet> {
    exporters
        .iter()
        .filter_map(|it| {
            let (sender, worker) = it.run_signals(runtime)?;
            Some(Outlet { destination: it.destination().clone(), sender, worker })
        })
        .collect()
}

fn lanes(
    configured: &std::collections::BTreeMap<Signal, crate::config::Lane>,
    outlets: &[Outlet],
) -> Lanes {
    let mut lanes = Lanes::default();
    for (signal, lane) in configured {
        let wanted = outlets.iter().filter(|it| lane.exporters.contains(&it.destination));
        let sinks = wanted.map(|it| Arc::new(it.sender.clone()) as Arc<dyn Sink>).collect();
        *lanes.of_mut(*signal) = pipeline::Lane { observed: lane.observed, sinks };
    }
    lanes
}

/// Vendors that take notices follow without a route.
fn followers(exporters: &[Exporter]) -> Vec<Follower> {
    let follower = |exporter: &Exporter| {
        let NoticePolicy {
            follows_components,
            follows_incidents,
            newest_only,
            hold_open,
            hold_resolve,
        } = exporter.notice_policy()?;
        Some(Follower {
            destination: exporter.destination().clone(),
            components: follows_components,
            incidents: follows_incidents,
            newest_only,
            hold_open,
            hold_resolve,
        })
    };
    exporters.iter().filter_map(follower).collect()
}

/// Runs a collector in the real world until SIGTERM or SIGINT.
///
/// # Errors
/// Says which part could not be built, or ended early, and why.
pub fn run_until_signal(config: Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let app = App::build(config, World::real()?).await?;
        let running = app.run(stop.clone());
        tokio::pin!(running);
        tokio::select! {
            ended = &mut running => return ended,
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
        running.await
    })
}
