//! How what survives a restart is written down: records one after the other, packed, in parts of
//! which none is huge.

use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, get_frame_content_size};

/// Which records there are, and how each is laid out. It has to rise when any of that changes:
/// what another version wrote is forgotten, and not misread.
const VERSION: u8 = 1;

/// How hard it is packed: the quickest.
const LEVEL: i32 = 1;

/// A part that holds so many bytes is full.
const PART: usize = 1 << 20;

/// More bytes are never unpacked of one body: nobody writes as many.
const MOST: u64 = 64 << 20;

/// Appends a record.
pub(crate) fn write(record: &impl Serialize, to: &mut Vec<u8>) {
    let length = to.len();
    if postcard::serialize_with_flavor(record, End(to)).is_err() {
        to.truncate(length);
    }
}

/// The end of some bytes, where records are added.
struct End<'a>(&'a mut Vec<u8>);

impl Flavor for End<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Reads records in the order in which they were written.
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Reads the next record; nothing when there is none of this kind.
    pub(crate) fn next<T: Deserialize<'b>>(&mut self) -> Option<T> {
        let (record, rest) = postcard::take_from_bytes(self.0).ok()?;
        self.0 = rest;
        Some(record)
    }
}

/// Bytes that are written and read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(from).map(Self)
    }
}

/// Packs bodies of snapshots.
pub(crate) struct Packer(Compressor<'static>);

impl Packer {
    /// Makes one, unless there is no memory for it.
    pub(crate) fn new() -> Option<Self> {
        let mut compressor = Compressor::new(LEVEL).ok()?;
        // so that damage is found, and what was damaged is left out whole
        compressor.set_parameter(CParameter::ChecksumFlag(true)).ok()?;
        Some(Self(compressor))
    }

    /// Packs records.
    pub(crate) fn pack(&mut self, records: &[u8]) -> Option<Vec<u8>> {
        let packed = self.0.compress(records).ok()?;
        let mut body = Vec::with_capacity(packed.len() + 1);
        body.push(VERSION);
        body.extend_from_slice(&packed);
        Some(body)
    }
}

/// Unpacks records; nothing when the body is damaged, or of another version.
pub(crate) fn unpack(body: Option<&[u8]>) -> Option<Vec<u8>> {
    let (version, packed) = body?.split_first()?;
    let length = get_frame_content_size(packed).ok()?.filter(|it| *it <= MOST)?;
    let length = usize::try_from(length).ok()?;
    let records = zstd::bulk::decompress(packed, length).ok();
    records.filter(|_| *version == VERSION)
}

/// Writes many records of a kind into as many snapshots as they need.
pub(crate) struct Parts<'p> {
    packer: &'p mut Packer,
    prefix: String,
    at: Timestamp,
    records: Vec<u8>,
    parts: Vec<Snapshot>,
}

impl<'p> Parts<'p> {
    /// Begins with none; the names of snapshots begin with the prefix.
    pub(crate) fn new(packer: &'p mut Packer, prefix: String, at: Timestamp) -> Self {
        Self { packer, prefix, at, records: Vec::new(), parts: Vec::new() }
    }

    /// Adds a record.
    pub(crate) fn put(&mut self, record: &impl Serialize) {
        write(record, &mut self.records);
        if self.records.len() >= PART {
            self.end();
        }
    }

    fn end(&mut self) {
        let name = format!("{}{}", self.prefix, self.parts.len());
        let body = self.packer.pack(&self.records);
        self.parts.extend(body.map(|body| Snapshot { name, at: self.at, body: Some(body.into()) }));
        self.records.clear();
    }

    /// Returns the parts.
    pub(crate) fn finish(mut self) -> Vec<Snapshot> {
        if !self.records.is_empty() {
            self.end();
        }
        self.parts
    }
}

#[cfg(test)]
mod tests;
