//! How a destination is reached: the protocol, whom we trust, who we are.

use bellwether_core::settings::{FilePath, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

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

/// Certificates or a key, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pem {
    /// In a file, which is read when the destination is opened.
    File(FilePath),
    /// As it is.
    Text(Secret),
}

impl Pem {
    /// Reads it.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => std::fs::read(path)
                .map_err(|error| format!("`{}` cannot be read: {error}", path.as_path().display())),
            Self::Text(text) => Ok(text.expose().as_bytes().to_vec()),
        }
    }

    /// Says where it is, without showing it.
    pub fn place(&self) -> String {
        match self {
            Self::File(path) => format!("`{}`", path.as_path().display()),
            Self::Text(_) => "the text in the configuration".to_owned(),
        }
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V13,
}
