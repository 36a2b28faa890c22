//! Builds the parts from a checked configuration and runs them until told to stop.

mod acts;
mod auditor;
mod board;
mod clock;
mod drafts;
mod exchange;
mod health;
pub(crate) mod heartbeat;
mod lanes;
mod measured;
mod measures;
mod outlets;
mod own;
mod parts;
mod pipeline;
mod plane;
mod prober;
mod probes;
mod process;
mod provider;
mod queues;
mod receivers;
mod reload;
mod retention;
mod snapshot;
mod stop;
mod treatment;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bellwether_api::{Live, Seal, Signer};
use bellwether_core::ingest::Ingest;
use bellwether_core::store::{Retention, Store};
use bellwether_exporters::Runtime;
use bellwether_exporters::timing::Stop;
use bellwether_exporters::transport::{self, Http};
use bellwether_health::Observer;
use bellwether_history::History;
use bellwether_probes::{Probe, Urgency};
use bellwether_queue::{Disk, RealDisk};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::board::Board;
pub use self::clock::Clock;
use self::exchange::Exchangeable;
pub(crate) use self::health::followers;
use self::health::{Around, Health, Ways};
use self::heartbeat::Heart;
use self::lanes::{Lanes, Network};
use self::measures::Measured;
use self::outlets::Outlets;
use self::own::Own;
use self::parts::{Parts, sure};
use self::pipeline::{Pipeline, Report};
use self::plane::{Order, Plane};
use self::probes::Probes;
pub use self::process::run_until_signal;
use self::queues::Queues;
use self::receivers::Receivers;
use self::reload::{Follower, Reload};
use self::snapshot::Shower;
use crate::config::{Config, Files, Outline, Source};

/// What the collector has of the world: tests hand out their own.
pub struct World {
    /// What time it is.
    pub clock: Clock,
    /// How destinations are reached.
    pub network: Arc<dyn transport::Network>,
    /// Where what waits for them is kept.
    pub disk: Arc<dyn Disk>,
    /// How often it is audited who was told.
    pub audit_every: Duration,
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
        let audit_every = Duration::from_secs(60);
        Ok(Self { clock: Clock::wall(), network, disk: Arc::new(RealDisk), audit_every })
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
    observer: Arc<Observer>,
    reports: mpsc::Sender<Report>,
    probes: Probes,
    clock: Clock,
    own: Arc<Own>,
}

impl Entrance {
    /// Returns where requests go in that come by a name, such as `otlp/grpc`, and take these lanes.
    fn of(&self, name: &str, lanes: watch::Receiver<Arc<Lanes>>) -> Arc<dyn Ingest> {
        let Self { observer, reports, probes, clock, own } = self;
        let (observer, reports) = (observer.clone(), reports.clone());
        let (probes, clock) = (probes.clone(), clock.clone());
        let tally = own.tally(name);
        Arc::new(Pipeline { lanes, observer, reports, probes, clock, tally })
    }
}

/// A collector whose sockets are bound and whose files are open.
pub struct App {
    clock: Clock,
    history: Arc<History>,
    receivers: Receivers,
    network: Arc<Network>,
    entrance: Entrance,
    /// What does not run yet.
    plane: Option<Plane>,
    orders: mpsc::Sender<Order>,
    outlets: Outlets,
    server: Option<bellwether_api::Server>,
    dashboard: SocketAddr,
    /// Where the API listens, once it does.
    socket: Option<bellwether_api::Socket>,
    api: Exchangeable,
    /// Makes links in messages, and knows them again.
    links: Signer,
    /// What changed lately; it goes on when the API listens elsewhere.
    live: Live,
    heart: Option<Heart>,
    heartbeat: Exchangeable,
    /// What is asked from outside, until it is.
    probes: Vec<Probe>,
    prober: Exchangeable,
    urgency: Urgency,
    own: Arc<Own>,
    telling: Exchangeable,
    /// How the collector tells of itself, until that runs.
    tells: Option<crate::config::Own>,
    follower: Option<Follower>,
    /// The way in for what people do.
    door: Arc<acts::Door>,
    audit_every: Duration,
    reloads: (mpsc::Sender<Reload>, mpsc::Receiver<Reload>),
    board: Board,
    outline: Outline,
    shutdown: Duration,
}

impl App {
    /// Binds sockets, opens the store and goes on from what it holds. Nothing runs yet.
    ///
    /// # Errors
    /// Says which part could not be built, and why.
    pub async fn build(mut config: Config, world: World) -> anyhow::Result<Self> {
        let history = Arc::new(History::open(&config.storage).await?);
        let store: Arc<dyn Store> = history.clone();
        let restored = store.restore().await.context("reading what the store holds")?;
        let receivers = Receivers::bind(&config).await?;
        let asked = prober::probes(&config)?;
        let urgency = Urgency::default();
        let links = Signer::new(Seal::read(&config.storage.folder, &config.dashboard.links)?);
        let clock = world.clock.clone();
        let board = Board::new(config.evaluate_every, world.clock.now());
        let own = Arc::new(Own::new(&board, world.clock.clone()));
        let runtime = Runtime {
            network: world.network,
            clock: Arc::new(move || clock.now()),
            stop: Stop::new(),
            witness: own.clone(),
            links: Arc::new(links.clone()),
        };
        let health = Health {
            catalog: config.catalog.clone(),
            rules: std::mem::take(&mut config.rules),
            every: config.evaluate_every,
            followers: health::followers(config.exporters.iter()),
            policy: config.policy.clone(),
        };
        let shower = Shower::new(&board, own.clone(), world.clock.now());
        let probes = Probes::default();
        let (door, asks) = acts::door(history.clone());
        let network = Arc::new(Network::default());
        let (told, judged) = (Arc::clone(&network), own.clone());
        let around = Around {
            store,
            clock: world.clock.clone(),
            show: Box::new(move |engine, stand| {
                told.learn(&stand.evaluation.effective);
                judged.judged(engine, stand);
                shower.show(engine, stand);
            }),
            evaluated: board.evaluated.clone(),
            probes: probes.clone(),
            urgency: urgency.clone(),
            asks,
        };
        let (plane, ways) = health.build(&restored, around);
        let Ways { observer, reports, orders, owed } = ways;
        let queues = Queues { folder: config.storage.folder.join("queues"), disk: world.disk };
        let mut outlets = {
            let measures = Arc::new(Measured(history.clone()));
            Outlets::new(queues, runtime, history.clone(), owed, measures)
        };
        outlets.open(std::mem::take(&mut config.exporters)).await?;
        network.lay(&config, &outlets);
        board.doors.send_replace(receivers.doors());
        board.rooms.send_replace(receivers.rooms());
        board.statuses.send_replace(outlets.statuses());
        board.drafters.send_replace(outlets.drafters());
        let clock = world.clock;
        let live = Live::new(clock.now());
        let mut app = Self {
            entrance: Entrance {
                observer,
                reports,
                probes,
                clock: clock.clone(),
                own: own.clone(),
            },
            clock,
            history,
            receivers,
            network,
            plane: Some(plane),
            orders,
            outlets,
            server: None,
            dashboard: SocketAddr::from(([0; 4], 0)),
            socket: None,
            api: Exchangeable::default(),
            links,
            live,
            heart: None,
            heartbeat: Exchangeable::default(),
            probes: asked,
            prober: Exchangeable::default(),
            urgency,
            own,
            telling: Exchangeable::default(),
            tells: config.own,
            follower: None,
            door: Arc::new(door),
            audit_every: world.audit_every,
            reloads: mpsc::channel(1),
            board,
            outline: config.outline,
            shutdown: config.shutdown,
        };
        let server = app.bind_api(&config.dashboard).await?;
        app.dashboard = server.local_addr();
        app.server = Some(server);
        app.heart = app.heart(config.heartbeat, config.evaluate_every)?;
        Ok(app)
    }

    /// Goes over to another configuration whenever `asked` changes, and when files change if the
    /// configuration says so. `files` are those that the present one was read from.
    pub fn follow(&mut self, source: Source, files: Files, asked: watch::Receiver<u64>) {
        self.follower = Some(Follower {
            source,
            files,
            asked,
            reloads: self.reloads.0.clone(),
            standing: self.board.standing.clone(),
            clock: self.clock.clone(),
        });
    }

    /// Returns where the collector listens.
    pub fn addresses(&self) -> Addresses {
        Addresses {
            otlp_grpc: self.receivers.grpc_addr(),
            otlp_http: self.receivers.http_addr(),
            dashboard: self.dashboard,
        }
    }

    /// Runs until `stop`, then stops along the flow: receivers, health, exporters, api.
    ///
    /// # Errors
    /// Names the part that ended early or failed.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let addresses = self.addresses();
        tracing::info!(otlp_grpc = addresses.otlp_grpc.map(display), otlp_http = addresses.otlp_http.map(display), dashboard = %format_args!("http://{}", addresses.dashboard), "listening");
        let mut parts = Parts::default();
        let judging = CancellationToken::new();
        self.start(&mut parts, &judging);
        let early = loop {
            tokio::select! {
                () = stop.cancelled() => break None,
                early = parts.first_to_end() => break Some(early),
                Some(Reload { config, answer }) = self.reloads.1.recv() => {
                    let began = self.clock.now();
                    let outcome = self.go_over(config, &mut parts).await;
                    let why = outcome.as_ref().err().map(|error| format!("{error:#}"));
                    self.own.reloaded(began, why);
                    // who asked may have gone, and it is done all the same
                    let _ = answer.send(outcome);
                }
            }
        };
        self.stop(&mut parts, &judging).await;
        early.map_or_else(|| parts.outcome(), Err)
    }

    fn start(&mut self, parts: &mut Parts, judging: &CancellationToken) {
        self.outlets.start(parts);
        if let Some(plane) = self.plane.take() {
            parts.run("health", plane.run(judging.clone()));
        }
        if let Some(server) = self.server.take() {
            self.exchange_api(server, parts);
        }
        let (network, entrance) = (&self.network, &self.entrance);
        let ingest = |receiver: &str, key: &str| Some(entrance.of(key, network.of(receiver)?));
        self.receivers.start(parts, ingest);
        let tells = self.tells.take();
        self.exchange_telling(tells, parts);
        let heart = self.heart.take();
        self.exchange_heart(heart, parts);
        let probes = std::mem::take(&mut self.probes);
        self.exchange_probes(probes, parts);
        let (history, clock) = (Arc::clone(&self.history), self.clock.clone());
        let step = async move || history.compact(clock.now(), Retention::default()).await;
        // it ends with the process, too: a step is there whole or not at all
        parts.run("retention", sure(retention::run(step)));
        // it ends with the health plane, which it asks
        let auditor = self.door.auditor(self.audit_every);
        parts.run("auditor", sure(auditor.run(CancellationToken::new())));
        if let Some(follower) = self.follower.take() {
            // it ends with the process: whoever stops the collector asks for nothing more
            parts.run("configuration", sure(follower.run(CancellationToken::new())));
        }
    }
}
