//! `kill -9` of the collector at random moments, under load, while destinations fail and return.
#![expect(clippy::unwrap_used, reason = "a lock that a failed test has poisoned fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::ensure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tonic::transport::Channel;

/// Longest wait for what was acknowledged, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Clients that send at the same time.
const CLIENTS: u64 = 8;

/// Of one life no more may come again than what was on its way and what was not noted as taken.
const AGAIN: u64 = 256;

/// A destination that counts how often each span came, and fails when told to.
struct Sink {
    address: SocketAddr,
    seen: Arc<Seen>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    spans: Mutex<BTreeMap<String, u64>>,
    fails: AtomicBool,
}

impl Sink {
    async fn start() -> anyhow::Result<Self> {
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

    fn spans(&self) -> BTreeMap<String, u64> {
        self.seen.spans.lock().unwrap().clone()
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
    let mut spans = seen.spans.lock().unwrap();
    for span in scopes.flat_map(|it| it.spans) {
        *spans.entry(span.name).or_default() += 1;
    }
    StatusCode::OK
}

fn request(name: &str) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        // some weight, so that segments fill
        trace_state: "x".repeat(2_000),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// What was acknowledged, by whom and how often it was tried.
#[derive(Default)]
struct Acknowledged {
    names: Mutex<BTreeSet<String>>,
    tried: AtomicU64,
}

/// Sends one span after the other until it is stopped; each has a name of its own.
async fn client(number: u64, collector: SocketAddr, acknowledged: Arc<Acknowledged>) {
    let endpoint = Channel::from_shared(format!("http://{collector}")).unwrap();
    let channel = endpoint.timeout(Duration::from_secs(5)).connect_lazy();
    let mut client = TraceServiceClient::new(channel);
    for turn in 0_u64.. {
        let name = format!("{number}-{turn}");
        acknowledged.tried.fetch_add(1, Ordering::Relaxed);
        match client.export(request(&name)).await {
            Ok(_) => drop(acknowledged.names.lock().unwrap().insert(name)),
            // killed, or not there yet
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Scenario: eight clients send without a pause; the collector is killed at random moments (20,
/// or `COLLECTOR_KILLS`) and started again; of its two destinations one fails now and then.
/// Guarantee: every acknowledged span arrives at both. What comes twice is bounded by what one
/// life had on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whenever_it_is_killed() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var("COLLECTOR_KILLS").ok();
    let kills: u64 = asked.and_then(|it| it.parse().ok()).unwrap_or(20);
    let (steady, moody) = (Sink::start().await?, Sink::start().await?);
    let setup = Setup::leading_to(&format!(
        "{{ otlphttp/steady: {{ endpoint: \"http://{}\", compression: none }}, otlphttp/moody: {{ endpoint: \"http://{}\", compression: none }} }}",
        steady.address, moody.address
    ))?;
    let acknowledged = Arc::new(Acknowledged::default());
    let mut random = Seeded(7);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(number, setup.otlp(), Arc::clone(&acknowledged)));
    }
    for _ in 0..kills {
        let collector = setup.start().await?;
        moody.seen.fails.store(random.below(2) == 0, Ordering::Relaxed);
        // the moment is the scenario
        sleep(Duration::from_millis(random.below(400))).await;
        collector.kill().await?;
    }
    clients.shutdown().await;
    moody.seen.fails.store(false, Ordering::Relaxed);
    let collector = setup.start().await?;
    let names = acknowledged.names.lock().unwrap().clone();
    for (name, sink) in [("steady", &steady), ("moody", &moody)] {
        wait::until(&format!("everything at {name}"), LIMIT, async || {
            let spans = sink.spans();
            let missing = names.iter().filter(|it| !spans.contains_key(*it)).count();
            ensure!(missing == 0, "{missing} of {} are missing", names.len());
            Ok(())
        })
        .await?;
        let spans = sink.spans();
        let again: u64 = spans.values().map(|times| times - 1).sum();
        println!("{name}: {kills} kills, {} acknowledged, 0 lost, {again} came again", names.len());
        assert!(again <= kills * AGAIN, "{again} came again");
    }
    assert!(names.len() as u64 >= kills, "{} acknowledged", names.len());
    collector.stop().await
}
