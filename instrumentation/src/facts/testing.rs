//! A collector that a test scripts.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{BoxFuture, FutureExt};
use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Event, Sighting, Transport};

/// How the scripted collector treats what it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Acknowledges,
    Refuses,
    NeverAnswers,
}

/// Records every attempt, with the (paused) time it was made at.
pub(crate) struct FakeCollector {
    manner: Mutex<Manner>,
    /// What is said of probes, in turn; the last answer repeats.
    pub(crate) sightings: Mutex<Vec<Sighting>>,
    pub(crate) events: Mutex<Vec<(Instant, Event)>>,
    pub(crate) spans: Mutex<Vec<Vec<SpanData>>>,
    pub(crate) got_something: Notify,
    pub(crate) stopped: AtomicBool,
}

impl FakeCollector {
    pub(crate) fn new(manner: Manner) -> Self {
        Self {
            manner: Mutex::new(manner),
            sightings: Mutex::new(vec![Sighting::Seen]),
            events: Mutex::default(),
            spans: Mutex::default(),
            got_something: Notify::new(),
            stopped: AtomicBool::new(false),
        }
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    async fn answer(&self) -> Result<(), String> {
        self.got_something.notify_one();
        let manner = *self.manner.lock().unwrap();
        match manner {
            Manner::Acknowledges => Ok(()),
            Manner::Refuses => Err("refused".to_owned()),
            Manner::NeverAnswers => std::future::pending().await,
        }
    }
}

impl Transport for FakeCollector {
    fn send_spans(&self, spans: Vec<SpanData>) -> BoxFuture<'_, Result<(), String>> {
        self.spans.lock().unwrap().push(spans);
        self.answer().boxed()
    }

    fn send_event(&self, event: Event) -> BoxFuture<'_, Result<(), String>> {
        if event == Event::Stopping {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.events.lock().unwrap().push((Instant::now(), event));
        self.answer().boxed()
    }

    fn ask<'t>(&'t self, _nonce: &'t str) -> BoxFuture<'t, Sighting> {
        let mut sightings = self.sightings.lock().unwrap();
        let next = if sightings.len() > 1 { sightings.remove(0) } else { sightings[0].clone() };
        async move { next }.boxed()
    }

    fn endpoint(&self) -> String {
        "http://collector".to_owned()
    }
}
