//! A receiver on a free port, an ingest that answers as told, and a client that sends any bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bytes::Bytes;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::super::{Bound, Config, build};
use crate::Admission;

/// Nothing here takes longer unless it hangs.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

pub(super) const PROTOBUF: &str = "application/x-protobuf";
pub(super) const JSON: &str = "application/json";

type Decide = Box<dyn Fn() -> Result<Accepted, Refusal> + Send + Sync>;

/// Records what it gets and answers as told, when a permit lets it.
pub(super) struct Recorder {
    decide: Decide,
    got: Mutex<Vec<(Signal, Bytes)>>,
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
            (self.decide)()
        })
    }

    fn has_seen(&self, nonce: &str) -> bool {
        nonce == "n-1"
    }
}

pub(super) struct Receiver {
    pub(super) ingest: Arc<Recorder>,
    pub(super) admission: Admission,
    pub(super) shutdown: CancellationToken,
    pub(super) address: SocketAddr,
    tasks: JoinSet<()>,
}

impl Receiver {
    /// Starts one that takes everything at once.
    pub(super) async fn accepting() -> Self {
        Self::answering(|| Ok(Accepted::default())).await
    }

    /// Starts one that answers everything at once.
    pub(super) async fn answering(
        decide: impl Fn() -> Result<Accepted, Refusal> + Send + Sync + 'static,
    ) -> Self {
        let receiver = Self::start(decide, "{}", |_| {}).await;
        receiver.ingest.go.add_permits(Semaphore::MAX_PERMITS);
        receiver
    }

    /// Starts one with room for 4 MiB that takes bodies of at most 1 MiB, unless the keys say
    /// otherwise, and answers when [`Recorder::go`] lets it.
    pub(super) async fn start(
        decide: impl Fn() -> Result<Accepted, Refusal> + Send + Sync + 'static,
        keys: &str,
        change: impl FnOnce(&mut Bound),
    ) -> Self {
        let mut written: serde_json::Value = serde_json::from_str(keys).expect("keys");
        let keys = written.as_object_mut().expect("an object");
        keys.insert("endpoint".to_owned(), "127.0.0.1:0".into());
        keys.entry("max_request_body_size").or_insert("1MiB".into());
        let config: Config = serde_json::from_value(written).expect("a configuration");
        let admission = Admission::new(4 << 20);
        let mut bound = build(&config, admission.clone()).await.expect("a free port");
        change(&mut bound);
        let ingest = Arc::new(Recorder {
            decide: Box::new(decide),
            got: Mutex::default(),
            arrived: Semaphore::new(0),
            go: Semaphore::new(0),
        });
        let shutdown = CancellationToken::new();
        let address = bound.local_addr();
        let mut tasks = JoinSet::new();
        let ingest_too: Arc<dyn Ingest> = Arc::clone(&ingest) as _;
        tasks.spawn(bound.run(ingest_too, shutdown.clone()));
        Self { ingest, admission, shutdown, address, tasks }
    }

    pub(super) fn got(&self) -> Vec<(Signal, Bytes)> {
        self.ingest.got.lock().expect("no panic while held").clone()
    }

    /// Waits until the receiver has ended.
    pub(super) async fn ended(mut self) {
        let ended = tokio::time::timeout(DEADLINE, self.tasks.join_next()).await;
        ended.expect("in time").expect("one task").expect("no panic");
    }

    /// Posts a body with further header lines.
    pub(super) async fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Reply {
        self.send("POST", path, &format!("content-type: {content_type}\r\n"), body).await
    }

    /// Sends a request with its length over a connection of its own.
    pub(super) async fn send(&self, method: &str, path: &str, lines: &str, body: &[u8]) -> Reply {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-length: {length}\r\n{lines}\r\n"
        );
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    /// Sends any bytes and reads until the connection ends.
    pub(super) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.expect("somebody listens");
        stream.write_all(bytes).await.expect("sent");
        Reply::read(stream).await
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Reads an answer until the connection ends.
    pub(super) async fn read(mut stream: TcpStream) -> Self {
        let mut all = Vec::new();
        let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut all)).await;
        read.expect("in time").expect("read");
        let end = all.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(all.len());
        let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        Self { status, head, body: all.get(end + 4..).unwrap_or_default().to_vec() }
    }

    /// Returns a header's value, in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Reads the body as a `google.rpc.Status`, in the encoding of the content type.
    pub(super) fn told(&self) -> String {
        if self.header("content-type") == Some(JSON) {
            let status: serde_json::Value = serde_json::from_slice(&self.body).expect("JSON");
            assert!(status["code"].as_i64().expect("a code") > 0);
            return status["message"].as_str().expect("a message").to_owned();
        }
        let status = tonic_types::Status::decode(&*self.body).expect("a Status");
        assert!(status.code > 0);
        status.message
    }
}
