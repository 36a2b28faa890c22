//! A destination that remembers what came, in order, and fails when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::ensure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::LIMIT;

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    _server: JoinSet<()>,
}

/// One request that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// In which life of the collector.
    pub(crate) life: u64,
    pub(crate) names: Vec<String>,
}

#[derive(Default)]
struct Seen {
    arrivals: Mutex<Vec<Arrival>>,
    life: AtomicU64,
    fails: AtomicBool,
}

impl Sink {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let seen = Arc::new(Seen::default());
        let app = Router::new().fallback(take).with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut server = JoinSet::new();
        server.spawn(async move {
            // ends with its task
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, seen, _server: server })
    }

    /// Returns its settings as an exporter, in YAML.
    pub(crate) fn exporter(&self, name: &str, queue: &str) -> String {
        let address = self.address;
        format!(
            "otlphttp/{name}: {{ endpoint: \"http://{address}\", compression: none, sending_queue: {{ {queue} }} }}"
        )
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.seen.fails.store(fails, Ordering::Relaxed);
    }

    /// Says that the collector was started again.
    pub(crate) fn next_life(&self) {
        self.seen.life.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.seen.arrivals.lock().unwrap().clone()
    }

    /// Returns how often each span came.
    pub(crate) fn spans(&self) -> BTreeMap<String, u64> {
        let mut spans = BTreeMap::new();
        for name in self.seen.arrivals.lock().unwrap().iter().flat_map(|it| &it.names) {
            *spans.entry(name.clone()).or_default() += 1;
        }
        spans
    }

    /// Waits until all of these came.
    pub(crate) async fn has_all(&self, what: &str, names: &BTreeSet<String>) -> anyhow::Result<()> {
        wait::until(what, LIMIT, async || {
            let spans = self.spans();
            let missing = names.iter().filter(|it| !spans.contains_key(*it)).count();
            ensure!(missing == 0, "{missing} of {} are missing", names.len());
            Ok(())
        })
        .await
    }
}

async fn take(State(seen): State<Arc<Seen>>, body: Bytes) -> StatusCode {
    if seen.fails.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
    let names = scopes.flat_map(|it| it.spans).map(|it| it.name).collect();
    let life = seen.life.load(Ordering::Relaxed);
    seen.arrivals.lock().unwrap().push(Arrival { life, names });
    StatusCode::OK
}
