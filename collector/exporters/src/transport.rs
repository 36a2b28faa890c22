//! The one place that touches the network.

use std::error::Error;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bytes::BytesMut;

use crate::call::{Answer, Call};

/// The longest answer that is read, after decompression: 4 MiB, as OTLP recommends.
pub const MAX_ANSWER: usize = 4 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Says why a call has no answer. Whether the destination took it is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// Makes calls. The real one is [`Http`]; tests script their own.
pub trait Transport: Send + Sync {
    /// Makes a call and returns the answer, whatever its status. The caller bounds the time.
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>>;
}

/// Says why the HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No implementation of TLS was chosen.
    #[error(
        "no TLS provider: call `rustls::crypto::ring::default_provider().install_default()` first"
    )]
    NoTls,
    /// The client cannot be set up.
    #[error("cannot set up the HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Makes calls over HTTP/1.1 and HTTP/2 with TLS, and shares connections between destinations.
///
/// Redirects are not followed, since they would carry a key elsewhere. `HTTPS_PROXY` and its
/// relatives are honoured.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// Sets the client up.
    ///
    /// # Errors
    /// Fails when no TLS provider is installed for the process.
    pub fn new() -> Result<Self, HttpError> {
        // reqwest would panic
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(HttpError::NoTls);
        }
        let client = reqwest::Client::builder()
            .user_agent(concat!("bellwether/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(HttpError::Client)?;
        Ok(Self { client })
    }

    async fn exchange(&self, call: Call) -> Result<Answer, TransportError> {
        let host = call.host().to_owned();
        let failed = |error: reqwest::Error| TransportError(format!("{host}: {}", chain(error)));
        let request = self.client.request(call.method, &call.url).headers(call.headers);
        let request = if call.body.is_empty() { request } else { request.body(call.body) };
        let mut response = request.send().await.map_err(failed)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(TransportError(format!("{host}: the answer is longer than 4 MiB")));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status().as_u16(), headers, body: body.freeze() })
    }
}

impl Transport for Http {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.exchange(call))
    }
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
