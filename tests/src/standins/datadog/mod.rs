//! Stand-in for Datadog: the OTLP intake, v2 events, service checks, key validation.
//!
//! All of Datadog's hosts (`otlp.<site>`, `event-management-intake.<site>`,
//! `api.<site>`) are served on one address.

mod alerts;
mod checks;
mod event;
mod intake;
mod page;

use std::{ops::Deref, sync::Mutex};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    lock,
    otlp::{Signal, Telemetry},
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

use alerts::Alerts;
pub use alerts::{Alert, AlertChange, ChangeEvent};
use checks::Checks;
pub use checks::ServiceCheck;

/// What the stand-in accepts.
#[derive(Clone, Debug)]
pub struct DatadogConfig {
    /// The API key.
    pub api_key: String,
    /// The application key, needed for v2 events.
    pub application_key: String,
    /// Status for accepted traces: 202 in older documents, 200 elsewhere.
    pub trace_status: StatusCode,
    /// Refuses cumulative non-monotonic sums too; the documents disagree.
    pub strict_delta: bool,
}

impl Default for DatadogConfig {
    fn default() -> Self {
        Self {
            api_key: "fake-datadog-api-key".to_owned(),
            application_key: "fake-datadog-application-key".to_owned(),
            trace_status: StatusCode::ACCEPTED,
            strict_delta: false,
        }
    }
}

/// What Datadog has stored. Dereferences to its [`Telemetry`].
#[derive(Debug, Default)]
pub struct Datadog {
    config: DatadogConfig,
    telemetry: Telemetry,
    rejected_points: Mutex<u64>,
    alerts: Mutex<Alerts>,
    checks: Mutex<Checks>,
}

impl Datadog {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: DatadogConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: DatadogConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Returns all alerts: one for each aggregation key, oldest first.
    pub fn alerts(&self) -> Vec<Alert> {
        lock(&self.alerts).alerts()
    }

    /// Returns the alert with this aggregation key.
    pub fn alert(&self, key: &str) -> Option<Alert> {
        self.alerts().into_iter().find(|alert| alert.key == key)
    }

    /// Returns all events of category `change`, oldest first.
    pub fn change_events(&self) -> Vec<ChangeEvent> {
        lock(&self.alerts).changes()
    }

    /// Returns the latest status of each service check by check, host and tags.
    pub fn service_checks(&self) -> Vec<ServiceCheck> {
        lock(&self.checks).latest()
    }

    /// Returns how many metric points were refused with `partial_success`.
    pub fn rejected_points(&self) -> u64 {
        *lock(&self.rejected_points)
    }

    fn has_api_key(&self, call: &Call) -> bool {
        call.header("dd-api-key") == Some(&self.config.api_key)
    }

    fn has_application_key(&self, call: &Call) -> bool {
        call.header("dd-application-key") == Some(&self.config.application_key)
    }

    fn validate(&self, call: &Call) -> Answer {
        if !self.has_api_key(call) {
            return forbidden("application/json");
        }
        Answer::json(StatusCode::OK, &json!({ "valid": true }))
    }
}

impl Deref for Datadog {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.telemetry
    }
}

impl Vendor for Datadog {
    fn name(&self) -> &'static str {
        "Datadog"
    }

    fn answer(&self, call: &Call) -> Answer {
        let post = call.method == Method::POST;
        match call.path.as_str() {
            path if Signal::of_path(path).is_some() && post => self.intake(call),
            "/api/v2/events" if post => self.create_event(call),
            "/api/v1/check_run" if post => self.check_run(call),
            "/api/v1/validate" if call.method == Method::GET => self.validate(call),
            _ => Answer::json(StatusCode::NOT_FOUND, &json!({ "errors": ["Not found"] }))
                .because("no such endpoint in this stand-in"),
        }
    }

    fn fault(&self, path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        let mut answer = Answer::json(status, &json!({ "errors": [text] }));
        let Some(seconds) = retry_after.map(|seconds| seconds.to_string()) else {
            return answer;
        };
        if Signal::of_path(path).is_some() {
            return answer.with_header("retry-after", seconds);
        }
        for (name, value) in [
            ("x-ratelimit-limit", "1"),
            ("x-ratelimit-period", "10"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-name", "stand-in"),
        ] {
            answer = answer.with_header(name, value);
        }
        answer.with_header("x-ratelimit-reset", seconds)
    }

    fn state(&self) -> Value {
        json!({
            "alerts": self.alerts(),
            "change_events": self.change_events(),
            "service_checks": self.service_checks(),
            "services": self.telemetry.counts(),
            "span_names": self.telemetry.span_names(),
            "metric_names": self.telemetry.metric_names(),
            "event_names": self.telemetry.event_names(),
            "rejected_points": self.rejected_points(),
        })
    }

    fn page(&self) -> String {
        page::render(self)
    }
}

/// The answer of Datadog's v1 API to a missing or wrong key.
fn forbidden(content_type: &'static str) -> Answer {
    let body = json!({ "errors": ["Forbidden"] }).to_string();
    Answer::new(StatusCode::FORBIDDEN, content_type, body).because("missing or wrong DD-API-KEY")
}
