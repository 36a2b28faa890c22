//! Stand-in for Atlassian Statuspage: components and incidents of one page.

mod answers;
mod hand;
mod ids;
mod ledger;
mod metrics;
mod model;
mod queries;
mod requests;
mod schema;
mod view;

use std::{sync::Mutex, time::Duration};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    lock,
    rate::RollingWindow,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

use answers::{Refusal, refused};
use ledger::Ledger;
pub use model::{
    AffectedComponent, Automatic, ChangedBy, Component, ComponentStatus, Impact, Incident,
    IncidentStatus, IncidentUpdate, Mail, StatusChange,
};

/// How errors are written; the public document and what is seen in the wild differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"message": "..."}`, as declared.
    Message,
    /// `{"error": ["..."]}`, as met in the wild.
    Error,
}

/// What the stand-in accepts and holds.
#[derive(Clone, Debug)]
pub struct StatuspageConfig {
    /// The API key.
    pub api_key: String,
    /// Id of the page.
    pub page_id: String,
    /// Components as (id, name); see [`StatuspageConfig::with_components`].
    pub components: Vec<(String, String)>,
    /// Ids of the metrics.
    pub metrics: Vec<String>,
    /// Status for points of a metric that is not there. The document names 404, for whatever is not.
    pub unknown_metric: StatusCode,
    /// How many people get a mail for each notified update.
    pub subscribers: u64,
    /// Requests per token in any 60 seconds.
    pub requests_per_minute: usize,
    /// Status for too many requests: 420 as reported, or 429 as announced.
    pub rate_status: StatusCode,
    /// How errors are written.
    pub error_shape: ErrorShape,
    /// Puts components back when an incident ends. Statuspage is thought not to.
    pub resolving_restores_components: bool,
}

impl Default for StatuspageConfig {
    fn default() -> Self {
        Self {
            api_key: "fake-statuspage-api-key".to_owned(),
            page_id: "bellwether00".to_owned(),
            components: Vec::new(),
            metrics: Vec::new(),
            unknown_metric: StatusCode::NOT_FOUND,
            subscribers: 250,
            requests_per_minute: 60,
            rate_status: StatusCode::from_u16(420).unwrap_or(StatusCode::TOO_MANY_REQUESTS),
            error_shape: ErrorShape::Message,
            resolving_restores_components: false,
        }
    }
}

impl StatuspageConfig {
    /// Makes the default page with components whose ids follow from their names.
    pub fn with_components(names: &[&str]) -> Self {
        let component = |name: &&str| (Self::component_id(name), (*name).to_owned());
        Self { components: names.iter().map(component).collect(), ..Self::default() }
    }

    /// Returns the twelve-character id that a component of this name gets.
    pub fn component_id(name: &str) -> String {
        ids::of_name(name)
    }
}

/// What Statuspage has stored.
#[derive(Debug)]
pub struct Statuspage {
    config: StatuspageConfig,
    ledger: Mutex<Ledger>,
    rate: Mutex<RollingWindow>,
}

impl Statuspage {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: StatuspageConfig) -> Self {
        let rate = RollingWindow::new(config.requests_per_minute, Duration::from_secs(60));
        Self { ledger: Mutex::new(Ledger::new(&config)), rate: Mutex::new(rate), config }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: StatuspageConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Returns all components in the page's order.
    pub fn components(&self) -> Vec<Component> {
        lock(&self.ledger).components.clone()
    }

    /// Returns the component with this id or name.
    pub fn component(&self, id_or_name: &str) -> Option<Component> {
        let found =
            |component: &Component| component.id == id_or_name || component.name == id_or_name;
        self.components().into_iter().find(found)
    }

    /// Returns all incidents, oldest first.
    pub fn incidents(&self) -> Vec<Incident> {
        lock(&self.ledger).incidents.clone()
    }

    /// Returns how components changed, oldest first.
    pub fn timeline(&self) -> Vec<StatusChange> {
        lock(&self.ledger).timeline.to_vec()
    }

    /// Returns the states that one component (by id or name) went through,
    /// beginning with the one before the first change.
    pub fn states_of(&self, id_or_name: &str) -> Vec<ComponentStatus> {
        let mut states = Vec::new();
        for change in self.timeline() {
            if change.component_id == id_or_name || change.component == id_or_name {
                if states.is_empty() {
                    states.push(change.from);
                }
                states.push(change.to);
            }
        }
        states
    }

    /// Returns the mails to subscribers, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.ledger).mails.to_vec()
    }

    fn route(&self, call: &Call) -> Result<Answer, Refusal> {
        let path = call.path.strip_suffix(".json").unwrap_or(&call.path);
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let ["v1", "pages", page, rest @ ..] = segments.as_slice() else {
            return Err(Refusal::not_found("no such path"));
        };
        let expected = format!("OAuth {}", self.config.api_key);
        if call.header("authorization") != Some(&expected) {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Could not authenticate"));
        }
        if let Err(wait) = lock(&self.rate).admit(call.instant) {
            return Err(Refusal::too_fast(self.config.rate_status, wait));
        }
        if *page != self.config.page_id {
            return Err(Refusal::not_found("no such page"));
        }
        lock(&self.ledger).pass(call.now);
        match (&call.method, rest) {
            (&Method::GET, ["components"]) => self.list_components(call),
            (&Method::GET, ["components", id]) => self.show_component(id),
            (&Method::PATCH, ["components", id]) => self.patch_component(call, id),
            (&Method::GET, ["metrics"]) => self.list_metrics(call),
            (&Method::POST, ["metrics", "data"]) => self.add_points(call),
            (&Method::POST, ["incidents"]) => self.open_incident(call),
            (&Method::GET, ["incidents"]) => self.search_incidents(call),
            (&Method::GET, ["incidents", "unresolved"]) => {
                self.list_incidents(call, queries::is_unresolved)
            }
            (&Method::GET, ["incidents", "scheduled"]) => {
                self.list_incidents(call, queries::is_scheduled)
            }
            (&Method::GET, ["incidents", "upcoming"]) => {
                self.list_incidents(call, queries::is_upcoming)
            }
            (&Method::GET, ["incidents", "active_maintenance"]) => {
                self.list_incidents(call, queries::is_active_maintenance)
            }
            (&Method::GET, ["incidents", id]) => self.show_incident(id),
            (&Method::PATCH, ["incidents", id]) => self.patch_incident(call, id),
            (&Method::DELETE, ["incidents", id]) => self.delete_incident(id),
            (&Method::PATCH, ["incidents", id, "incident_updates", update]) => {
                self.patch_update(call, id, update)
            }
            (&Method::PUT, ["incidents", id, "postmortem"]) => self.draft_postmortem(call, id),
            (&Method::PUT, ["incidents", id, "postmortem", "publish"]) => {
                self.publish_postmortem(call, id)
            }
            _ => Err(Refusal::not_found("no such endpoint in this stand-in")),
        }
    }
}

impl Vendor for Statuspage {
    fn name(&self) -> &'static str {
        "Statuspage"
    }

    fn answer(&self, call: &Call) -> Answer {
        match self.route(call) {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal, self.config.error_shape).about_body(&call.body),
        }
    }

    fn fault(&self, _path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        let mut refusal = Refusal::new(status, text);
        refusal.retry_after = retry_after;
        refused(&refusal, self.config.error_shape)
    }

    fn state(&self) -> Value {
        json!({
            "page_id": self.config.page_id,
            "components": self.components(),
            "incidents": self.incidents(),
            "timeline": self.timeline(),
            "mails": self.mails(),
            "mails_sent": lock(&self.ledger).mails_sent,
        })
    }

    fn page(&self) -> String {
        view::render(self)
    }
}
