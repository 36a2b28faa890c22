//! Compresses bodies.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::Body;

/// Bodies above this are compressed off the runtime's threads.
const LARGE: usize = 32 << 10;

/// How bodies are compressed on their way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// gzip.
    #[default]
    Gzip,
    /// zstd: smaller than gzip, for a third of the work.
    Zstd,
    /// As it is.
    None,
}

impl Compression {
    /// Returns the name in HTTP and gRPC; absent when nothing is compressed.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::None => None,
        }
    }
}

/// A body as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its bytes.
    pub body: Body,
    /// How they are compressed.
    pub compression: Compression,
}

/// Compresses with gzip at its fastest level: vendors bill by what is inside, not by the wire.
pub(crate) fn gzip(body: &[u8]) -> io::Result<Bytes> {
    gzip_pieces(body.len(), &[Bytes::copy_from_slice(body)])
}

fn gzip_pieces(length: usize, pieces: &[Bytes]) -> io::Result<Bytes> {
    let packed = Vec::with_capacity(length / 4 + 64);
    let mut encoder = GzEncoder::new(packed, flate2::Compression::fast());
    pieces.iter().try_for_each(|piece| encoder.write_all(piece))?;
    encoder.finish().map(Bytes::from)
}

fn zstd_pieces(length: usize, pieces: &[Bytes]) -> io::Result<Bytes> {
    let packed = Vec::with_capacity(length / 4 + 64);
    let mut encoder = zstd::stream::write::Encoder::new(packed, 1)?;
    encoder.set_pledged_src_size(Some(length as u64))?;
    pieces.iter().try_for_each(|piece| encoder.write_all(piece))?;
    encoder.finish().map(Bytes::from)
}

fn pack(compression: Compression, body: &Body) -> io::Result<Body> {
    let (length, pieces) = (body.len(), body.pieces());
    Ok(match compression {
        Compression::Gzip => gzip_pieces(length, pieces)?.into(),
        Compression::Zstd => zstd_pieces(length, pieces)?.into(),
        Compression::None => body.clone(),
    })
}

/// Compresses a body, without holding up other tasks when it is large.
pub(crate) async fn packed(compression: Compression, body: Body) -> io::Result<Packed> {
    let body = if compression == Compression::None || body.len() <= LARGE {
        pack(compression, &body)?
    } else {
        let packing = tokio::task::spawn_blocking(move || pack(compression, &body));
        packing.await.map_err(io::Error::other)??
    };
    Ok(Packed { body, compression })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn what_is_packed_comes_out_as_it_was() {
        for size in [0, 1, 1_000, LARGE + 1] {
            let pieces = [vec![7; size], Vec::new(), (0..=255).collect()].map(Bytes::from);
            let body = Body::from_iter(pieces);
            let plain = body.to_bytes();
            for compression in [Compression::Gzip, Compression::Zstd, Compression::None] {
                let packed = packed(compression, body.clone()).await.unwrap().body.to_bytes();
                let mut unpacked = Vec::new();
                match compression {
                    Compression::Gzip => {
                        drop(flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked))
                    }
                    Compression::Zstd => unpacked = zstd::stream::decode_all(&packed[..]).unwrap(),
                    Compression::None => unpacked = packed.to_vec(),
                }
                assert!(unpacked == plain, "{compression:?} {size}");
            }
        }
    }
}
