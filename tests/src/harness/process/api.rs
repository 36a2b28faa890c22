//! A client of the collector's API.

use anyhow::{Context, anyhow, ensure};
use bellwether_api::Snapshot;
use bellwether_api::view::{Component, Incident, Transition};
use bellwether_core::state::ComponentState;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::harness::http;

/// Asks a collector how everything stands.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Incidents {
    incidents: Vec<Incident>,
}

#[derive(Deserialize)]
struct Transitions {
    transitions: Vec<Transition>,
}

impl Api {
    /// Makes a client for a base URL without a slash at the end.
    ///
    /// # Errors
    /// Fails when TLS cannot be set up.
    pub fn new(base: String) -> anyhow::Result<Self> {
        Ok(Self { base, client: http::client()? })
    }

    /// Returns the base URL, which is also that of the page for people.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Succeeds when the collector is ready.
    ///
    /// # Errors
    /// Says why it is not.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let response = self.client.get(format!("{}/readyz", self.base)).send().await?;
        let status = response.status();
        ensure!(status.is_success(), "{status}: {}", response.text().await?);
        Ok(())
    }

    /// Returns how everything stands.
    ///
    /// # Errors
    /// Fails when there is no answer, or one that cannot be read.
    pub async fn status(&self) -> anyhow::Result<Snapshot> {
        self.get("/api/v1/status").await
    }

    /// Returns the newest 50 incidents, resolved ones too.
    ///
    /// # Errors
    /// Fails when there is no answer, or one that cannot be read.
    pub async fn incidents(&self) -> anyhow::Result<Vec<Incident>> {
        Ok(self.get::<Incidents>("/api/v1/incidents").await?.incidents)
    }

    /// Returns the newest 50 changes of state.
    ///
    /// # Errors
    /// Fails when there is no answer, or one that cannot be read.
    pub async fn transitions(&self) -> anyhow::Result<Vec<Transition>> {
        Ok(self.get::<Transitions>("/api/v1/transitions").await?.transitions)
    }

    /// Returns one component.
    ///
    /// # Errors
    /// Fails when there is no answer, or no such component.
    pub async fn component(&self, id: &str) -> anyhow::Result<Component> {
        let found = self.status().await?.components.into_iter().find(|it| it.id.as_str() == id);
        found.with_context(|| format!("the collector knows no component {id}"))
    }

    /// Succeeds, with the component, when its effective state is this one.
    ///
    /// # Errors
    /// Says what state it has instead.
    pub async fn is(&self, id: &str, state: ComponentState) -> anyhow::Result<Component> {
        let component = self.component(id).await?;
        let reasons: Vec<&str> = component.reasons.iter().map(|it| it.text.as_str()).collect();
        ensure!(component.effective == state, "{id} is {}, {reasons:?}", component.effective);
        Ok(component)
    }

    /// Succeeds, with the incident, when exactly one is open.
    ///
    /// # Errors
    /// Says how many there are instead.
    pub async fn open_incident(&self) -> anyhow::Result<Incident> {
        let open = self.status().await?.incidents;
        let count = open.len();
        <[Incident; 1]>::try_from(open)
            .map(|[incident]| incident)
            .map_err(|_| anyhow!("{count} incidents are open"))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let response = self.client.get(format!("{}{path}", self.base)).send().await?;
        let response = response.error_for_status()?;
        response.json().await.with_context(|| format!("{path} cannot be read"))
    }
}
