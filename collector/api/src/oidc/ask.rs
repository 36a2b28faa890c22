//! How the provider is asked. The client is the collector's, which has proxies and certificates.

use bellwether_core::BoxFuture;
use bellwether_core::settings::Secret;

/// A request to the provider.
#[derive(Debug)]
pub struct ProviderCall {
    /// The whole URL.
    pub url: String,
    /// The header `Authorization`, where there is one.
    pub authorization: Option<Secret>,
    /// A form to `POST`; without one it is a `GET`.
    pub form: Option<Secret>,
}

/// What the provider answered.
#[derive(Debug)]
pub struct ProviderAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks an OpenID Connect provider. Redirects are not followed.
pub trait Provider: Send + Sync {
    /// Makes a request and returns the answer, whatever its status. The caller bounds the time.
    fn ask(&self, call: ProviderCall) -> BoxFuture<'_, Result<ProviderAnswer, String>>;
}
