//! Measures what a request costs the gRPC receiver alone: `cargo run --release --example cost`.
//!
//! A process of its own receives, validates and counts; this one sends the same request again and
//! again over several connections. Told: CPU time of the receiving process for each request and
//! for a million spans, and its largest memory.
//!
//!     cost [requests] [spans a request] [connections] [streams a connection]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bellwether_core::settings::Endpoint;
use bellwether_receivers::{Admission, grpc};
use bytes::{BufMut, Bytes, BytesMut};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).peekable();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if arguments.next_if(|it| it == "serve").is_some() {
        return runtime.block_on(serve());
    }
    let mut numbers = arguments.map(|it| it.parse::<usize>());
    let mut number = |default| numbers.next().unwrap_or(Ok(default));
    let (requests, spans) = (number(100_000)?, number(100)?);
    let (connections, streams) = (number(4)?, number(4)?);

    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut line = move || lines.next().ok_or("the receiver ended")?.map_err(Failure::from);
    let address: SocketAddr = line()?.parse()?;
    let body = message(&request(spans));
    println!("{requests} requests of {spans} spans, {} bytes each", body.len());
    runtime.block_on(load(address, &body, requests, connections, streams))?;
    drop(child.stdin.take());
    let (micros, memory): (u64, String) = (line()?.parse()?, line()?);
    child.wait()?;
    println!("CPU: {:.1} us a request", micros as f64 / requests as f64);
    println!("CPU: {:.3} s a million spans", micros as f64 / (requests * spans) as f64);
    println!("largest memory: {memory}");
    Ok(())
}

/// Counts what it takes.
#[derive(Default)]
struct Count(AtomicU64);

impl Ingest for Count {
    fn ingest(&self, _: Signal, body: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        self.0.fetch_add(body.len() as u64, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(Accepted::default())))
    }
}

/// Receives until its input ends; then tells its CPU time in microseconds and its largest memory.
async fn serve() -> Result<(), Failure> {
    let config = grpc::Config { endpoint: Endpoint::loopback(0), ..grpc::Config::default() };
    let bound = grpc::build(&config, Admission::new(96 << 20)).await?;
    println!("{}", bound.local_addr());
    let stop = CancellationToken::new();
    let told = stop.clone();
    let mut waiting = JoinSet::new();
    waiting.spawn_blocking(move || {
        drop(std::io::stdin().read_line(&mut String::new()));
        told.cancel();
    });
    bound.run(Arc::new(Count::default()), stop).await;
    let time = clock_gettime(ClockId::ProcessCPUTime);
    println!("{}", time.tv_sec * 1_000_000 + time.tv_nsec / 1_000);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", memory.unwrap_or("unknown").trim());
    Ok(())
}

/// Sends the same message over and over, several at once.
async fn load(
    address: SocketAddr,
    body: &Bytes,
    requests: usize,
    connections: usize,
    streams: usize,
) -> Result<(), Failure> {
    let mut senders: JoinSet<Result<(), Failure>> = JoinSet::new();
    let mut links = JoinSet::new();
    let each = requests / connections / streams;
    for _ in 0..connections {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (client, link) = h2::client::handshake(socket).await?;
        links.spawn(link);
        for _ in 0..streams {
            let (client, body) = (client.clone(), body.clone());
            senders.spawn(async move {
                for _ in 0..each {
                    send(client.clone(), body.clone()).await?;
                }
                Ok(())
            });
        }
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    Ok(())
}

async fn send(client: h2::client::SendRequest<Bytes>, body: Bytes) -> Result<(), Failure> {
    let mut client = client.ready().await?;
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let request = http::Request::post(format!("http://collector{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())?;
    let (response, mut stream) = client.send_request(request, false)?;
    stream.send_data(body, true)?;
    let mut answer = response.await?.into_body();
    while let Some(data) = answer.data().await {
        let length = data?.len();
        answer.flow_control().release_capacity(length)?;
    }
    let trailers = answer.trailers().await?.ok_or("no trailers")?;
    let taken = trailers.get("grpc-status").is_some_and(|it| it == "0");
    taken.then_some(()).ok_or_else(|| "refused".into())
}

fn message(body: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(body.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
    framed.put(body);
    framed.freeze()
}

/// Makes a request of about 500 bytes a span.
fn request(spans: usize) -> Vec<u8> {
    let text = |key: &str, value: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    };
    let span = |n: usize| Span {
        trace_id: vec![n as u8; 16],
        span_id: vec![n as u8; 8],
        parent_span_id: vec![1; 8],
        name: "GET /api/v1/products/{id}".to_owned(),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_050_000_000,
        attributes: vec![
            text("http.request.method", "GET"),
            text("http.route", "/api/v1/products/{id}"),
            text("url.path", "/api/v1/products/8812345"),
            text("url.scheme", "https"),
            text("http.response.status_code", "200"),
            text("server.address", "shop.example.com"),
            text("client.address", "203.0.113.42"),
            text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
            text("network.protocol.version", "1.1"),
            text("enduser.id", "customer-123456"),
        ],
        ..Span::default()
    };
    let resource = Resource {
        attributes: vec![text("service.name", "shop"), text("service.version", "1.4.2")],
        ..Resource::default()
    };
    let scope = ScopeSpans { spans: (0..spans).map(span).collect(), ..ScopeSpans::default() };
    let resource_spans = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![scope],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }.encode_to_vec()
}
