//! A peer as a process of its own, and what it uses.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

/// How long a peer may take to listen, or to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running peer. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    /// From its start until it listened everywhere.
    pub ready_after: Duration,
}

impl Process {
    /// Starts a program, with what it says in `log`, and waits until it listens everywhere.
    ///
    /// # Errors
    /// Fails when it cannot be started, ends, or does not listen in time; quotes what it said.
    pub fn start(
        command: &mut Command,
        log: &Path,
        listens: &[SocketAddr],
    ) -> anyhow::Result<Self> {
        let output = File::create(log).with_context(|| log.display().to_string())?;
        let errors = output.try_clone()?;
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("starting {:?}", command.get_program()))?;
        let mut process = Self { child, log: log.to_owned(), ready_after: Duration::ZERO };
        for address in listens {
            while TcpStream::connect(address).is_err() {
                let ended = process.child.try_wait()?;
                anyhow::ensure!(
                    ended.is_none() && began.elapsed() < PATIENCE,
                    "{:?} does not listen on {address}:\n{}",
                    command.get_program(),
                    process.said()
                );
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        process.ready_after = began.elapsed();
        Ok(process)
    }

    /// Returns what it said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Returns the CPU time that it has used, in its own code and in the kernel.
    ///
    /// # Errors
    /// Fails when it has ended.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanos = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // a thread may end meanwhile
            let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            nanos += text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        }
        // threads that have ended are only in the coarse sum
        Ok(self.coarse_cpu()?.max(Duration::from_nanos(nanos)))
    }

    /// User and system time of all threads, in hundredths of a second.
    fn coarse_cpu(&self) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let (_, fields) = text.rsplit_once(')').context("a name in brackets")?;
        let ticks: u64 =
            fields.split(' ').skip(12).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Returns the resident memory now, in bytes.
    ///
    /// # Errors
    /// Fails when it has ended.
    pub fn resident(&self) -> anyhow::Result<u64> {
        self.memory("VmRSS:")
    }

    /// Returns the highest resident memory since its start, in bytes.
    ///
    /// # Errors
    /// Fails when it has ended.
    pub fn peak(&self) -> anyhow::Result<u64> {
        self.memory("VmHWM:")
    }

    fn memory(&self, line: &str) -> anyhow::Result<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = text.lines().find_map(|it| it.strip_prefix(line)).context("no memory")?;
        let kib: u64 = found.trim().trim_end_matches(" kB").parse()?;
        Ok(kib << 10)
    }

    /// Tells it to stop, and kills it when it does not.
    ///
    /// # Errors
    /// Fails when it did not stop by itself.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a pid")?;
        kill_process(pid, Signal::TERM)?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            anyhow::ensure!(began.elapsed() < PATIENCE, "it does not stop:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns an address of this machine on which nobody listens.
///
/// # Errors
/// Fails when there is none.
pub fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}
