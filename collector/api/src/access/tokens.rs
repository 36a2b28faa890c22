//! Tokens, as hashes in a file beside the database: the program makes them while a collector
//! runs, and whatever database it uses.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_core::access::Role;
use bellwether_core::settings::Secret;
use bellwether_core::time::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{LOOPBACK, Proof, Who, private};

/// What every token begins with, so that scanners for secrets know one.
const PREFIX: &str = "bellwether_";

/// No more tokens than this: each request is held against all of them.
const MOST: usize = 1_000;

/// Longer names are a mistake.
const LONGEST_NAME: usize = 64;

/// A token, without what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Tells it from every other, such as `tok_4f1c9a02`.
    pub id: String,
    /// Who has it; what the audit calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// SHA-256 of the token, in hexadecimal.
    sha256: String,
}

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// What is kept of it.
    pub token: Token,
    /// The token itself, which nobody can read back.
    pub secret: Secret,
}

/// Says why tokens cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The folder is not there.
    #[error(
        "{0}: there is no such folder: name the one of `extensions.storage.path`, which the collector makes at its first start"
    )]
    NoFolder(PathBuf),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// The file is not what it should be.
    #[error("{0}: damaged: {1}; put back a copy of it, or remove it and make new tokens")]
    Damaged(PathBuf, #[source] serde_json::Error),
    /// The name does not do.
    #[error(
        "`{0}` is no name for a token: write up to {LONGEST_NAME} letters, digits, `.`, `_`, `-` and `@`, and not `{LOOPBACK}`"
    )]
    Name(String),
    /// There are too many.
    #[error("there are {MOST} tokens already: revoke those that nobody needs")]
    TooMany,
    /// There is no such token.
    #[error("there is no token `{0}`: `bellwether token list` shows those that there are")]
    Unknown(String),
    /// The system gives no randomness.
    #[error("the system gives no random numbers")]
    Random,
}

#[derive(Default, Serialize, Deserialize)]
struct Content {
    tokens: Vec<Token>,
}

/// The file of tokens in a collector's folder. Clones share what was read.
#[derive(Clone, Debug)]
pub struct TokenFile {
    path: PathBuf,
    read: Arc<Mutex<Option<Read>>>,
}

/// What was read, and how the file looked then.
#[derive(Debug)]
struct Read {
    print: Print,
    tokens: Arc<[Token]>,
}

/// What differs when a file was written anew: its number, when it was changed, its size.
type Print = (u64, i64, i64, u64);

impl TokenFile {
    /// Names the file in a collector's folder; nothing is read yet.
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("tokens.json"), read: Arc::default() }
    }

    /// Reads all tokens; none where there is no file.
    ///
    /// # Errors
    /// Says why the file cannot be read.
    pub fn list(&self) -> Result<Vec<Token>, TokenError> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                let content: Result<Content, _> = serde_json::from_slice(&bytes);
                Ok(content.map_err(|error| TokenError::Damaged(self.path.clone(), error))?.tokens)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Makes a token. A collector that runs takes it at once.
    ///
    /// # Errors
    /// Says why it was not made.
    pub fn create(&self, name: &str, role: Role, now: Timestamp) -> Result<NewToken, TokenError> {
        let fits = |it: u8| it.is_ascii_alphanumeric() || b"._-@".contains(&it);
        let usual = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(fits);
        if !usual || name == LOOPBACK {
            return Err(TokenError::Name(name.to_owned()));
        }
        let secret = format!("{PREFIX}{}", random::<32>().ok_or(TokenError::Random)?);
        let id = format!("tok_{}", random::<8>().ok_or(TokenError::Random)?);
        let (name, sha256) = (name.to_owned(), hash(&secret));
        let token = Token { id, name, role, created_at: now, sha256 };
        self.change(|tokens| {
            if tokens.len() >= MOST {
                return Err(TokenError::TooMany);
            }
            tokens.push(token.clone());
            Ok(())
        })?;
        Ok(NewToken { token, secret: Secret::new(secret) })
    }

    /// Takes a token away, by its id. A collector that runs refuses it at once.
    ///
    /// # Errors
    /// Says why it was not taken away.
    pub fn revoke(&self, id: &str) -> Result<Token, TokenError> {
        self.change(|tokens| {
            let at = tokens.iter().position(|it| it.id == id);
            Ok(tokens.remove(at.ok_or_else(|| TokenError::Unknown(id.to_owned()))?))
        })
    }

    /// Changes the file whole, while nobody else does.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<Token>) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(TokenError::NoFolder(folder.to_owned()));
        }
        let mut options = File::options();
        options.create(true).truncate(false).write(true).mode(0o600);
        let lock = options.open(self.path.with_extension("lock")).map_err(|it| self.failed(it))?;
        lock.lock().map_err(|it| self.failed(it))?;
        let mut tokens = self.list()?;
        let done = change(&mut tokens)?;
        self.write(&Content { tokens }).map_err(|it| self.failed(it))?;
        Ok(done)
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        private::write(&self.path, &serde_json::to_vec_pretty(content)?)
    }

    /// Returns whose token this is. The file is read again when it was changed.
    pub(crate) fn whose(&self, given: &str) -> Option<Who> {
        let tokens = match self.newest() {
            Ok(tokens) => tokens,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "tokens cannot be read, so none is taken");
                return None;
            }
        };
        let hashed = hash(given);
        let mut found = None;
        for token in tokens.iter() {
            // every one, and each to its end: the time tells nothing
            if bool::from(token.sha256.as_bytes().ct_eq(hashed.as_bytes())) {
                found = Some(token);
            }
        }
        found.map(|it| Who {
            name: it.name.clone(),
            role: it.role,
            proof: Proof::Token(it.id.clone()),
        })
    }

    /// Says whether a token is still there, with the role that it had.
    pub(crate) fn holds(&self, id: &str, role: Role) -> bool {
        self.newest().is_ok_and(|all| all.iter().any(|it| it.id == id && it.role == role))
    }

    fn newest(&self) -> Result<Arc<[Token]>, TokenError> {
        let print = match fs::metadata(&self.path) {
            Ok(it) => (it.ino(), it.mtime(), it.mtime_nsec(), it.size()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(self.failed(error)),
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match &*read {
            Some(read) if read.print == print => Ok(Arc::clone(&read.tokens)),
            _ => {
                let tokens: Arc<[Token]> = self.list()?.into();
                *read = Some(Read { print, tokens: Arc::clone(&tokens) });
                Ok(tokens)
            }
        }
    }

    fn failed(&self, error: io::Error) -> TokenError {
        TokenError::Io(self.path.clone(), error)
    }
}

fn hash(token: &str) -> String {
    hexadecimal(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Returns random bytes in hexadecimal; absent when the system gives none.
pub(crate) fn random<const BYTES: usize>() -> Option<String> {
    let mut bytes = [0; BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hexadecimal(&bytes))
}

/// Writes bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
