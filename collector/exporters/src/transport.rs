//! The one place that touches the network.

mod gather;
mod plain;
mod proxy;

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use reqwest::tls::Version;
use reqwest::{Certificate, ClientBuilder, Identity};

use self::plain::Plain;
use self::proxy::Proxies;
use crate::body::{Body, Outgoing};
use crate::call::{Answer, Call};
use crate::smtp::Smtp;
use crate::wire::{Protocol, Tls, TlsVersion, Wire};

/// The longest answer that is read, after decompression: 4 MiB, as OTLP recommends.
pub const MAX_ANSWER: usize = 4 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What we call ourselves.
const AGENT: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));

/// Says why a call has no answer. Whether the destination took it is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Makes calls. The real one is made by [`Http`]; tests script their own.
pub trait Transport: Send + Sync {
    /// Makes a call and returns the answer, whatever its status. The caller bounds the time.
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>>;
}

/// Opens ways to destinations. The real one is [`Http`]; tests script their own.
pub trait Network: Send + Sync {
    /// Prepares a way to a destination; connects to nothing yet.
    ///
    /// # Errors
    /// Says which certificate or key cannot be used, and why.
    fn open(&self, wire: &Wire) -> Result<Arc<dyn Transport>, HttpError>;
}

/// Says why the HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No implementation of TLS was chosen.
    #[error(
        "no TLS provider: call `rustls::crypto::ring::default_provider().install_default()` first"
    )]
    NoTls,
    /// A certificate or a key cannot be used.
    #[error("{0}")]
    Tls(String),
    /// The client cannot be set up.
    #[error("cannot set up the HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Makes calls over HTTP/1.1 and HTTP/2 with TLS, and shares connections between destinations
/// that need nothing of their own.
///
/// Redirects are not followed, since they would carry a key elsewhere. `HTTPS_PROXY` and its
/// relatives are honoured.
#[derive(Clone, Debug)]
pub struct Http {
    /// Made for the first destination that wants it: it reads all certificates of the system.
    shared: Arc<OnceLock<Client>>,
    proxies: Arc<Proxies>,
}

/// One client with its connections.
#[derive(Clone, Debug)]
struct Client(reqwest::Client);

impl Http {
    /// Prepares what needs no destination yet.
    ///
    /// # Errors
    /// Fails when no TLS provider is installed for the process.
    pub fn new() -> Result<Self, HttpError> {
        Self::through(Proxies::from_env())
    }

    pub(crate) fn through(proxies: Proxies) -> Result<Self, HttpError> {
        // reqwest would panic
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(HttpError::NoTls);
        }
        Ok(Self { shared: Arc::default(), proxies: Arc::new(proxies) })
    }

    fn shared(&self) -> Result<Client, HttpError> {
        if let Some(client) = self.shared.get() {
            return Ok(client.clone());
        }
        let client = Client::new(&Wire::default())?;
        Ok(self.shared.get_or_init(|| client).clone())
    }
}

impl Network for Http {
    fn open(&self, wire: &Wire) -> Result<Arc<dyn Transport>, HttpError> {
        if let Some(relay) = &wire.relay {
            return Ok(Arc::new(Smtp::open(relay, &wire.tls)?));
        }
        if wire.protocol == Protocol::PlainHttp2 {
            return Ok(Arc::new(Plain::new(Arc::clone(&self.proxies))));
        }
        let is_usual = *wire == Wire::default();
        Ok(Arc::new(if is_usual { self.shared()? } else { Client::new(wire)? }))
    }
}

impl Client {
    fn new(wire: &Wire) -> Result<Self, HttpError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT);
        if wire.protocol == Protocol::Http2 {
            builder = builder.http2_prior_knowledge().no_gzip();
        }
        let client = secure(builder, &wire.tls)?.build().map_err(HttpError::Client)?;
        Ok(Self(client))
    }

    async fn exchange(&self, call: Call) -> Result<Answer, TransportError> {
        let host = call.host().to_owned();
        let failed = |error: reqwest::Error| TransportError(format!("{host}: {}", chain(error)));
        let request = self.0.request(call.method, &call.url).headers(call.headers);
        let request = match outgoing(call.body) {
            Some(body) => request.body(body),
            None => request,
        };
        let response: http::Response<reqwest::Body> = request.send().await.map_err(failed)?.into();
        let (head, mut incoming) = response.into_parts();
        let mut trailers = HeaderMap::new();
        let mut body = Pieces::default();
        while let Some(frame) = incoming.frame().await {
            match frame.map_err(failed)?.into_data() {
                Ok(data) => {
                    body.push(data).map_err(|why| TransportError(format!("{host}: {why}")))?
                }
                Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        let status = head.status.as_u16();
        Ok(Answer { status, headers: head.headers, body: body.joined(), trailers })
    }
}

impl Transport for Client {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.exchange(call))
    }
}

fn outgoing(body: Body) -> Option<reqwest::Body> {
    match body.pieces() {
        [] => None,
        // can be sent again by itself when a kept connection turns out to be closed
        [only] => Some(only.clone().into()),
        _ => Some(reqwest::Body::wrap(Outgoing::from(body))),
    }
}

/// What of an answer has come.
#[derive(Default)]
struct Pieces {
    first: Bytes,
    all: BytesMut,
    length: usize,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) -> Result<(), String> {
        if self.length + piece.len() > MAX_ANSWER {
            return Err("the answer is longer than 4 MiB".to_owned());
        }
        if self.length == 0 {
            self.first = piece.clone();
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&self.first);
            }
            self.all.extend_from_slice(&piece);
        }
        self.length += piece.len();
        Ok(())
    }

    fn joined(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// Gives a client its certificates.
fn secure(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, HttpError> {
    let read = |path: &Path| std::fs::read(path);
    let version = |version| match version {
        TlsVersion::V12 => Version::TLS_1_2,
        TlsVersion::V13 => Version::TLS_1_3,
    };
    if let Some(oldest) = tls.versions.0 {
        builder = builder.tls_version_min(version(oldest));
    }
    if let Some(newest) = tls.versions.1 {
        builder = builder.tls_version_max(version(newest));
    }
    if tls.skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(pem) = &tls.authorities {
        let bytes = pem.read(read).map_err(HttpError::Tls)?;
        let certificates = Certificate::from_pem_bundle(&bytes).unwrap_or_default();
        if certificates.is_empty() {
            let why = format!("tls.ca_file: {} holds no certificate in PEM", pem.place());
            return Err(HttpError::Tls(why));
        }
        builder = if tls.system_authorities {
            builder.tls_certs_merge(certificates)
        } else {
            builder.tls_certs_only(certificates)
        };
    }
    if let Some((certificate, key)) = &tls.identity {
        let mut both = certificate.read(read).map_err(HttpError::Tls)?;
        both.push(b'\n');
        both.extend(key.read(read).map_err(HttpError::Tls)?);
        let identity = Identity::from_pem(&both).map_err(|_| {
            let (certificate, key) = (certificate.place(), key.place());
            HttpError::Tls(format!(
                "tls.cert_file, tls.key_file: {certificate} and {key} are no certificate with its key in PEM"
            ))
        })?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

/// Writes an error and its causes in one line, without the URL.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
