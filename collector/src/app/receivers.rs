//! The way in: the sockets on which OTLP comes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use bellwether_core::ingest::Ingest;
use bellwether_core::settings::Endpoint;
use bellwether_receivers::{Admission, Auth, Listening, Terms, grpc, http};
use tokio_util::sync::CancellationToken;

use super::heartbeat::Door;
use super::parts::{Parts, Running, sure};
use crate::config::{Config, Delta, Otlp, Receiver};

/// Every receiver by name and protocol, such as `otlp/grpc`.
#[derive(Default)]
pub(super) struct Receivers {
    live: BTreeMap<String, Live>,
}

/// One protocol of a receiver.
pub(super) struct Live {
    /// The receiver's name in the configuration.
    receiver: String,
    endpoint: Endpoint,
    /// Shared by the protocols of a receiver.
    admission: Admission,
    /// Kept so that another one can take over.
    listening: Listening,
    /// What is not running yet.
    bound: Option<Bound>,
    stop: CancellationToken,
    running: Option<Running>,
}

enum Bound {
    Grpc(grpc::Bound),
    Http(http::Bound),
}

/// What is configured of one protocol.
enum Settings<'c> {
    Grpc(&'c grpc::Config),
    Http(&'c http::Config),
}

impl Settings<'_> {
    fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Grpc(config) => &config.endpoint,
            Self::Http(config) => &config.endpoint,
        }
    }

    /// How the configuration names the protocol.
    const fn protocol(&self) -> &'static str {
        match self {
            Self::Grpc(_) => "grpc",
            Self::Http(_) => "http",
        }
    }

    fn auth(&self) -> Option<&Auth> {
        match self {
            Self::Grpc(config) => config.auth.as_ref(),
            Self::Http(config) => config.auth.as_ref(),
        }
    }

    fn build(&self, listening: &Listening, terms: Terms) -> anyhow::Result<Bound> {
        Ok(match self {
            Self::Grpc(config) => Bound::Grpc(grpc::build_on(listening, config, terms)?),
            Self::Http(config) => Bound::Http(http::build_on(listening, config, terms)?),
        })
    }
}

/// One protocol as it is configured.
struct Wanted<'c> {
    key: String,
    name: &'c str,
    receiver: &'c Otlp,
    settings: Settings<'c>,
}

fn configured<'c>(config: &'c Config) -> Vec<Wanted<'c>> {
    let mut all = Vec::new();
    for (name, receiver) in &config.receivers {
        let Receiver::Otlp(receiver) = receiver else { continue };
        let wanted = |settings: Settings<'c>| {
            let key = format!("{name}/{}", settings.protocol());
            Wanted { key, name, receiver, settings }
        };
        all.extend(receiver.protocols.grpc.iter().map(Settings::Grpc).map(wanted));
        all.extend(receiver.protocols.http.iter().map(Settings::Http).map(wanted));
    }
    all
}

impl Receivers {
    /// Binds what is configured. Nothing is taken yet.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let keys = configured(config).into_iter().map(|it| it.key).collect();
        let live = Self::default().prepare(config, &Delta::adding(keys)).await?;
        Ok(Self { live })
    }

    /// Binds what is new or changed, and takes over sockets that are bound already. Nothing of it
    /// runs yet, and nothing that runs is touched.
    pub(super) async fn prepare(
        &self,
        config: &Config,
        delta: &Delta<String>,
    ) -> anyhow::Result<BTreeMap<String, Live>> {
        let mut prepared = BTreeMap::new();
        for wanted in configured(config) {
            if delta.added.contains(&wanted.key) || delta.changed.contains(&wanted.key) {
                let live = self.open(&wanted, &prepared).await?;
                prepared.insert(wanted.key, live);
            }
        }
        Ok(prepared)
    }

    async fn open(
        &self,
        wanted: &Wanted<'_>,
        prepared: &BTreeMap<String, Live>,
    ) -> anyhow::Result<Live> {
        let Wanted { key, name, receiver, settings } = wanted;
        let endpoint = settings.endpoint();
        let same = |(other, live): &(&String, &Live)| {
            live.endpoint == *endpoint && (endpoint.port() != 0 || *other == key)
        };
        let listening = match self.live.iter().find(same) {
            Some((_, live)) => live.listening.clone(),
            None => Listening::bind(endpoint).await.with_context(|| {
                let setting =
                    format!("receivers.{name}.protocols.{}.endpoint", settings.protocol());
                format!("cannot listen on {endpoint}: free it, or set {setting}")
            })?,
        };
        let room = receiver.admission.bytes();
        let mut others = prepared.values().chain(self.live.values());
        let shared = others.find(|it| it.receiver == *name && it.admission.limit() == room);
        let admission = shared.map_or_else(|| Admission::new(room), |it| it.admission.clone());
        let tokens = settings.auth().and_then(|it| receiver.tokens.get(&it.authenticator));
        let terms = Terms { admission: admission.clone(), tokens: tokens.cloned() };
        Ok(Live {
            receiver: (*name).to_owned(),
            endpoint: endpoint.clone(),
            admission,
            bound: Some(settings.build(&listening, terms)?),
            listening,
            stop: CancellationToken::new(),
            running: None,
        })
    }

    /// Puts what was prepared in the place of what was there. What goes has its time to answer
    /// the requests that it took.
    pub(super) fn replace(
        &mut self,
        prepared: BTreeMap<String, Live>,
        removed: impl IntoIterator<Item = String>,
        parts: &mut Parts,
        entrance: impl Fn(&str, &str) -> Option<Arc<dyn Ingest>>,
    ) {
        let mut old: Vec<Live> =
            removed.into_iter().filter_map(|it| self.live.remove(&it)).collect();
        old.extend(prepared.into_iter().filter_map(|(key, live)| self.live.insert(key, live)));
        self.start(parts, entrance);
        for live in old {
            live.stop.cancel();
            if let Some(running) = live.running {
                parts.leaves(running);
            }
        }
    }

    /// Runs those that do not run yet, each as a part of its own; `entrance` says where the
    /// requests go in that come to a receiver by a protocol.
    pub(super) fn start(
        &mut self,
        parts: &mut Parts,
        entrance: impl Fn(&str, &str) -> Option<Arc<dyn Ingest>>,
    ) {
        for (key, live) in &mut self.live {
            let Some(ingest) = entrance(&live.receiver, key) else { continue };
            let (name, stop) = (format!("receiver {key}"), live.stop.clone());
            let running = match live.bound.take() {
                Some(Bound::Grpc(grpc)) => parts.run(name, sure(grpc.run(ingest, stop))),
                Some(Bound::Http(http)) => parts.run(name, sure(http.run(ingest, stop))),
                None => continue,
            };
            live.running = Some(running);
        }
    }

    /// Takes no more, and lets go of the sockets so that who comes is told at once.
    pub(super) fn stop(self) {
        for live in self.live.values() {
            live.stop.cancel();
        }
    }

    pub(super) fn grpc_addr(&self) -> Option<SocketAddr> {
        self.address("/grpc")
    }

    pub(super) fn http_addr(&self) -> Option<SocketAddr> {
        self.address("/http")
    }

    fn address(&self, protocol: &str) -> Option<SocketAddr> {
        let mut fitting = self.live.iter().filter(|(key, _)| key.ends_with(protocol));
        fitting.next().map(|(_, live)| live.listening.local_addr())
    }

    /// Returns the room that each receiver has for requests, by its name.
    pub(super) fn rooms(&self) -> BTreeMap<String, Admission> {
        self.live.values().map(|it| (it.receiver.clone(), it.admission.clone())).collect()
    }

    /// Returns the sockets on which they should answer.
    pub(super) fn doors(&self) -> Vec<Door> {
        let door = |(name, live): (&String, &Live)| Door {
            name: name.clone(),
            address: live.listening.local_addr(),
        };
        self.live.iter().map(door).collect()
    }
}
