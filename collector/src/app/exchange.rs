//! Parts that give way to others of their kind while the collector runs.

use std::sync::Arc;
use std::time::Duration;

use bellwether_api::{Api, Sources, TokenFile};
use bellwether_exporters::wire::Wire;
use tokio_util::sync::CancellationToken;

use super::drafts::Drafts;
use super::heartbeat::{Beat, Heart, Look};
use super::own::Source as OwnSource;
use super::parts::{Parts, Running, sure};
use super::{App, provider};
use crate::config::OWN;

/// A part that can be exchanged for another one of its kind.
pub(super) struct Exchangeable {
    pub(super) stop: CancellationToken,
    running: Option<Running>,
}

impl Default for Exchangeable {
    fn default() -> Self {
        Self { stop: CancellationToken::new(), running: None }
    }
}

impl Exchangeable {
    /// Puts a part in the place of the one before, which is told to end.
    pub(super) fn exchange(
        &mut self,
        stop: CancellationToken,
        running: Option<Running>,
        parts: &mut Parts,
    ) {
        self.stop.cancel();
        if let Some(before) = self.running {
            parts.leaves(before);
        }
        *self = Self { stop, running };
    }
}

impl App {
    /// Binds the API, or goes on with the socket that it has where that is the one asked for.
    pub(super) async fn bind_api(
        &self,
        config: &bellwether_api::Config,
    ) -> anyhow::Result<bellwether_api::Server> {
        let (own, clock) = (self.own.clone(), self.clock.clone());
        let network = self.outlets.runtime.network.as_ref();
        let provider = config.auth.oidc.as_ref().map(|it| provider::open(network, it));
        let api = Api::new(Sources {
            snapshots: self.board.snapshots.subscribe(),
            known: self.board.known.subscribe(),
            every: self.board.every.subscribe(),
            store: self.history.clone(),
            acts: self.door.clone(),
            audit: self.history.clone(),
            metrics: Arc::new(move || own.prometheus()),
            tokens: TokenFile::in_folder(&self.outline.storage.folder),
            provider: provider.transpose()?,
            drafts: Arc::new(Drafts(self.board.drafters.subscribe())),
            links: self.links.clone(),
            live: self.live.clone(),
            now: Arc::new(move || clock.now()),
        });
        match &self.socket {
            Some(socket) if config.endpoint == self.outline.dashboard.endpoint => {
                Ok(config.take_over(api, socket, self.dashboard))
            }
            _ => Ok(config.bind(api).await?),
        }
    }

    /// Serves the API with this server from now on.
    pub(super) fn exchange_api(&mut self, server: bellwether_api::Server, parts: &mut Parts) {
        self.dashboard = server.local_addr();
        self.socket = Some(server.socket());
        let stop = CancellationToken::new();
        let serving = server.run(stop.clone());
        let running = parts.run("api", async { serving.await.map_err(Into::into) });
        self.api.exchange(stop, Some(running), parts);
    }

    /// Tells of the collector itself in this way from now on.
    pub(super) fn exchange_telling(
        &mut self,
        tells: Option<crate::config::Own>,
        parts: &mut Parts,
    ) {
        let stop = CancellationToken::new();
        let source = tells.and_then(|it| {
            let ingest = self.entrance.of(OWN, self.network.of(OWN)?);
            let every = it.collection_interval.get();
            Some(OwnSource { own: self.own.clone(), ingest, every })
        });
        if source.is_none() {
            self.own.want(false);
        }
        let running = source.map(|it| parts.run("own telemetry", sure(it.run(stop.clone()))));
        self.telling.exchange(stop, running, parts);
    }

    /// Builds what sends heartbeats, if any are configured.
    pub(super) fn heart(
        &self,
        beat: Option<Beat>,
        every: Duration,
    ) -> anyhow::Result<Option<Heart>> {
        let Some(beat) = beat else { return Ok(None) };
        let look = Look {
            doors: self.board.doors.subscribe(),
            store: self.history.clone(),
            evaluated: self.board.evaluated.subscribe(),
            every,
            clock: self.clock.clone(),
        };
        let transport = self.outlets.runtime.network.open(&Wire::default())?;
        let (clock, pulse) = (self.clock.clone(), self.board.pulse.clone());
        Ok(Some(Heart { beat, look, transport, clock, pulse }))
    }

    /// Sends heartbeats in this way from now on.
    pub(super) fn exchange_heart(&mut self, heart: Option<Heart>, parts: &mut Parts) {
        let stop = CancellationToken::new();
        if heart.is_none() {
            self.board.pulse.send_replace(Default::default());
        }
        let running = heart.map(|it| parts.run("heartbeat", sure(it.run(stop.clone()))));
        self.heartbeat.exchange(stop, running, parts);
    }
}
