//! A request as bytes, of which copies with fresh ids and times cost little more than a copy.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;

use crate::wire;

/// Bytes that gRPC puts before a message.
pub const PREFIX: usize = 5;

/// Field numbers of a span.
const TRACE_ID: u32 = 1;
const START: u32 = 7;
const END: u32 = 8;

/// Where in the request one span says who it is and when it was.
#[derive(Clone, Copy, Debug)]
struct Place {
    trace_id: usize,
    start: usize,
    end: usize,
    /// How long before the request the span ended.
    age: u64,
    duration: u64,
}

/// A request, with room for gRPC's prefix before it.
#[derive(Clone, Debug)]
pub struct Template {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The prefix that gRPC wants, and the body.
    pub framed: Bytes,
    /// How many spans it holds.
    pub spans: u64,
    /// Its number, which is in the first half of every trace id.
    pub number: u64,
}

impl Template {
    /// Takes a serialized `ExportTraceServiceRequest` whose times are offsets: spans start at an
    /// age before the request and end after their duration, both in nanoseconds.
    ///
    /// Returns nothing when the bytes are no such message.
    pub fn new(body: &[u8], ages: &[(u64, u64)]) -> Option<Self> {
        let mut bytes = vec![0; PREFIX];
        bytes.extend_from_slice(body);
        let mut places = Vec::new();
        let mut ages = ages.iter().copied();
        let mut complete = true;
        wire::spans(body, |span| {
            let place = (|| {
                let of = |number| Some(wire::field(body, span.clone(), number)?.start + PREFIX);
                let (age, duration) = ages.next()?;
                Some(Place {
                    trace_id: of(TRACE_ID)?,
                    start: of(START)?,
                    end: of(END)?,
                    age,
                    duration,
                })
            })();
            complete &= place.is_some();
            places.extend(place);
        })?;
        complete.then_some(Self { bytes, places })
    }

    /// Returns how many bytes the body has.
    pub fn len(&self) -> usize {
        self.bytes.len() - PREFIX
    }

    /// Says whether the request holds nothing.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns how many spans the request holds.
    pub fn spans(&self) -> u64 {
        self.places.len() as u64
    }

    /// Returns a copy with a number of its own and with spans that just ended.
    pub fn fresh(&self, number: u64, now: u64) -> Ready {
        let mut bytes = self.renewed(number, now);
        frame(&mut bytes, false);
        Ready { framed: bytes.into(), spans: self.spans(), number }
    }

    /// Returns the same, compressed with gzip at its fastest, as SDKs do.
    ///
    /// # Errors
    /// Never, in memory.
    pub fn packed(&self, number: u64, now: u64) -> std::io::Result<Ready> {
        let bytes = self.renewed(number, now);
        let body = bytes.get(PREFIX..).unwrap_or_default();
        let mut encoder = GzEncoder::new(vec![0; PREFIX], Level::fast());
        encoder.write_all(body)?;
        let mut packed = encoder.finish()?;
        frame(&mut packed, true);
        Ok(Ready { framed: packed.into(), spans: self.spans(), number })
    }

    fn renewed(&self, number: u64, now: u64) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for place in &self.places {
            let end = now.saturating_sub(place.age);
            put(&mut bytes, place.trace_id, number.to_be_bytes());
            put(&mut bytes, place.start, end.saturating_sub(place.duration).to_le_bytes());
            put(&mut bytes, place.end, end.to_le_bytes());
        }
        bytes
    }
}

impl Ready {
    /// Returns the body without gRPC's prefix.
    pub fn body(&self) -> Bytes {
        self.framed.slice(PREFIX..)
    }
}

/// Returns the number of the request that a span came with.
pub fn number(body: &[u8], span: std::ops::Range<usize>) -> Option<u64> {
    let id = wire::field(body, span, TRACE_ID)?;
    Some(u64::from_be_bytes(*body.get(id)?.first_chunk()?))
}

fn put(bytes: &mut [u8], at: usize, value: [u8; 8]) {
    if let Some(place) = bytes.get_mut(at..at + 8) {
        place.copy_from_slice(&value);
    }
}

fn frame(bytes: &mut [u8], packed: bool) {
    let length = u32::try_from(bytes.len() - PREFIX).unwrap_or(u32::MAX).to_be_bytes();
    if let Some(prefix) = bytes.first_chunk_mut::<PREFIX>() {
        let [a, b, c, d] = length;
        *prefix = [u8::from(packed), a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message;

    use crate::spans::{Shape, templates};

    const NOW: u64 = 1_700_000_000_000_000_000;

    #[test]
    fn a_copy_is_a_whole_request_with_its_number_and_times() {
        let template = &templates(Shape { spans: 100, ..Shape::default() }, 1)[0];
        let ready = template.fresh(7, NOW);
        let request = ExportTraceServiceRequest::decode(ready.body()).unwrap();
        let spans: Vec<_> = request
            .resource_spans
            .iter()
            .flat_map(|it| &it.scope_spans)
            .flat_map(|it| &it.spans)
            .collect();
        assert_eq!(spans.len(), 100);
        assert_eq!(ready.spans, 100);
        for span in spans {
            assert_eq!(span.trace_id[..8], 7u64.to_be_bytes());
            assert_eq!(span.trace_id.len(), 16);
            assert!(span.start_time_unix_nano < span.end_time_unix_nano);
            assert!((NOW - 2_000_000_000..=NOW).contains(&span.end_time_unix_nano));
        }
    }

    #[test]
    fn a_packed_copy_is_the_same_request() {
        let template = &templates(Shape { spans: 100, ..Shape::default() }, 1)[0];
        let packed = template.packed(7, NOW).unwrap();
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&packed.body()[..]).read_to_end(&mut body).unwrap();
        assert_eq!(body, template.fresh(7, NOW).body());
        assert!(packed.body().len() * 3 < body.len(), "{}", packed.body().len());
        assert_eq!(packed.framed[0], 1);
    }
}
