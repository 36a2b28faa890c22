//! Reads one file, request by request.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use bellwether_core::ingest::Signal;
use bellwether_core::time::Timestamp;
use bellwether_otlp::{LogsRequest, MetricsRequest, TraceRequest, json, validate};
use bytes::Bytes;

use super::{Item, time};
use crate::tools::ToolError;

/// A longer message is no request: an SDK's batch has some hundred KiB.
const LONGEST: usize = 256 << 20;

/// How a compressed message begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads a file.
pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    framing: Framing,
    /// What the messages of protobuf are, once that is known.
    signal: Option<Signal>,
    /// Bytes and lines that were read.
    offset: u64,
    line: u64,
    newest: Timestamp,
}

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// Each is a line.
    Lines,
    /// Each stands behind its length, four bytes, the highest first.
    Lengths,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, ToolError> {
        let failed = |error: std::io::Error| ToolError::file(path, "", error);
        let mut input = BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?);
        let first = input.fill_buf().map_err(failed)?.first().copied();
        // a message whose length began like this would have 2 GiB
        let lines = first.is_some_and(|it| it == b'{' || it.is_ascii_whitespace());
        Ok(Self {
            path: path.to_owned(),
            input,
            framing: if lines { Framing::Lines } else { Framing::Lengths },
            signal: signal_of_name(path),
            offset: 0,
            line: 0,
            newest: Timestamp::default(),
        })
    }

    /// Returns the next request; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item>, ToolError> {
        let before = self.offset;
        let Some(message) = self.message()? else { return Ok(None) };
        let (signal, body) = self.request(message)?;
        let at = time::newest(signal, &body).unwrap_or(self.newest).max(self.newest);
        self.newest = at;
        Ok(Some(Item { at, signal, body, taken: self.offset - before }))
    }

    fn message(&mut self) -> Result<Option<Vec<u8>>, ToolError> {
        let message = match self.framing {
            Framing::Lines => self.line()?,
            Framing::Lengths => self.behind_length()?,
        };
        match message {
            Some(message) if message.starts_with(&ZSTD) => {
                let unpacked = zstd::bulk::decompress(&message, LONGEST);
                unpacked.map(Some).map_err(|error| self.wrong(format_args!("zstd: {error}")))
            }
            message => Ok(message),
        }
    }

    /// Reads a line that is not empty.
    fn line(&mut self) -> Result<Option<Vec<u8>>, ToolError> {
        loop {
            let mut line = Vec::new();
            let limit = LONGEST as u64 + 1;
            let read = (&mut self.input).take(limit).read_until(b'\n', &mut line);
            let read = read.map_err(|error| self.wrong(error))?;
            self.line += 1;
            self.offset += read as u64;
            if read == 0 {
                return Ok(None);
            }
            if line.len() > LONGEST {
                return Err(self.wrong("a line of more than 256 MiB is no request"));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    fn behind_length(&mut self) -> Result<Option<Vec<u8>>, ToolError> {
        let mut length = [0; 4];
        match self.input.fill_buf() {
            Ok([]) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(self.wrong(error)),
        }
        let cut = "the file ends within a message; it was cut, or is none of the file exporter's";
        self.input.read_exact(&mut length).map_err(|_| self.wrong(cut))?;
        let length = u32::from_be_bytes(length) as usize;
        if length > LONGEST {
            let what = format!(
                "a message of {length} bytes is no request: a file of protobuf has the length of each message in four bytes before it, the highest first"
            );
            return Err(self.wrong(what));
        }
        let mut message = vec![0; length];
        self.input.read_exact(&mut message).map_err(|_| self.wrong(cut))?;
        self.offset += 4 + length as u64;
        Ok(Some(message))
    }

    /// Makes validated protobuf of a message.
    fn request(&mut self, message: Vec<u8>) -> Result<(Signal, Bytes), ToolError> {
        if message.trim_ascii_start().starts_with(b"{") {
            let signal = signal_of_json(&message).ok_or_else(|| {
                self.wrong("expected `resourceSpans`, `resourceMetrics` or `resourceLogs` first")
            })?;
            let translated = match signal {
                Signal::Traces => json::traces(&message, LONGEST),
                Signal::Metrics => json::metrics(&message, LONGEST),
                Signal::Logs => json::logs(&message, LONGEST),
            };
            let body = translated.map_err(|error| self.wrong(error))?;
            return Ok((signal, body.into()));
        }
        let signal = match self.signal {
            Some(signal) => signal,
            None => {
                let signal = signal_of_protobuf(&message);
                let signal = signal.ok_or_else(|| self.wrong("this is no request of OTLP"))?;
                *self.signal.insert(signal)
            }
        };
        let valid = match signal {
            Signal::Traces => validate::traces(&message),
            Signal::Metrics => validate::metrics(&message),
            Signal::Logs => validate::logs(&message),
        };
        valid.map_err(|error| self.wrong(format_args!("not {}: {error}", signal.as_str())))?;
        Ok((signal, message.into()))
    }

    fn wrong(&self, what: impl std::fmt::Display) -> ToolError {
        let place = match self.framing {
            Framing::Lines => format!("line {}", self.line),
            Framing::Lengths => format!("message before byte {}", self.offset),
        };
        ToolError::file(&self.path, place, what)
    }
}

/// Reads the kind of signal out of a file's name, such as `traces-2026-01-05.pb`.
fn signal_of_name(path: &Path) -> Option<Signal> {
    let name = path.file_stem()?.to_string_lossy().to_ascii_lowercase();
    let words = [
        (Signal::Traces, "trace"),
        (Signal::Traces, "span"),
        (Signal::Metrics, "metric"),
        (Signal::Logs, "log"),
    ];
    let mut meant = words.iter().filter(|(_, word)| name.contains(word)).map(|it| it.0);
    let first = meant.next()?;
    meant.all(|it| it == first).then_some(first)
}

/// Says what a JSON document is by its first key.
fn signal_of_json(text: &[u8]) -> Option<Signal> {
    let text = text.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let keys = [
        (Signal::Traces, b"\"resourceSpans\"".as_slice()),
        (Signal::Metrics, b"\"resourceMetrics\""),
        (Signal::Logs, b"\"resourceLogs\""),
    ];
    keys.into_iter().find(|(_, key)| text.starts_with(key)).map(|it| it.0)
}

/// Says what a message of protobuf is by what is in it: the three differ in nothing else. A span
/// has an id of 8 bytes, a metric a name and data, and what is neither is a log record.
fn signal_of_protobuf(message: &[u8]) -> Option<Signal> {
    if validate::traces(message).is_ok() {
        let mut spans = TraceRequest::assume_valid(message)
            .resource_spans()
            .flat_map(|it| it.scope_spans())
            .flat_map(|it| it.spans());
        if spans.next().is_some_and(|it| it.trace_id().len() == 16 && it.span_id().len() == 8) {
            return Some(Signal::Traces);
        }
    }
    if validate::metrics(message).is_ok() {
        let mut metrics = MetricsRequest::assume_valid(message)
            .resource_metrics()
            .flat_map(|it| it.scope_metrics())
            .flat_map(|it| it.metrics());
        if metrics.next().is_some_and(|it| !it.name().is_empty() && it.data().is_some()) {
            return Some(Signal::Metrics);
        }
    }
    if validate::logs(message).is_ok() {
        let mut records = LogsRequest::assume_valid(message)
            .resource_logs()
            .flat_map(|it| it.scope_logs())
            .flat_map(|it| it.log_records());
        return records.next().is_some().then_some(Signal::Logs);
    }
    None
}
