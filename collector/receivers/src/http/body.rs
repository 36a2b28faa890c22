//! Reads a body, decompresses it, and makes checked protobuf of it; never beyond what is allowed.

use std::io::Read;

use bellwether_core::ingest::Signal;
use bellwether_otlp::{json, validate};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body::Body;
use http_body_util::BodyExt;

use super::answer::{Format, Refused};
use super::service::RETRY_AFTER;
use crate::admission::Hold;

/// Largest window that a zstd frame may ask for: what RFC 9659 allows over HTTP, 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How much is read or decompressed before it is counted again.
const STEP: u64 = 64 << 10;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// Finds it in the headers of a request; `None` when it is another one, or several.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let Some(value) = values.next() else { return Some(Self::Identity) };
        if values.next().is_some() {
            return None;
        }
        match value.to_str().ok()?.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What a body claims to be, and what it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) signal: Signal,
    pub(super) format: Format,
    pub(super) coding: Coding,
    /// Most bytes of the body: as it comes, decompressed, and translated.
    pub(super) max: usize,
}

/// Reads a body of at most `max` bytes, as it comes.
pub(super) async fn read<B>(body: &mut B, max: usize, hold: &mut Hold) -> Result<Vec<u8>, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        // The sender went away or broke the framing; nobody may be there to read this.
        let frame = frame.map_err(|_| Refused::Malformed("the body ends early".to_owned()))?;
        let Ok(data) = frame.into_data() else { continue };
        extend(&mut whole, &data, 0, max, hold)?;
    }
    Ok(whole)
}

/// Makes protobuf of a body, decompressed and checked. Takes its time with a large one.
pub(super) fn prepare(claim: Claim, body: Vec<u8>, hold: &mut Hold) -> Result<Bytes, Refused> {
    let plain = match claim.coding {
        Coding::Identity => body,
        Coding::Gzip => unpack(flate2::bufread::MultiGzDecoder::new(&*body), &body, claim, hold)?,
        Coding::Zstd => {
            let broken = |error: std::io::Error| broken(&error, 0);
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&*body).map_err(broken)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(broken)?;
            unpack(decoder, &body, claim, hold)?
        }
    };
    hold.shrink_to(plain.len() as u64);
    let request = match claim.format {
        Format::Protobuf => plain,
        Format::Json => translate(&plain, claim, hold)?,
    };
    hold.shrink_to(request.len() as u64);
    let checked = match claim.signal {
        Signal::Traces => validate::traces(&request),
        Signal::Metrics => validate::metrics(&request),
        Signal::Logs => validate::logs(&request),
    };
    checked.map_err(|why| Refused::Malformed(why.to_string()))?;
    Ok(Bytes::from(request))
}

fn unpack(
    mut decoder: impl Read,
    packed: &[u8],
    claim: Claim,
    hold: &mut Hold,
) -> Result<Vec<u8>, Refused> {
    let mut plain = Vec::new();
    let mut step = vec![0; usize::try_from(STEP).unwrap_or_default()];
    if packed.is_empty() {
        return Ok(plain);
    }
    loop {
        let read = decoder.read(&mut step).map_err(|error| broken(&error, plain.len()))?;
        match step.get(..read) {
            Some(more) if !more.is_empty() => {
                extend(&mut plain, more, packed.len(), claim.max, hold)?;
            }
            _ => return Ok(plain),
        }
    }
}

fn broken(error: &std::io::Error, after: usize) -> Refused {
    Refused::Malformed(format!("broken compression at byte {after} of what it holds: {error}"))
}

/// Appends to a buffer of at most `max` bytes that lies in memory beside `others` bytes.
fn extend(
    whole: &mut Vec<u8>,
    more: &[u8],
    others: usize,
    max: usize,
    hold: &mut Hold,
) -> Result<(), Refused> {
    let length = whole.len().saturating_add(more.len());
    if length > max {
        return Err(Refused::TooLarge(max));
    }
    // Counted in steps, so that small pieces do not each go to the shared count.
    let needed = (length.saturating_add(others) as u64).next_multiple_of(STEP);
    if !hold.cover(needed) {
        return Err(Refused::Overloaded(RETRY_AFTER));
    }
    whole.extend_from_slice(more);
    Ok(())
}

/// Translates JSON. Protobuf is shorter but for long lists of short numbers: up to four times
/// the JSON, for which more room is asked when it comes to that.
fn translate(json: &[u8], claim: Claim, hold: &mut Hold) -> Result<Vec<u8>, Refused> {
    let mut limit = json.len().min(claim.max);
    loop {
        if !hold.cover(json.len().saturating_add(limit) as u64) {
            return Err(Refused::Overloaded(RETRY_AFTER));
        }
        let translated = match claim.signal {
            Signal::Traces => json::traces(json, limit),
            Signal::Metrics => json::metrics(json, limit),
            Signal::Logs => json::logs(json, limit),
        };
        match translated {
            Ok(request) => return Ok(request),
            Err(json::Error::TooLarge { .. }) if limit < claim.max => {
                limit = limit.saturating_mul(4).min(claim.max);
            }
            Err(json::Error::TooLarge { .. }) => return Err(Refused::TooLarge(claim.max)),
            Err(why) => return Err(Refused::Malformed(why.to_string())),
        }
    }
}
