//! Stand-in for New Relic: OTLP and the Event API.
//!
//! Both of New Relic's hosts (`otlp.nr-data.net`, `insights-collector.newrelic.com`)
//! are served on one address.

mod attributes;
mod errors;
mod events;
mod intake;
mod page;
mod rules;

use std::{ops::Deref, sync::Mutex};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    lock,
    otlp::{Signal, Telemetry},
    ring::Ring,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

pub use errors::NrIntegrationError;
pub use events::CustomEvent;

/// How many events and errors are kept of each.
const KEPT: usize = 50_000;

/// What the stand-in accepts.
#[derive(Clone, Debug)]
pub struct NewRelicConfig {
    /// The license key.
    pub license_key: String,
    /// The account that the key belongs to.
    pub account_id: u64,
}

impl Default for NewRelicConfig {
    fn default() -> Self {
        Self { license_key: "fake-newrelic-license-key".to_owned(), account_id: 1 }
    }
}

/// What New Relic has stored. Dereferences to its [`Telemetry`].
#[derive(Debug)]
pub struct NewRelic {
    config: NewRelicConfig,
    telemetry: Telemetry,
    events: Mutex<Ring<CustomEvent>>,
    errors: Mutex<Ring<NrIntegrationError>>,
}

impl NewRelic {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: NewRelicConfig) -> Self {
        Self {
            config,
            telemetry: Telemetry::default(),
            events: Mutex::new(Ring::new(KEPT)),
            errors: Mutex::new(Ring::new(KEPT)),
        }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: NewRelicConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Copies the stored custom events, oldest first.
    pub fn events(&self) -> Vec<CustomEvent> {
        lock(&self.events).to_vec()
    }

    /// Copies the `NrIntegrationError` records: what was dropped or cut after a success.
    pub fn integration_errors(&self) -> Vec<NrIntegrationError> {
        lock(&self.errors).to_vec()
    }

    fn report(&self, errors: Vec<NrIntegrationError>) {
        let mut kept = lock(&self.errors);
        errors.into_iter().for_each(|error| kept.push(error));
    }
}

impl Deref for NewRelic {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.telemetry
    }
}

impl Vendor for NewRelic {
    fn name(&self) -> &'static str {
        "New Relic"
    }

    fn answer(&self, call: &Call) -> Answer {
        if let Some(signal) = Signal::of_path(&call.path) {
            return self.intake(call, signal);
        }
        match call.segments().as_slice() {
            ["v1", "accounts", account, "events"] => self.insert_events(call, account),
            _ => empty(StatusCode::NOT_FOUND).because("no such path"),
        }
    }

    fn fault(&self, _path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let answer = empty(status);
        match retry_after {
            Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    fn state(&self) -> Value {
        json!({
            "events": self.events(),
            "integration_errors": self.integration_errors(),
            "services": self.telemetry.counts(),
            "span_names": self.telemetry.span_names(),
            "metric_names": self.telemetry.metric_names(),
            "event_names": self.telemetry.event_names(),
        })
    }

    fn page(&self) -> String {
        page::render(self)
    }
}

/// An answer without a body, as New Relic gives to OTLP.
fn empty(status: StatusCode) -> Answer {
    Answer::new(status, "application/x-protobuf", "")
}
