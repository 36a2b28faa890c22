//! What settings of TLS have in common, whichever side they are for.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FilePath, Secret};

/// Certificates or a key, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pem {
    /// In a file, which is read when it is needed.
    File(FilePath),
    /// As it is.
    Text(Secret),
}

impl Pem {
    /// Returns it, from its file through `read` where it is in one.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn read(
        &self,
        read: impl FnOnce(&Path) -> std::io::Result<Vec<u8>>,
    ) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => read(path.as_path())
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
