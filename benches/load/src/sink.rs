//! Takes OTLP over gRPC and HTTP on one port, and counts what came.

mod serve;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What a sink does with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    /// Counts its spans.
    Spans,
    /// Counts its bytes alone.
    Bytes,
    /// Counts its spans and takes no more than so many a second.
    Slow {
        /// How many spans a second.
        spans_per_second: u64,
    },
    /// Never answers.
    Dead,
    /// Says 503 or UNAVAILABLE.
    Refusing,
}

/// What came.
#[derive(Debug)]
pub struct Tally {
    requests: AtomicU64,
    spans: AtomicU64,
    bytes: AtomicU64,
    mood: Mutex<Mood>,
    /// How many spans of each request came, when that is asked for.
    numbers: Option<Mutex<HashMap<u64, u64>>>,
    /// One at a time, when slow.
    gate: tokio::sync::Mutex<()>,
}

impl Tally {
    /// Returns how many requests came.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns how many spans came.
    pub fn spans(&self) -> u64 {
        self.spans.load(Ordering::Relaxed)
    }

    /// Returns how many bytes came, as they travelled.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Changes what is done with requests from now on.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many spans of each request came; empty unless that was asked for.
    pub fn numbers(&self) -> HashMap<u64, u64> {
        let numbers = self.numbers.as_ref();
        numbers
            .map(|it| it.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }
}

/// A sink on a thread of its own. Ends when dropped.
#[derive(Debug)]
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    /// What came.
    pub tally: Arc<Tally>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Sink {
    /// Starts a sink; `numbered` ones know each request.
    ///
    /// # Errors
    /// Fails when the address cannot be listened on.
    pub fn start(address: SocketAddr, mood: Mood, numbered: bool) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let tally = Arc::new(Tally {
            requests: AtomicU64::default(),
            spans: AtomicU64::default(),
            bytes: AtomicU64::default(),
            mood: Mutex::new(mood),
            numbers: numbered.then(Mutex::default),
            gate: tokio::sync::Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let shared = tally.clone();
        let thread = std::thread::Builder::new().name("sink".to_owned()).spawn(move || {
            runtime.block_on(async {
                // fails only where there is no runtime
                if let Ok(listener) = TcpListener::from_std(listener) {
                    serve::serve(listener, shared, stopped).await;
                }
            });
        })?;
        Ok(Self { address, tally, stop: Some(stop), thread: Some(thread) })
    }

    /// Waits until so many spans came, or until nothing came for so long.
    pub async fn settle(&self, spans: u64, patience: Duration) {
        const LOOK: Duration = Duration::from_millis(2);
        let (mut seen, mut since) = (self.tally.spans(), tokio::time::Instant::now());
        while seen < spans && since.elapsed() < patience {
            tokio::time::sleep(LOOK).await;
            if self.tally.spans() != seen {
                (seen, since) = (self.tally.spans(), tokio::time::Instant::now());
            }
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // it has nothing to say
            let _ = thread.join();
        }
    }
}
