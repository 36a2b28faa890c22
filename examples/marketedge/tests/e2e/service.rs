//! The `marketedge` program under test.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for the program to listen or to end.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) const SQLITE: (&str, &str) = ("DATABASE_URL", "sqlite::memory:");

/// A running service, killed when dropped.
pub(crate) struct Service {
    pub(crate) url: String,
    child: Child,
}

/// Starts the program with these variables and no others.
pub(crate) fn spawn(collector: SocketAddr, variables: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_marketedge"))
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"))
        .env("MARKETEDGE_LISTEN", "127.0.0.1:0")
        .env("ZEBRA_PROBE_PASSWORD", "stripes")
        // The exports of the test's own traffic should not take the default of a minute.
        .env("OTEL_METRIC_EXPORT_INTERVAL", "500")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}

impl Service {
    /// Starts the program and waits until it listens.
    pub(crate) async fn start(collector: SocketAddr, variables: &[(&str, &str)]) -> Self {
        let mut child = spawn(collector, variables);
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = tokio::time::timeout(DEADLINE, lines.next_line()).await;
        let line = line.expect("it listens in time").expect("its output is text");
        let Some(url) = line.as_deref().and_then(|line| line.strip_prefix("listening on ")) else {
            let (status, stderr) = end(child).await;
            panic!("it ended with {status} instead of listening: {stderr}");
        };
        Self { url: url.to_owned(), child }
    }

    /// Sends a request and returns the status code.
    pub(crate) async fn get(&self, path: &str, token: &str) -> u16 {
        let request = client().get(format!("{}{path}", self.url));
        let response = request.bearer_auth(token).send().await.expect("it answers");
        response.status().as_u16()
    }

    /// Logs the probe account in and returns its token.
    pub(crate) async fn log_in(&self) -> String {
        let credentials = serde_json::json!({ "username": "zebra-probe", "password": "stripes" });
        let request = client().post(format!("{}/api/v1/auth/login", self.url)).json(&credentials);
        let body: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) async fn terminate(self) -> (ExitStatus, String) {
        let pid = self.child.id().expect("it runs").to_string();
        let kill = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(kill.expect("kill runs").success());
        end(self.child).await
    }
}

fn client() -> reqwest::Client {
    // A second installation is refused, and the first one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Waits for the end of the program and returns its code and what it wrote to standard error.
pub(crate) async fn end(mut child: Child) -> (ExitStatus, String) {
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("piped");
    let ended = async {
        pipe.read_to_string(&mut stderr).await.expect("its output is text");
        child.wait().await.expect("it can be waited for")
    };
    let status = tokio::time::timeout(DEADLINE, ended).await.expect("it ends in time");
    (status, stderr)
}
