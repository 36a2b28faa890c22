//! The collector as a process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Api, Process, Signal, Started, example, reserve};
use crate::harness::vendors::VendorAddresses;
use crate::harness::wait;

/// Longest wait until the collector is ready, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// A configuration, a data folder and addresses, which outlive the processes that use them:
/// what is started again goes on where the one before it was stopped or killed.
pub struct Setup {
    folder: TempDir,
    config: PathBuf,
    variables: Vec<(String, String)>,
    otlp: SocketAddr,
    otlp_http: SocketAddr,
    dashboard: SocketAddr,
}

impl Setup {
    /// Uses the demo's configuration with these vendors.
    ///
    /// # Errors
    /// Fails without a temporary folder or a free port.
    pub fn with_vendors(vendors: &VendorAddresses, hold: Duration) -> anyhow::Result<Self> {
        let mut setup = Self::new()?;
        setup.config = example().join("demo.yaml");
        setup.variables.extend(vendors.variables(hold)?);
        Ok(setup)
    }

    /// Uses the example's catalog and rules, and tells nobody.
    ///
    /// # Errors
    /// Fails without a temporary folder or a free port.
    pub fn alone() -> anyhow::Result<Self> {
        Self::leading_to("{}")
    }

    /// Uses the example's catalog and rules, and leads every signal to destinations, given as
    /// `exporters:` are.
    ///
    /// # Errors
    /// Fails without a temporary folder or a free port.
    pub fn leading_to(exporters: &str) -> anyhow::Result<Self> {
        let setup = Self::new()?;
        let (catalog, rules) = (example().join("catalog.yaml"), example().join("rules.yaml"));
        let config = format!(
            "exporters: {exporters}\n\
             receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: {otlp} }}, http: {{ endpoint: {http} }} }} }} }}\n\
             processors: {{ health: {{ catalog: '{catalog}', rules: ['{rules}'] }} }}\n\
             extensions:\n  storage: {{ path: '{data}' }}\n  dashboard: {{ endpoint: {dashboard} }}\n",
            otlp = setup.otlp,
            http = setup.otlp_http,
            catalog = catalog.display(),
            rules = rules.display(),
            data = setup.data().display(),
            dashboard = setup.dashboard,
        );
        std::fs::write(&setup.config, config)?;
        Ok(setup)
    }

    /// Holds these rules against what comes, instead of the example's, in the configuration of
    /// [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when a file cannot be read or written.
    pub fn ruled_by(self, rules: &str) -> anyhow::Result<Self> {
        self.instead("rules.yaml", rules)
    }

    /// Has a catalog of its own instead of the example's, in the configuration of [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when a file cannot be read or written.
    pub fn of_catalog(self, catalog: &str) -> anyhow::Result<Self> {
        self.instead("catalog.yaml", catalog)
    }

    /// Writes a file that stands for one of the example's.
    fn instead(self, name: &str, text: &str) -> anyhow::Result<Self> {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text)?;
        let config = std::fs::read_to_string(&self.config)?;
        let before = example().join(name).display().to_string();
        std::fs::write(&self.config, config.replace(&before, &file.display().to_string()))?;
        Ok(self)
    }

    /// Adds an extension, written as a line of YAML, to the configuration of [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when the configuration cannot be read or written.
    pub fn with_extension(self, extension: &str) -> anyhow::Result<Self> {
        let config = std::fs::read_to_string(&self.config)?;
        std::fs::write(&self.config, format!("{}\n  {extension}\n", config.trim_end()))?;
        Ok(self)
    }

    /// Lets nobody ask the API without a token, in the configuration of [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when the configuration cannot be read or written.
    pub fn asking_for_tokens(self) -> anyhow::Result<Self> {
        self.with_auth("{ without_token: nobody }")
    }

    /// Lets in whom these settings of `extensions.dashboard.auth` let in, in the configuration of
    /// [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when the configuration cannot be read or written.
    pub fn with_auth(self, auth: &str) -> anyhow::Result<Self> {
        let config = std::fs::read_to_string(&self.config)?;
        let open = format!("dashboard: {{ endpoint: {}", self.dashboard);
        anyhow::ensure!(config.contains(&open), "the configuration names no dashboard");
        let closed = format!("{open}, auth: {auth}");
        std::fs::write(&self.config, config.replace(&open, &closed))?;
        Ok(self)
    }

    /// Keeps state and history in a PostgreSQL database, in the configuration of [`Setup::alone`].
    ///
    /// # Errors
    /// Fails when the configuration cannot be read or written.
    pub fn keeping_in(self, postgres: &str) -> anyhow::Result<Self> {
        let config = std::fs::read_to_string(&self.config)?;
        let path = format!("storage: {{ path: '{}'", self.data().display());
        anyhow::ensure!(config.contains(&path), "the configuration names no storage");
        let config = config.replace(&path, &format!("{path}, postgres: '{postgres}'"));
        std::fs::write(&self.config, config)?;
        Ok(self)
    }

    /// Gives the process more variables of the environment.
    #[must_use]
    pub fn with_variables(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("bellwether-").tempdir()?;
        let (otlp, otlp_http, dashboard) = (reserve()?, reserve()?, reserve()?);
        let data = folder.path().join("data").display().to_string();
        let variables = [
            ("BELLWETHER_OTLP_GRPC", otlp.to_string()),
            ("BELLWETHER_OTLP_HTTP", otlp_http.to_string()),
            ("BELLWETHER_DASHBOARD", dashboard.to_string()),
            ("BELLWETHER_DATA", data),
        ];
        Ok(Self {
            config: folder.path().join("bellwether.yaml"),
            folder,
            variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
            otlp,
            otlp_http,
            dashboard,
        })
    }

    /// Returns the temporary folder, which is gone when this is dropped.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder of the collector's store.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Returns the address of OTLP over gRPC, whether a collector runs or not.
    pub fn otlp(&self) -> SocketAddr {
        self.otlp
    }

    /// Returns the address of OTLP over HTTP, whether a collector runs or not.
    pub fn otlp_http(&self) -> SocketAddr {
        self.otlp_http
    }

    /// Returns the address of the API, whether a collector runs or not.
    pub fn dashboard(&self) -> SocketAddr {
        self.dashboard
    }

    /// Returns the URL that services send OTLP to, whether a collector runs or not.
    pub fn otlp_url(&self) -> String {
        format!("http://{}", self.otlp)
    }

    /// Starts a collector and waits until it is ready.
    ///
    /// # Errors
    /// Fails when it is not ready within 30 s, and shows what it wrote.
    pub async fn start(&self) -> anyhow::Result<Bellwether> {
        self.begin("to be ready", async |api| api.ready().await).await
    }

    /// Starts a collector that may not become ready, and waits until it answers.
    ///
    /// # Errors
    /// Fails when it does not answer within 30 s, and shows what it wrote.
    pub async fn start_unready(&self) -> anyhow::Result<Bellwether> {
        self.begin("to answer", async |api| api.status().await.map(drop)).await
    }

    async fn begin(
        &self,
        what: &str,
        done: impl AsyncFn(&Api) -> anyhow::Result<()>,
    ) -> anyhow::Result<Bellwether> {
        let arguments = ["run", "--config", &self.config.display().to_string()].map(str::to_owned);
        let process = Process::start("bellwether", &arguments, &self.variables)?;
        let api = Api::new(format!("http://{}", self.dashboard))?;
        let what = format!("the collector {what}");
        let done = wait::until(&what, START, async || done(&api).await);
        let ended = process.until_line("an end", START, |_| None::<()>);
        tokio::select! {
            done = done => done.map_err(|error| error.context(process.tail()))?,
            Err(error) = ended => return Err(error),
        }
        Ok(Bellwether { process, api })
    }
}

/// A running collector, killed when dropped. Dereferences to the client of its API.
pub struct Bellwether {
    process: Process,
    api: Api,
}

impl std::ops::Deref for Bellwether {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Bellwether {
    /// Returns when it was started.
    pub fn started(&self) -> Started {
        self.process.started()
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// Fails when the process has ended.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        self.process.signal(signal)
    }

    /// Returns the most memory that it had at once so far, in bytes, without the pages of files.
    ///
    /// # Errors
    /// Fails when the process has ended, or the system does not say.
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        self.process.peak_memory()
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
