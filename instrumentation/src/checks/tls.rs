//! Checks that a TLS certificate is valid, and stays so for a while.

use std::time::Duration;

use super::net::Address;
use super::net::tls::Trust;
use super::{Check, CheckKind, CheckResult};

/// How long a certificate has to be valid unless a check says otherwise.
const VALID_FOR: Duration = Duration::from_secs(14 * 86_400);

/// Checks that the server at `address`, written `host:port`, shows a certificate that is valid for that host, comes
/// from somebody who is trusted, and will still be so in 14 days.
///
/// ```
/// use std::time::Duration;
///
/// let certificate = bellwether::checks::tls("api.marketedge.example:443").valid_for(Duration::from_secs(30 * 86_400));
/// ```
pub fn tls(address: impl Into<String>) -> Tls {
    Tls { address: address.into(), name: None, valid_for: VALID_FOR, trust: Trust::default() }
}

/// Checks a TLS certificate; comes from [`tls`].
#[derive(Debug, Clone)]
pub struct Tls {
    address: String,
    name: Option<String>,
    valid_for: Duration,
    trust: Trust,
}

impl Tls {
    /// Says how long the certificate has to be valid from now on; every certificate of the chain counts.
    #[must_use]
    pub fn valid_for(mut self, valid_for: Duration) -> Self {
        self.valid_for = valid_for;
        self
    }

    /// Asks for this host name instead of the one in the address.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Trusts the authorities whose certificates these are, in PEM, beside Mozilla's list.
    #[must_use]
    pub fn trust_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.trust.pem = pem.into();
        self
    }
}

impl Check for Tls {
    fn kind(&self) -> CheckKind {
        CheckKind::Tls
    }

    async fn run(&self) -> CheckResult {
        let address: Address = self.address.parse()?;
        let name = self.name.as_deref().unwrap_or(&address.host);
        let place = address.to_string();
        let stream = address.connect().await?;
        let stream = self.trust.connect(stream, name, &place, &[]).await?;
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        self.trust.verify(chain, name, &place, self.valid_for)
    }
}
