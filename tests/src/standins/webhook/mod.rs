//! Stand-in for whoever takes webhooks: reads what Alertmanager posts, version 4, alone or in a
//! CloudEvent, and believes only what is signed.

mod rules;
mod signature;

use std::collections::BTreeSet;
use std::sync::Mutex;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::media_type,
    html::{badge, clock, escape, table},
    lock,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

/// What the stand-in accepts.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Where notices are posted.
    pub path: String,
    /// The key that they are signed with.
    pub signing_key: String,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self { path: "/alerts".to_owned(), signing_key: "fake-webhook-signing-key".to_owned() }
    }
}

/// A notice that was taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivered {
    /// What tells it from all others; what came again with it was forgotten.
    pub key: String,
    /// `firing` or `resolved`.
    pub status: String,
    /// The group, one for each incident.
    pub group_key: String,
    /// Alertmanager's message.
    pub message: Value,
    /// The type of the CloudEvent, if it was one.
    pub event_type: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

/// What was taken.
#[derive(Debug)]
pub struct Webhook {
    config: WebhookConfig,
    taken: Mutex<Vec<Delivered>>,
    keys: Mutex<BTreeSet<String>>,
}

impl Webhook {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: WebhookConfig) -> Self {
        Self { config, taken: Mutex::default(), keys: Mutex::default() }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: WebhookConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Returns what was taken, each notice once, oldest first.
    pub fn taken(&self) -> Vec<Delivered> {
        lock(&self.taken).clone()
    }

    fn take(&self, call: &Call) -> Answer {
        let is_event = match media_type(&call.headers).as_deref() {
            Some("application/json") => false,
            Some("application/cloudevents+json") => true,
            _ => {
                return refused(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "neither JSON nor a CloudEvent",
                );
            }
        };
        let key = self.config.signing_key.as_bytes();
        if let Err(why) = signature::verify(key, call.header("x-signature"), &call.body, call.now) {
            return refused(StatusCode::UNAUTHORIZED, why);
        }
        let Some(key) = call.header("idempotency-key").filter(|it| !it.is_empty()) else {
            return refused(StatusCode::BAD_REQUEST, "no Idempotency-Key");
        };
        let body: Value = match serde_json::from_slice(&call.body) {
            Ok(body) => body,
            Err(error) => return refused(StatusCode::BAD_REQUEST, &format!("no JSON: {error}")),
        };
        let problems = rules::problems(&body, is_event);
        if !problems.is_empty() {
            return refused(StatusCode::BAD_REQUEST, &problems.join("; ")).about_body(&call.body);
        }
        let message = if is_event { body["data"].clone() } else { body.clone() };
        if lock(&self.keys).insert(key.to_owned()) {
            let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
            lock(&self.taken).push(Delivered {
                key: key.to_owned(),
                status: text(&message["status"]),
                group_key: text(&message["groupKey"]),
                event_type: is_event.then(|| text(&body["type"])),
                message,
                at: call.now,
            });
        }
        Answer::new(StatusCode::NO_CONTENT, "text/plain", "").about_body(&call.body)
    }
}

fn refused(status: StatusCode, why: &str) -> Answer {
    Answer::json(status, &json!({ "message": why })).because(why)
}

impl Vendor for Webhook {
    fn name(&self) -> &'static str {
        "a webhook"
    }

    fn answer(&self, call: &Call) -> Answer {
        if call.path != self.config.path {
            return refused(StatusCode::NOT_FOUND, "no such path");
        }
        match call.method {
            Method::POST => self.take(call),
            _ => refused(StatusCode::METHOD_NOT_ALLOWED, "only POST"),
        }
    }

    /// A 429 carries `Retry-After`, as CloudEvents' rules for webhooks ask.
    fn fault(&self, _path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        let answer = Answer::json(status, &json!({ "message": text }));
        match retry_after.or((status == StatusCode::TOO_MANY_REQUESTS).then_some(1)) {
            Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    fn state(&self) -> Value {
        json!({ "taken": self.taken() })
    }

    fn page(&self) -> String {
        let row = |it: &Delivered| {
            let colour = if it.status == "resolved" { "good" } else { "bad" };
            let summary = it.message["commonAnnotations"]["summary"].as_str().unwrap_or_default();
            vec![clock(&it.at), badge(colour, &it.status), escape(summary), escape(&it.key)]
        };
        let rows: Vec<Vec<String>> = self.taken().iter().rev().map(row).collect();
        format!("<h2>Notices</h2>{}", table(&["time", "status", "what", "key"], &rows))
    }
}
