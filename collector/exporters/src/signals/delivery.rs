//! One call: compresses what is sent, makes the call, brings back what came of it.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::queue::{NotKept, Note, Queue};
use tokio::time::Instant;

use super::SignalVendor;
use super::pack::packed;
use super::parcel::Parcel;
use crate::call::{Answer, Call};
use crate::link::{Caller, probed};

/// How long a disk that fails is left alone.
const KEEP_AGAIN: Duration = Duration::from_secs(1);

/// What came back.
pub(super) enum Came {
    /// Whether the answer to a probe shows that our key is taken.
    Probe(bool),
    /// A parcel, with what came of it.
    Parcel(Box<Returned>),
    /// Notes, which were kept or not.
    Kept(Result<(), NotKept>),
}

/// A parcel that is back.
pub(super) struct Returned {
    pub(super) parcel: Parcel,
    pub(super) left_at: Instant,
    pub(super) sent: Sent,
}

/// What came of a parcel.
pub(super) enum Sent {
    /// The destination answered.
    Answer(Box<Answer>),
    /// It did not; whether it took the parcel is not known.
    NoAnswer(String),
    /// It was not asked, since it takes no parcel as large as that.
    TooLarge {
        why: String,
        /// How many bytes would fit, before they are compressed.
        fits: usize,
    },
    /// It was not asked, since the parcel could not be compressed.
    Unpacked(String),
}

/// Sends a parcel.
pub(super) async fn send(
    vendor: Arc<dyn SignalVendor>,
    caller: Caller,
    mut parcel: Parcel,
    left_at: Instant,
) -> Came {
    parcel.since.get_or_insert(left_at);
    let sent = match prepare(vendor.as_ref(), &mut parcel).await {
        Ok(call) => match caller.call(call).await {
            Ok(answer) => Sent::Answer(Box::new(answer)),
            Err(why) => Sent::NoAnswer(why),
        },
        Err(unsent) => unsent,
    };
    Came::Parcel(Box::new(Returned { parcel, left_at, sent }))
}

/// Asks whether our key is taken.
pub(super) async fn ask(caller: Caller, call: Call) -> Came {
    Came::Probe(probed(&caller.call(call).await))
}

/// Keeps notes of what was sent. What fails may be tried again as soon as it is told.
pub(super) async fn keep(queue: Arc<dyn Queue>, notes: Vec<Note>, anew: bool) -> Came {
    let kept = queue.keep(notes, anew).await;
    if kept.is_err() {
        tokio::time::sleep(KEEP_AGAIN).await;
    }
    Came::Kept(kept)
}

/// Compresses a parcel, once for all tries, and renders its call.
async fn prepare(vendor: &dyn SignalVendor, parcel: &mut Parcel) -> Result<Call, Sent> {
    let limit = vendor.limit(parcel.signal);
    let ready = match parcel.packed.take() {
        Some(ready) => ready,
        None => {
            let plain = parcel.bytes();
            within(plain, limit.plain, limit.plain)?;
            let packing = packed(vendor.compression(), parcel.body());
            let ready = packing.await.map_err(|error| Sent::Unpacked(error.to_string()))?;
            // parts that compress as well as the whole, with a tenth to spare
            let size = ready.body.len();
            let fits = plain as f64 * limit.packed as f64 / size as f64 * 0.9;
            within(size, limit.packed, fits as usize)?;
            ready
        }
    };
    parcel.packed = Some(ready.clone());
    Ok(vendor.call(parcel.signal, ready))
}

fn within(size: usize, most: usize, fits: usize) -> Result<(), Sent> {
    if size <= most {
        return Ok(());
    }
    let why = format!("{size} bytes are more than the {most} that the destination takes");
    Err(Sent::TooLarge { why, fits })
}
