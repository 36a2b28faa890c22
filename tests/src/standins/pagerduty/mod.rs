//! Stand-in for PagerDuty: Events API v2, alerts and change events. It counts pages, not requests.

mod alerts;
mod rules;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    body::media_type,
    html::{badge, clock, escape, table},
    lock,
    rate::RollingWindow,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

use alerts::Alerts;
pub use alerts::{Alert, AlertStatus, Change};

/// The largest body, in bytes.
const LIMIT: usize = 512_000;

/// What the stand-in accepts.
#[derive(Clone, Debug)]
pub struct PagerdutyConfig {
    /// The integration keys of its services.
    pub routing_keys: Vec<String>,
    /// How many events it takes in any minute for each key.
    pub events_per_minute: usize,
}

impl Default for PagerdutyConfig {
    fn default() -> Self {
        Self {
            routing_keys: vec!["fake0pagerduty0routing0key000001".to_owned()],
            events_per_minute: 120,
        }
    }
}

/// What PagerDuty has stored.
#[derive(Debug)]
pub struct Pagerduty {
    config: PagerdutyConfig,
    alerts: Mutex<Alerts>,
    changes: Mutex<Vec<Change>>,
    rates: Mutex<BTreeMap<String, RollingWindow>>,
}

impl Pagerduty {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: PagerdutyConfig) -> Self {
        let (alerts, changes, rates) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { config, alerts, changes, rates }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: PagerdutyConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Returns all alerts, oldest first: each is one page of whoever is on call.
    pub fn alerts(&self) -> Vec<Alert> {
        lock(&self.alerts).all()
    }

    /// Returns all change events, oldest first; they page nobody.
    pub fn changes(&self) -> Vec<Change> {
        lock(&self.changes).clone()
    }

    /// Returns how often somebody was paged under this dedup key.
    pub fn pages(&self, dedup_key: &str) -> usize {
        self.alerts().iter().filter(|it| it.dedup_key == dedup_key).count()
    }

    /// Resolves an open alert as a person does in PagerDuty's own pages.
    pub fn resolve_by_hand(&self, dedup_key: &str) {
        lock(&self.alerts).resolve_by_hand(dedup_key);
    }

    /// Takes an event that follows these rules, and answers with what `take` adds.
    fn enqueue(
        &self,
        call: &Call,
        rules: fn(&Value) -> Vec<String>,
        take: impl FnOnce(&str, &Value) -> Option<String>,
    ) -> Answer {
        if media_type(&call.headers).as_deref() != Some("application/json") {
            return invalid(&["content-type must be application/json".to_owned()]);
        }
        if call.body.len() > LIMIT {
            let body = json!({ "status": "payload too large", "message": "larger than 512 KB" });
            return Answer::json(StatusCode::PAYLOAD_TOO_LARGE, &body).because("too large");
        }
        let body: Value = match serde_json::from_slice(&call.body) {
            Ok(body) => body,
            Err(error) => return invalid(&[format!("body is not JSON: {error}")]),
        };
        // a key is a secret: what is kept of the request is without it
        let mut kept = body.clone();
        let key = kept.as_object_mut().and_then(|it| it.remove("routing_key"));
        let problems = rules(&body);
        if !problems.is_empty() {
            return invalid(&problems).about(kept);
        }
        let key = key.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        if !self.config.routing_keys.contains(&key) {
            return invalid(&["'routing_key' is of no integration".to_owned()]).about(kept);
        }
        let mut rates = lock(&self.rates);
        let window = || RollingWindow::new(self.config.events_per_minute, Duration::from_secs(60));
        if rates.entry(key.clone()).or_insert_with(window).admit(call.instant).is_err() {
            return too_fast();
        }
        drop(rates);
        let mut said = json!({ "status": "success", "message": "Event processed" });
        if let (Some(dedup_key), Some(said)) = (take(&key, &body), said.as_object_mut()) {
            said.insert("dedup_key".to_owned(), dedup_key.into());
        }
        Answer::json(StatusCode::ACCEPTED, &said).about(kept)
    }

    fn event(&self, call: &Call) -> Answer {
        self.enqueue(call, rules::problems, |key, event| {
            Some(lock(&self.alerts).apply(key, event, call.now))
        })
    }

    /// Each change event is kept: no key tells one that comes again.
    fn change(&self, call: &Call) -> Answer {
        self.enqueue(call, rules::problems_of_change, |_, event| {
            lock(&self.changes).push(Change::of(event, call.now));
            None
        })
    }
}

fn invalid(problems: &[String]) -> Answer {
    let body = json!({
        "status": "invalid event", "message": "Event object is invalid", "errors": problems,
    });
    Answer::json(StatusCode::BAD_REQUEST, &body).because(problems.join("; "))
}

/// PagerDuty documents no header that says when to come again.
fn too_fast() -> Answer {
    let body = json!({ "status": "throttle exceeded", "message": "Requests are rate limited" });
    Answer::json(StatusCode::TOO_MANY_REQUESTS, &body).because("too many events of this key")
}

impl Vendor for Pagerduty {
    fn name(&self) -> &'static str {
        "PagerDuty"
    }

    fn answer(&self, call: &Call) -> Answer {
        match (&call.method, call.path.as_str()) {
            (&Method::POST, "/v2/enqueue") => self.event(call),
            (&Method::POST, "/v2/change/enqueue") => self.change(call),
            _ => Answer::json(StatusCode::NOT_FOUND, &json!({ "message": "Not found" }))
                .because("no such endpoint in this stand-in"),
        }
    }

    fn fault(&self, _path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        let answer = Answer::json(status, &json!({ "status": text, "message": text }));
        match retry_after {
            Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    fn state(&self) -> Value {
        json!({ "alerts": self.alerts(), "changes": self.changes() })
    }

    fn page(&self) -> String {
        let row = |alert: &Alert| {
            let colour = if alert.status == AlertStatus::Resolved { "good" } else { "bad" };
            vec![
                clock(&alert.at),
                badge(colour, alert.status.as_str()),
                escape(&alert.summary),
                escape(&format!(
                    "{} · {} · {} events",
                    alert.severity, alert.dedup_key, alert.events
                )),
            ]
        };
        let rows: Vec<Vec<String>> = self.alerts().iter().rev().map(row).collect();
        let pages = table(&["paged", "status", "what", "about"], &rows);
        let row = |it: &Change| vec![clock(&it.at), escape(&it.summary)];
        let rows: Vec<Vec<String>> = self.changes().iter().rev().map(row).collect();
        let changes = table(&["taken", "what"], &rows);
        format!("<h2>Pages</h2>{pages}<h2>Changes</h2>{changes}")
    }
}
