//! gRPC with nothing between the request's bytes and HTTP/2.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request, Uri};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::Compression;
use crate::answer::Answer;

const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, or a share of one.
#[derive(Clone, Debug)]
pub struct Grpc {
    requests: SendRequest<Bytes>,
    uri: Uri,
    compression: Compression,
}

impl Grpc {
    /// Connects; the task that drives the connection ends with `tasks`.
    ///
    /// # Errors
    /// Fails when the peer does not listen or speaks something else.
    pub async fn connect(
        peer: SocketAddr,
        compression: Compression,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(peer).await?;
        stream.set_nodelay(true)?;
        let (requests, connection) =
            h2::client::Builder::new().enable_push(false).handshake(stream).await?;
        tasks.spawn(async {
            // its requests say why it ended
            let _ = connection.await;
        });
        Ok(Self { requests, uri: format!("http://{peer}{PATH}").parse()?, compression })
    }

    /// Sends a message with its prefix.
    pub async fn send(&mut self, framed: Bytes) -> Answer {
        match tokio::time::timeout(PATIENCE, self.exchange(framed)).await {
            Ok(Ok(answered)) => judge(&answered),
            Ok(Err(error)) => Answer::Broken { why: error.to_string() },
            Err(_) => Answer::Broken { why: "none within 60 s".to_owned() },
        }
    }

    async fn exchange(&mut self, framed: Bytes) -> Result<Answered, h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let mut request = Request::post(self.uri.clone())
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if self.compression == Compression::Gzip {
            request = request.header("grpc-encoding", "gzip");
        }
        let request = request.body(()).map_err(|_| h2::Reason::INTERNAL_ERROR)?;
        let (response, mut body) = requests.send_request(request, false)?;
        // what does not fit the window waits within h2; a refusal ends the wait
        if let Err(error) = body.send_data(framed, true)
            && error.is_io()
        {
            return Err(error);
        }
        let (parts, mut incoming) = response.await?.into_parts();
        if parts.headers.contains_key("grpc-status") {
            return Ok(Answered { headers: parts.headers, message: Bytes::new() });
        }
        let mut message = BytesMut::new();
        while let Some(chunk) = incoming.data().await {
            let chunk = chunk?;
            incoming.flow_control().release_capacity(chunk.len())?;
            message.extend_from_slice(&chunk);
        }
        let headers = incoming.trailers().await?.unwrap_or_default();
        Ok(Answered { headers, message: message.freeze() })
    }
}

struct Answered {
    headers: HeaderMap,
    message: Bytes,
}

fn judge(answered: &Answered) -> Answer {
    let Some(status) = Status::from_header_map(&answered.headers) else {
        return Answer::Broken { why: "an answer without a status".to_owned() };
    };
    let code = format!("{:?}", status.code());
    match status.code() {
        Code::Ok => super::http1::partly(answered.message.get(5..).unwrap_or_default()),
        Code::Unavailable
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::DataLoss => Answer::TryAgain { code, after: retry_after(&status) },
        Code::ResourceExhausted if retry_after(&status).is_some() => {
            Answer::TryAgain { code, after: retry_after(&status) }
        }
        _ => Answer::Refused { code, why: status.message().to_owned() },
    }
}

fn retry_after(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}
