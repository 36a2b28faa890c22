//! One HTTP request over a connection of its own: what a check asks must not come out of a pool or a cache.

use std::fmt;
use std::pin::pin;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::describe;
use crate::checks::NotPassed;

#[cfg(feature = "axum")]
mod in_process;
mod url;

pub(crate) use url::Url;

/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;
/// Who asks.
const USER_AGENT: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));

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
    /// What messages call the place instead of the URL, where that holds what must not be seen.
    pub(crate) shown: Option<String>,
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

    /// Returns the values of a header that would be sent, joined; for tests.
    #[cfg(test)]
    pub(crate) fn sent_header(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter().filter_map(|it| it.to_str().ok());
        let values: Vec<&str> = values.collect();
        (!values.is_empty()).then(|| values.join(", "))
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
        self.can_be_sent()?;
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

    fn can_be_sent(&self) -> Result<(), NotPassed> {
        match self.invalid {
            None => Ok(()),
            Some(part) => Err(NotPassed::failed(format!("{part} cannot be sent"))
                .advice("methods and names are tokens, values are one line of visible ASCII")
                .error_type("invalid_request")),
        }
    }

    /// Says what is asked, for messages.
    fn place(&self, method: &Method, url: &Url) -> String {
        match &self.shown {
            Some(shown) => format!("{method} {shown}"),
            None => format!("{method} {url}"),
        }
    }

    /// Asks one server once. Another server than the one that was meant gets neither credentials nor a body.
    async fn ask(&self, url: &Url, method: &Method, is_meant: bool) -> Result<Answer, NotPassed> {
        let place = self.place(method, url);
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

/// Says what a status usually means for whoever expected another one.
pub(crate) fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "correct the URL, or allow redirects with follow_redirects",
        401 | 403 => "check the credentials that are sent, and what they may do",
        404 | 405 => "correct the path or the method, or see whether the route is mounted",
        429 => "the server refuses so many requests: ask less often",
        500.. => "see the server's log",
        _ => "see whether this is the server that was meant",
    }
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
