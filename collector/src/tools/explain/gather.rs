//! Reads history out of a running collector, or out of what one left behind.

use std::path::{Path, PathBuf};

use bellwether_api::view::{Decision, Incident, Transition};
use bellwether_core::store::Records;
use bellwether_exporters::call::Call;
use bellwether_exporters::transport::{Http, Network};
use bellwether_exporters::wire::Wire;
use bellwether_history::{History as Database, Place};
use http::Method;
use serde::de::DeserializeOwned;

use crate::tools::ToolError;

/// As many records are looked at as the API gives at once.
pub(super) const MOST: u32 = 1_000;

/// Where history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Behind the API of a running collector, at this address.
    Api(String),
    /// In the folder of a collector that does not run.
    Storage(PathBuf),
}

/// The newest of what happened, newest first.
pub(super) struct History {
    pub(super) transitions: Vec<Transition>,
    pub(super) incidents: Vec<Incident>,
    /// Why people were told of the incident that is asked about, or not; in order.
    pub(super) decisions: Vec<Decision>,
}

/// Reads the newest of what happened.
pub(super) fn history(from: &From, about: &str) -> Result<History, ToolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ToolError::Other(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        match from {
            From::Api(url) => over_http(url, about).await,
            From::Storage(folder) => stored(folder, about).await,
        }
    })
}

async fn stored(folder: &Path, about: &str) -> Result<History, ToolError> {
    let failed = |error: &dyn std::fmt::Display| {
        let help = "while a collector runs on it, ask the collector with --url";
        ToolError::file(folder, "", format!("{error}; {help}"))
    };
    if !folder.is_dir() {
        return Err(ToolError::file(folder, "", "there is no such folder"));
    }
    let place = Place { folder: folder.to_owned(), postgres: None };
    let store = Database::open(&place).await.map_err(|error| failed(&error))?;
    let transitions = store.transitions(MOST).await.map_err(|error| failed(&error))?;
    let incidents = store.incidents(MOST).await.map_err(|error| failed(&error))?;
    let decisions = store.rulings(&about.into()).await.map_err(|error| failed(&error))?;
    store.close().await;
    Ok(History {
        decisions: decisions.iter().map(Decision::from).collect(),
        transitions: transitions.iter().map(Transition::from).collect(),
        incidents: incidents.iter().map(Incident::from).collect(),
    })
}

async fn over_http(url: &str, about: &str) -> Result<History, ToolError> {
    // an error says that a provider is installed already, which is as good
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = url.trim_end_matches('/');
    let incidents: Vec<Incident> = list(url, "incidents", "incidents").await?;
    let decisions = match incidents.iter().any(|it| it.id.as_str() == about) {
        true => list(url, &format!("incidents/{about}/decisions"), "decisions").await?,
        false => Vec::new(),
    };
    let transitions = list(url, "transitions", "transitions").await?;
    Ok(History { transitions, incidents, decisions })
}

async fn list<T: DeserializeOwned>(url: &str, path: &str, what: &str) -> Result<Vec<T>, ToolError> {
    let failed = |why: String| {
        let help = "is a collector running there? --url names another one, --storage a folder";
        ToolError::Other(format!("{url}: {why}; {help}"))
    };
    let http = Http::new().map_err(|error| failed(error.to_string()))?;
    let transport = http.open(&Wire::default()).map_err(|error| failed(error.to_string()))?;
    let asked = format!("{url}/api/v1/{path}?limit={MOST}");
    let call = Call::new("read history", Method::GET, asked);
    let answer = transport.send(call).await.map_err(|error| failed(error.to_string()))?;
    if !answer.is_success() {
        return Err(failed(answer.explain()));
    }
    let mut document = answer.json().ok_or_else(|| failed("no JSON came back".to_owned()))?;
    let records = document.get_mut(what).map(serde_json::Value::take).unwrap_or_default();
    serde_json::from_value(records).map_err(|error| failed(format!("not as expected: {error}")))
}
