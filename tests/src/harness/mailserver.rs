//! A real mail server that is not ours: aiosmtpd, in a process of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;

use super::authority::Authority;
use super::wait;

const PROGRAM: &str = include_str!("mailserver.py");

/// How the server treats what comes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Manners {
    /// `starttls`, `implicit` or `none`.
    pub encryption: &'static str,
    /// The user and the password that it asks for.
    pub login: Option<(String, String)>,
    /// What it says of recipients, one after the other; the last answer stays.
    pub refuse: BTreeMap<String, Vec<String>>,
    /// What it says to mails, one after the other, before it takes all that come. After `lost` it
    /// has taken the mail and cuts the connection.
    pub answers: Vec<String>,
}

/// A mail that the server took, as Python reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// The address of the envelope's sender.
    pub from: String,
    /// The addresses of the envelope's recipients.
    pub to: Vec<String>,
    /// Whether it came by way of STARTTLS.
    pub encrypted: bool,
    /// Who was logged in.
    pub user: Option<String>,
    /// All headers in order.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// How many parts there are.
    pub parts: usize,
    /// What is wrong with it.
    pub defects: Vec<String>,
}

impl Mail {
    /// Returns the only header of a name.
    ///
    /// # Errors
    /// Fails when there is none or more than one.
    pub fn header(&self, name: &str) -> anyhow::Result<&str> {
        let mut found = self.headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, value) = found.next().with_context(|| format!("no header {name}"))?;
        ensure!(found.next().is_none(), "more than one header {name}");
        Ok(value)
    }
}

/// A mail server. It ends when dropped.
pub struct MailServer {
    port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    _child: Child,
    _reader: JoinSet<()>,
}

impl MailServer {
    /// Starts a server with these manners, for whose name `localhost` an authority vouches; its
    /// key lies in a folder.
    ///
    /// # Errors
    /// Fails when Python or aiosmtpd is missing, and says how to get them.
    pub async fn start(
        manners: &Manners,
        authority: &Authority,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/validators/bin/python");
        ensure!(python.is_file(), "aiosmtpd is missing: run `scripts/setup validators`");
        let identity = authority.sign("localhost")?;
        let (certificate, key) = (folder.join("mail.crt"), folder.join("mail.key"));
        std::fs::write(&certificate, identity.certificate)?;
        std::fs::write(&key, identity.key)?;
        let mut said = serde_json::to_value(manners)?;
        said["certificate"] = certificate.to_string_lossy().into();
        said["key"] = key.to_string_lossy().into();
        let mut child = Command::new(python)
            .args(["-c", PROGRAM, &said.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        #[derive(Deserialize)]
        struct Listening {
            port: u16,
        }
        let first = lines.next_line().await?.context("it says where it listens, see above")?;
        let Listening { port } = serde_json::from_str(&first)?;
        let mails = Arc::new(Mutex::default());
        let mut reader = JoinSet::new();
        reader.spawn(read(lines, Arc::clone(&mails)));
        Ok(Self { port, mails, _child: child, _reader: reader })
    }

    /// Returns the port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the mails that it took so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has taken so many mails, and returns them.
    ///
    /// # Errors
    /// Fails when they do not come.
    pub async fn until(&self, count: usize, limit: Duration) -> anyhow::Result<Vec<Mail>> {
        wait::until(&format!("{count} mails"), limit, async || {
            let mails = self.mails();
            ensure!(mails.len() >= count, "there are {}", mails.len());
            Ok(mails)
        })
        .await
    }
}

async fn read(mut lines: Lines<BufReader<ChildStdout>>, mails: Arc<Mutex<Vec<Mail>>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(mail) => mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail),
            Err(error) => tracing::error!(line, %error, "the mail server says what is no mail"),
        }
    }
}
