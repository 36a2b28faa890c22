//! The minimal example as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running service; killed when a test fails.
pub(crate) struct Service {
    child: Child,
    address: String,
    told: Option<std::process::ChildStderr>,
}

impl Service {
    pub(crate) fn start(name: &str, env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(example(name))
            .env_remove("OTEL_SDK_DISABLED")
            .env("LISTEN", "127.0.0.1:0")
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`cargo test -p bellwether --all-features` builds the examples first");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("the service says where it listens");
        let address = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        let told = child.stderr.take();
        Self { child, address, told }
    }

    /// Asks for a path and returns the body.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the service listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a deadline");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
            .expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }

    /// Ends the service as a person at a terminal would; tells how it ended, and what it wrote to standard error.
    pub(crate) fn stop(mut self) -> (std::process::ExitStatus, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        // Before it listens to signals, one would end it as it ends everybody.
        while !self.catches(rustix::process::Signal::INT) {
            std::thread::yield_now();
        }
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
        let mut told = String::new();
        let mut stderr = self.told.take().expect("a pipe");
        stderr.read_to_string(&mut told).expect("text");
        (self.child.wait().expect("it ends"), told)
    }
}

impl Service {
    /// Tells whether the process has a handler for a signal, by the mask that Linux shows.
    fn catches(&self, signal: rustix::process::Signal) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let Ok(status) = status else { return true };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_none_or(|mask| mask & (1 << (signal.as_raw() - 1)) != 0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds an example beside the test: `target/debug/deps/otlp-…` and `target/debug/examples/…`.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test runs from a file");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("target/debug/deps");
    profile.join("examples").join(name)
}
