//! One HTTP request over a connection of its own: what a check asks must not come out of a pool or a cache.

use std::fmt;
use std::pin::pin;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Method, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Address, describe};
use crate::checks::NotPassed;

/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;
/// Who asks.
const USER_AGENT: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));

/// Holds an `http` or `https` URL. Its `Display` leaves out the user, the query and the fragment, where secrets live.
#[derive(Debug, Clone)]
pub(crate) struct Url {
    secure: bool,
    address: Address,
    target: String,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, NotPassed> {
        let invalid = || {
            NotPassed::failed("the URL cannot be read")
                .advice("it begins with http:// or https:// and names a host")
                .error_type("invalid_url")
        };
        let text = text.split('#').next().unwrap_or(text);
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        let host = uri.host().map(|host| host.trim_matches(['[', ']'])).unwrap_or_default();
        if host.is_empty() {
            return Err(invalid());
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let target = uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
        Ok(Self { secure, address: Address { host: host.to_owned(), port }, target })
    }

    /// Reads what a `Location` header says, seen from here.
    fn join(&self, location: &str) -> Result<Self, NotPassed> {
        if location.starts_with('/') && !location.starts_with("//") {
            return Ok(Self { target: location.to_owned(), ..self.clone() });
        }
        Self::parse(location)
    }

    fn is_same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure && self.address == other.address
    }

    fn authority(&self) -> String {
        let standard = if self.secure { 443 } else { 80 };
        let text = self.address.to_string();
        match text.rsplit_once(':') {
            Some((host, _)) if self.address.port == standard => host.to_owned(),
            _ => text,
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{}{path}", self.authority())
    }
}

/// Holds what to ask, and how.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) url: String,
    method: Method,
    headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How many redirects are followed before the answer counts.
    pub(crate) redirects: usize,
    /// Certificates of authorities that are trusted beside Mozilla's list, in PEM.
    pub(crate) trust_pem: Vec<u8>,
    /// What was given that cannot be sent.
    invalid: Option<&'static str>,
}

impl Request {
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Adds a header; one that cannot be sent fails the request.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        match (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.append(name, value);
            }
            (Err(_), _) => self.invalid = Some("a header's name"),
            (_, Err(_)) => self.invalid = Some("a header's value"),
        }
    }

    /// Sets the method; one that cannot be sent fails the request.
    pub(crate) fn method(&mut self, method: &str) {
        match Method::from_bytes(method.as_bytes()) {
            Ok(method) => self.method = method,
            Err(_) => self.invalid = Some("the method"),
        }
    }

    /// Asks, and reads the answer up to 1 MiB of it; the error says where and what to do.
    pub(crate) async fn send(&self) -> Result<Answer, NotPassed> {
        if let Some(part) = self.invalid {
            return Err(NotPassed::failed(format!("{part} cannot be sent"))
                .advice("methods and names are tokens, values are one line of visible ASCII")
                .error_type("invalid_request"));
        }
        let origin = Url::parse(&self.url)?;
        let (mut url, mut method, mut left) = (origin.clone(), self.method.clone(), self.redirects);
        loop {
            let answer = self.ask(&url, &method, url.is_same_origin(&origin)).await?;
            let location = answer.header(header::LOCATION.as_str());
            let Some(location) = location.filter(|_| answer.status.is_redirection() && left > 0)
            else {
                return Ok(answer);
            };
            url = url.join(location)?;
            left -= 1;
            let keeps_method = matches!(answer.status.as_u16(), 307 | 308);
            if !keeps_method && method != Method::HEAD {
                method = Method::GET;
            }
        }
    }

    /// Asks one server once. Another server than the one that was meant gets neither credentials nor a body.
    async fn ask(&self, url: &Url, method: &Method, is_meant: bool) -> Result<Answer, NotPassed> {
        let place = format!("{method} {url}");
        let mut request = hyper::Request::builder()
            .method(method.clone())
            .uri(&url.target)
            .header(header::HOST, url.authority())
            .header(header::USER_AGENT, USER_AGENT);
        if is_meant {
            for (name, value) in &self.headers {
                request = request.header(name, value);
            }
        }
        let with_body = is_meant && *method == self.method;
        let body = if with_body { self.body.clone() } else { Bytes::new() };
        let request = request
            .body(Full::new(body))
            .map_err(|error| NotPassed::from(error).error_type("invalid_request"))?;
        let stream = url.address.open().await.map_err(|error| describe(&place, &error))?;
        let (head, body) = if url.secure {
            self.over_tls(stream, url, &place, request).await?
        } else {
            exchange(stream, &place, request).await?
        };
        Ok(Answer { place, status: head.status, headers: head.headers, body })
    }

    #[cfg(feature = "tls")]
    async fn over_tls(
        &self,
        stream: tokio::net::TcpStream,
        url: &Url,
        place: &str,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), NotPassed> {
        let trust = super::tls::Trust { pem: self.trust_pem.clone() };
        let stream = trust.connect(stream, &url.address.host, place, &["http/1.1"]).await?;
        exchange(stream, place, request).await
    }

    #[cfg(not(feature = "tls"))]
    async fn over_tls(
        &self,
        _stream: tokio::net::TcpStream,
        _url: &Url,
        place: &str,
        _request: hyper::Request<Full<Bytes>>,
    ) -> Result<(Parts, Bytes), NotPassed> {
        Err(NotPassed::failed(format!("{place}: https is not built in"))
            .advice("enable the feature `tls` of bellwether")
            .error_type("tls_not_built_in"))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Url::parse(&self.url).map(|url| url.to_string()).unwrap_or_default();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

async fn exchange<S>(
    stream: S,
    place: &str,
    request: hyper::Request<Full<Bytes>>,
) -> Result<(Parts, Bytes), NotPassed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| {
        if let Some(io) = std::error::Error::source(&error).and_then(|it| it.downcast_ref()) {
            return describe(place, io);
        }
        NotPassed::failed(format!("{place}: {error}"))
            .advice("see whether this port speaks HTTP, and the server's log")
            .error_type("http")
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let mut answer = pin!(async {
        let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|error| {
            NotPassed::failed(format!("{place}: the answer broke off: {error}"))
                .advice("see the server's log; at most 1 MiB is read")
                .error_type("body")
        })?;
        Ok((head, body.to_bytes()))
    });
    // The connection is driven beside the request and dropped with it. What breaks it, the request hears.
    tokio::select! {
        biased;
        answer = &mut answer => return answer,
        _ended = connection => {}
    }
    answer.await
}

/// Holds an answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// What was asked, for messages: method and URL.
    pub(crate) place: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Returns a header's value; `None` when it is not there or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Makes a failure of this answer.
    pub(crate) fn wrong(&self, what: impl fmt::Display) -> NotPassed {
        NotPassed::failed(format!("{}: {what}", self.place))
    }
}
