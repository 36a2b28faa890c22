//! Who may come in, and what they may do there.
//!
//! Every request passes the [`gate`]: it finds out who asks, holds that against the role that
//! the [table of routes](crate::table) wants, and keeps what was done.

mod config;
mod cookies;
mod gate;
mod host;
mod keep;
mod limit;
pub(crate) mod private;
mod tokens;

pub use config::{Auth, WithoutToken};
pub(crate) use cookies::{COOKIE, cookie, sensitive, session_cookie};
pub(crate) use gate::{Door, SOCKETS, gate, network};
pub use tokens::{NewToken, Token, TokenError, TokenFile};
pub(crate) use tokens::{hexadecimal, random};

use bellwether_core::access::Role;
use bellwether_core::links::Deed;

/// What a route asks of who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: it tells nothing that is worth keeping.
    Anyone,
    /// At least this role.
    Role(Role),
    /// A signed link of a message, which says who follows it and what that does.
    Link(Deed),
    /// PagerDuty's signature.
    Pagerduty,
}

impl Access {
    /// Returns the word of the documentation.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Role(role) => role.as_str(),
            Self::Link(_) => "link",
            Self::Pagerduty => "signature",
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// The name of the token, what an identity provider calls them, or `loopback`.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// What says so: it may end while a connection lasts.
    pub(crate) proof: Proof,
}

/// What says who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing that could end before the request does.
    Passing,
    /// A token, by its id.
    Token(String),
    /// A sign-in by an identity provider, by its key.
    Session(String),
}

/// Who comes from this machine without a token.
pub(crate) const LOOPBACK: &str = "loopback";
