//! Asks as the exporter over gRPC sends: in HTTP/2, on the port of OTLP.

use std::future::poll_fn;

use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::http::{HeaderName, HeaderValue, Request};
use tonic::transport::{Channel, Endpoint, Error};

use super::{HEADER, ProbeTarget, Sighting, judge, path};

/// Asks once; the error says why nobody can be asked.
pub(super) async fn ask(target: &ProbeTarget, nonce: &str) -> Result<Sighting, String> {
    let said = |error: Error| crate::checks::chain(&error);
    let endpoint = Endpoint::from_shared(target.endpoint.clone()).map_err(said)?;
    let mut channel: Channel = with_tls(endpoint).map_err(said)?.connect().await.map_err(said)?;
    let mut request =
        Request::get(path(nonce)).body(Body::empty()).map_err(|error| error.to_string())?;
    let headers = target.headers.iter().filter_map(|(name, value)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value).ok()?))
    });
    request.headers_mut().extend(headers);
    poll_fn(|context| GrpcService::<Body>::poll_ready(&mut channel, context))
        .await
        .map_err(said)?;
    let response = channel.call(request).await.map_err(said)?;
    let word = response.headers().get(HEADER).and_then(|it| it.to_str().ok());
    Ok(judge(response.status().as_u16(), word))
}

#[cfg(feature = "tls")]
fn with_tls(endpoint: Endpoint) -> Result<Endpoint, Error> {
    if endpoint.uri().scheme_str() == Some("https") {
        endpoint.tls_config(tonic::transport::ClientTlsConfig::new().with_webpki_roots())
    } else {
        Ok(endpoint)
    }
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature `tls`")]
fn with_tls(endpoint: Endpoint) -> Result<Endpoint, Error> {
    Ok(endpoint)
}
