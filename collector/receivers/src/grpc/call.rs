//! Answers a call: `Export` of the three services.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::{Ingest, Signal};
use bytes::{BufMut, Bytes, BytesMut};
use h2::RecvStream;
use h2::server::SendResponse;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tonic::Status;

use super::message::Message;
use super::status;
use crate::admission::Share;
use crate::body::Coding;
use crate::check::{self, check};
use crate::probe;
use crate::proto;
use crate::refused::Refused;
use crate::terms::{Gate, UNAUTHENTICATED};

/// How much of a refused body is read and thrown away, so that the sender reads the answer
/// instead of being cut off while it writes.
const THROWN_AWAY: usize = 16 << 20;

/// How long that may take.
const THROWING_AWAY: Duration = Duration::from_secs(2);

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// Takes every call of every connection.
pub(super) struct Export {
    pub(super) ingest: Arc<dyn Ingest>,
    pub(super) gate: Gate,
    pub(super) max_message: usize,
    pub(super) request_timeout: Duration,
}

/// What goes back instead of a message.
enum Answer {
    /// Why the request was not taken, in gRPC's words.
    Status(Status),
    /// The call was none.
    Http(Box<Response<Bytes>>),
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Export {
    /// Answers a call, whatever it is, unless its sender goes away.
    pub(super) async fn answer(
        &self,
        share: &Share,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) {
        let (head, mut body) = request.into_parts();
        let taking = tokio::time::timeout(self.request_timeout, self.take(&head, &mut body, share));
        let answer = tokio::select! {
            biased;
            taken = taking => taken.unwrap_or_else(|_| {
                let why = Refused::OutOfTime;
                signal(head.uri.path()).inspect(|it| self.ingest.refused(*it, why.reason()));
                Err(status::refused(&why).into())
            }),
            // Nobody waits for the answer: what the request holds is free at once.
            _ = std::future::poll_fn(|cx| respond.poll_reset(cx)) => return,
        };
        let sent = match answer {
            Ok(message) => send_message(&mut respond, message),
            Err(answer) => send(&mut respond, answer),
        };
        // An error says that the sender went away.
        if sent.is_ok() {
            throw_away(&mut body).await;
        }
    }

    async fn take(
        &self,
        head: &Parts,
        body: &mut RecvStream,
        share: &Share,
    ) -> Result<Bytes, Answer> {
        if self.gate.turns_away(&head.headers).is_some() {
            signal(head.uri.path()).inspect(|it| self.ingest.refused(*it, "unauthenticated"));
            return Err(Status::unauthenticated(UNAUTHENTICATED).into());
        }
        if let Some(nonce) = probe::nonce(head) {
            let seen = self.ingest.has_seen(nonce);
            return Err(Answer::Http(Box::new(probe::answer(seen, Bytes::from))));
        }
        let (signal, coding) = claim(head)?;
        let taken = self.export(signal, coding, body, share).await;
        taken.map_err(|why| {
            tracing::debug!(signal = signal.as_str(), ?why, "refused a request");
            self.ingest.refused(signal, why.reason());
            status::refused(&why).into()
        })
    }

    async fn export(
        &self,
        signal: Signal,
        coding: Coding,
        body: &mut RecvStream,
        share: &Share,
    ) -> Result<Bytes, Refused> {
        // Before the body is read: who is turned away costs nothing.
        let mut message = Message::new(coding, self.max_message, share.admit()?);
        while let Some(piece) = body.data().await {
            // The sender went away or broke the framing; nobody may be there to read this.
            let piece = piece.map_err(|error| Refused::Broken(error.to_string()))?;
            let length = piece.len();
            message.push(piece)?;
            drop(body.flow_control().release_capacity(length));
        }
        let (plain, hold) = message.finish()?;
        let length = plain.len();
        let work = move |_: &mut _| check(signal, plain);
        let (request, _hold) = check::work(length, hold, work).await?;
        let accepted = self.ingest.ingest(signal, request).await?;
        Ok(proto::accepted(&accepted))
    }
}

/// Finds what a call is and how its message is compressed.
fn claim(head: &Parts) -> Result<(Signal, Coding), Answer> {
    if !head.headers.get(header::CONTENT_TYPE).is_some_and(is_grpc) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Answer::Http(Box::new(response)));
    }
    let signal = signal(head.uri.path()).filter(|_| head.method == Method::POST);
    let Some(signal) = signal else {
        return Err(Status::unimplemented("no such method; Export is the only one").into());
    };
    let encoding = head.headers.get("grpc-encoding").map(HeaderValue::as_bytes);
    let Some(coding) = Coding::named(encoding.unwrap_or_default()) else {
        let mut status = Status::unimplemented("the encoding must be gzip, zstd or identity");
        let accepted = tonic::metadata::MetadataValue::from_static("identity,gzip,zstd");
        status.metadata_mut().insert("grpc-accept-encoding", accepted);
        return Err(status.into());
    };
    Ok((signal, coding))
}

/// `application/grpc`, alone or with `+proto` or parameters; not `application/grpc-web`.
fn is_grpc(content_type: &HeaderValue) -> bool {
    let rest = content_type.as_bytes().strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest, [] | [b'+' | b';' | b' ', ..]))
}

fn signal(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Some(Signal::Metrics),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
        _ => None,
    }
}

fn send_message(respond: &mut SendResponse<Bytes>, message: Bytes) -> Result<(), h2::Error> {
    const OK: HeaderValue = HeaderValue::from_static("0");
    let mut response = Response::new(());
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC);
    let mut stream = respond.send_response(response, false)?;
    stream.send_data(framed(&message), false)?;
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(Status::GRPC_STATUS, OK);
    stream.send_trailers(trailers)
}

fn framed(message: &Bytes) -> Bytes {
    if message.is_empty() {
        return Bytes::from_static(&[0; 5]);
    }
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    // Our answers are short.
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

fn send(respond: &mut SendResponse<Bytes>, answer: Answer) -> Result<(), h2::Error> {
    match answer {
        Answer::Status(status) => respond.send_response(status.into_http(), true).map(drop),
        Answer::Http(response) => {
            let (parts, body) = response.into_parts();
            let empty = body.is_empty();
            let mut stream = respond.send_response(Response::from_parts(parts, ()), empty)?;
            if empty { Ok(()) } else { stream.send_data(body, true) }
        }
    }
}

/// Reads what still comes of a body that nobody wants, so that its end is not an error.
async fn throw_away(body: &mut RecvStream) {
    if body.is_end_stream() {
        return;
    }
    let reading = async {
        let mut left = THROWN_AWAY;
        while let Some(Ok(piece)) = body.data().await {
            drop(body.flow_control().release_capacity(piece.len()));
            match left.checked_sub(piece.len()) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    drop(tokio::time::timeout(THROWING_AWAY, reading).await);
}
