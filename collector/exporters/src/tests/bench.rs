//! Runs an exporter against scripted answers under a paused clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ingest::Signal;
use bellwether_core::links::NoLinks;
use bellwether_core::queue::{NotQueued, Queue, Request};
use bellwether_core::witness::Nobody;
use bellwether_queue::MemoryQueue;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::outbox::MemoryOutbox;
use super::samples::{START, destination, settings};
use crate::call::{Answer, Call};
use crate::metrics::Measures;
use crate::settings::Policy;
use crate::signals::Fitting;
use crate::status::LaneSnapshot;
use crate::timing::{Clock, Stop};
use crate::transport::{HttpError, Network, Transport, TransportError};
use crate::wire::Wire;
use crate::{Exporter, Runtime, build};

/// What the other side does with a call.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// It answers.
    Answer(Box<Answer>),
    /// The connection breaks.
    Lost,
    /// It never answers.
    Silence,
}

/// Answers with a status and a body.
pub(crate) fn answer(status: u16, body: &'static str) -> Reply {
    let body = Bytes::from_static(body.as_bytes());
    Reply::Answer(Box::new(Answer { status, body, ..Answer::default() }))
}

/// Answers with a status and a header.
pub(crate) fn answer_with(status: u16, name: &'static str, value: &'static str) -> Reply {
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )]);
    Reply::Answer(Box::new(Answer { status, headers, ..Answer::default() }))
}

/// Answers with a gRPC status, and so with an HTTP status of 200.
pub(crate) fn grpc(code: u16, message: &'static str) -> Reply {
    let trailers = HeaderMap::from_iter([
        (http::HeaderName::from_static("grpc-status"), HeaderValue::from(code)),
        (http::HeaderName::from_static("grpc-message"), HeaderValue::from_static(message)),
    ]);
    Reply::Answer(Box::new(Answer { status: 200, trailers, ..Answer::default() }))
}

/// Answers with components of a page, all well: `c0` to `c199`, a hundred at a time.
fn components(call: &Call) -> Reply {
    let page = call.url.split("?page=").nth(1).and_then(|it| it.split('&').next()).unwrap();
    let page: usize = page.parse().unwrap();
    let ids = (100 * (page - 1)..200.min(100 * page)).map(|n| format!("c{n}"));
    let list: Vec<_> = ids.map(|id| json!({ "id": id, "status": "operational" })).collect();
    let body = Bytes::from(serde_json::to_vec(&list).unwrap());
    Reply::Answer(Box::new(Answer { status: 200, body, ..Answer::default() }))
}

/// Says what the reply is when its time has come.
pub(crate) type Then = Box<dyn FnOnce() -> Reply + Send>;

/// Decides on each call; remembers all of them with the second in which they came.
pub(crate) struct Script {
    decide: Box<dyn Fn(&Call) -> Then + Send + Sync>,
    takes: Duration,
    calls: Mutex<Vec<(u64, Call)>>,
    start: Instant,
}

impl Script {
    /// Asks `decide` for each call.
    pub(crate) fn by(decide: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Self::slow(Duration::ZERO, move |call| {
            let reply = decide(call);
            Box::new(move || reply)
        })
    }

    /// Asks `decide` for each call, and for the reply some time later.
    pub(crate) fn slow(
        takes: Duration,
        decide: impl Fn(&Call) -> Then + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (decide, calls) = (Box::new(decide), Mutex::default());
        Arc::new(Self { decide, takes, calls, start: Instant::now() })
    }

    /// Gives these replies in order, then says for ever that all is well, in every vendor's words.
    pub(crate) fn of(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        let replies = Mutex::new(VecDeque::from_iter(replies));
        Self::by(move |call| match call.what {
            "look at components" => components(call),
            "look at metrics" => answer(200, r#"[{"id":"m1"},{"id":"m2"}]"#),
            _ => replies.lock().unwrap().pop_front().unwrap_or_else(|| Self::fine(call)),
        })
    }

    /// Says that all is well, in the vendor's words.
    pub(crate) fn fine(call: &Call) -> Reply {
        // Slack says it in the body, and gRPC behind it
        match call.what {
            "post message" => answer(200, "ok"),
            "send mail" | "log in" => answer(250, ""),
            _ => grpc(0, ""),
        }
    }

    pub(crate) fn calls(&self) -> Vec<(u64, Call)> {
        self.calls.lock().unwrap().clone()
    }

    /// Returns the seconds in which calls came that do more than look at a page.
    pub(crate) fn seconds(&self) -> Vec<u64> {
        let calls = self.calls();
        let told = calls.iter().filter(|(_, call)| call.what != "look at components");
        told.map(|(at, _)| *at).collect()
    }

    /// Returns what calls did, such as `create incident`.
    pub(crate) fn whats(&self) -> Vec<&'static str> {
        self.calls().iter().map(|(_, call)| call.what).collect()
    }
}

impl Transport for Script {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        let then = (self.decide)(&call);
        self.calls.lock().unwrap().push((self.start.elapsed().as_secs(), call));
        Box::pin(async move {
            if !self.takes.is_zero() {
                tokio::time::sleep(self.takes).await;
            }
            match then() {
                Reply::Answer(answer) => Ok(*answer),
                Reply::Lost => Err(TransportError("connection reset by peer".to_owned())),
                Reply::Silence => std::future::pending().await,
            }
        })
    }
}

/// Opens the same way to every destination.
pub(crate) struct Scripted(pub(crate) Arc<Script>);

impl Network for Scripted {
    fn open(&self, _: &Wire) -> Result<Arc<dyn Transport>, HttpError> {
        Ok(Arc::clone(&self.0) as Arc<dyn Transport>)
    }
}

/// Puts requests into a destination's queue.
#[derive(Clone)]
pub(crate) struct Sender(Arc<dyn Queue>);

impl Sender {
    pub(crate) fn send(&self, signal: Signal, body: impl Into<Bytes>) -> Result<(), NotQueued> {
        let body = body.into();
        let room = self.0.reserve(body.len())?;
        let request = Request { signal, items: 1, at: START, body };
        self.0.append(room, request).now_or_never().expect("memory takes no time")
    }
}

/// An exporter with its workers running.
pub(crate) struct Bench {
    pub(crate) exporter: Exporter,
    pub(crate) outbox: Arc<MemoryOutbox>,
    runtime: Runtime,
    workers: JoinSet<()>,
    fitting: Option<Fitting>,
}

impl Bench {
    /// Builds the sample of a kind; nothing runs yet.
    pub(crate) fn new(kind: &str, script: &Arc<Script>) -> Self {
        Self::with(kind, settings(kind), script)
    }

    pub(crate) fn with(kind: &str, settings: serde_json::Value, script: &Arc<Script>) -> Self {
        super::logs::listen();
        let start = script.start;
        let clock: Clock = Arc::new(move || START.plus(start.elapsed()));
        let stop = Stop::new();
        let network = Arc::new(Scripted(Arc::clone(script)));
        Self {
            exporter: build(&destination(kind), settings).unwrap(),
            outbox: Arc::new(MemoryOutbox::new()),
            runtime: Runtime {
                network,
                clock,
                stop,
                witness: Arc::new(Nobody),
                links: Arc::new(NoLinks),
            },
            workers: JoinSet::new(),
            fitting: None,
        }
    }

    pub(crate) fn run_signals(&mut self) -> Sender {
        let settings = self.exporter.queue().unwrap();
        let policy = match settings.policy {
            Policy::Block => bellwether_queue::Policy::Block,
            Policy::DropOldest => bellwether_queue::Policy::DropOldest,
        };
        let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::new("test", settings.size, policy));
        self.run_signals_out_of(Arc::clone(&queue));
        Sender(queue)
    }

    pub(crate) fn run_signals_out_of(&mut self, queue: Arc<dyn Queue>) {
        let run = self.exporter.run_signals(&self.runtime, queue).unwrap();
        let (fitting, worker) = run.unwrap();
        self.fitting = Some(fitting);
        self.workers.spawn(worker);
    }

    /// Gives the worker of signals the settings of another exporter of the same name.
    pub(crate) fn refit_signals(&mut self, kind: &str, settings: serde_json::Value) {
        let mut next = build(&destination(kind), settings).unwrap();
        next.succeed(&self.exporter);
        let fitting = self.fitting.as_ref().unwrap();
        let fit = next.fit(&self.runtime).unwrap().unwrap();
        assert!(next.refit_signals(fitting, fit), "the worker runs");
        self.exporter = next;
    }

    pub(crate) fn run_notices(&mut self) {
        let outbox = Arc::clone(&self.outbox);
        let wake = self.outbox.wake();
        let worker = self.exporter.run_notices(&self.runtime, outbox, wake).unwrap();
        self.workers.spawn(worker.unwrap());
    }

    pub(crate) fn run_metrics(&mut self, measures: Arc<dyn Measures>) {
        let worker = self.exporter.run_metrics(&self.runtime, measures).unwrap();
        self.workers.spawn(worker.unwrap());
    }

    pub(crate) fn signals(&self) -> LaneSnapshot {
        self.exporter.status().snapshot().signals.unwrap()
    }

    pub(crate) fn notices(&self) -> LaneSnapshot {
        self.exporter.status().snapshot().notices.unwrap()
    }

    pub(crate) fn metrics(&self) -> LaneSnapshot {
        self.exporter.status().snapshot().metrics.unwrap()
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
        self.runtime.stop.by(Instant::now() + Duration::from_secs(5));
        while self.workers.join_next().await.is_some() {}
    }

    /// Ends the workers at once, as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        self.workers.shutdown().await;
    }
}
