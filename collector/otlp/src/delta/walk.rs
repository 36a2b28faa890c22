//! Walks the metrics of a request and writes anew what has to be delta.

use std::ops::Range;

use bytes::Bytes;

use super::exponential::{Counts, Exponential};
use super::identity::Identity;
use super::series::{Delta, Point};
use super::value::{Histogram, Value};
use super::{Converted, Converter, LeftOut};
use crate::encode;
use crate::message::Message;
use crate::metrics::{
    Data, ExponentialPoint, HistogramPoint, Metric, MetricsRequest, NumberPoint, Temporality,
};
use crate::splice::Splices;
use crate::wire::{Field, Value as Wire};

/// What the points of a kind of data are, and which of their fields a delta has of its own.
struct Shape {
    attributes: u32,
    /// Start, values, and for histograms the least and greatest, which nobody knows of a delta.
    replaced: &'static [u32],
    read: fn(Message<'_>) -> Read,
    write: fn(&mut Vec<u8>, &Value),
}

/// What was read of a point.
struct Read {
    start: u64,
    time: u64,
    value: Option<Option<Value>>,
}

static SUM: Shape =
    Shape { attributes: 7, replaced: &[2, 4, 6], read: number, write: write_number };
static HISTOGRAM: Shape = Shape {
    attributes: 9,
    replaced: &[2, 4, 5, 6, 11, 12],
    read: histogram,
    write: write_histogram,
};
static EXPONENTIAL: Shape = Shape {
    attributes: 1,
    replaced: &[2, 4, 5, 6, 7, 8, 9, 12, 13],
    read: exponential,
    write: write_exponential,
};

/// Walks one request.
struct Walk<'a, 'c> {
    splices: Splices<'a, 'static>,
    converter: &'c mut Converter,
    now: u64,
    left: LeftOut,
}

pub(super) fn convert(converter: &mut Converter, request: &Bytes, now: u64) -> Converted {
    let splices = Splices::new(request);
    let mut walk = Walk { splices, converter, now, left: LeftOut::default() };
    walk.request();
    let (left_out, changed) = (walk.left, walk.splices.write());
    let body = changed.unwrap_or_else(|| request.clone());
    let items = MetricsRequest::assume_valid(&body).point_count();
    Converted { body, items, left_out }
}

impl<'a> Walk<'a, '_> {
    fn request(&mut self) {
        let whole = 0..self.splices.len();
        for field in self.splices.fields(&whole).filter(|it| it.number == 1) {
            self.message(&whole, &field, Self::resource);
        }
    }

    fn resource(&mut self, at: &Range<usize>) {
        let resource = Message::of(self.splices.bytes(at)).singular(1);
        let id = identity(Identity::EMPTY, resource, 1);
        for field in self.splices.fields(at).filter(|it| it.number == 2) {
            self.message(at, &field, |walk, at| walk.scope(at, id));
        }
    }

    fn scope(&mut self, at: &Range<usize>, id: Identity) {
        let scope = Message::of(self.splices.bytes(at)).singular(1).unwrap_or(Message::of(&[]));
        let id = id.with(scope.bytes(1)).with(scope.bytes(2));
        let id = identity(id, Some(scope), 3);
        for field in self.splices.fields(at).filter(|it| it.number == 2) {
            let mark = self.splices.mark();
            let mut left = 1;
            self.message(at, &field, |walk, at| left = walk.metric(at, id));
            if left == 0 {
                self.splices.reset(mark);
                self.splices.remove(at.start + field.start..at.start + field.end);
            }
        }
    }

    /// Converts a metric and returns how many points are left, or more than none where nothing
    /// had to be converted.
    fn metric(&mut self, at: &Range<usize>, id: Identity) -> usize {
        let metric = Metric::read(Message::of(self.splices.bytes(at)));
        let (number, shape) = match metric.data() {
            Some(Data::Sum(it)) if it.is_monotonic() && is_cumulative(it.temporality()) => {
                (7, &SUM)
            }
            Some(Data::Histogram(it)) if is_cumulative(it.temporality()) => (9, &HISTOGRAM),
            Some(Data::ExponentialHistogram(it)) if is_cumulative(it.temporality()) => {
                (10, &EXPONENTIAL)
            }
            _ => return 1,
        };
        let id = id.with(metric.name().as_bytes()).with(metric.unit().as_bytes()).with(&[number]);
        let mut kept = 0;
        for field in self.splices.fields(at).filter(|it| it.number == u32::from(number)) {
            self.message(at, &field, |walk, at| kept += walk.data(at, id, shape));
        }
        kept
    }

    fn data(&mut self, at: &Range<usize>, id: Identity, shape: &Shape) -> usize {
        let mut kept = 0;
        for field in self.splices.fields(at) {
            let whole = at.start + field.start..at.start + field.end;
            match field.number {
                1 => {
                    let Wire::Bytes(point) = field.value else { continue };
                    match self.point(point, id, shape) {
                        Some(delta) => {
                            kept += 1;
                            self.message(at, &field, |walk, at| walk.write(at, shape, &delta));
                        }
                        None => self.splices.remove(whole),
                    }
                }
                2 => self.splices.remove(whole),
                _ => {}
            }
        }
        // the temporality
        self.splices.add_written(at.end, |out| {
            encode::key(out, 2, 0);
            encode::varint(out, 1);
        });
        kept
    }

    fn point(&mut self, point: &[u8], id: Identity, shape: &Shape) -> Option<Delta> {
        let Read { start, time, value } = (shape.read)(Message::of(point));
        if value.as_ref().is_some_and(Option::is_none) {
            self.left.shape += 1;
            return None;
        }
        let id = id.with_attributes(point, shape.attributes).with(&start.to_le_bytes()).finish();
        let point = Point { id, start, time, value: value.flatten() };
        self.converter.take(point, self.now, &mut self.left)
    }

    fn write(&mut self, at: &Range<usize>, shape: &Shape, delta: &Delta) {
        for field in self.splices.fields(at).filter(|it| shape.replaced.contains(&it.number)) {
            self.splices.remove(at.start + field.start..at.start + field.end);
        }
        self.splices.add_written(at.end, |out| {
            fixed64(out, 2, delta.start);
            (shape.write)(out, &delta.value);
        });
    }

    fn message(
        &mut self,
        at: &Range<usize>,
        field: &Field<'a>,
        inside: impl FnOnce(&mut Self, &Range<usize>),
    ) {
        let Some((open, content)) = self.splices.open_field(at, field) else { return };
        inside(self, &content);
        self.splices.close(open);
    }
}

fn is_cumulative(temporality: Temporality) -> bool {
    temporality == Temporality::Cumulative
}

/// Adds the attributes of a resource or scope, which may lie in several parts.
fn identity(id: Identity, message: Option<Message<'_>>, attributes: u32) -> Identity {
    let mut fields = Vec::new();
    for field in message.iter().flat_map(Message::fields) {
        if let Wire::Bytes(pair) = field.value
            && field.number == attributes
        {
            encode::header(&mut fields, attributes, pair.len());
            fields.extend_from_slice(pair);
        }
    }
    id.with_attributes(&fields, attributes)
}

fn number(message: Message<'_>) -> Read {
    let point = NumberPoint::read(message);
    let value = point.value().filter(|_| !point.has_no_recorded_value()).and_then(Value::number);
    let (start, time) = (point.start_time_unix_nano(), point.time_unix_nano());
    Read { start, time, value: value.map(Some) }
}

fn histogram(message: Message<'_>) -> Read {
    let point = HistogramPoint::read(message);
    let value =
        (!point.has_no_recorded_value()).then(|| Histogram::read(&point).map(Value::Histogram));
    Read { start: point.start_time_unix_nano(), time: point.time_unix_nano(), value }
}

fn exponential(message: Message<'_>) -> Read {
    let point = ExponentialPoint::read(message);
    let value =
        (!point.has_no_recorded_value()).then(|| Exponential::read(&point).map(Value::Exponential));
    Read { start: point.start_time_unix_nano(), time: point.time_unix_nano(), value }
}

fn fixed64(out: &mut Vec<u8>, number: u32, bits: u64) {
    encode::key(out, number, 1);
    out.extend_from_slice(&bits.to_le_bytes());
}

fn write_number(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Int(value) => fixed64(out, 6, value.cast_unsigned()),
        Value::Double(bits) => fixed64(out, 4, *bits),
        Value::Histogram(_) | Value::Exponential(_) => {}
    }
}

fn write_histogram(out: &mut Vec<u8>, value: &Value) {
    let Value::Histogram(Histogram { count, sum, counts, .. }) = value else { return };
    fixed64(out, 4, *count);
    sum.iter().for_each(|bits| fixed64(out, 5, *bits));
    encode::header(out, 6, counts.len() * 8);
    counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
}

fn write_exponential(out: &mut Vec<u8>, value: &Value) {
    let Value::Exponential(value) = value else { return };
    fixed64(out, 4, value.count);
    value.sum.iter().for_each(|bits| fixed64(out, 5, *bits));
    encode::key(out, 6, 0);
    encode::varint(out, zigzag(value.scale));
    fixed64(out, 7, value.zero_count);
    for (number, Counts { offset, counts }) in [(8, &value.positive), (9, &value.negative)] {
        let mut buckets = Vec::with_capacity(counts.len() + 16);
        encode::key(&mut buckets, 1, 0);
        encode::varint(&mut buckets, zigzag(*offset));
        let length = counts.iter().map(|it| encode::varint_size(*it)).sum();
        encode::header(&mut buckets, 2, length);
        counts.iter().for_each(|it| encode::varint(&mut buckets, *it));
        encode::header(out, number, buckets.len());
        out.append(&mut buckets);
    }
}

fn zigzag(value: i32) -> u64 {
    u64::from((value.wrapping_shl(1) ^ (value >> 31)).cast_unsigned())
}
