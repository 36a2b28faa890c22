//! What a peer said to a request.

use std::time::Duration;

/// What a peer said to a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// All of it is taken.
    Accepted,
    /// It is taken but for so many spans.
    Partly {
        /// How many were not taken.
        rejected: u64,
    },
    /// It is not taken and may be sent again.
    TryAgain {
        /// The code: `UNAVAILABLE`, `503`.
        code: String,
        /// When, if that was said.
        after: Option<Duration>,
    },
    /// It is not taken, and sending it again is forbidden.
    Refused {
        /// The code.
        code: String,
        /// What was said besides.
        why: String,
    },
    /// There was none.
    Broken {
        /// What happened.
        why: String,
    },
}

impl Answer {
    /// Says whether the request is in the peer's hands.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted | Self::Partly { .. })
    }

    /// Describes it without what differs from one request to another.
    pub fn kind(&self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::Partly { .. } => "accepted in part".to_owned(),
            Self::TryAgain { code, after: Some(_) } => format!("{code}, with a time to retry"),
            Self::TryAgain { code, after: None } => format!("{code}, without a time to retry"),
            Self::Refused { code, why } => format!("{code}: {why}"),
            Self::Broken { why } => format!("no answer: {why}"),
        }
    }
}
