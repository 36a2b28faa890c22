//! Runs an exporter against scripted answers under a paused clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::outbox::MemoryOutbox;
use super::samples::{START, destination, settings};
use crate::call::{Answer, Call};
use crate::signals::SignalSender;
use crate::status::LaneSnapshot;
use crate::timing::{Clock, Stop};
use crate::transport::{Transport, TransportError};
use crate::{Exporter, Runtime, build};

/// What the other side does with a call.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// It answers.
    Answer(Answer),
    /// The connection breaks.
    Lost,
    /// It never answers.
    Silence,
}

/// Answers with a status and a body.
pub(crate) fn answer(status: u16, body: &'static str) -> Reply {
    Reply::Answer(Answer { status, body: Bytes::from_static(body.as_bytes()), ..Answer::default() })
}

/// Answers with a status and a header.
pub(crate) fn answer_with(status: u16, name: &'static str, value: &'static str) -> Reply {
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )]);
    Reply::Answer(Answer { status, headers, ..Answer::default() })
}

/// Decides on each call; remembers all of them with the second in which they came.
pub(crate) struct Script {
    decide: Box<dyn Fn(&Call) -> Reply + Send + Sync>,
    calls: Mutex<Vec<(u64, Call)>>,
    start: Instant,
}

impl Script {
    /// Asks `decide` for each call.
    pub(crate) fn by(decide: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { decide: Box::new(decide), calls: Mutex::default(), start: Instant::now() })
    }

    /// Gives these replies in order, then 200 for ever.
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        let replies = Mutex::new(VecDeque::from_iter(replies));
        Self::by(move |_| replies.lock().unwrap().pop_front().unwrap_or(answer(200, "{}")))
    }

    pub(crate) fn calls(&self) -> Vec<(u64, Call)> {
        self.calls.lock().unwrap().clone()
    }

    /// Returns the seconds in which calls came.
    pub(crate) fn seconds(&self) -> Vec<u64> {
        self.calls().iter().map(|(at, _)| *at).collect()
    }

    /// Returns what calls did, such as `create incident`.
    pub(crate) fn whats(&self) -> Vec<&'static str> {
        self.calls().iter().map(|(_, call)| call.what).collect()
    }
}

impl Transport for Script {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let reply = (self.decide)(&call);
        self.calls.lock().unwrap().push((self.start.elapsed().as_secs(), call));
        Box::pin(async move {
            match reply {
                Reply::Answer(answer) => Ok(answer),
                Reply::Lost => Err(TransportError("connection reset by peer".to_owned())),
                Reply::Silence => std::future::pending().await,
            }
        })
    }
}

/// An exporter with its workers running.
pub(crate) struct Bench {
    pub(crate) exporter: Exporter,
    pub(crate) outbox: Arc<MemoryOutbox>,
    runtime: Runtime,
    workers: JoinSet<()>,
}

impl Bench {
    /// Builds the sample of a kind; nothing runs yet.
    pub(crate) fn new(kind: &str, script: &Arc<Script>) -> Self {
        Self::with(kind, settings(kind), script)
    }

    pub(crate) fn with(kind: &str, settings: serde_json::Value, script: &Arc<Script>) -> Self {
        let start = script.start;
        let clock: Clock = Arc::new(move || START.plus(start.elapsed()));
        let stop = Stop { token: CancellationToken::new(), drain: Duration::from_secs(5) };
        let transport = Arc::clone(script) as Arc<dyn Transport>;
        Self {
            exporter: build(&destination(kind), settings).unwrap(),
            outbox: Arc::new(MemoryOutbox::new()),
            runtime: Runtime { transport, clock, stop },
            workers: JoinSet::new(),
        }
    }

    pub(crate) fn run_signals(&mut self) -> SignalSender {
        let (sender, worker) = self.exporter.run_signals(&self.runtime).unwrap();
        self.workers.spawn(worker);
        sender
    }

    pub(crate) fn run_notices(&mut self) {
        let outbox = Arc::clone(&self.outbox);
        let wake = self.outbox.wake();
        let worker = self.exporter.run_notices(&self.runtime, outbox, wake).unwrap();
        self.workers.spawn(worker);
    }

    pub(crate) fn signals(&self) -> LaneSnapshot {
        self.exporter.status().snapshot().signals.unwrap()
    }

    pub(crate) fn notices(&self) -> LaneSnapshot {
        self.exporter.status().snapshot().notices.unwrap()
    }

    /// Waits, in the clock's own time, until something holds.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(7_200);
        while !holds(self) {
            assert!(Instant::now() < deadline, "never: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks the workers to stop and waits for their end.
    pub(crate) async fn stop(&mut self) {
        self.runtime.stop.token.cancel();
        while self.workers.join_next().await.is_some() {}
    }

    /// Ends the workers at once, as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.workers.shutdown().await;
    }
}
