//! Cuts a request into smaller ones, and joins requests into a larger one.
//!
//! A request is cut between resources, and only where that is not enough between scopes, then
//! between spans, log records or metrics, then between the points of a metric. What stands around
//! a cut (the resource, the scope, unknown fields) goes into every piece. Whole runs are copied;
//! a piece that lies in the request in one run shares its memory.

use std::ops::Range;

use bytes::Bytes;

use crate::encode;
use crate::message::Message;
use crate::metrics::Metric;
use crate::wire::{Fields, Value};

/// A part of a request that is a request itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The protobuf message.
    pub body: Bytes,
    /// How many spans, log records or data points it holds.
    pub items: u64,
}

/// Cuts a validated `ExportTraceServiceRequest` into pieces of at most `most` bytes.
///
/// The pieces hold the same spans in the same order, and each is made when it is asked for. A
/// piece is larger than `most` only where nothing can be cut: a single span, or what stands around
/// the spans takes more than half the room.
pub fn traces(request: &Bytes, most: usize) -> impl ExactSizeIterator<Item = Piece> + use<> {
    pieces(request, &[Child::Field(1), Child::Field(2), Child::Field(2)], most)
}

/// Cuts a validated `ExportLogsServiceRequest` like [`traces`].
pub fn logs(request: &Bytes, most: usize) -> impl ExactSizeIterator<Item = Piece> + use<> {
    pieces(request, &[Child::Field(1), Child::Field(2), Child::Field(2)], most)
}

/// Cuts a validated `ExportMetricsServiceRequest` like [`traces`], between data points at last.
pub fn metrics(request: &Bytes, most: usize) -> impl ExactSizeIterator<Item = Piece> + use<> {
    const LEVELS: &[Child] =
        &[Child::Field(1), Child::Field(2), Child::Field(2), Child::Data, Child::Field(1)];
    pieces(request, LEVELS, most)
}

/// Joins requests of one signal into one that holds the resources of all, in order.
pub fn join(requests: &[Bytes]) -> Bytes {
    match requests {
        [one] => one.clone(),
        // serialized messages that follow each other are one, with longer lists
        many => many.concat().into(),
    }
}

/// Tells where the parts of a message lie between which it may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Child {
    /// In a repeated field.
    Field(u32),
    /// In the data of a metric, whose kind is told by the number of the field.
    Data,
}

impl Child {
    fn is(self, number: u32) -> bool {
        match self {
            Self::Field(field) => field == number,
            Self::Data => crate::metrics::Data::is_number(number),
        }
    }
}

fn pieces(
    request: &Bytes,
    levels: &'static [Child],
    most: usize,
) -> impl ExactSizeIterator<Item = Piece> + use<> {
    let contents = divide(request, 0..request.len(), levels, Room { most, around: most / 2 });
    let request = request.clone();
    contents.into_iter().map(move |content| content.assemble(&request))
}

/// How large a message may become.
#[derive(Clone, Copy, Debug)]
struct Room {
    most: usize,
    /// How much of that may be what goes into every piece: without a limit a large resource
    /// around many small spans would be copied for each of them.
    around: usize,
}

/// Cuts the message that lies at `at`.
fn divide(request: &[u8], at: Range<usize>, levels: &'static [Child], room: Room) -> Vec<Content> {
    let bytes = request.get(at.clone()).unwrap_or_default();
    let whole = || vec![Content::default().with(at.clone(), count(bytes, levels))];
    let Some((child, below)) = levels.split_first().filter(|_| bytes.len() > room.most) else {
        return whole();
    };
    let around = around(bytes, at.start, *child).filter(|it| it.size <= room.around);
    let Some(around) = around else { return whole() };
    let mut done = Vec::new();
    let mut open = around.clone();
    let mut add = |content: Content| {
        if open.children > 0 && open.size + content.size > room.most {
            done.push(std::mem::replace(&mut open, around.clone()));
        }
        open.append(content);
    };
    for field in Fields::new(bytes).map_while(Result::ok).filter(|it| child.is(it.number)) {
        let Value::Bytes(inner) = field.value else { continue };
        let run = at.start + field.start..at.start + field.end;
        if around.size + run.len() <= room.most {
            add(Content::default().with(run, count(inner, below)));
            continue;
        }
        let header = encode::header_size(field.number, room.most);
        let room = Room {
            most: room.most.saturating_sub(around.size + header),
            around: room.around - around.size,
        };
        for content in divide(request, run.end - inner.len()..run.end, below, room) {
            add(content.wrapped(field.number));
        }
    }
    done.push(open);
    done
}

/// Collects what goes into every piece of a message that begins at `base`; `None` when the
/// message cannot be cut: it is not sound, or it is a metric that says twice what data it has.
fn around(bytes: &[u8], base: usize, child: Child) -> Option<Content> {
    let mut around = Content::default();
    let mut children = 0;
    for field in Fields::new(bytes) {
        let field = field.ok()?;
        if child.is(field.number) {
            children += 1;
        } else {
            around = around.with(base + field.start..base + field.end, 0);
        }
    }
    (child != Child::Data || children == 1).then_some(around)
}

/// Counts the spans, log records or data points in a message.
fn count(bytes: &[u8], levels: &'static [Child]) -> u64 {
    match levels {
        [] => 1,
        [Child::Data, ..] => Metric::read(Message::of(bytes)).point_count(),
        [Child::Field(number), below @ ..] => Fields::new(bytes)
            .map_while(Result::ok)
            .map(|field| match field.value {
                Value::Bytes(inner) if field.number == *number => count(inner, below),
                _ => 0,
            })
            .sum(),
    }
}

/// A message that is put together from runs of the request.
#[derive(Clone, Debug, Default)]
struct Content {
    parts: Vec<Part>,
    size: usize,
    items: u64,
    children: usize,
}

#[derive(Clone, Debug)]
enum Part {
    Run(Range<usize>),
    Header { number: u32, length: usize },
}

impl Content {
    /// Adds a run of the request.
    fn with(mut self, run: Range<usize>, items: u64) -> Self {
        self.push(Part::Run(run));
        self.items += items;
        self
    }

    fn push(&mut self, part: Part) {
        match (self.parts.last_mut(), part) {
            (Some(Part::Run(last)), Part::Run(run)) if last.end == run.start => {
                self.size += run.len();
                last.end = run.end;
            }
            (_, part) => {
                self.size += match &part {
                    Part::Run(run) => run.len(),
                    Part::Header { number, length } => encode::header_size(*number, *length),
                };
                self.parts.push(part);
            }
        }
    }

    fn append(&mut self, other: Self) {
        other.parts.into_iter().for_each(|part| self.push(part));
        self.items += other.items;
        self.children += 1;
    }

    /// Makes the message a field of another one.
    fn wrapped(self, number: u32) -> Self {
        let mut outer = Self::default();
        outer.push(Part::Header { number, length: self.size });
        outer.append(self);
        outer
    }

    fn assemble(self, request: &Bytes) -> Piece {
        let body = match &*self.parts {
            [] => Bytes::new(),
            [Part::Run(run)] => request.slice(run.clone()),
            parts => {
                let mut body = Vec::with_capacity(self.size);
                for part in parts {
                    match part {
                        Part::Run(run) => {
                            body.extend_from_slice(request.get(run.clone()).unwrap_or_default());
                        }
                        Part::Header { number, length } => {
                            encode::header(&mut body, *number, *length);
                        }
                    }
                }
                body.into()
            }
        };
        Piece { body, items: self.items }
    }
}

#[cfg(test)]
mod tests;
