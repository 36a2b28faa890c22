//! Real processes: started, watched, stopped, killed. None outlives the value that holds it.

mod api;
mod bellwether;
mod binary;
mod log;
mod marketedge;
mod ports;
mod standins;

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use rustix::process::{Pid, kill_process};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

pub use self::api::Api;
pub use self::bellwether::{Bellwether, Setup};
pub use self::binary::{binary, example};
pub use self::marketedge::{Answer, Deployment, Marketedge};
pub use self::ports::reserve;
pub use self::standins::StandinsProcess;
pub use rustix::process::Signal;

use self::log::Log;
use crate::standins::system_clock;

/// How long a process may take to end once it was told to, before it is killed.
const GRACE: Duration = Duration::from_secs(20);

/// How many lines of a process an error shows.
const SHOWN: usize = 30;

/// When a process was started.
#[derive(Clone, Copy, Debug)]
pub struct Started {
    /// For measuring.
    pub at: Instant,
    /// For comparing with the times that processes report.
    pub wall: jiff::Timestamp,
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// How long after its start.
    pub after: Duration,
}

/// A running program of the workspace, killed when dropped.
pub struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
    started: Started,
    _readers: JoinSet<()>,
}

impl Process {
    /// Starts a program with these arguments and these variables, and no others.
    ///
    /// # Errors
    /// Fails when the program is not built or cannot be started.
    pub fn start(
        name: &str,
        arguments: &[String],
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let started = Started { at: Instant::now(), wall: system_clock()() };
        let mut child = Command::new(binary(name)?)
            .args(arguments)
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let log = Arc::new(Log::new(2));
        let mut readers = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            let log = Arc::clone(&log);
            readers.spawn(async move { log.read(stdout).await });
        }
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            readers.spawn(async move { log.read(stderr).await });
        }
        Ok(Self { name: name.to_owned(), child, log, started, _readers: readers })
    }

    /// Returns when it was started.
    pub fn started(&self) -> Started {
        self.started
    }

    /// Waits for a line, on either stream, of which `find` makes something.
    ///
    /// # Errors
    /// Fails after `limit`, or as soon as the process has ended, and shows what it wrote.
    pub async fn until_line<T>(
        &self,
        what: &str,
        limit: Duration,
        find: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        match timeout(limit, self.log.until(find)).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(anyhow!("waited for {what}, but {} ended\n{}", self.name, self.tail())),
            Err(_) => Err(anyhow!("waited {limit:?} for {what}\n{}", self.tail())),
        }
    }

    /// Sends a signal, such as `TERM`, `STOP` or `CONT`.
    ///
    /// # Errors
    /// Fails when the process has ended.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("{} has ended already", self.name))?;
        kill_process(pid, signal).with_context(|| format!("{} takes no signal", self.name))
    }

    /// Returns the most memory that it had at once so far, in bytes: without the pages of its own
    /// program and of other files, which a debug build has many of.
    ///
    /// # Errors
    /// Fails when the process has ended, or the system does not say (it does on Linux).
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().with_context(|| format!("{} has ended already", self.name))?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |name: &str| {
            let line = status.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
            let kib = line.and_then(|it| it.trim().strip_suffix("kB")).context("no such line")?;
            anyhow::Ok(kib.trim().parse::<u64>()?)
        };
        Ok(kib("VmHWM")?.saturating_sub(kib("RssFile")?) << 10)
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// Fails when it still runs after `limit`, and shows what it wrote.
    pub async fn ended(&mut self, limit: Duration) -> anyhow::Result<Ended> {
        let Ok(status) = timeout(limit, self.child.wait()).await else {
            let name = &self.name;
            return Err(anyhow!("waited {limit:?} for {name} to end\n{}", self.tail()));
        };
        let ended = Ended { status: status?, after: self.started.at.elapsed() };
        // its last words may still be on the way
        let _ = timeout(Duration::from_secs(1), self.log.ended()).await;
        Ok(ended)
    }

    /// Tells it to stop (SIGTERM) and waits; kills it when it does not within 20 s.
    ///
    /// # Errors
    /// Fails when it had to be killed, or did not end with 0.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)?;
        // dropping it kills it
        let ended = self.ended(GRACE).await?;
        if ended.status.success() {
            return Ok(());
        }
        Err(anyhow!("{} stopped with {}\n{}", self.name, ended.status, self.tail()))
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// Fails when the system does.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| format!("{} cannot be killed", self.name))
    }

    /// Returns the last lines that it wrote, under its name.
    pub fn tail(&self) -> String {
        let lines = self.log.tail(SHOWN);
        let lines: String = lines.iter().map(|line| format!("  | {line}\n")).collect();
        format!("the last lines of {}:\n{lines}", self.name)
    }
}

impl Drop for Process {
    /// Quotes a process that nobody stopped: `cargo test` shows that of a test that failed.
    fn drop(&mut self) {
        if self.child.id().is_some() {
            eprintln!("{}", self.tail());
        }
    }
}
