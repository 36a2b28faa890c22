//! How a destination is reached: the protocol, whom we trust, who we are.

pub use bellwether_core::settings::{Pem, TlsVersion};

/// How a destination is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// What is spoken below the calls.
    pub protocol: Protocol,
    /// TLS, where the URL of a call says `https`.
    pub tls: Tls,
}

/// What is spoken below calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 or HTTP/2, as the server likes; answers may be packed with gzip.
    #[default]
    Http,
    /// HTTP/2 from the first byte on, with trailers, as gRPC needs it.
    Http2,
}

/// Whom we trust, and who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whether anybody may answer.
    pub skip_verify: bool,
    /// Those who may vouch for the server; absent for those of the system.
    pub authorities: Option<Pem>,
    /// Whether those of the system may vouch besides.
    pub system_authorities: bool,
    /// Our certificate and its key.
    pub identity: Option<(Pem, Pem)>,
    /// The oldest and the newest version.
    pub versions: (Option<TlsVersion>, Option<TlsVersion>),
}
