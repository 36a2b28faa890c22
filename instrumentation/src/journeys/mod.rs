//! Journeys: the ordered requests by which one customer gets what they pay for, walked with their own credentials.
//!
//! Every endpoint may be well while one customer cannot work: their role is gone, their contract has expired in the wrong
//! table. A journey logs in as they do and goes where they go.
//!
//! ```
//! use bellwether::journeys::{Journey, Step};
//! use serde_json::json;
//!
//! # fn journey(password: String) -> Journey {
//! Journey::new("zebra-admin")
//!     .customer("zebra")
//!     .component("auth")
//!     .component("admin")
//!     .credential("username", "zebra-probe")
//!     .credential("password", password)
//!     .step(
//!         Step::post("log in", "https://api.marketedge.example/api/v1/auth/login")
//!             .json(json!({ "username": "{{username}}", "password": "{{password}}" }))
//!             .extract("token", "$.access_token"),
//!     )
//!     .step(
//!         Step::get("open admin", "https://api.marketedge.example/api/v1/admin/dashboard")
//!             .header("authorization", "Bearer {{token}}"),
//!     )
//! # }
//! ```
//!
//! A journey is a [`Check`], so it can be one of the startup validation; [`in_process`](Journey::in_process) walks it
//! through the service's own router before its port is open. [`Monitor::journey`](crate::monitors::Monitor::journey) walks
//! it again and again, and `/health/customers/{customer}` shows how it went. The catalog file has the same under
//! `journeys:`, see [`Catalog::journeys`](crate::business::Catalog::journeys).
//!
//! The first step that does not get what it expects ends the walk and is named. Cookies that a step is given go with the
//! later ones, as in a browser. Each step is a span with `business.journey` and `business.journey.step`, and its request
//! carries the trace on.

use std::fmt;
use std::time::Duration;

use crate::Secret;
use crate::checks::{Check, CheckKind, CheckResult};

#[cfg(feature = "catalog")]
pub(crate) mod file;
mod jar;
mod json_path;
mod reading;
mod span;
mod step;
mod template;
#[cfg(test)]
mod tests;
mod walk;
mod wanted;

pub use reading::InvalidJourney;
pub use step::Step;

/// How often a journey is walked unless it says otherwise.
const EVERY: Duration = Duration::from_secs(60);
/// How long one step may take unless the journey says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Describes the ordered steps by which one customer gets what they pay for.
///
/// Its `Debug` shows no credential, and no error does.
#[derive(Clone)]
#[must_use]
pub struct Journey {
    pub(crate) id: String,
    name: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) components: Vec<String>,
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    credentials: Vec<(String, Secret)>,
    pub(crate) steps: Vec<Step>,
    trust_pem: Vec<u8>,
    /// What a catalog file refers to and is not there.
    unresolved: Vec<String>,
    #[cfg(feature = "axum")]
    router: Option<axum::Router>,
}

impl Journey {
    /// Begins a journey with its catalog id.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            customer: None,
            components: Vec::new(),
            every: EVERY,
            timeout: TIMEOUT,
            credentials: Vec::new(),
            steps: Vec::new(),
            trust_pem: Vec::new(),
            unresolved: Vec::new(),
            #[cfg(feature = "axum")]
            router: None,
        }
    }

    /// Says what people call it; its id unless said.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says whose it is, by catalog id.
    pub fn customer(mut self, id: impl Into<String>) -> Self {
        self.customer = Some(id.into());
        self
    }

    /// Adds a component that it walks through, by catalog id; the last one is where it leads, and what a monitor of it
    /// guards.
    pub fn component(mut self, id: impl Into<String>) -> Self {
        self.components.push(id.into());
        self
    }

    /// Sets how often a monitor walks it, 60 s unless said.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Sets how long one step may take, 10 s unless said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Gives a value that the steps may use as `{{name}}`; one of the same name is replaced.
    pub fn credential(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        let name = name.into();
        self.credentials.retain(|(known, _)| *known != name);
        self.credentials.push((name, value.into()));
        self
    }

    /// Adds a step after those that were added before.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust_pem = pem.into();
        self
    }

    /// Walks through this router instead of over the network, so that a startup validation can walk the service's own
    /// routes before its port is open. Of the URLs only path and query matter, which may then stand alone. Handlers run as
    /// they do for any caller.
    #[cfg(feature = "axum")]
    pub fn in_process(mut self, router: &crate::routing::Router) -> Self {
        self.router = Some(router.as_axum().clone());
        self
    }

    /// Tells whether it can be walked as it is written; for a unit test of the service.
    ///
    /// # Errors
    ///
    /// Names everything that is wrong: no steps, a URL or a JSON path that is none, a `{{name}}` that no credential and no
    /// earlier step gives, and what a catalog file refers to and is not there.
    pub fn verify(&self) -> Result<(), InvalidJourney> {
        reading::verify(self)
    }

    /// Returns the catalog id: `business.journey`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what people call it.
    pub fn name(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.id)
    }

    /// Returns the catalog id of the customer whose journey it is, if it is one customer's.
    pub fn customer_id(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    /// Lists the steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl Check for Journey {
    fn kind(&self) -> CheckKind {
        CheckKind::Journey
    }

    async fn run(&self) -> CheckResult {
        walk::walk(self).await
    }
}

impl fmt::Debug for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journey")
            .field("id", &self.id)
            .field("customer", &self.customer)
            .field("components", &self.components)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
