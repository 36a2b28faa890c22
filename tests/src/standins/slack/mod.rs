//! Stand-in for Slack: an incoming webhook, `chat.postMessage`, `chat.update`, and
//! `conversations.history` and `.replies`.

mod blocks;

use std::sync::Mutex;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::media_type,
    html::{clock, escape, table},
    lock,
    rate::RollingWindow,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

/// What the stand-in accepts.
#[derive(Clone, Debug)]
pub struct SlackConfig {
    /// The path of the incoming webhook, which is its secret.
    pub webhook_path: String,
    /// The token of the bot.
    pub bot_token: String,
    /// The name and the id of the channel that the bot is in.
    pub channel: (String, String),
    /// Whether the bot may read channels, `channels:history`.
    pub may_read: bool,
    /// How many messages it takes in any ten seconds; a second each, and short bursts.
    pub messages_per_ten_seconds: usize,
}

impl Default for SlackConfig {
    fn default() -> Self {
        Self {
            webhook_path: "/services/T0FAKE/B0FAKE/fakeslackwebhooktoken".to_owned(),
            bot_token: "xoxb-fake-slack-bot-token".to_owned(),
            channel: ("#alerts".to_owned(), "C0FAKE0001".to_owned()),
            may_read: true,
            messages_per_ten_seconds: 12,
        }
    }
}

/// A message in a channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Its time stamp, which tells it from all others of the channel.
    pub ts: String,
    /// The message in whose thread it is.
    pub thread_ts: Option<String>,
    /// Its text, as it is now.
    pub text: String,
    /// Its blocks, as they are now.
    pub blocks: Value,
    /// What nobody sees: the metadata.
    pub metadata: Value,
    /// How often it was changed.
    pub updates: u64,
    /// Whether a webhook posted it, and not the bot.
    pub by_webhook: bool,
    /// When it was posted.
    pub at: Timestamp,
}

/// What Slack has stored.
#[derive(Debug)]
pub struct Slack {
    config: SlackConfig,
    messages: Mutex<Vec<Message>>,
    rate: Mutex<RollingWindow>,
}

/// Why a message is not taken: the status of a webhook's answer, and Slack's word for it.
struct Refusal(StatusCode, &'static str);

impl Slack {
    /// Makes a stand-in that is not on a socket.
    pub fn new(config: SlackConfig) -> Self {
        let rate = RollingWindow::new(config.messages_per_ten_seconds, Duration::from_secs(10));
        Self { config, messages: Mutex::default(), rate: Mutex::new(rate) }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: SlackConfig) -> std::io::Result<Standin<Self>> {
        Standin::start(Self::new(config), ServerConfig::default()).await
    }

    /// Returns the path of the incoming webhook.
    pub fn webhook_path(&self) -> &str {
        &self.config.webhook_path
    }

    /// Returns all messages, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        lock(&self.messages).clone()
    }

    /// Deletes a message as a person does.
    pub fn delete_by_hand(&self, ts: &str) {
        lock(&self.messages).retain(|it| it.ts != ts);
    }

    /// Reads a message and checks what Slack checks.
    fn read(call: &Call) -> Result<Value, Refusal> {
        let invalid = Refusal(StatusCode::BAD_REQUEST, "invalid_payload");
        if media_type(&call.headers).as_deref() != Some("application/json") {
            return Err(invalid);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&call.body) else { return Err(invalid) };
        let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() && body.get("blocks").is_none() {
            return Err(Refusal(StatusCode::BAD_REQUEST, "no_text"));
        }
        match blocks::problem(&body) {
            Some(problem) => Err(Refusal(StatusCode::BAD_REQUEST, problem)),
            None => Ok(body),
        }
    }

    fn store(
        &self,
        body: &Value,
        thread_ts: Option<String>,
        by_webhook: bool,
        now: Timestamp,
    ) -> String {
        let mut messages = lock(&self.messages);
        let ts = format!("{}.{:06}", now.as_second(), messages.len());
        messages.push(Message {
            ts: ts.clone(),
            thread_ts,
            text: body["text"].as_str().unwrap_or_default().to_owned(),
            blocks: body["blocks"].clone(),
            metadata: body["metadata"].clone(),
            updates: 0,
            by_webhook,
            at: now,
        });
        ts
    }

    fn webhook(&self, call: &Call) -> Answer {
        if call.path != self.config.webhook_path {
            return plain(StatusCode::NOT_FOUND, "no_service").because("another webhook");
        }
        if call.method != Method::POST {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "invalid_payload");
        }
        if lock(&self.rate).admit(call.instant).is_err() {
            let answer = plain(StatusCode::TOO_MANY_REQUESTS, "rate_limited");
            return answer.with_header("retry-after", "1").because("too many messages");
        }
        match Self::read(call) {
            Ok(body) => {
                self.store(&body, None, true, call.now);
                plain(StatusCode::OK, "ok").about(body)
            }
            Err(Refusal(status, word)) => plain(status, word).because(word).about_body(&call.body),
        }
    }

    fn method(&self, call: &Call) -> Answer {
        if lock(&self.rate).admit(call.instant).is_err() {
            let body = json!({ "ok": false, "error": "ratelimited" });
            let answer = Answer::json(StatusCode::TOO_MANY_REQUESTS, &body);
            return answer.with_header("retry-after", "1").because("too many messages");
        }
        match self.chat(call) {
            Ok((body, answer)) => Answer::json(StatusCode::OK, &answer).about(body),
            Err(Refusal(_, word)) => {
                let body = json!({ "ok": false, "error": word });
                let mut answer = Answer::json(StatusCode::OK, &body).because(word);
                answer.verdict = super::Verdict::Refused;
                answer.about_body(&call.body)
            }
        }
    }

    /// Lists messages of the channel, newest first, or those of a thread.
    fn conversations(&self, call: &Call) -> Answer {
        let (_, id) = &self.config.channel;
        let refused = |word: &'static str| {
            let body = json!({ "ok": false, "error": word });
            let mut answer = Answer::json(StatusCode::OK, &body).because(word);
            answer.verdict = super::Verdict::Refused;
            answer
        };
        if call.header("authorization") != Some(&format!("Bearer {}", self.config.bot_token)) {
            return refused("invalid_auth");
        }
        if !self.config.may_read {
            return refused("missing_scope");
        }
        if call.parameter("channel") != Some(id) {
            return refused("channel_not_found");
        }
        let thread = call.parameter("ts").filter(|_| call.path.ends_with("replies"));
        let oldest = call.parameter("oldest").unwrap_or_default();
        let wanted = |it: &&Message| match thread {
            Some(ts) => it.ts == ts || it.thread_ts.as_deref() == Some(ts),
            None => it.thread_ts.is_none() && it.ts.as_str() >= oldest,
        };
        let with_metadata = call.parameter("include_all_metadata") == Some("true");
        let shown = |it: &Message| {
            let mut shown = json!({ "ts": it.ts, "text": it.text });
            if let Some(thread) = &it.thread_ts {
                shown["thread_ts"] = json!(thread);
            }
            if with_metadata && !it.metadata.is_null() {
                shown["metadata"] = it.metadata.clone();
            }
            shown
        };
        let messages = lock(&self.messages);
        let list: Vec<Value> = messages.iter().rev().filter(wanted).map(shown).collect();
        Answer::json(StatusCode::OK, &json!({ "ok": true, "messages": list }))
    }

    /// Posts or changes a message; returns what was asked and what is answered.
    fn chat(&self, call: &Call) -> Result<(Value, Value), Refusal> {
        let refused = |word| Refusal(StatusCode::OK, word);
        if call.header("authorization") != Some(&format!("Bearer {}", self.config.bot_token)) {
            return Err(refused("invalid_auth"));
        }
        let body = Self::read(call)?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        let (name, id) = &self.config.channel;
        let channel = text("channel").unwrap_or_default();
        let post = call.path.ends_with("chat.postMessage");
        // a message is changed by the channel's id only
        if channel != *id && !(post && channel == *name) {
            return Err(refused("channel_not_found"));
        }
        let ts = if post {
            if let Some(thread) = text("thread_ts")
                && !lock(&self.messages).iter().any(|it| it.ts == thread)
            {
                return Err(refused("thread_not_found"));
            }
            self.store(&body, text("thread_ts"), false, call.now)
        } else {
            let ts = text("ts").unwrap_or_default();
            let mut messages = lock(&self.messages);
            let found = messages.iter_mut().find(|it| it.ts == ts && !it.by_webhook);
            let Some(message) = found else { return Err(refused("message_not_found")) };
            message.text = text("text").unwrap_or_default();
            message.blocks = body["blocks"].clone();
            message.metadata = body["metadata"].clone();
            message.updates += 1;
            ts
        };
        let answer = json!({ "ok": true, "channel": id, "ts": ts, "message": {} });
        Ok((body, answer))
    }
}

fn plain(status: StatusCode, body: &'static str) -> Answer {
    Answer::new(status, "text/plain", body)
}

impl Vendor for Slack {
    fn name(&self) -> &'static str {
        "Slack"
    }

    fn answer(&self, call: &Call) -> Answer {
        match call.path.as_str() {
            "/api/chat.postMessage" | "/api/chat.update" if call.method == Method::POST => {
                self.method(call)
            }
            "/api/conversations.history" | "/api/conversations.replies"
                if call.method == Method::GET =>
            {
                self.conversations(call)
            }
            path if path.starts_with("/api/") => {
                Answer::json(StatusCode::OK, &json!({ "ok": false, "error": "unknown_method" }))
                    .because("no such method in this stand-in")
            }
            _ => self.webhook(call),
        }
    }

    fn fault(&self, path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let answer = match path.starts_with("/api/") {
            true => Answer::json(status, &json!({ "ok": false, "error": "internal_error" })),
            false => plain(status, "rollup_error"),
        };
        match retry_after {
            Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    fn state(&self) -> Value {
        json!({ "messages": self.messages() })
    }

    fn page(&self) -> String {
        let row = |it: &Message| {
            let thread = if it.thread_ts.is_some() { "↳ " } else { "" };
            let updates = format!("changed {} times", it.updates);
            vec![clock(&it.at), format!("{thread}{}", escape(&it.text)), updates]
        };
        let rows: Vec<Vec<String>> = self.messages().iter().rev().map(row).collect();
        format!("<h2>Messages</h2>{}", table(&["time", "text", "changes"], &rows))
    }
}
