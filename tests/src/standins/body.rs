//! Media types and content codings of request bodies.

use std::io::Read;

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// How a request body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Not at all.
    Identity,
    /// `gzip`.
    Gzip,
    /// `deflate`, which is the zlib format.
    Deflate,
    /// `zstd`.
    Zstd,
}

/// Why a body could not be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// It is larger than the limit once decompressed.
    TooLarge,
    /// It is not what `Content-Encoding` says.
    Broken(String),
}

/// Reads `Content-Encoding`; the error is the coding that nobody knows.
pub(crate) fn coding(headers: &HeaderMap) -> Result<Coding, String> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Coding::Identity);
    };
    let value = value.to_str().unwrap_or("?").to_ascii_lowercase();
    match value.as_str() {
        "identity" => Ok(Coding::Identity),
        "gzip" => Ok(Coding::Gzip),
        "deflate" => Ok(Coding::Deflate),
        "zstd" => Ok(Coding::Zstd),
        _ => Err(value),
    }
}

/// Reads the media type of `Content-Type`: lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media = value.split(';').next().unwrap_or(value).trim();
    Some(media.to_ascii_lowercase())
}

/// Decompresses `body` to at most `limit` bytes.
pub(crate) fn inflate(coding: Coding, body: &Bytes, limit: usize) -> Result<Bytes, InflateError> {
    match coding {
        Coding::Identity if body.len() > limit => Err(InflateError::TooLarge),
        Coding::Identity => Ok(body.clone()),
        Coding::Gzip => read_capped(MultiGzDecoder::new(body.as_ref()), limit),
        Coding::Deflate => read_capped(ZlibDecoder::new(body.as_ref()), limit),
        Coding::Zstd => match zstd::stream::read::Decoder::new(body.as_ref()) {
            Ok(decoder) => read_capped(decoder, limit),
            Err(error) => Err(InflateError::Broken(error.to_string())),
        },
    }
}

fn read_capped(reader: impl Read, limit: usize) -> Result<Bytes, InflateError> {
    let mut plain = Vec::new();
    let cap = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader
        .take(cap)
        .read_to_end(&mut plain)
        .map_err(|error| InflateError::Broken(error.to_string()))?;
    if plain.len() > limit {
        return Err(InflateError::TooLarge);
    }
    Ok(plain.into())
}
