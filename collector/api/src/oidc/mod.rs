//! Sign-in by an OpenID Connect provider: the authorization code flow with PKCE.
//!
//! What the provider offers is kept for minutes, and its keys are asked for with each sign-in, so
//! that one that was exchanged or withdrawn counts at once. Nothing of the provider's is kept
//! afterwards: a sign-in is a session of our own.

mod ask;
mod attempt;
mod base64;
mod claims;
mod config;
mod discovery;
mod flow;
mod jws;
mod refused;
mod routes;
mod sessions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::access::Role;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

pub use ask::{Provider, ProviderAnswer, ProviderCall};
pub use config::{OidcSettings, RoleValues};
use discovery::Discovery;
pub(crate) use routes::{LoginWays, back, begin, ways};
pub(crate) use sessions::PREFIX;
use sessions::Sessions;

/// So many ask the provider at once; whoever comes then is told to come again.
const AT_ONCE: usize = 16;

/// How long what a provider offers is taken for true.
const FRESH: Duration = Duration::from_secs(300);

/// Signs people in.
pub(crate) struct Oidc {
    settings: OidcSettings,
    provider: Arc<dyn Provider>,
    offered: Mutex<Option<(Instant, Arc<Discovery>)>>,
    places: Semaphore,
    sessions: Sessions,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A session, by what it is asked for again.
pub(crate) struct Session {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl Oidc {
    pub(crate) fn new(settings: OidcSettings, provider: Arc<dyn Provider>) -> Self {
        Self {
            settings,
            provider,
            offered: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            sessions: Sessions::default(),
        }
    }

    /// Finds whose browser shows this.
    pub(crate) fn whose(&self, value: &str) -> Option<Session> {
        let (key, it) = self.sessions.whose(value, Instant::now())?;
        Some(Session { key, name: it.person.name, role: it.person.role })
    }

    /// Says whether a session goes on.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.sessions.get(key, Instant::now()).is_some()
    }

    /// Returns where to go to sign out at the provider too, where it has such a place.
    pub(crate) fn leave(&self, key: &str) -> Option<String> {
        self.sessions.get(key, Instant::now())?.leave
    }

    /// Ends the session that a browser shows.
    pub(crate) fn end(&self, value: &str) {
        self.sessions.end(value);
    }
}

#[cfg(test)]
mod tests;
