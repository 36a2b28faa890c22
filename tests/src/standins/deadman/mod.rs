//! Stand-in for a dead-man's switch: it expects a ping in every period, and alarms when none
//! comes. Its paths and words are those of Healthchecks.

mod page;
mod watch;

use std::sync::Mutex;
use std::time::Duration;

use anyhow::anyhow;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    clock::{Clock, system_clock},
    lock,
    server::{ServerConfig, Standin},
    vendor::{Answer, Call, Vendor},
};

use watch::Watch;
pub use watch::{Alarm, Cause, Kind, Ping};

/// How often to look, when nothing says when to look next.
const LOOK: Duration = Duration::from_millis(20);

/// What is watched, and how patiently.
#[derive(Clone)]
pub struct DeadmanConfig {
    /// The secret part of the URL.
    pub id: String,
    /// How often a ping is expected.
    pub period: Duration,
    /// How much later than that it may come.
    pub grace: Duration,
    /// Tells the time that alarms show.
    pub clock: Clock,
}

impl Default for DeadmanConfig {
    fn default() -> Self {
        Self {
            id: "5f0d3c5e-0000-4000-8000-be11e7be11e7".to_owned(),
            period: Duration::from_secs(30),
            grace: Duration::from_secs(15),
            clock: system_clock(),
        }
    }
}

/// What the switch was sent, and what it made of the silence in between.
pub struct Deadman {
    config: DeadmanConfig,
    watch: Mutex<Watch>,
}

impl Deadman {
    /// Makes a switch that is not on a socket. It waits for a first ping before it expects any.
    pub fn new(config: DeadmanConfig) -> Self {
        Self { watch: Mutex::new(Watch::new(config.period + config.grace)), config }
    }

    /// Starts one on any free port.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start(config: DeadmanConfig) -> std::io::Result<Standin<Self>> {
        let server = ServerConfig { clock: config.clock.clone(), ..ServerConfig::default() };
        Standin::start(Self::new(config), server).await
    }

    /// Returns the path to ping.
    pub fn ping_path(&self) -> String {
        format!("/ping/{}", self.config.id)
    }

    /// Returns the pings that are kept, oldest first.
    pub fn pings(&self) -> Vec<Ping> {
        self.look().pings()
    }

    /// Returns every alarm that was raised, oldest first.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.look().alarms()
    }

    /// Returns the alarm that is raised now.
    pub fn alarm(&self) -> Option<Alarm> {
        self.alarms().pop().filter(|alarm| alarm.ended.is_none())
    }

    /// Waits until an alarm is raised.
    ///
    /// # Errors
    /// Fails after `limit`, and says how many pings came.
    pub async fn until_alarm(&self, limit: Duration) -> anyhow::Result<Alarm> {
        let alarm = timeout(limit, async {
            loop {
                if let Some(alarm) = self.alarm() {
                    return alarm;
                }
                let due = self.look().due();
                sleep_until(due.unwrap_or_else(|| Instant::now() + LOOK)).await;
            }
        });
        alarm.await.map_err(|_| {
            let pings = self.pings();
            anyhow!(
                "no alarm within {limit:?}; {} pings, the last: {:?}",
                pings.len(),
                pings.last()
            )
        })
    }

    /// Locks what is known, brought up to date: silence has no event of its own.
    fn look(&self) -> std::sync::MutexGuard<'_, Watch> {
        let mut watch = lock(&self.watch);
        watch.look(Instant::now(), (self.config.clock)());
        watch
    }

    fn ping(&self, call: &Call) -> Answer {
        let refuse = |status, why: &str| {
            Answer::new(status, "text/plain", format!("{why}\n")).because(why.to_owned())
        };
        let kind = match call.segments().as_slice() {
            ["ping", id] if *id == self.config.id => Kind::Success,
            ["ping", id, kind] if *id == self.config.id => match Kind::from_word(kind) {
                Some(kind) => kind,
                None => return refuse(StatusCode::NOT_FOUND, "not found"),
            },
            _ => return refuse(StatusCode::NOT_FOUND, "not found"),
        };
        if ![Method::GET, Method::HEAD, Method::POST].contains(&call.method) {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "ping with GET, HEAD or POST");
        }
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let summary = json!({ "kind": kind, "body": body });
        let mut watch = lock(&self.watch);
        watch.look(call.instant, call.now);
        watch.ping(kind, body, call.instant, call.now);
        Answer::new(StatusCode::OK, "text/plain", "OK").about(summary)
    }
}

impl Vendor for Deadman {
    fn name(&self) -> &'static str {
        "Dead-man's switch"
    }

    fn answer(&self, call: &Call) -> Answer {
        self.ping(call)
    }

    fn fault(&self, _path: &str, status: StatusCode, retry_after: Option<u64>) -> Answer {
        let text = status.canonical_reason().unwrap_or("Error");
        let answer = Answer::new(status, "text/plain", text);
        match retry_after {
            Some(seconds) => answer.with_header("retry-after", seconds.to_string()),
            None => answer,
        }
    }

    fn state(&self) -> Value {
        let watch = self.look();
        json!({
            "period_ms": self.config.period.as_millis(),
            "grace_ms": self.config.grace.as_millis(),
            "pings_seen": watch.seen(),
            "pings": watch.pings(),
            "alarms": watch.alarms(),
        })
    }

    fn page(&self) -> String {
        page::render(&self.look())
    }
}
