//! Views of `ExportTraceServiceRequest`.

use crate::common::{Attributes, Resource, Scope};
use crate::error::Malformed;
use crate::message::{Message, Slot, text};
use crate::scan;
use crate::validate;
use crate::wire::Value;

/// Views a request that carries spans.
#[derive(Clone, Debug)]
pub struct TraceRequest<'a>(Message<'a>);

impl<'a> TraceRequest<'a> {
    /// Checks the whole request and views it.
    ///
    /// # Errors
    /// Tells the first fault with its place.
    pub fn parse(request: &'a [u8]) -> Result<Self, Malformed> {
        validate::traces(request).map(|()| Self::assume_valid(request))
    }

    /// Views a request that was checked before. On other bytes the views end early.
    pub fn assume_valid(request: &'a [u8]) -> Self {
        Self(Message::of(request))
    }

    /// Iterates over the spans of each resource.
    pub fn resource_spans(&self) -> impl Iterator<Item = ResourceSpans<'a>> + use<'a> {
        self.0.repeated(1).map(ResourceSpans)
    }

    /// Counts the spans.
    pub fn span_count(&self) -> u64 {
        let scopes = self.resource_spans().flat_map(|resource| resource.scope_spans());
        scopes.map(|scope| scope.0.repeated(2).count() as u64).sum()
    }
}

/// Views the spans of one resource.
#[derive(Clone, Debug)]
pub struct ResourceSpans<'a>(Message<'a>);

impl<'a> ResourceSpans<'a> {
    /// Returns the resource; empty when absent.
    pub fn resource(&self) -> Resource<'a> {
        Resource(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the spans of each scope.
    pub fn scope_spans(&self) -> impl Iterator<Item = ScopeSpans<'a>> + use<'a> {
        self.0.repeated(2).map(ScopeSpans)
    }
}

/// Views the spans of one instrumentation scope.
#[derive(Clone, Debug)]
pub struct ScopeSpans<'a>(Message<'a>);

impl<'a> ScopeSpans<'a> {
    /// Returns the scope; empty when absent.
    pub fn scope(&self) -> Scope<'a> {
        Scope(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the spans.
    pub fn spans(&self) -> impl Iterator<Item = Span<'a>> + use<'a> {
        self.0.repeated(2).map(Span::read)
    }

    /// Iterates over the bytes of the spans, for [`scan::span`](crate::scan::span).
    pub fn raw_spans(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        // messages of a repeated field lie in one piece each
        scan::messages(self.0.piece().unwrap_or_default(), 2)
    }
}

/// Views one span. Its own fields were found in one walk; attributes are read when asked for.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    message: Message<'a>,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_span_id: &'a [u8],
    name: &'a [u8],
    kind: u64,
    start: u64,
    end: u64,
    status: Option<Message<'a>>,
}

impl<'a> Span<'a> {
    /// Views a span, given its bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self::read(Message::of(bytes))
    }

    pub(crate) fn read(message: Message<'a>) -> Self {
        let empty: &[u8] = &[];
        let [mut trace_id, mut span_id, mut parent_span_id, mut name] = [empty; 4];
        let [mut kind, mut start, mut end] = [0; 3];
        let mut status = Slot::default();
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (1, Value::Bytes(bytes)) => trace_id = bytes,
                (2, Value::Bytes(bytes)) => span_id = bytes,
                (4, Value::Bytes(bytes)) => parent_span_id = bytes,
                (5, Value::Bytes(bytes)) => name = bytes,
                (6, Value::Varint(bits)) => kind = bits,
                (7, Value::Fixed64(bits)) => start = bits,
                (8, Value::Fixed64(bits)) => end = bits,
                (15, Value::Bytes(bytes)) => status.add(index, bytes),
                _ => {}
            }
        }
        let status = status.message(&message, 15);
        Self { message, trace_id, span_id, parent_span_id, name, kind, start, end, status }
    }

    /// Returns the trace id as sent; see [`ids`](crate::ids).
    pub fn trace_id(&self) -> &'a [u8] {
        self.trace_id
    }

    /// Returns the span id as sent.
    pub fn span_id(&self) -> &'a [u8] {
        self.span_id
    }

    /// Returns the parent's span id as sent; empty for a root span.
    pub fn parent_span_id(&self) -> &'a [u8] {
        self.parent_span_id
    }

    /// Returns the name.
    pub fn name(&self) -> &'a str {
        text(Value::Bytes(self.name))
    }

    /// Returns the kind.
    pub fn kind(&self) -> SpanKind {
        SpanKind::of(self.kind)
    }

    /// Returns the start in nanoseconds since 1970.
    pub fn start_time_unix_nano(&self) -> u64 {
        self.start
    }

    /// Returns the end in nanoseconds since 1970.
    pub fn end_time_unix_nano(&self) -> u64 {
        self.end
    }

    /// Returns the status; unset when absent.
    pub fn status(&self) -> Status<'a> {
        let (mut code, mut message) = (0, "");
        for field in self.status.iter().flat_map(Message::fields) {
            match (field.number, field.value) {
                (2, value) => message = text(value),
                (3, Value::Varint(bits)) => code = bits,
                _ => {}
            }
        }
        Status { code: StatusCode::of(code), message }
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.message.clone(), number: 9 }
    }

    /// Iterates over what happened meanwhile, exceptions among it.
    pub fn events(&self) -> impl Iterator<Item = Event<'a>> + use<'a> {
        self.message.repeated(11).map(Event)
    }

    /// Iterates over spans that have to do with this one without being its parent.
    pub fn links(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        self.message.repeated(13).map(Link)
    }
}

/// Views something that happened while a span lasted.
#[derive(Clone, Debug)]
pub struct Event<'a>(Message<'a>);

impl<'a> Event<'a> {
    /// Returns the name.
    pub fn name(&self) -> &'a str {
        self.0.string(2)
    }

    /// Returns when it happened, in nanoseconds since 1970.
    pub fn time_unix_nano(&self) -> u64 {
        self.0.fixed64(1)
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.0.clone(), number: 3 }
    }
}

/// Views a link from one span to another.
#[derive(Clone, Debug)]
pub struct Link<'a>(Message<'a>);

impl<'a> Link<'a> {
    /// Returns the other span's trace id as sent; see [`ids`](crate::ids).
    pub fn trace_id(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// Returns the other span's id as sent.
    pub fn span_id(&self) -> &'a [u8] {
        self.0.bytes(2)
    }

    /// Returns the attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { message: self.0.clone(), number: 4 }
    }
}

/// Names the kinds of span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// Not said, or a kind that this version does not know.
    Unspecified,
    /// Work inside a process.
    Internal,
    /// The answer to a request.
    Server,
    /// A request to another process.
    Client,
    /// A message sent.
    Producer,
    /// A message received.
    Consumer,
}

impl SpanKind {
    pub(crate) fn of(bits: u64) -> Self {
        // Enumerations are 32 bits wide; a decoder drops what is above.
        match bits as u32 {
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Unspecified,
        }
    }
}

/// Holds how a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// The outcome.
    pub code: StatusCode,
    /// What an error was about; empty otherwise.
    pub message: &'a str,
}

/// Names the outcomes of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusCode {
    /// Not said, or an outcome that this version does not know.
    Unset,
    /// A person or program vouches for success.
    Ok,
    /// An error.
    Error,
}

impl StatusCode {
    pub(crate) fn of(bits: u64) -> Self {
        match bits as u32 {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}
