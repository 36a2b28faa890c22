//! Why somebody is not signed in.

use axum::http::StatusCode;

use super::claims::{Stranger, Unfit};
use super::jws::Forged;

/// Why a sign-in came to nothing, in words for whoever tries. What only the collector's log should
/// tell is in there apart.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The provider does not answer, or says what cannot be used. For the log.
    #[error(
        "The identity provider cannot be asked now. Try again in a moment; the collector's log says what is wrong."
    )]
    Provider(String),
    /// The provider does not take the code, or sends no token. For the log.
    #[error(
        "The identity provider did not finish this sign-in. Begin again; if that does not help, the collector's log says what is wrong."
    )]
    Exchange(String),
    /// The provider said no.
    #[error("The identity provider refused: {0}")]
    Denied(String),
    /// It did not begin here.
    #[error(
        "This sign-in did not begin in this browser, at this address, or it took longer than 10 minutes. Begin again."
    )]
    Stray,
    /// It comes from another provider than the one that was asked.
    #[error("Another identity provider answered than the one that was asked. Begin again.")]
    OtherIssuer,
    /// The token is not the provider's.
    #[error("What the identity provider sent cannot be believed: {0}.")]
    Forged(#[from] Forged),
    /// The token is not for this sign-in.
    #[error("What the identity provider sent does not hold: {0}.")]
    Unfit(#[from] Unfit),
    /// Who signed in has nothing to do here.
    #[error("You are signed in there, but not let in here: {0}.")]
    Stranger(#[from] Stranger),
    /// Too many try at once.
    #[error("Too many people sign in right now. Try again in a moment.")]
    Busy,
    /// The system gives no random numbers.
    #[error("The collector's system gives no random numbers.")]
    Random,
}

impl Refused {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Provider(_) | Self::Exchange(_) | Self::Forged(_) | Self::Unfit(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Denied(_) | Self::Stranger(_) | Self::OtherIssuer => StatusCode::FORBIDDEN,
            Self::Stray => StatusCode::BAD_REQUEST,
            Self::Busy | Self::Random => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns what only the log tells.
    pub(super) fn detail(&self) -> &str {
        match self {
            Self::Provider(why) | Self::Exchange(why) => why,
            _ => "",
        }
    }
}
