//! Reads history out of a running collector, or out of what one left behind.

use bellwether_api::view::{
    AcceptedRemoval, Decision, Incident, Notification, Service, Transition,
};
use bellwether_core::ids;
use bellwether_core::notice::Notice;
use bellwether_core::store::{Addressed, Records, Store, StoreError};
use bellwether_history::{History as Database, Place};
use serde::de::DeserializeOwned;

use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// As many records are looked at as the API gives at once.
pub(super) const MOST: u32 = 1_000;

/// Where history is.
#[derive(Clone, Debug)]
pub enum From {
    /// Behind the API of a running collector.
    Api(Address),
    /// Where a collector that does not run keeps it.
    Place(Place),
}

/// The newest of what happened, newest first.
pub(super) struct History {
    pub(super) transitions: Vec<Transition>,
    pub(super) incidents: Vec<Incident>,
    /// Why people were told of the incident that is asked about, or not; in order.
    pub(super) decisions: Vec<Decision>,
    /// Messages, and what became of them: of the incident that is asked about, or the newest of all.
    pub(super) notifications: Vec<Notification>,
    /// What is gone on purpose, by service.
    pub(super) removals: Vec<(ids::Service, Vec<AcceptedRemoval>)>,
}

/// Reads the newest of what happened.
pub(super) fn history(from: &From, about: &str) -> Result<History, ToolError> {
    wait_for(async {
        match from {
            From::Api(address) => over_http(address, about).await,
            From::Place(place) => stored(place, about).await,
        }
    })
}

async fn stored(place: &Place, about: &str) -> Result<History, ToolError> {
    let failed = |error: &dyn std::fmt::Display| {
        let help = "while a collector runs on it, ask the collector with --url";
        ToolError::file(&place.folder, "", format!("{error}; {help}"))
    };
    if !place.folder.is_dir() {
        return Err(ToolError::file(&place.folder, "", "there is no such folder"));
    }
    let store = Database::open(place).await.map_err(|error| failed(&error))?;
    let read = read(&store, about).await.map_err(|error| failed(&error));
    store.close().await;
    read
}

async fn read(store: &Database, about: &str) -> Result<History, StoreError> {
    let transitions = store.transitions(MOST).await?;
    let incidents = store.incidents(MOST).await?;
    let decisions = store.rulings(&about.into()).await?;
    let is_incident = incidents.iter().any(|it| it.id.as_str() == about);
    let subject = is_incident.then(|| Notice::incident_subject(&about.into()));
    let of = Addressed { subject, ..Addressed::default() };
    let notifications = store.notifications(&of, MOST).await?;
    let services = store.restore().await?.services;
    let removals = services.iter().map(|it| (it.service.clone(), AcceptedRemoval::of(it)));
    Ok(History {
        decisions: decisions.iter().map(Decision::from).collect(),
        transitions: transitions.iter().map(Transition::from).collect(),
        incidents: incidents.iter().map(Incident::from).collect(),
        notifications: notifications.iter().map(Notification::from).collect(),
        removals: removals.collect(),
    })
}

async fn over_http(address: &Address, about: &str) -> Result<History, ToolError> {
    let client = Client::new(address)?;
    let newest = |what: &str| format!("{what}?limit={MOST}");
    let services: Vec<Service> = list(&client, "services", "services").await?;
    let removals = services.into_iter().map(|it| (it.name, it.accepted_removals));
    let incidents: Vec<Incident> = list(&client, &newest("incidents"), "incidents").await?;
    let messages = newest("notifications");
    let is_incident = incidents.iter().any(|it| it.id.as_str() == about);
    let (messages, decisions) = if is_incident {
        let decisions = newest(&format!("incidents/{about}/decisions"));
        (format!("{messages}&incident={about}"), list(&client, &decisions, "decisions").await?)
    } else {
        (messages, Vec::new())
    };
    Ok(History {
        removals: removals.collect(),
        transitions: list(&client, &newest("transitions"), "transitions").await?,
        notifications: list(&client, &messages, "notifications").await?,
        incidents,
        decisions,
    })
}

async fn list<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    what: &str,
) -> Result<Vec<T>, ToolError> {
    let mut document = client.get(&format!("/api/v1/{path}")).await?;
    let records = document.get_mut(what).map(serde_json::Value::take).unwrap_or_default();
    serde_json::from_value(records).map_err(|it| client.failed(format!("not as expected: {it}")))
}
