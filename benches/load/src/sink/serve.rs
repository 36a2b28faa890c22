//! Serves gRPC and HTTP/1.1 on one port.

use std::convert::Infallible;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{Mood, Tally};
use crate::template::{self, PREFIX};
use crate::wire;

type Body = BoxBody<Bytes, Infallible>;

/// Serves until told to stop, and then ends every connection.
pub(super) async fn serve(listener: TcpListener, tally: Arc<Tally>, stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    let accept = async {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            // without it answers wait for the next one
            let _ = stream.set_nodelay(true);
            let tally = tally.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| answer(request, tally.clone()));
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http2().initial_stream_window_size(1 << 20);
                builder.http2().initial_connection_window_size(4 << 20);
                // its peer closed it
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stop => {}
    }
}

async fn answer(
    request: Request<Incoming>,
    tally: Arc<Tally>,
) -> Result<Response<Body>, hyper::Error> {
    let (parts, mut body) = request.into_parts();
    let header = |name: &str| parts.headers.get(name).map(HeaderValue::as_bytes);
    let grpc = header("content-type").is_some_and(|it| it.starts_with(b"application/grpc"));
    let packed = header("content-encoding") == Some(b"gzip");
    let mood = tally.mood();
    if mood == Mood::Bytes {
        while let Some(frame) = body.frame().await {
            let length = frame?.data_ref().map_or(0, Bytes::len);
            tally.bytes.fetch_add(length as u64, Ordering::Relaxed);
        }
        tally.requests.fetch_add(1, Ordering::Relaxed);
        return Ok(respond(grpc, true));
    }
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            whole.extend_from_slice(data);
        }
    }
    match mood {
        Mood::Dead => std::future::pending().await,
        Mood::Refusing => return Ok(respond(grpc, false)),
        Mood::Slow { spans_per_second } => {
            let _one = tally.gate.lock().await;
            let spans = count(&tally, &whole, grpc, packed);
            let time = spans as f64 / spans_per_second.max(1) as f64;
            tokio::time::sleep(Duration::from_secs_f64(time)).await;
        }
        Mood::Spans | Mood::Bytes => drop(count(&tally, &whole, grpc, packed)),
    }
    Ok(respond(grpc, true))
}

/// Counts a request; what is none counts nothing, which shows as a loss.
fn count(tally: &Tally, whole: &[u8], grpc: bool, packed: bool) -> u64 {
    tally.requests.fetch_add(1, Ordering::Relaxed);
    tally.bytes.fetch_add(whole.len() as u64, Ordering::Relaxed);
    let packed = if grpc { whole.first() == Some(&1) } else { packed };
    let body = if grpc { whole.get(PREFIX..).unwrap_or_default() } else { whole };
    let mut unpacked = Vec::new();
    let body = match packed {
        true => match GzDecoder::new(body).read_to_end(&mut unpacked) {
            Ok(_) => unpacked.as_slice(),
            Err(_) => return 0,
        },
        false => body,
    };
    let mut spans = 0;
    let mut numbers =
        tally.numbers.as_ref().map(|it| it.lock().unwrap_or_else(PoisonError::into_inner));
    let whole = wire::spans(body, |span| {
        spans += 1;
        if let Some(numbers) = &mut numbers
            && let Some(number) = template::number(body, span)
        {
            *numbers.entry(number).or_default() += 1;
        }
    });
    if whole.is_some() {
        tally.spans.fetch_add(spans, Ordering::Relaxed);
    }
    spans
}

fn respond(grpc: bool, taken: bool) -> Response<Body> {
    let status = HeaderValue::from_static(if taken { "0" } else { "14" });
    let mut response = if grpc && taken {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", status);
        // an empty message, and what came of it
        let frames = [Frame::data(Bytes::from_static(&[0; PREFIX])), Frame::trailers(trailers)];
        let frames = futures_util::stream::iter(frames.map(Ok::<_, Infallible>));
        Response::new(BoxBody::new(StreamBody::new(frames)))
    } else {
        let mut response = Response::new(BoxBody::new(Empty::new()));
        if grpc {
            response.headers_mut().insert("grpc-status", status);
        } else if !taken {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        response
    };
    let kind = if grpc { "application/grpc" } else { "application/x-protobuf" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
