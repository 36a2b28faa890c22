//! HTTP/2 without TLS, for gRPC to a neighbour: requests as bytes, with nothing around them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_core::BoxFuture;
use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::header::USER_AGENT;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Uri};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::gather::{Announced, Driven, Gathered, Outbox};
use super::proxy::Proxies;
use super::{AGENT, CONNECT_TIMEOUT, Pieces, Transport, TransportError};
use crate::call::{Answer, Call};

/// A way to one destination, over one connection at a time.
#[derive(Debug)]
pub(super) struct Plain {
    line: Mutex<Option<Arc<Line>>>,
    proxies: Arc<Proxies>,
}

/// A connection. It ends when nobody uses it any more.
#[derive(Debug)]
struct Line {
    authority: Authority,
    requests: SendRequest<Bytes>,
    outbox: Outbox,
    /// Whether a call had no answer: its peer may be gone.
    doubtful: AtomicBool,
    /// What drives it; ends with it.
    _driven: JoinSet<()>,
}

impl Transport for Plain {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.exchange(call))
    }
}

impl Plain {
    pub(super) fn new(proxies: Arc<Proxies>) -> Self {
        Self { line: Mutex::default(), proxies }
    }

    /// Makes a call. The connection stays for the next one.
    async fn exchange(&self, call: Call) -> Result<Answer, TransportError> {
        let host = call.host().to_owned();
        let failed = |why: String| TransportError(format!("{host}: {why}"));
        let uri: Uri = call.url.parse().map_err(|_| failed("this is not a URL".to_owned()))?;
        let authority = uri.authority().ok_or_else(|| failed("the URL has no host".to_owned()))?;
        let (line, requests) = self.line(authority).await.map_err(failed)?;
        let mut asked = Asked { line, answered: false };
        let exchanged = asked.line.exchange(requests, uri, call).await;
        asked.answered = true;
        exchanged.map_err(failed)
    }

    /// Returns a connection that takes a call, the one that is there if it does.
    async fn line(&self, to: &Authority) -> Result<(Arc<Line>, SendRequest<Bytes>), String> {
        let mut kept = self.line.lock().await;
        if let Some(line) = kept.as_ref().filter(|it| it.leads(to))
            && let Ok(requests) = line.requests.clone().ready().await
        {
            return Ok((Arc::clone(line), requests));
        }
        let opening = timeout(CONNECT_TIMEOUT, Line::open(to, &self.proxies));
        let opened = opening.await.map_err(|_| format!("no connection within {CONNECT_TIMEOUT:?}"));
        let line = Arc::new(opened??);
        let requests = line.requests.clone().ready().await.map_err(|error| error.to_string())?;
        *kept = Some(Arc::clone(&line));
        Ok((line, requests))
    }
}

/// A call that is on its way.
struct Asked {
    line: Arc<Line>,
    answered: bool,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.answered {
            self.line.doubtful.store(true, Ordering::Relaxed);
        }
    }
}

impl Line {
    async fn open(authority: &Authority, proxies: &Proxies) -> Result<Self, String> {
        let socket = proxies.connect(authority).await?;
        // what is written is gathered already
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let (reading, writing) = socket.into_split();
        let outbox = Outbox::default();
        let gathered = Gathered::new(reading, outbox.clone());
        let handshake = Builder::new().enable_push(false).handshake(gathered).await;
        let (requests, connection) = handshake.map_err(|error| error.to_string())?;
        let mut driven = JoinSet::new();
        driven.spawn(Driven::new(connection, writing, outbox.clone()));
        Ok(Self {
            authority: authority.clone(),
            requests,
            outbox,
            doubtful: AtomicBool::new(false),
            _driven: driven,
        })
    }

    fn leads(&self, to: &Authority) -> bool {
        self.authority == *to && !self.doubtful.load(Ordering::Relaxed)
    }

    async fn exchange(
        &self,
        requests: SendRequest<Bytes>,
        uri: Uri,
        call: Call,
    ) -> Result<Answer, String> {
        let told = |error: h2::Error| error.to_string();
        // both stay until the answer is whole: dropped, they would take the body back
        let (response, _sending, _announced) = self.begin(requests, uri, call).map_err(told)?;
        let (head, incoming) = response.await.map_err(told)?.into_parts();
        let (body, trailers) = read(incoming).await?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, trailers })
    }

    /// Begins to send; what does not fit the window of the other side waits as it is.
    fn begin(
        &self,
        mut requests: SendRequest<Bytes>,
        uri: Uri,
        call: Call,
    ) -> Result<(ResponseFuture, SendStream<Bytes>, Announced), h2::Error> {
        let mut request = Request::new(());
        *request.method_mut() = call.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = call.headers;
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let pieces = call.body.pieces();
        let announced = self.outbox.announce(pieces);
        let (response, mut sending) = requests.send_request(request, pieces.is_empty())?;
        for (at, piece) in pieces.iter().enumerate() {
            sending.send_data(piece.clone(), at + 1 == pieces.len())?;
        }
        Ok((response, sending, announced))
    }
}

async fn read(mut incoming: RecvStream) -> Result<(Bytes, HeaderMap), String> {
    let mut body = Pieces::default();
    while let Some(data) = incoming.data().await {
        let data = data.map_err(|error| error.to_string())?;
        let _ = incoming.flow_control().release_capacity(data.len());
        body.push(data)?;
    }
    let trailers = incoming.trailers().await.map_err(|error| error.to_string())?;
    Ok((body.joined(), trailers.unwrap_or_default()))
}
