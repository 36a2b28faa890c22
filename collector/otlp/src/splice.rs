//! The places where a request changes, in order, and the request with the changes in.

use std::ops::Range;

use bytes::Bytes;

use crate::common::Pair;
use crate::encode;
use crate::rewrite::{Attribute, Digest, digits};
use crate::wire::{Field, Fields, Value};

/// How many bytes 32 hex digits take as an `AnyValue`.
const DIGITS: usize = 34;

/// What takes the place of bytes.
enum Insert<'e> {
    Nothing,
    /// What precedes the bytes of a field.
    Header {
        number: u32,
        length: usize,
    },
    /// An attribute as a field.
    Attribute {
        number: u32,
        attribute: &'e Attribute,
    },
    /// Whole fields.
    Fields(&'e [u8]),
    /// The attribute that lies at `pair`, with its value hashed, as a field.
    Hashed {
        number: u32,
        pair: Range<usize>,
        key: usize,
        digest: &'e Digest,
    },
    /// What was written beside the request.
    Written(Range<usize>),
}

impl Insert<'_> {
    fn size(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Header { number, length } => encode::header_size(*number, *length),
            Self::Attribute { number, attribute } => {
                encode::varint_size(u64::from(number << 3)) + attribute.encoded().len()
            }
            Self::Fields(fields) => fields.len(),
            Self::Hashed { number, key, .. } => {
                let pair = hashed_size(*key);
                encode::header_size(*number, pair) + pair
            }
            Self::Written(written) => written.len(),
        }
    }
}

/// Returns how many bytes a hashed attribute takes, given those of its key.
fn hashed_size(key: usize) -> usize {
    encode::header_size(1, key) + key + encode::header_size(2, DIGITS) + DIGITS
}

/// One place where a request changes.
struct Splice<'e> {
    at: usize,
    skip: usize,
    insert: Insert<'e>,
}

/// A message whose header may have to be written anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    place: usize,
    number: u32,
    /// Length of its content as it is.
    length: usize,
    /// How much the request had grown before its content.
    grown: isize,
}

/// All places where a request changes, in order.
pub(crate) struct Splices<'a, 'e> {
    request: &'a [u8],
    list: Vec<Splice<'e>>,
    written: Vec<u8>,
    grown: isize,
}

/// A point to which the list can be taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    places: usize,
    grown: isize,
}

impl<'a, 'e> Splices<'a, 'e> {
    pub(crate) fn new(request: &'a [u8]) -> Self {
        Self { request, list: Vec::new(), written: Vec::new(), grown: 0 }
    }

    /// Returns how many bytes the request has.
    pub(crate) fn len(&self) -> usize {
        self.request.len()
    }

    /// Iterates over the fields of the message that lies at the range.
    pub(crate) fn fields(
        &self,
        at: &Range<usize>,
    ) -> impl Iterator<Item = Field<'a>> + use<'a, 'e> {
        Fields::new(self.bytes(at)).map_while(Result::ok)
    }

    /// Returns the bytes at the range.
    pub(crate) fn bytes(&self, at: &Range<usize>) -> &'a [u8] {
        self.request.get(at.clone()).unwrap_or_default()
    }

    fn push(&mut self, at: usize, skip: usize, insert: Insert<'e>) {
        self.grown += insert.size().cast_signed() - skip.cast_signed();
        self.list.push(Splice { at, skip, insert });
    }

    /// Removes a field.
    pub(crate) fn remove(&mut self, field: Range<usize>) {
        self.push(field.start, field.len(), Insert::Nothing);
    }

    /// Adds an attribute as a field.
    pub(crate) fn add(&mut self, at: usize, number: u32, attribute: &'e Attribute) {
        self.push(at, 0, Insert::Attribute { number, attribute });
    }

    /// Adds whole fields.
    pub(crate) fn add_fields(&mut self, at: usize, fields: &'e [u8]) {
        self.push(at, 0, Insert::Fields(fields));
    }

    /// Hashes the value of the attribute that lies at `pair`, in a field.
    pub(crate) fn hash(
        &mut self,
        field: Range<usize>,
        number: u32,
        (pair, key): (Range<usize>, usize),
        digest: &'e Digest,
    ) {
        let (at, skip) = (field.start, field.len());
        self.push(at, skip, Insert::Hashed { number, pair, key, digest });
    }

    /// Adds what is written.
    pub(crate) fn add_written(&mut self, at: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let from = self.written.len();
        write(&mut self.written);
        self.push(at, 0, Insert::Written(from..self.written.len()));
    }

    /// Begins the message in a field of the message that lies at the range, and returns where its
    /// content lies; `None` when the field is none that holds a message.
    pub(crate) fn open_field(
        &mut self,
        at: &Range<usize>,
        field: &Field<'a>,
    ) -> Option<(Open, Range<usize>)> {
        let Value::Bytes(bytes) = field.value else { return None };
        let content = at.start + field.end - bytes.len()..at.start + field.end;
        let open = self.open(field.number, at.start + field.start..content.start, bytes.len());
        Some((open, content))
    }

    /// Notes how far the list has come.
    pub(crate) fn mark(&self) -> Mark {
        Mark { places: self.list.len(), grown: self.grown }
    }

    /// Forgets all that was added since.
    pub(crate) fn reset(&mut self, mark: Mark) {
        self.list.truncate(mark.places);
        self.grown = mark.grown;
    }

    /// Begins a message that lies in a field; `header` is all before its content.
    pub(crate) fn open(&mut self, number: u32, header: Range<usize>, length: usize) -> Open {
        let place = self.list.len();
        // the length is not known yet, so that it does not count yet
        let insert = Insert::Header { number, length: 0 };
        self.list.push(Splice { at: header.start, skip: header.len(), insert });
        Open { place, number, length, grown: self.grown }
    }

    /// Ends a message; where nothing in it changed its header stays as it is.
    pub(crate) fn close(&mut self, open: Open) {
        let Open { place, number, length, grown } = open;
        if self.list.len() == place + 1 {
            self.list.pop();
        } else if let Some(splice) = self.list.get_mut(place) {
            let length = length.saturating_add_signed(self.grown - grown);
            splice.insert = Insert::Header { number, length };
            self.grown += splice.insert.size().cast_signed() - splice.skip.cast_signed();
        }
    }

    /// Writes the request; `None` when nothing changes.
    pub(crate) fn write(&self) -> Option<Bytes> {
        if self.list.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(self.request.len().saturating_add_signed(self.grown));
        let mut from = 0;
        for Splice { at, skip, insert } in &self.list {
            out.extend_from_slice(self.bytes(&(from..*at)));
            from = at + skip;
            match insert {
                Insert::Nothing => {}
                Insert::Header { number, length } => encode::header(&mut out, *number, *length),
                Insert::Attribute { number, attribute } => {
                    encode::key(&mut out, *number, 2);
                    out.extend_from_slice(attribute.encoded());
                }
                Insert::Fields(fields) => out.extend_from_slice(fields),
                Insert::Hashed { number, pair, digest, .. } => {
                    hashed(&mut out, *number, &Pair::read(self.bytes(pair)), digest);
                }
                Insert::Written(written) => {
                    out.extend_from_slice(self.written.get(written.clone()).unwrap_or_default());
                }
            }
        }
        out.extend_from_slice(self.bytes(&(from..self.request.len())));
        Some(out.into())
    }
}

fn hashed(out: &mut Vec<u8>, number: u32, pair: &Pair<'_>, digest: &Digest) {
    encode::header(out, number, hashed_size(pair.key.len()));
    encode::header(out, 1, pair.key.len());
    out.extend_from_slice(pair.key);
    encode::header(out, 2, DIGITS);
    encode::header(out, 1, 32);
    out.extend_from_slice(&digits(digest, &pair.value()));
}
