//! Health endpoints: what the service knows of itself, from memory, with the age of everything.
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # async fn serve(telemetry: bellwether::Telemetry, monitoring: bellwether::monitors::Monitoring, token: String) {
//! use bellwether::health::Health;
//! use bellwether::routing::{Router, post};
//!
//! let health = Health::new(&telemetry).monitors(&monitoring).token(token);
//! let app = Router::new().route("/login", post(async || "welcome")).merge(health.router());
//! # }
//! ```
//!
//! | path | answers | 503 when |
//! | --- | --- | --- |
//! | `/live` | the process works: this answer is the proof | never |
//! | `/ready` | this instance should get requests | the startup validation is not over, or see [readiness](Health::ready) |
//! | `/health` | the worst of everything | something fails |
//! | `/health/business-critical` | the worst of what the business cannot do without | one of it fails, or is not known |
//! | `/health/customers/{customer}` | what this customer pays for; only with a token | one of their monitors fails |
//! | `/health/detailed` | everything, with a token | as `/health` |
//!
//! Answers are `application/health+json`: `{"status": "pass"}`, `warn` or `fail`, and with a bearer token the details. The
//! endpoints run no check: [monitors](crate::monitors) do, in the background, once an interval however many ask, so
//! an answer is immediate. A result that is older than three periods is `unknown` and never `pass`. Another method
//! than `GET` and `HEAD` is answered with 405, another path with 404.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::Secret;
use crate::monitors::Monitoring;
use crate::startup;
use crate::telemetry::{Shared, Telemetry};

mod access;
mod answer;
mod details;
mod readiness;
mod report;
#[cfg(feature = "axum")]
mod router;
mod service;
mod status;
#[cfg(test)]
mod tests;

pub use details::{Details, Observation};
pub use readiness::{HOLD, OUTCOME_REQUESTS, OUTCOME_WINDOW, STUCK_AFTER, STUCK_REQUESTS};
pub use service::HealthService;
pub use status::Status;

use access::Tokens;
use readiness::Samples;

/// Answers for a service's health. Clones answer the same.
#[derive(Clone)]
#[must_use]
pub struct Health {
    shared: Arc<Shared>,
    startup: Option<startup::Watch>,
    monitors: Vec<Monitoring>,
    tokens: Tokens,
    details: Vec<Arc<dyn Details>>,
    hold: Duration,
    samples: Arc<Mutex<Samples>>,
}

impl Health {
    /// Begins with what the telemetry knows: the startup, the requests, and what could not be exported.
    pub fn new(telemetry: &Telemetry) -> Self {
        Self {
            shared: telemetry.shared(),
            startup: Some(telemetry.startup()),
            monitors: Vec::new(),
            tokens: Tokens::default(),
            details: Vec::new(),
            hold: HOLD,
            samples: Arc::default(),
        }
    }

    /// Shows what these monitors find.
    pub fn monitors(mut self, monitoring: &Monitoring) -> Self {
        self.monitors.push(monitoring.clone());
        self
    }

    /// Shows all details to whoever sends `Authorization: Bearer {token}`. An empty token opens nothing.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.tokens.operator(token.into());
        self
    }

    /// Shows one customer's health to whoever sends `Authorization: Bearer {token}`. For them every other customer is as
    /// unknown as one that does not exist.
    pub fn customer_token(mut self, customer: impl Into<String>, token: impl Into<Secret>) -> Self {
        self.tokens.customer(customer.into(), token.into());
        self
    }

    /// Shows observations of the service's own, and counts them.
    pub fn details(mut self, details: impl Details) -> Self {
        self.details.push(Arc::new(details));
        self
    }

    /// Says that this service runs no [`Startup`](crate::Startup), so that `/ready` does not wait for one.
    pub fn without_startup(mut self) -> Self {
        self.startup = None;
        self
    }

    /// Sets how long the last known good holds at `/ready` while something is wrong that may be wrong for all replicas;
    /// [`HOLD`] unless set.
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Returns the tower service that answers the six paths, for a service that does not use axum.
    pub fn service(&self) -> HealthService {
        HealthService::new(self.clone())
    }

    /// Returns the router that answers the six paths.
    #[cfg(feature = "axum")]
    pub fn router(&self) -> crate::routing::Router {
        router::router(self)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("monitors", &self.monitors).finish_non_exhaustive()
    }
}
