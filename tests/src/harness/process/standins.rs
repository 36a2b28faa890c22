//! The vendors' stand-ins as a process.

use std::time::Duration;

use anyhow::Context;
use serde::de::DeserializeOwned;

use super::Process;
use crate::harness::http;
use crate::harness::vendors::{COMPONENTS, VendorAddresses};

/// Longest wait until all of them listen, on a busy machine.
const START: Duration = Duration::from_secs(30);

/// The running program `standins`, killed when dropped.
pub struct StandinsProcess {
    process: Process,
    addresses: VendorAddresses,
    client: reqwest::Client,
}

impl StandinsProcess {
    /// Starts the program on free ports and waits until it says which.
    ///
    /// # Errors
    /// Fails when it does not within 30 s, and shows what it wrote.
    pub async fn start() -> anyhow::Result<Self> {
        let arguments = ["--statuspage-components".to_owned(), COMPONENTS.join(",")];
        let process = Process::start("standins", &arguments, &[])?;
        let addresses = |line: &str| serde_json::from_str(line).ok();
        let addresses = process.until_line("the stand-ins to listen", START, addresses).await?;
        Ok(Self { process, addresses, client: http::client()? })
    }

    /// Returns where they listen.
    pub fn addresses(&self) -> &VendorAddresses {
        &self.addresses
    }

    /// Reads what a stand-in has stored; `base` is its base URL.
    ///
    /// # Errors
    /// Fails when there is no answer, or one that cannot be read.
    pub async fn state<T: DeserializeOwned>(&self, base: &str) -> anyhow::Result<T> {
        let response = self.client.get(format!("{base}/_standin/state")).send().await?;
        response.json().await.with_context(|| format!("the state of {base} cannot be read"))
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
