//! How a destination is reached: the protocol, whom we trust, who we are.

use bellwether_core::settings::Secret;
pub use bellwether_core::settings::{Pem, TlsVersion};
use schemars::JsonSchema;
use serde::Deserialize;

/// How a destination is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// What is spoken below the calls.
    pub protocol: Protocol,
    /// TLS, where the URL of a call says `https` or the mail server wants it.
    pub tls: Tls,
    /// The server that takes mails, where calls are mails.
    pub relay: Option<Relay>,
}

/// A server that takes mails for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept secret.
    pub encryption: Encryption,
    /// What we call ourselves.
    pub hello: String,
    /// The user and the password, where it asks for them.
    pub login: Option<(String, Secret)>,
}

/// How the way to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "smtp_encryption")]
pub enum Encryption {
    /// TLS after a greeting in the clear, as on port 587. Nothing is sent to a server that does
    /// not offer it.
    #[default]
    Starttls,
    /// TLS from the first byte on, as on port 465.
    Implicit,
    /// None: everybody on the way reads along.
    None,
}

/// What is spoken below calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 or HTTP/2, as the server likes; answers may be packed with gzip.
    #[default]
    Http,
    /// HTTP/2 over TLS from the first byte on, with trailers, as gRPC needs it.
    Http2,
    /// The same without TLS.
    PlainHttp2,
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
