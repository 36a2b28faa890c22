//! On what terms senders may come in.

use http::{HeaderMap, HeaderValue};

use crate::admission::Admission;
use crate::auth::{Auth, Tokens};
use crate::seldom::Seldom;

/// What a sender without a token is told.
pub(crate) const UNAUTHENTICATED: &str =
    "this collector wants a token that it knows; sending again without one is of no use";

/// On what terms senders may come in: how much of what they send is in memory at once, and with
/// which tokens.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Gives room.
    pub admission: Admission,
    /// Who has one of these may send; everybody, when there are none.
    pub tokens: Option<Tokens>,
}

impl From<Admission> for Terms {
    fn from(admission: Admission) -> Self {
        Self { admission, tokens: None }
    }
}

impl Terms {
    /// Makes sure that tokens are there exactly where they are wanted.
    pub(crate) fn wanted(self, auth: Option<&Auth>) -> Result<Self, String> {
        match auth {
            Some(auth) if self.tokens.is_none() => Err(auth.authenticator.clone()),
            Some(_) => Ok(self),
            None => Ok(Self { tokens: None, ..self }),
        }
    }
}

/// Turns away who has no token.
#[derive(Debug)]
pub(crate) struct Gate {
    tokens: Option<Tokens>,
    receiver: &'static str,
    seldom: Seldom,
}

impl Gate {
    pub(crate) fn new(tokens: Option<Tokens>, receiver: &'static str) -> Self {
        Self { tokens, receiver, seldom: Seldom::default() }
    }

    /// Returns what is wanted of a sender that must not come in.
    pub(crate) fn turns_away(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let tokens = self.tokens.as_ref().filter(|it| !it.are_in(headers))?;
        if let Some(count) = self.seldom.due() {
            tracing::warn!(
                count,
                receiver = self.receiver,
                "requests without a known token were refused"
            );
        }
        Some(tokens.challenge())
    }
}
