//! HTTP/1.1 with a few lines of head and the request's bytes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Compression;
use crate::answer::Answer;
use crate::wire;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is opened when it is needed, and again when the peer closed it.
#[derive(Debug)]
pub struct Http {
    peer: SocketAddr,
    compression: Compression,
    stream: Option<TcpStream>,
    read: BytesMut,
}

impl Http {
    /// Describes a connection.
    pub fn new(peer: SocketAddr, compression: Compression) -> Self {
        Self { peer, compression, stream: None, read: BytesMut::new() }
    }

    /// Sends a body.
    pub async fn send(&mut self, body: Bytes) -> Answer {
        let answer = match tokio::time::timeout(PATIENCE, self.exchange(body)).await {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) => Answer::Broken { why: format!("{error:#}") },
            Err(_) => Answer::Broken { why: "none within 60 s".to_owned() },
        };
        self.stream = None;
        answer
    }

    async fn exchange(&mut self, body: Bytes) -> anyhow::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.peer).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        let encoding = match self.compression {
            Compression::None => "",
            Compression::Gzip => "content-encoding: gzip\r\n",
        };
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-protobuf\r\n{encoding}content-length: {}\r\n\r\n",
            self.peer,
            body.len()
        );
        self.read.clear();
        let mut outgoing = Buf::chain(head.as_bytes(), body);
        // a peer that refuses may answer, and close, before it has read the body
        let written = stream.write_all_buf(&mut outgoing).await;
        let response = Response::read(&mut stream, &mut self.read).await;
        let response = match (written, response) {
            (Err(error), Err(_)) => return Err(error.into()),
            (_, response) => response?,
        };
        if !outgoing.has_remaining() && !response.closes {
            self.stream = Some(stream);
        }
        Ok(response.answer)
    }
}

struct Response {
    answer: Answer,
    closes: bool,
}

impl Response {
    async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> anyhow::Result<Self> {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break String::from_utf8_lossy(&buffer.split_to(end + 4)).to_ascii_lowercase();
            }
            anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
        };
        let status = head.get(9..12).context("a status line")?.to_owned();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|it| it.trim().to_owned())
        };
        anyhow::ensure!(header("transfer-encoding").is_none(), "an answer in chunks");
        let length: usize = header("content-length").unwrap_or("0".to_owned()).parse()?;
        while buffer.len() < length {
            anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the connection was closed");
        }
        let after = header("retry-after").and_then(|it| it.parse().ok()).map(Duration::from_secs);
        let answer = match status.as_str() {
            "200" => partly(buffer),
            "429" | "502" | "503" | "504" => Answer::TryAgain { code: status, after },
            _ => {
                let why = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
                Answer::Refused { code: status, why: why.into_owned() }
            }
        };
        Ok(Self { answer, closes: header("connection").is_some_and(|it| it == "close") })
    }
}

/// Reads an `ExportTraceServiceResponse`.
pub(super) fn partly(body: &[u8]) -> Answer {
    let rejected = (|| {
        let partial = wire::field(body, 0..body.len(), 1)?;
        let value = wire::field(body, partial, 1)?;
        wire::number(body, value.start)
    })();
    match rejected {
        Some(rejected) if rejected > 0 => Answer::Partly { rejected },
        _ => Answer::Accepted,
    }
}
