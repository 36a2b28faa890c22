//! Builds the parts from a checked configuration and runs them until told to stop.

mod clock;
mod health;
pub(crate) mod heartbeat;
mod lanes;
mod outlets;
mod parts;
mod pipeline;
mod plane;
mod probes;
mod queues;
mod receivers;
mod snapshot;
mod treatment;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bellwether_api::{Api, Snapshot};
use bellwether_core::ingest::Ingest;
use bellwether_core::store::{Outbox, Store};
use bellwether_exporters::Runtime;
use bellwether_exporters::timing::Stop;
use bellwether_exporters::transport::{self, Http};
use bellwether_exporters::wire::Wire;
use bellwether_history::History;
use bellwether_queue::{Disk, RealDisk};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use self::clock::Clock;
use self::health::{Around, Health};
use self::heartbeat::{Heart, Look, Pulse};
use self::lanes::{Lanes, Network};
use self::outlets::Outlets;
use self::parts::Parts;
use self::pipeline::{Pipeline, Report};
use self::plane::Plane;
use self::probes::Probes;
use self::queues::Queues;
use self::receivers::Receivers;
use self::snapshot::Shower;
use crate::config::Config;

/// How long receivers, and after them the health plane, may take to finish.
const FINISH: Duration = Duration::from_secs(5);

/// How long exporters may go on delivering what is owed once the rest has stopped.
const DRAIN: Duration = Duration::from_secs(5);

/// What the collector has of the world: tests hand out their own.
pub struct World {
    /// What time it is.
    pub clock: Clock,
    /// How destinations are reached.
    pub network: Arc<dyn transport::Network>,
    /// Where what waits for them is kept.
    pub disk: Arc<dyn Disk>,
}

impl World {
    /// Returns the real world.
    ///
    /// # Errors
    /// Fails when TLS or the HTTP client cannot be set up.
    pub fn real() -> anyhow::Result<Self> {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let network = Arc::new(Http::new()?);
        Ok(Self { clock: Clock::wall(), network, disk: Arc::new(RealDisk) })
    }
}

/// Where the collector listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// OTLP over gRPC, where that is spoken.
    pub otlp_grpc: Option<SocketAddr>,
    /// OTLP over HTTP, where that is spoken.
    pub otlp_http: Option<SocketAddr>,
    /// The API and its page.
    pub dashboard: SocketAddr,
}

/// What the requests of every receiver have in common.
struct Entrance {
    reports: mpsc::Sender<Report>,
    probes: Probes,
    clock: Clock,
}

impl Entrance {
    /// Returns where requests go in that take these lanes.
    fn of(&self, lanes: watch::Receiver<Arc<Lanes>>) -> Arc<dyn Ingest> {
        let Self { reports, probes, clock } = self;
        let (reports, probes, clock) = (reports.clone(), probes.clone(), clock.clone());
        Arc::new(Pipeline { lanes, reports, probes, clock })
    }
}

/// A collector whose sockets are bound and whose files are open. Nothing runs yet.
pub struct App {
    history: Arc<History>,
    receivers: Receivers,
    network: Arc<Network>,
    entrance: Entrance,
    plane: Plane,
    outlets: Outlets,
    owed: watch::Receiver<u64>,
    api: bellwether_api::Server,
    heart: Option<Heart>,
    runtime: Runtime,
}

impl App {
    /// Binds sockets, opens the store and goes on from what it holds.
    ///
    /// # Errors
    /// Says which part could not be built, and why.
    pub async fn build(mut config: Config, world: World) -> anyhow::Result<Self> {
        let history = Arc::new(History::open(&config.storage).await?);
        let store: Arc<dyn Store> = history.clone();
        let restored = store.restore().await.context("reading what the store holds")?;
        let receivers = Receivers::bind(&config).await?;

        let clock = world.clock.clone();
        let runtime = Runtime {
            network: world.network,
            clock: Arc::new(move || clock.now()),
            stop: Stop { token: CancellationToken::new(), drain: DRAIN },
        };
        let followers = health::followers(&config.exporters);
        let queues = Queues { folder: config.storage.join("queues"), disk: world.disk };
        let exporters = std::mem::take(&mut config.exporters);
        let outlets = Outlets::build(exporters, &queues, &runtime).await?;
        let evaluated = watch::Sender::new(None);
        let pulse = watch::Sender::new(Pulse::default());
        let heart = match config.heartbeat.take() {
            None => None,
            Some(beat) => Some(Heart {
                beat,
                look: Look {
                    doors: watch::Sender::new(receivers.doors()).subscribe(),
                    store: store.clone(),
                    evaluated: evaluated.subscribe(),
                    every: config.evaluate_every,
                    clock: world.clock.clone(),
                },
                transport: runtime.network.open(&Wire::default())?,
                clock: world.clock.clone(),
                pulse: pulse.clone(),
            }),
        };
        let (snapshots, shown) = watch::channel(Arc::new(Snapshot::default()));
        let api = config
            .dashboard
            .bind(Api::every(config.evaluate_every, shown, history.clone()))
            .await?;
        let shower =
            Shower::new(outlets.statuses(), pulse.subscribe(), world.clock.now(), snapshots);
        let probes = Probes::default();
        let network = Arc::new(Network::build(&config, &outlets));
        let told = Arc::clone(&network);
        let health = Health {
            catalog: config.catalog,
            rules: config.rules,
            every: config.evaluate_every,
            followers,
        };
        let around = Around {
            store,
            clock: world.clock.clone(),
            show: Box::new(move |engine, stand| {
                told.learn(&stand.evaluation.effective);
                shower.show(engine, stand);
            }),
            evaluated,
            probes: probes.clone(),
        };
        let (plane, ways) = health.build(&restored, around);
        let entrance = Entrance { reports: ways.reports, probes, clock: world.clock };
        let owed = ways.owed;
        Ok(Self {
            history,
            receivers,
            network,
            entrance,
            plane,
            outlets,
            owed,
            api,
            heart,
            runtime,
        })
    }

    /// Returns where the collector listens.
    pub fn addresses(&self) -> Addresses {
        Addresses {
            otlp_grpc: self.receivers.grpc_addr(),
            otlp_http: self.receivers.http_addr(),
            dashboard: self.api.local_addr(),
        }
    }

    /// Runs until `stop`, then stops along the flow: receivers, health, exporters, api.
    ///
    /// # Errors
    /// Names the part that ended early or failed.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let addresses = self.addresses();
        tracing::info!(otlp_grpc = addresses.otlp_grpc.map(display), otlp_http = addresses.otlp_http.map(display), dashboard = %format_args!("http://{}", addresses.dashboard), "listening");
        let mut parts = Parts::default();
        let [receiving, judging, serving] = [(); 3].map(|()| CancellationToken::new());
        let delivering = self.runtime.stop.token.clone();

        let outbox: Arc<dyn Outbox> = self.history.clone();
        self.outlets.start(&mut parts, &self.runtime, &outbox, &self.owed)?;
        parts.run("health", self.plane.run(judging.clone()));
        let api = self.api.run(serving.clone());
        parts.run("api", async { api.await.map_err(Into::into) });
        let (network, entrance) = (&self.network, &self.entrance);
        let ingest = |receiver: &str| network.of(receiver).map(|lanes| entrance.of(lanes));
        self.receivers.start(&mut parts, ingest, &receiving);
        if let Some(heart) = self.heart {
            let heart = heart.run(receiving.clone());
            parts.run("heartbeat", async {
                heart.await;
                Ok(())
            });
        }
        // the receivers hold the way to the health plane, which ends after them
        drop(self.entrance);

        let early = tokio::select! {
            () = stop.cancelled() => None,
            early = parts.first_to_end() => Some(early),
        };
        tracing::info!("stopping");
        receiving.cancel();
        parts.wait_for("heartbeat", FINISH).await;
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
