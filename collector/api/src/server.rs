//! Binding and serving.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::settings::Endpoint;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::access::{Auth, Door, SOCKETS};
use crate::api::Api;
use crate::links::LinkSettings;
use crate::oidc::OidcSettings;
use crate::pagerduty::PagerdutySettings;
use crate::serving::{self, Limits};
use crate::table;
use crate::traces::{self, TraceLink};

/// How long answers under way may take once the end is called.
const GRACE: Duration = Duration::from_secs(2);

/// Where the API and its page are served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Host and port; port 0 takes a free one.
    pub endpoint: Endpoint,
    /// Who may ask what.
    pub auth: Auth,
    /// Links in messages.
    pub links: LinkSettings,
    /// What PagerDuty tells this collector.
    pub pagerduty: Option<PagerdutySettings>,
    /// Where traces are looked at, for links from incidents and services.
    pub trace_links: Vec<TraceLink>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::loopback(8088),
            auth: Auth::default(),
            links: LinkSettings::default(),
            pagerduty: None,
            trace_links: Vec::new(),
        }
    }
}

/// Says why the API cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("api: cannot listen on {endpoint}: name another endpoint, or stop what listens there")]
pub struct BindError {
    /// What was asked for.
    pub endpoint: Endpoint,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl Config {
    /// Returns what is wrong with it: the path, what it is, and what to do.
    pub fn flaws(&self) -> Vec<(String, String, String)> {
        let of = |below: &'static str| {
            move |(key, message, help): (&str, &str, &str)| {
                (format!("{below}.{key}"), format!("`{key}` {message}"), help.to_owned())
            }
        };
        let links = self.links.flaws().into_iter().map(of("links"));
        let oidc = self.auth.oidc.iter().flat_map(OidcSettings::flaws).map(of("auth.oidc"));
        links.chain(oidc).chain(traces::flaws(&self.trace_links)).collect()
    }

    /// Binds the socket; nothing is answered before [`Server::run`].
    ///
    /// # Errors
    /// Says which endpoint cannot be bound, and why.
    pub async fn bind(&self, api: Api) -> Result<Server, BindError> {
        let failed = |source| BindError { endpoint: self.endpoint.clone(), source };
        let address = (self.endpoint.host(), self.endpoint.port());
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let socket = Socket(Arc::new(listener.into_std().map_err(failed)?));
        Ok(Server { socket, local_addr, api, config: self.clone() })
    }

    /// Goes on with the socket of a server that listens on the same endpoint, so that no connection
    /// is refused and the address stays.
    pub fn take_over(&self, api: Api, socket: &Socket, local_addr: SocketAddr) -> Server {
        Server { socket: socket.clone(), local_addr, api, config: self.clone() }
    }
}

/// A bound socket. Clones share it.
#[derive(Clone, Debug)]
pub struct Socket(Arc<std::net::TcpListener>);

/// An API whose socket is bound.
pub struct Server {
    socket: Socket,
    local_addr: SocketAddr,
    api: Api,
    config: Config,
}

impl Server {
    /// Returns the address that the socket has.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Returns the socket, for another server to go on with.
    pub fn socket(&self) -> Socket {
        self.socket.clone()
    }

    /// Answers until `stop`; answers under way then have two seconds to end.
    ///
    /// # Errors
    /// Returns what the system said when the socket can no longer be served.
    pub async fn run(self, stop: CancellationToken) -> io::Result<()> {
        let door = Door::new(&self.config, self.api.tokens(), self.api.provider(), stop.clone());
        let sockets = Arc::clone(door.sockets());
        let router = table::router(self.api, door);
        let listener = TcpListener::from_std(self.socket.0.try_clone()?)?;
        let serve = serving::serve(listener, router, Limits::default(), stop.clone());
        let deadline = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = async {
                serve.await;
                // sockets are not connections any more to whom they came from
                let _ = sockets.acquire_many(u32::try_from(SOCKETS).unwrap_or(u32::MAX)).await;
                Ok(())
            } => served,
            () = deadline => {
                tracing::warn!(grace = ?GRACE, "closing connections that did not end in time");
                Ok(())
            }
        }
    }
}
