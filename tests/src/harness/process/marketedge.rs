//! The example service as a process.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{Process, Started, example};
use crate::harness::http;

/// Longest wait until the service listens, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// The account that the example makes for probes.
const ACCOUNT: &str = "zebra-probe";
const PASSWORD: &str = "stripes";

/// What is deployed, and where.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The version that the service reports.
    pub version: String,
    /// Whether its admin router is missing, and nothing else is wrong.
    pub without_admin: bool,
    /// Whether a startup check blocks its thread for ever.
    pub blocking_check: bool,
    /// Where it listens.
    pub listen: String,
    /// Its database.
    pub database_url: String,
    /// Where it sends telemetry.
    pub otlp_url: String,
}

impl Deployment {
    /// Describes a healthy version on any free port.
    pub fn new(version: &str, database_url: &str, otlp_url: &str) -> Self {
        Self {
            version: version.to_owned(),
            without_admin: false,
            blocking_check: false,
            listen: "127.0.0.1:0".to_owned(),
            database_url: database_url.to_owned(),
            otlp_url: otlp_url.to_owned(),
        }
    }

    /// Leaves the admin router out.
    #[must_use]
    pub fn without_admin(self) -> Self {
        Self { without_admin: true, ..self }
    }

    /// Adds a startup check that blocks its thread for ever.
    #[must_use]
    pub fn with_blocking_check(self) -> Self {
        Self { blocking_check: true, ..self }
    }

    /// Listens on this address.
    #[must_use]
    pub fn listening_on(self, address: impl ToString) -> Self {
        Self { listen: address.to_string(), ..self }
    }

    /// Starts the program and does not wait: for a version that is expected to refuse.
    ///
    /// # Errors
    /// Fails when the program is not built or cannot be started.
    pub fn spawn(&self) -> anyhow::Result<Process> {
        let mut arguments = vec![
            "--listen".to_owned(),
            self.listen.clone(),
            "--version-label".to_owned(),
            self.version.clone(),
        ];
        let flags =
            [(self.without_admin, "--without-admin"), (self.blocking_check, "--blocking-check")];
        arguments.extend(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| (*flag).to_owned()));
        let catalog = example().join("catalog.yaml").display().to_string();
        let variables = [
            ("BELLWETHER_CATALOG", catalog.as_str()),
            ("DATABASE_URL", self.database_url.as_str()),
            ("ZEBRA_PROBE_PASSWORD", PASSWORD),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.otlp_url.as_str()),
            // nobody watches a demo, or a test, for the minute that is usual
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "500"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Process::start("marketedge", &arguments, &variables)
    }

    /// Starts the program and waits until it listens.
    ///
    /// # Errors
    /// Fails when it does not within 30 s, and shows what it wrote.
    pub async fn start(&self) -> anyhow::Result<Marketedge> {
        let process = self.spawn()?;
        let listening = |line: &str| line.strip_prefix("listening on ").map(str::to_owned);
        let url = process.until_line("the service to listen", START, listening).await?;
        Ok(Marketedge { process, url, client: http::client()? })
    }
}

/// What the service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Method and path.
    pub request: &'static str,
    /// Status code.
    pub status: u16,
}

/// A running service, killed when dropped.
pub struct Marketedge {
    process: Process,
    url: String,
    client: reqwest::Client,
}

impl Marketedge {
    /// Returns its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns when it was started.
    pub fn started(&self) -> Started {
        self.process.started()
    }

    /// Asks its plain health endpoint.
    ///
    /// # Errors
    /// Fails when there is no answer.
    pub async fn health(&self) -> anyhow::Result<Answer> {
        let response = self.client.get(format!("{}/health", self.url)).send().await?;
        Ok(Answer { request: "GET /health", status: response.status().as_u16() })
    }

    /// Does what a customer does: looks whether it is up, logs in, opens the admin panel.
    ///
    /// # Errors
    /// Fails when there is no answer, or the login brings no token.
    pub async fn visit(&self) -> anyhow::Result<[Answer; 3]> {
        let health = self.health().await?;
        let credentials = json!({ "username": ACCOUNT, "password": PASSWORD });
        let login = self.client.post(format!("{}/api/v1/auth/login", self.url));
        let response = login.json(&credentials).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "the login was answered with {status}");
        let body: Value = response.json().await?;
        let token = body.get("access_token").and_then(Value::as_str);
        let token = token.context("the login brought no token")?;
        let dashboard = self.client.get(format!("{}/api/v1/admin/dashboard", self.url));
        let response = dashboard.bearer_auth(token).send().await?;
        Ok([
            health,
            Answer { request: "POST /api/v1/auth/login", status: status.as_u16() },
            Answer { request: "GET /api/v1/admin/dashboard", status: response.status().as_u16() },
        ])
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// Fails when the system does.
    pub async fn kill(self) -> anyhow::Result<()> {
        self.process.kill().await
    }

    /// Tells it to stop and waits.
    ///
    /// # Errors
    /// Fails when it did not end with 0.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }

    /// Returns the last lines that it wrote.
    pub fn tail(&self) -> String {
        self.process.tail()
    }
}
