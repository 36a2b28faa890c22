//! Both receivers on free ports, authorities of our own, and clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bellwether_core::settings::Endpoint;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use crate::{Admission, BearerTokenAuth, Terms, grpc, http};

/// Nothing here takes longer unless it hangs.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// The nonce of the only probe that arrived.
pub(super) const SEEN: &str = "n-1";

/// Takes everything and counts it.
#[derive(Default)]
struct Counter(AtomicU64);

impl Ingest for Counter {
    fn ingest(&self, _: Signal, _: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Accepted::default()) })
    }

    fn has_seen(&self, nonce: &str) -> bool {
        nonce == SEEN
    }
}

/// Signs certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, as PEM.
#[derive(Clone)]
pub(super) struct Identified {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(super) fn server(&self) -> Identified {
        self.sign(ExtendedKeyUsagePurpose::ServerAuth, 4096)
    }

    pub(super) fn client(&self) -> Identified {
        self.sign(ExtendedKeyUsagePurpose::ClientAuth, 4096)
    }

    pub(super) fn expired_client(&self) -> Identified {
        self.sign(ExtendedKeyUsagePurpose::ClientAuth, 2001)
    }

    pub(super) fn expired_server(&self) -> Identified {
        self.sign(ExtendedKeyUsagePurpose::ServerAuth, 2001)
    }

    fn sign(&self, purpose: ExtendedKeyUsagePurpose, until: i32) -> Identified {
        let names = vec!["localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("a name");
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        Identified { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// What receivers are told.
#[derive(Default)]
pub(super) struct Told {
    pub(super) tls: Option<crate::Tls>,
    pub(super) tokens: Option<BearerTokenAuth>,
    pub(super) begin_timeout: Option<Duration>,
}

/// Writes certificates into a folder and returns the settings that name them.
pub(super) fn tls(folder: &TempDir, server: &Identified, clients: Option<&str>) -> crate::Tls {
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let mut written = serde_json::json!({
        "cert_file": write("tls.crt", &server.certificate),
        "key_file": write("tls.key", &server.key),
    });
    if let Some(authorities) = clients {
        written["client_ca_file"] = write("clients.crt", authorities).display().to_string().into();
    }
    serde_json::from_value(written).expect("settings")
}

/// A receiver of each protocol.
pub(super) struct Receivers {
    pub(super) grpc: SocketAddr,
    pub(super) http: SocketAddr,
    pub(super) admission: Admission,
    counter: Arc<Counter>,
    _tasks: JoinSet<()>,
}

impl Receivers {
    pub(super) async fn start(told: Told) -> Self {
        let auth = || told.tokens.as_ref().map(|_| crate::Auth { authenticator: "x".to_owned() });
        let endpoint = || Endpoint::loopback(0);
        let grpc = grpc::Config {
            endpoint: endpoint(),
            tls: told.tls.clone(),
            auth: auth(),
            ..grpc::Config::default()
        };
        let http = http::Config {
            endpoint: endpoint(),
            tls: told.tls.clone(),
            auth: auth(),
            ..http::Config::default()
        };
        let admission = Admission::new(4 << 20);
        let tokens = told.tokens.as_ref().map(|it| it.build().expect("tokens"));
        let terms = Terms { admission: admission.clone(), tokens };
        let mut grpc = grpc::build(&grpc, terms.clone()).await.expect("built");
        let mut http = http::build(&http, terms).await.expect("built");
        if let Some(timeout) = told.begin_timeout {
            grpc.limits.begin_timeout = timeout;
            http.limits.begin_timeout = timeout;
        }
        let (counter, mut tasks) = (Arc::new(Counter::default()), JoinSet::new());
        let (grpc_at, http_at) = (grpc.local_addr(), http.local_addr());
        let ingest = || Arc::clone(&counter) as Arc<dyn Ingest>;
        tasks.spawn(grpc.run(ingest(), CancellationToken::new()));
        tasks.spawn(http.run(ingest(), CancellationToken::new()));
        Self { grpc: grpc_at, http: http_at, admission, counter, _tasks: tasks }
    }

    /// Returns how many requests were taken.
    pub(super) fn taken(&self) -> u64 {
        self.counter.0.load(Ordering::SeqCst)
    }

    pub(super) fn addresses(&self) -> [SocketAddr; 2] {
        [self.grpc, self.http]
    }

    /// Sends an empty request over each protocol, and says how that ended.
    pub(super) async fn send(&self, client: &Client) -> [Result<(), String>; 2] {
        let both = async { tokio::join!(client.send_grpc(self.grpc), client.send_http(self.http)) };
        let (grpc, http) = tokio::time::timeout(DEADLINE, both).await.expect("in time");
        [grpc, http]
    }
}

/// Who sends, whom they trust, what they show.
#[derive(Clone, Default)]
pub(super) struct Client {
    pub(super) trusts: Option<String>,
    pub(super) shows: Option<Identified>,
    pub(super) authorization: Option<String>,
}

impl Client {
    /// Sends as an SDK in Rust does: with tonic.
    async fn send_grpc(&self, to: SocketAddr) -> Result<(), String> {
        let scheme = if self.trusts.is_some() { "https" } else { "http" };
        let mut endpoint =
            Channel::from_shared(format!("{scheme}://localhost:{}", to.port())).expect("a URL");
        if let Some(authority) = &self.trusts {
            let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
            if let Some(Identified { certificate, key }) = &self.shows {
                tls = tls.identity(Identity::from_pem(certificate, key));
            }
            endpoint = endpoint.tls_config(tls).expect("certificates");
        }
        let channel = endpoint.connect().await.map_err(|error| format!("{error:?}"))?;
        let mut request = tonic::Request::new(ExportTraceServiceRequest::default());
        if let Some(value) = &self.authorization {
            request.metadata_mut().insert("authorization", value.parse().expect("a value"));
        }
        let answer = TraceServiceClient::new(channel).export(request).await;
        answer.map(drop).map_err(|status| format!("{:?} {status:?}", status.code()))
    }

    /// Sends by hand, so that everything of the answer can be seen.
    async fn send_http(&self, to: SocketAddr) -> Result<(), String> {
        let line = self.authorization.iter().map(|it| format!("authorization: {it}\r\n"));
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\
             content-type: application/x-protobuf\r\n{}\r\n",
            line.collect::<String>()
        );
        let answer = self.ask(to, head.as_bytes()).await?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer) }
    }

    /// Sends any bytes and returns what comes back, over TLS when somebody is trusted.
    pub(super) async fn ask(&self, to: SocketAddr, bytes: &[u8]) -> Result<String, String> {
        self.ask_with(to, bytes, rustls::ALL_VERSIONS).await
    }

    pub(super) async fn ask_with(
        &self,
        to: SocketAddr,
        bytes: &[u8],
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<String, String> {
        let text = |error: std::io::Error| error.to_string();
        let stream = TcpStream::connect(to).await.map_err(text)?;
        let Some(authority) = &self.trusts else { return exchange(stream, bytes).await };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.expect("PEM")).expect("a certificate");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots);
        let config = match &self.shows {
            Some(Identified { certificate, key }) => {
                let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
                let chain = chain.collect::<Result<_, _>>().expect("PEM");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                builder.with_client_auth_cert(chain, key).expect("a certificate")
            }
            None => builder.with_no_client_auth(),
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let connector = TlsConnector::from(Arc::new(config));
        exchange(connector.connect(name, stream).await.map_err(text)?, bytes).await
    }
}

async fn exchange<S>(mut stream: S, bytes: &[u8]) -> Result<String, String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let text = |error: std::io::Error| error.to_string();
    stream.write_all(bytes).await.map_err(text)?;
    stream.flush().await.map_err(text)?;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    // who leaves without a word may have answered before
    match read.expect("in time") {
        Err(error) if answer.is_empty() => Err(error.to_string()),
        _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
    }
}
