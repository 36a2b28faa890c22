//! Reads a body and makes checked protobuf of it; never beyond what is allowed.

use bellwether_core::ingest::Signal;
use bellwether_otlp::json;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;

use super::answer::Format;
use crate::admission::Hold;
use crate::body::{Body, Coding};
use crate::check::{check, work};
use crate::refused::Refused;

/// What a body claims to be, and what it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) signal: Signal,
    pub(super) format: Format,
    pub(super) coding: Coding,
    /// How many bytes the sender says will come.
    pub(super) length: Option<usize>,
    /// Most bytes of the body: as it comes, decompressed, and translated.
    pub(super) max: usize,
}

/// Finds in the headers of a request how it is compressed; `None` when that is unknown, or when
/// it is several ways.
pub(super) fn coding(headers: &HeaderMap) -> Option<Coding> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let Some(value) = values.next() else { return Some(Coding::Identity) };
    Coding::named(value.as_bytes().trim_ascii()).filter(|_| values.next().is_none())
}

/// Finds in the headers of a request how many bytes it says that it has.
pub(super) fn length(headers: &HeaderMap) -> Option<usize> {
    let length: u64 = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// Reads a body and makes protobuf of it, decompressed and checked.
pub(super) async fn read<B>(
    claim: Claim,
    body: &mut B,
    hold: Hold,
) -> Result<(Bytes, Hold), Refused>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let mut whole = Body::new(claim.coding, claim.length, claim.max, hold)?;
    while let Some(frame) = body.frame().await {
        // The sender went away or broke the framing; nobody may be there to read this.
        let frame = frame.map_err(|_| Refused::Broken("the body ends early".to_owned()))?;
        let Ok(piece) = frame.into_data() else { continue };
        whole.push(piece)?;
    }
    let (plain, hold) = whole.finish()?;
    work(plain.len(), hold, move |hold| {
        let request = match claim.format {
            Format::Protobuf => plain,
            Format::Json => {
                let request = translate(&plain, claim, hold)?;
                drop(plain);
                hold.shrink_to(request.capacity() as u64);
                request.into()
            }
        };
        check(claim.signal, request)
    })
    .await
}

/// Translates JSON. Protobuf is shorter but for long lists of short numbers: up to four times
/// the JSON, for which more room is asked when it comes to that.
fn translate(json: &[u8], claim: Claim, hold: &mut Hold) -> Result<Vec<u8>, Refused> {
    let mut limit = json.len().min(claim.max);
    loop {
        hold.cover(json.len().saturating_add(limit) as u64)?;
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
