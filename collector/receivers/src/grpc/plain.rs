//! Answers HTTP/1.1 on the port of gRPC: probes, which may be asked for by whatever client is at
//! hand, and senders that have the wrong port.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio_util::sync::CancellationToken;

use super::call::Export;
use crate::listen::{Limits, Stream, http1};
use crate::probe;
use crate::terms::UNAUTHENTICATED;

/// What a sender of OTLP over HTTP is told.
const WRONG_PORT: &str = "this port speaks gRPC, over HTTP/2; OTLP over HTTP has a port of its own, 4318 unless configured\n";

pub(super) async fn serve(
    stream: Stream,
    export: &Export,
    limits: &Limits,
    stop: CancellationToken,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let (head, _) = request.into_parts();
        let answer = match (export.gate.turns_away(&head.headers), probe::nonce(&head)) {
            (Some(challenge), _) => {
                let mut answer = said(StatusCode::UNAUTHORIZED, UNAUTHENTICATED);
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                answer
            }
            (None, Some(nonce)) => probe::answer(export.ingest.has_seen(nonce), Full::from),
            (None, None) => said(StatusCode::UNSUPPORTED_MEDIA_TYPE, WRONG_PORT),
        };
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    if let Err(error) = http1::serve(stream, limits, service, stop).await {
        tracing::debug!(%error, "a connection to the otlp grpc receiver broke off");
    }
}

fn said(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *answer.status_mut() = status;
    answer
}
