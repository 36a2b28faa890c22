//! Checks that a TCP port takes connections.

use super::net::Address;
use super::{Check, CheckKind, CheckResult};

/// Checks that a connection to `address`, written `host:port`, can be opened. Nothing is sent.
///
/// It shows that somebody listens and nothing more: a check that asks something is better where there is one.
///
/// ```
/// let broker = bellwether::checks::tcp("kafka.internal:9092");
/// ```
pub fn tcp(address: impl Into<String>) -> Tcp {
    Tcp { address: address.into() }
}

/// Checks a TCP port; comes from [`tcp`].
#[derive(Debug, Clone)]
pub struct Tcp {
    address: String,
}

impl Check for Tcp {
    fn kind(&self) -> CheckKind {
        CheckKind::Tcp
    }

    async fn run(&self) -> CheckResult {
        self.address.parse::<Address>()?.connect().await.map(drop)
    }
}
