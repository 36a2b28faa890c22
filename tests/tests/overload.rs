//! Far more than a collector can take: bounded memory, the right answers, nothing acknowledged
//! lost, and it recovers by itself.
#![expect(clippy::unwrap_used, reason = "a lock that a failed test has poisoned fails the test")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::{http, wait};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Clients that send at the same time, each as fast as it is answered.
const CLIENTS: u64 = 128;

/// The weight of a request: all clients at once have more than a receiver makes room for.
const WEIGHT: usize = 1 << 20;

/// How much more is offered than the destination takes, and so than can be acknowledged.
const TIMES: u64 = 10;

/// How many requests are acknowledged at least.
const ACKNOWLEDGED: u64 = 60;

/// The most memory that the collector may have.
const MEMORY: u64 = 200 << 20;

/// A destination that takes one request at a time, and so many in a second.
struct Sink {
    address: SocketAddr,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

struct Seen {
    names: Mutex<BTreeSet<String>>,
    turns: Semaphore,
    /// Whether it takes whatever comes.
    free: AtomicBool,
}

impl Sink {
    async fn start() -> anyhow::Result<Self> {
        let (names, free) = (Mutex::default(), AtomicBool::new(false));
        let seen = Arc::new(Seen { names, turns: Semaphore::new(0), free });
        let app = Router::new().fallback(take).layer(DefaultBodyLimit::max(64 << 20));
        let app = app.with_state(Arc::clone(&seen));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            // ends with its task
            let _ = axum::serve(listener, app).await;
        });
        let turns = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut beat = interval(Duration::from_millis(250));
            loop {
                beat.tick().await;
                turns.turns.add_permits(1);
            }
        });
        Ok(Self { address, seen, _tasks: tasks })
    }

    fn names(&self) -> BTreeSet<String> {
        self.seen.names.lock().unwrap().clone()
    }
}

async fn take(State(seen): State<Arc<Seen>>, body: Bytes) -> StatusCode {
    if !seen.free.load(Ordering::Relaxed) {
        match seen.turns.acquire().await {
            Ok(turn) => turn.forget(),
            Err(_) => return StatusCode::SERVICE_UNAVAILABLE,
        }
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
    seen.names.lock().unwrap().extend(scopes.flat_map(|it| it.spans).map(|it| it.name));
    StatusCode::OK
}

fn request(name: &str, weight: usize) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: name.to_owned(),
        trace_state: "x".repeat(weight),
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Grpc,
    Http,
}

/// A client over a connection of its own.
enum Client {
    Grpc(TraceServiceClient<Channel>),
    Http(reqwest::Client, String),
}

impl Client {
    fn to(setup: &Setup, protocol: Protocol) -> anyhow::Result<Self> {
        Ok(match protocol {
            Protocol::Grpc => {
                let endpoint = Channel::from_shared(setup.otlp_url())?.timeout(LIMIT);
                Self::Grpc(TraceServiceClient::new(endpoint.connect_lazy()))
            }
            Protocol::Http => {
                Self::Http(http::client()?, format!("http://{}/v1/traces", setup.otlp_http()))
            }
        })
    }

    /// Sends, and says whether that was acknowledged.
    ///
    /// # Errors
    /// Tells any answer that is neither an acknowledgement nor one that says when to come again.
    async fn send(&mut self, request: ExportTraceServiceRequest) -> anyhow::Result<bool> {
        match self {
            Self::Grpc(client) => match client.export(request).await {
                Ok(_) => Ok(true),
                Err(status) if status.code() == Code::Unavailable => {
                    ensure!(status.get_details_retry_info().is_some(), "no RetryInfo: {status:?}");
                    Ok(false)
                }
                Err(status) => bail!("{status:?}"),
            },
            Self::Http(client, url) => {
                let call = client.post(url.as_str()).timeout(LIMIT);
                let call = call.header("content-type", "application/x-protobuf");
                let answer = call.body(request.encode_to_vec()).send().await?;
                match answer.status() {
                    StatusCode::OK => Ok(true),
                    StatusCode::SERVICE_UNAVAILABLE => {
                        let after =
                            answer.headers().get("retry-after").context("no Retry-After")?;
                        ensure!(after.to_str()?.parse::<u64>()? > 0, "{after:?}");
                        Ok(false)
                    }
                    status => bail!("{status} {}", answer.text().await?),
                }
            }
        }
    }
}

/// What happened to what was offered.
#[derive(Default)]
struct Tally {
    acknowledged: Mutex<BTreeSet<String>>,
    offered: AtomicU64,
    refused: AtomicU64,
    /// Answers that nobody should have got.
    odd: Mutex<Vec<String>>,
}

impl Tally {
    fn acknowledged(&self) -> u64 {
        self.acknowledged.lock().unwrap().len() as u64
    }
}

/// Offers one request after the other, and never waits as it is asked to.
async fn offer(number: u64, mut client: Client, tally: Arc<Tally>) {
    for turn in 0_u64.. {
        let name = format!("{number}-{turn}");
        tally.offered.fetch_add(1, Ordering::Relaxed);
        match client.send(request(&name, WEIGHT)).await {
            Ok(true) => drop(tally.acknowledged.lock().unwrap().insert(name)),
            Ok(false) => drop(tally.refused.fetch_add(1, Ordering::Relaxed)),
            Err(error) => tally.odd.lock().unwrap().push(format!("{error:#}")),
        }
    }
}

/// Returns how long the load lasts, when that is said from outside.
fn seconds() -> Option<Duration> {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var("OVERLOAD_SECONDS").ok();
    asked.and_then(|it| it.parse().ok()).map(Duration::from_secs)
}

/// Waits until ten times as much was offered as was acknowledged, and as long as is asked.
async fn enough(tally: &Tally) -> anyhow::Result<()> {
    let (began, asked) = (Instant::now(), seconds());
    wait::until("enough to be offered", LIMIT, async || {
        let (offered, taken) = (tally.offered.load(Ordering::Relaxed), tally.acknowledged());
        ensure!(taken >= ACKNOWLEDGED, "{taken} of {offered} were acknowledged");
        ensure!(offered >= TIMES * taken, "{taken} of {offered} were acknowledged");
        ensure!(began.elapsed() >= asked.unwrap_or_default(), "{:?}", began.elapsed());
        Ok(())
    })
    .await
}

async fn overloads(protocol: Protocol) -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    let setup = Setup::leading_to(&format!(
        "{{ otlphttp: {{ endpoint: \"http://{}\", compression: none, sending_queue: {{ size: 32MiB }} }} }}",
        sink.address
    ))?;
    let collector = setup.start().await?;
    let idle = collector.peak_memory()?;
    let tally = Arc::new(Tally::default());
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(offer(number, Client::to(&setup, protocol)?, Arc::clone(&tally)));
    }
    enough(&tally).await?;
    clients.shutdown().await;

    let odd = tally.odd.lock().unwrap().clone();
    assert_eq!(odd.first(), None, "{} odd answers", odd.len());
    let (offered, taken) = (tally.offered.load(Ordering::Relaxed), tally.acknowledged());
    assert!(offered >= TIMES * taken, "only {offered} were offered, {taken} acknowledged");
    assert!(taken > 0 && tally.refused.load(Ordering::Relaxed) > 0);
    let peak = collector.peak_memory()?;
    assert!(peak < MEMORY, "{peak} bytes of memory");

    // the load is over, and the destination takes what waits
    sink.seen.free.store(true, Ordering::Relaxed);
    sink.seen.turns.add_permits(1_000);
    let mut client = Client::to(&setup, protocol)?;
    wait::until("a sender to be served again", LIMIT, async || {
        ensure!(client.send(request("after", 0)).await?, "refused");
        Ok(())
    })
    .await?;
    let mut wanted = tally.acknowledged.lock().unwrap().clone();
    wanted.insert("after".to_owned());
    wait::until("everything acknowledged", LIMIT, async || {
        let names = sink.names();
        let missing = wanted.iter().filter(|it| !names.contains(*it)).count();
        ensure!(missing == 0, "{missing} of {} are missing", wanted.len());
        Ok(())
    })
    .await?;
    println!(
        "over {protocol:?}: {offered} requests of 1 MiB offered, {taken} acknowledged, 0 lost, {} refused, memory at most {} MiB, idle {} MiB",
        tally.refused.load(Ordering::Relaxed),
        peak >> 20,
        idle >> 20,
    );
    collector.ready().await?;
    collector.stop().await
}

/// Scenario: 128 clients send requests of 1 MiB over gRPC as fast as they are answered, and do
/// not wait as they are asked to; the destination takes four in a second and its queue 32 MiB.
/// Ten times what is taken is offered (for a minute, or `OVERLOAD_SECONDS`, in `make torture`).
/// Guarantee: memory stays below 200 MiB; every refusal is UNAVAILABLE with RetryInfo; what was
/// acknowledged arrives; as soon as the load is over senders are served again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_too_much_over_grpc() -> anyhow::Result<()> {
    overloads(Protocol::Grpc).await
}

/// Scenario: the same over HTTP.
/// Guarantee: the same, and every refusal is 503 with Retry-After.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_too_much_over_http() -> anyhow::Result<()> {
    overloads(Protocol::Http).await
}
