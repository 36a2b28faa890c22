//! Proxies that the environment names, for what is no HTTP that a proxy could read.

use std::error::Error;
use std::net::IpAddr;

use http::Uri;
use http::uri::Authority;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::net::TcpStream;
use tower_service::Service;

/// The proxies that the environment names.
#[derive(Debug)]
pub(crate) struct Proxies(Matcher);

impl From<Matcher> for Proxies {
    fn from(matcher: Matcher) -> Self {
        Self(matcher)
    }
}

impl Proxies {
    pub(super) fn from_env() -> Self {
        Matcher::from_env().into()
    }

    /// Connects to a server, through a tunnel where a proxy is between.
    ///
    /// # Errors
    /// Says what did not work, without what the proxy is told.
    pub(super) async fn connect(&self, to: &Authority) -> Result<TcpStream, String> {
        let (host, port) = (unbracketed(to.host()), to.port_u16().unwrap_or(80));
        let told = |error: &dyn Error| format!("cannot connect: {error}");
        match self.before(to) {
            Some(proxy) => through(proxy, to, port).await,
            None => TcpStream::connect((host, port)).await.map_err(|error| told(&error)),
        }
    }

    /// Returns the proxy before a server, as gRPC's own libraries choose it: that of `HTTPS_PROXY`,
    /// whatever goes through the tunnel, and none before this machine.
    fn before(&self, to: &Authority) -> Option<Intercept> {
        let host = unbracketed(to.host());
        let is_here = host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        let uri = Uri::builder().scheme("https").authority(to.clone()).path_and_query("/");
        uri.build().ok().filter(|_| !is_here).and_then(|uri| self.0.intercept(&uri))
    }
}

/// Asks a proxy for a tunnel.
async fn through(proxy: Intercept, to: &Authority, port: u16) -> Result<TcpStream, String> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), HttpConnector::new());
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    let failed = |error: &dyn Error| {
        let by = proxy.uri().host().unwrap_or_default();
        let cause = error.source().map(|it| format!(": {it}")).unwrap_or_default();
        format!("no tunnel through the proxy {by}: {error}{cause}")
    };
    let target = format!("http://{}:{port}", to.host()).parse::<Uri>();
    let target = target.map_err(|error| failed(&error))?;
    let io = tunnel.call(target).await.map_err(|error| failed(&error))?;
    Ok(io.into_inner())
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_before_every_host_but_this_one_and_those_that_are_named() {
        let named = Matcher::builder()
            .http("http://other.example:1")
            .https("http://user:word@proxy.example:3128")
            .no("near.example,10.0.0.0/8")
            .build();
        let proxies = Proxies::from(named);
        for (to, expected) in [
            ("far.example:4317", Some("proxy.example")),
            ("far.example", Some("proxy.example")),
            ("192.0.2.1:4317", Some("proxy.example")),
            ("[2001:db8::1]:4317", Some("proxy.example")),
            ("near.example:4317", None),
            ("deep.near.example:4317", None),
            ("10.1.2.3:4317", None),
            ("localhost:4317", None),
            ("127.0.0.1:4317", None),
            ("[::1]:4317", None),
        ] {
            let before = proxies.before(&Authority::from_static(to));
            assert_eq!(before.as_ref().and_then(|it| it.uri().host()), expected, "{to}");
        }
        let none = Proxies::from(Matcher::builder().http("http://other.example:1").build());
        assert!(none.before(&Authority::from_static("far.example:4317")).is_none());
    }
}
