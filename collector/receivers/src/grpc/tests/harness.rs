//! A receiver on a free port, an ingest that answers as told, and clients.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bellwether_core::settings::Endpoint;
use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

use super::super::{Bound, Config, build};
use super::codec::RawCodec;
use crate::Admission;

pub(super) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
pub(super) const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
pub(super) const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// The nonce of the only probe that arrived.
pub(super) const SEEN: &str = "n-1";

type Answer = Box<dyn Fn() -> Result<Accepted, Refusal> + Send + Sync>;

/// Records what it gets and answers as told, when a permit lets it.
pub(super) struct Recorder {
    answer: Answer,
    pub(super) got: Mutex<Vec<(Signal, Bytes)>>,
    /// One permit for each request that has arrived.
    pub(super) arrived: Semaphore,
    /// One permit for each request that may be answered.
    pub(super) go: Semaphore,
}

impl Ingest for Recorder {
    fn ingest(&self, signal: Signal, body: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        self.got.lock().expect("no panic while held").push((signal, body));
        self.arrived.add_permits(1);
        Box::pin(async {
            self.go.acquire().await.expect("never closed").forget();
            (self.answer)()
        })
    }

    fn has_seen(&self, nonce: &str) -> bool {
        nonce == SEEN
    }
}

pub(super) struct Receiver {
    pub(super) ingest: Arc<Recorder>,
    pub(super) admission: Admission,
    pub(super) shutdown: CancellationToken,
    pub(super) address: String,
    tasks: JoinSet<()>,
}

impl Receiver {
    /// Starts one that answers everything at once.
    pub(super) async fn answering(
        answer: impl Fn() -> Result<Accepted, Refusal> + Send + Sync + 'static,
    ) -> Self {
        let receiver = Self::start(answer, |_| {}).await;
        receiver.ingest.go.add_permits(Semaphore::MAX_PERMITS);
        receiver
    }

    pub(super) async fn accepting() -> Self {
        Self::answering(|| Ok(Accepted::default())).await
    }

    /// Starts one with room for 4 MiB that takes messages of at most 1 MiB and answers when
    /// [`Recorder::go`] lets it.
    pub(super) async fn start(
        answer: impl Fn() -> Result<Accepted, Refusal> + Send + Sync + 'static,
        change: impl FnOnce(&mut Bound),
    ) -> Self {
        let config = Config {
            endpoint: Endpoint::loopback(0),
            max_recv_msg_size_mib: NonZeroU32::MIN,
            ..Config::default()
        };
        let admission = Admission::new(4 << 20);
        let mut bound = build(&config, admission.clone()).await.expect("a free port");
        change(&mut bound);
        let ingest = Arc::new(Recorder {
            answer: Box::new(answer),
            got: Mutex::default(),
            arrived: Semaphore::new(0),
            go: Semaphore::new(0),
        });
        let shutdown = CancellationToken::new();
        let address = format!("http://{}", bound.local_addr());
        let mut tasks = JoinSet::new();
        let ingest_too: Arc<dyn Ingest> = Arc::clone(&ingest) as _;
        tasks.spawn(bound.run(ingest_too, shutdown.clone()));
        Self { ingest, admission, shutdown, address, tasks }
    }

    pub(super) async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.address.clone()).expect("an address");
        endpoint.connect().await.expect("somebody listens")
    }

    /// Sends a body of any bytes and returns the bytes of the answer.
    pub(super) async fn send(&self, path: &'static str, body: Vec<u8>) -> Result<Bytes, Status> {
        self.send_with(path, body, None).await
    }

    pub(super) async fn send_with(
        &self,
        path: &'static str,
        body: Vec<u8>,
        encoding: Option<CompressionEncoding>,
    ) -> Result<Bytes, Status> {
        self.send_over(self.channel().await, path, body, encoding).await
    }

    pub(super) async fn send_over(
        &self,
        channel: Channel,
        path: &'static str,
        body: Vec<u8>,
        encoding: Option<CompressionEncoding>,
    ) -> Result<Bytes, Status> {
        let mut grpc = Grpc::new(channel);
        if let Some(encoding) = encoding {
            grpc = grpc.send_compressed(encoding);
        }
        grpc.ready().await.expect("connected");
        let request = tonic::Request::new(Bytes::from(body));
        let path = http::uri::PathAndQuery::from_static(path);
        grpc.unary(request, path, RawCodec).await.map(tonic::Response::into_inner)
    }

    pub(super) fn got(&self) -> Vec<(Signal, Bytes)> {
        self.ingest.got.lock().expect("no panic while held").clone()
    }

    /// Waits until the receiver has ended.
    pub(super) async fn ended(mut self) {
        self.tasks.join_next().await.expect("one task").expect("no panic");
    }
}
