//! What an answer means, and when to try again.

use std::time::Duration;

use bellwether_core::time::Timestamp;

use crate::call::Answer;

/// The longest wait that a destination may ask for; a longer one is cut to this.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// When a destination wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this long.
    In(Duration),
    /// Not before this.
    At(Timestamp),
}

impl RetryAfter {
    /// Reads seconds or an HTTP-date; absent when the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Self::In(Duration::from_secs(seconds)));
        }
        let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        i64::try_from(at.as_nanosecond()).ok().map(|nanos| Self::At(Timestamp::from_nanos(nanos)))
    }

    /// Returns how long to wait from `now`, at most an hour.
    pub fn wait(self, now: Timestamp) -> Duration {
        match self {
            Self::In(wait) => wait.min(MAX_WAIT),
            Self::At(at) => at.since(now).min(MAX_WAIT),
        }
    }
}

/// What an answer means for what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Accepted,
    /// It may be taken later.
    Retry {
        /// When the destination wants to be asked again, if it said so.
        after: Option<RetryAfter>,
        /// Why, for people; not yet redacted.
        why: String,
    },
    /// It will never be taken.
    Reject {
        /// Why, for people; not yet redacted.
        why: String,
    },
    /// It will never be taken as it is, since it is too large; smaller parts may be.
    TooLarge {
        /// Why, for people; not yet redacted.
        why: String,
    },
    /// Nothing will be taken until somebody mends the key or the account.
    Pause {
        /// Why, for people; not yet redacted.
        why: String,
    },
}

/// Judges an answer by its status: 2xx is accepted, 401 and 403 pause, 413 is too large, what
/// `retryable` names is tried again, everything else is rejected.
pub fn by_status(answer: &Answer, retryable: fn(u16) -> bool) -> Verdict {
    let why = || answer.explain();
    match answer.status {
        200..=299 => Verdict::Accepted,
        401 | 403 => Verdict::Pause { why: why() },
        413 => Verdict::TooLarge { why: why() },
        status if retryable(status) => Verdict::Retry { after: answer.retry_after(), why: why() },
        _ => Verdict::Reject { why: why() },
    }
}

/// Says what the OTLP specification lets a client send again: 429, 502, 503, 504.
pub fn otlp_retryable(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

/// Says what vendors' own APIs let a client send again: 408, 429 and 5xx.
pub fn api_retryable(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_secs(1_795_428_131);
        for (text, wait) in [
            ("2", Some(2)),
            (" 0 ", Some(0)),
            ("86400", Some(3600)),
            ("Mon, 23 Nov 2026 10:02:21 GMT", Some(10)),
            ("Mon, 23 Nov 2026 10:02:01 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            let parsed = RetryAfter::parse(text).map(|it| it.wait(now).as_secs());
            assert_eq!(parsed, wait, "{text}");
        }
    }
}
