//! Views of `ExportLogsServiceRequest`.

use crate::common::{AnyValue, Attributes, Resource, Scope};
use crate::error::Malformed;
use crate::message::{Message, Slot, text};
use crate::validate;
use crate::wire::Value;

/// Views a request that carries log records.
#[derive(Clone, Debug)]
pub struct LogsRequest<'a>(Message<'a>);

impl<'a> LogsRequest<'a> {
    /// Checks the whole request and views it.
    ///
    /// # Errors
    /// Tells the first fault with its place.
    pub fn parse(request: &'a [u8]) -> Result<Self, Malformed> {
        validate::logs(request).map(|()| Self::assume_valid(request))
    }

    /// Views a request that was checked before. On other bytes the views end early.
    pub fn assume_valid(request: &'a [u8]) -> Self {
        Self(Message::of(request))
    }

    /// Iterates over the log records of each resource.
    pub fn resource_logs(&self) -> impl Iterator<Item = ResourceLogs<'a>> + use<'a> {
        self.0.repeated(1).map(ResourceLogs)
    }

    /// Counts the log records.
    pub fn record_count(&self) -> u64 {
        let scopes = self.resource_logs().flat_map(|resource| resource.scope_logs());
        scopes.map(|scope| scope.0.repeated(2).count() as u64).sum()
    }
}

/// Views the log records of one resource.
#[derive(Clone, Debug)]
pub struct ResourceLogs<'a>(Message<'a>);

impl<'a> ResourceLogs<'a> {
    /// Returns the resource; empty when absent.
    pub fn resource(&self) -> Resource<'a> {
        Resource(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the log records of each scope.
    pub fn scope_logs(&self) -> impl Iterator<Item = ScopeLogs<'a>> + use<'a> {
        self.0.repeated(2).map(ScopeLogs)
    }
}

/// Views the log records of one instrumentation scope.
#[derive(Clone, Debug)]
pub struct ScopeLogs<'a>(Message<'a>);

impl<'a> ScopeLogs<'a> {
    /// Returns the scope; empty when absent.
    pub fn scope(&self) -> Scope<'a> {
        Scope(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the log records.
    pub fn log_records(&self) -> impl Iterator<Item = LogRecord<'a>> + use<'a> {
        self.0.repeated(2).map(LogRecord::read)
    }
}

/// Views one log record. Its own fields were found in one walk; body and attributes are read when
/// asked for.
#[derive(Clone, Debug)]
pub struct LogRecord<'a> {
    message: Message<'a>,
    time: u64,
    observed_time: u64,
    severity: u64,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    event_name: &'a [u8],
    body: Option<Message<'a>>,
}

impl<'a> LogRecord<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let empty: &[u8] = &[];
        let [mut trace_id, mut span_id, mut event_name] = [empty; 3];
        let [mut time, mut observed_time, mut severity] = [0; 3];
        let mut body = Slot::default();
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (1, Value::Fixed64(bits)) => time = bits,
                (2, Value::Varint(bits)) => severity = bits,
                (5, Value::Bytes(bytes)) => body.add(index, bytes),
                (9, Value::Bytes(bytes)) => trace_id = bytes,
                (10, Value::Bytes(bytes)) => span_id = bytes,
                (11, Value::Fixed64(bits)) => observed_time = bits,
                (12, Value::Bytes(bytes)) => event_name = bytes,
                _ => {}
            }
        }
        let body = body.message(&message, 5);
        Self { message, time, observed_time, severity, trace_id, span_id, event_name, body }
    }

    /// Returns the name of the event; empty when the record is no event.
    pub fn event_name(&self) -> &'a str {
        text(Value::Bytes(self.event_name))
    }

    /// Returns when it happened, in nanoseconds since 1970; 0 when nobody knows.
    pub fn time_unix_nano(&self) -> u64 {
        self.time
    }

    /// Returns when it was first seen, in nanoseconds since 1970; 0 when not said.
    pub fn observed_time_unix_nano(&self) -> u64 {
        self.observed_time
    }

    /// Returns the severity number as sent, 1 (trace) to 24 (fatal); 0 when not said.
    pub fn severity_number(&self) -> i32 {
        // Enumerations are 32 bits wide; a decoder drops what is above.
        self.severity as i32
    }

    /// Returns the severity in the words of whoever logged; empty when not said.
    pub fn severity_text(&self) -> &'a str {
        self.message.string(3)
    }

    /// Returns the trace id as sent; see [`ids`](crate::ids).
    pub fn trace_id(&self) -> &'a [u8] {
        self.trace_id
    }

    /// Returns the span id as sent.
    pub fn span_id(&self) -> &'a [u8] {
        self.span_id
    }

    /// Returns the body.
    pub fn body(&self) -> AnyValue<'a> {
        self.body.as_ref().map_or(AnyValue::Empty, AnyValue::read)
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 6 }
    }
}
