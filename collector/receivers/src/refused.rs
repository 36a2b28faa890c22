//! Why a request was not taken, whatever protocol it came over.

use std::time::Duration;

use bellwether_core::ingest::Refusal;

use crate::admission::NoRoom;

/// What a sender that found no room is told to wait.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The request has more bytes than this, plain or once decompressed or translated.
    TooLarge(usize),
    /// The request needs more bytes than this, which is all that requests may have in memory.
    TooLargeForAll(u64),
    /// The body is compressed or framed wrongly.
    Broken(String),
    /// The body is not what it says.
    Malformed(String),
    /// There is no room now.
    Overloaded(Duration),
    /// The answer, or the body, took too long.
    OutOfTime,
    /// The collector is about to stop.
    Stopping,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(why) => Self::Malformed(why),
            Refusal::Overloaded { retry_after } => Self::Overloaded(retry_after),
            Refusal::Stopping => Self::Stopping,
        }
    }
}

impl From<NoRoom> for Refused {
    fn from(why: NoRoom) -> Self {
        match why {
            NoRoom::Now => Self::Overloaded(RETRY_AFTER),
            NoRoom::Ever(all) => Self::TooLargeForAll(all),
        }
    }
}

impl Refused {
    /// Names it in a word, for counting.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::TooLargeForAll(_) => "too_large",
            Self::Broken(_) | Self::Malformed(_) => "malformed",
            Self::Overloaded(_) => "overloaded",
            Self::OutOfTime => "timeout",
            Self::Stopping => "stopping",
        }
    }

    /// Says it to the sender.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::TooLarge(most) => {
                format!("the request may have {most} bytes, also once decompressed")
            }
            Self::TooLargeForAll(all) => format!(
                "the request needs more than the {all} bytes that all requests may have at once"
            ),
            Self::Broken(why) | Self::Malformed(why) => {
                format!("malformed request, do not send it again: {why}")
            }
            Self::Overloaded(_) => "no room for this request now; send it again later".to_owned(),
            Self::OutOfTime => "the request took too long; send it again".to_owned(),
            Self::Stopping => "the collector is stopping; send it again".to_owned(),
        }
    }
}
