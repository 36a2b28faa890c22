//! Signs links, and knows its own again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fs, io};

use bellwether_core::ids::IncidentId;
use bellwether_core::links::{Deed, Links};
use bellwether_core::time::Timestamp;
use ring::hmac;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::LinkSettings;
use crate::access::{hexadecimal, private, random};

/// The key in the collector's folder.
const FILE: &str = "links.key";

/// How many bytes it is made of.
const BYTES: usize = 32;

/// What is signed begins with it, so that no other signature by the same key passes for a link.
const PURPOSE: &str = "bellwether link 1";

/// Says why there is no key to sign links with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(PathBuf, #[source] io::Error),
    /// The file is not what it should be.
    #[error("{0}: this is no key: put back a copy of it, or remove it, and older links end")]
    Damaged(PathBuf),
    /// The system gives no randomness.
    #[error("the system gives no random numbers")]
    Random,
}

/// What links are signed with, and for how long they hold.
pub struct Seal {
    key: hmac::Key,
    valid_for: Duration,
}

impl Seal {
    /// Makes a seal of settings; the key of the folder is made where it is needed and missing.
    /// Absent where links are not wanted.
    ///
    /// # Errors
    /// Says why there is no key.
    pub fn read(folder: &Path, settings: &LinkSettings) -> Result<Option<Self>, KeyError> {
        if !settings.enabled {
            return Ok(None);
        }
        let valid_for = settings.valid_for.get();
        let key = match &settings.signing_key {
            Some(key) => hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()),
            None => kept(&folder.join(FILE))?,
        };
        Ok(Some(Self { key, valid_for }))
    }

    /// Returns what proves a link. Two links that differ in anything have different proofs.
    fn proof(&self, deed: Deed, incident: &str, person: &str, until: i64) -> String {
        // as JSON, so that where one part ends and the next begins is signed, too
        let signed = serde_json::json!([PURPOSE, deed, incident, person, until]).to_string();
        let tag = hmac::sign(&self.key, signed.as_bytes());
        hexadecimal(tag.as_ref())
    }
}

/// Reads the key of a file, or makes it.
fn kept(path: &Path) -> Result<hmac::Key, KeyError> {
    let failed = |error| KeyError::Io(path.to_owned(), error);
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = random::<BYTES>().ok_or(KeyError::Random)?;
            private::write(path, made.as_bytes()).map_err(failed)?;
            made
        }
        Err(error) => return Err(failed(error)),
    };
    let text = text.trim();
    if text.len() != 2 * BYTES || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Err(KeyError::Damaged(path.to_owned()));
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
}

/// What a link shows beside its path.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    by: String,
    /// When it ends, in seconds since 1970.
    until: i64,
    proof: String,
}

/// Why a link is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// We did not make it.
    Foreign,
    /// Its time is over.
    Expired,
}

/// Makes links, and knows them again. Clones share the key.
#[derive(Clone, Default)]
pub struct Signer(Arc<RwLock<Option<Arc<Seal>>>>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// Signs by this seal; makes and takes no links where there is none.
    pub fn new(seal: Option<Seal>) -> Self {
        let signer = Self::default();
        signer.exchange(seal);
        signer
    }

    /// Signs by another seal from now on; links of another key end.
    pub fn exchange(&self, seal: Option<Seal>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = seal.map(Arc::new);
    }

    fn seal(&self) -> Option<Arc<Seal>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whose link this is.
    ///
    /// # Errors
    /// It is none of ours, or no longer one.
    pub(crate) fn whose(
        &self,
        deed: Deed,
        incident: &str,
        shown: Shown,
        now: Timestamp,
    ) -> Result<String, Invalid> {
        let seal = self.seal().ok_or(Invalid::Foreign)?;
        let Shown { by, until, proof } = shown;
        let ours = seal.proof(deed, incident, &by, until);
        if !bool::from(ours.as_bytes().ct_eq(proof.as_bytes())) {
            return Err(Invalid::Foreign);
        }
        if now.secs() >= until { Err(Invalid::Expired) } else { Ok(by) }
    }
}

impl Links for Signer {
    fn link(
        &self,
        deed: Deed,
        incident: &IncidentId,
        person: &str,
        now: Timestamp,
    ) -> Option<String> {
        let seal = self.seal()?;
        let until = now.plus(seal.valid_for).secs();
        let proof = seal.proof(deed, incident.as_str(), person, until);
        let (incident, person) = (encoded(incident.as_str()), encoded(person));
        Some(format!("/links/{deed}/{incident}?by={person}&until={until}&proof={proof}"))
    }
}

/// Writes a text as part of a URL.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // writing into a string does not fail
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
