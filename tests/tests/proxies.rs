//! Proxies that the environment names: which destinations are reached through one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::backend::Backend;
use bellwether_tests::harness::process::Setup;
use bellwether_tests::harness::wait;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tonic::transport::{Channel, ServerTlsConfig};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A proxy. It knows where tunnels to `plain.invalid` and `secret.invalid` lead, and answers for
/// whoever else it is asked for.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn start(plain: SocketAddr, secret: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, Arc::clone(&noted), plain, secret));
            }
        });
        Ok(Self { address, asked, _tasks: tasks })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn was_asked(&self, begin: &str) -> anyhow::Result<()> {
        let asked = self.asked();
        ensure!(asked.iter().any(|it| it.starts_with(begin)), "{begin}: {asked:?}");
        Ok(())
    }
}

/// Serves one request; what cannot be served shows in what does not arrive.
async fn serve(
    mut socket: TcpStream,
    asked: Arc<Mutex<Vec<String>>>,
    plain: SocketAddr,
    secret: SocketAddr,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = socket.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let first = head.lines().next().unwrap_or_default().to_owned();
    let to = match first.strip_prefix("CONNECT ") {
        Some(to) if to.starts_with("plain.invalid:4317 ") => Some(plain),
        Some(to) if to.starts_with("secret.invalid:4317 ") => Some(secret),
        _ => None,
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(first);
    let answer = "HTTP/1.1 200 OK\r\n";
    match to {
        Some(to) => {
            let Ok(mut server) = TcpStream::connect(to).await else { return };
            if socket.write_all(format!("{answer}\r\n").as_bytes()).await.is_ok() {
                let _ = copy_bidirectional(&mut socket, &mut server).await;
            }
        }
        None => {
            let _ = socket.write_all(format!("{answer}content-length: 0\r\n\r\n").as_bytes()).await;
            // until the body was read and the other side has gone
            let _ = tokio::io::copy(&mut socket, &mut tokio::io::sink()).await;
        }
    }
}

fn request() -> ExportTraceServiceRequest {
    let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

async fn arrives(at: &Backend) -> anyhow::Result<()> {
    wait::until("what was sent", LIMIT, async || {
        at.received().traces.first().map(drop).context("nothing came")
    })
    .await
}

/// Scenario: the environment names a proxy for everything but one host. Two destinations over gRPC,
/// with and without TLS, and one over HTTP have names that only the proxy knows; another is on this
/// machine, and one over HTTP is that host.
/// Guarantee: the first three are reached through the proxy, by tunnels where it could not read what
/// is sent, and the others without it.
#[tokio::test]
async fn destinations_are_reached_through_the_proxy_that_the_environment_names()
-> anyhow::Result<()> {
    let authority = Authority::new("ours")?;
    let server = authority.sign("secret.invalid")?;
    let identity = tonic::transport::Identity::from_pem(server.certificate, server.key);
    let secret = Backend::with_tls(ServerTlsConfig::new().identity(identity)).await?;
    let (plain, here) = (Backend::start().await?, Backend::start().await?);
    let proxy = Proxy::start(plain.address(), secret.address()).await?;
    let direct = Proxy::start(plain.address(), secret.address()).await?;
    let exporters = format!(
        "{{ otlp/plain: {{ endpoint: \"plain.invalid:4317\", tls: {{ insecure: true }} }}, \
            otlp/secret: {{ endpoint: \"secret.invalid:4317\", tls: {{ ca_file: ca.crt }} }}, \
            otlphttp/far: {{ endpoint: \"http://far.invalid\" }}, \
            otlp/here: {{ endpoint: \"{}\", tls: {{ insecure: true }} }}, \
            otlphttp/near: {{ endpoint: \"http://{}\" }} }}",
        here.address(),
        direct.address,
    );
    let named = format!("http://{}", proxy.address);
    let variables =
        [("HTTPS_PROXY", named.as_str()), ("HTTP_PROXY", &named), ("NO_PROXY", "127.0.0.1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let setup = Setup::leading_to(&exporters)?.with_variables(variables.into());
    std::fs::write(setup.folder().join("ca.crt"), authority.pem())?;
    let collector = setup.start().await?;
    let channel = Channel::from_shared(setup.otlp_url())?.connect().await?;
    TraceServiceClient::new(channel).export(request()).await?;

    for backend in [&plain, &secret, &here] {
        arrives(backend).await?;
    }
    proxy.was_asked("CONNECT plain.invalid:4317 ")?;
    proxy.was_asked("CONNECT secret.invalid:4317 ")?;
    let far = "POST http://far.invalid/v1/traces ";
    wait::until("what goes far", LIMIT, async || proxy.was_asked(far)).await?;
    wait::until("what stays near", LIMIT, async || direct.was_asked("POST /v1/traces ")).await?;
    let asked = proxy.asked();
    assert!(asked.iter().all(|it| !it.contains("127.0.0.1")), "{asked:?}");
    collector.stop().await
}
