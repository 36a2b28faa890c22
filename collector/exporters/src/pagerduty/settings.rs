//! Settings of `pagerduty`.

use std::sync::Arc;

use bellwether_core::settings::{HumanDuration, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Events;
use crate::exporter::Parts;
use crate::registry;
use crate::settings::{Problem, RetryOnFailure, base_url, ten_seconds, timing, unless};

/// How long a routing key is.
const KEY: usize = 32;

/// Settings of `pagerduty`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "pagerduty")]
pub struct Settings {
    /// The integration key of a service or an event orchestration: Events API v2, 32 characters.
    pub routing_key: Secret,
    /// Where the account lives.
    #[serde(default)]
    pub region: Region,
    /// Another address than that of the region, for a proxy or a test; `/v2/enqueue` is added, and
    /// `/v2/change/enqueue` for change events.
    pub endpoint: Option<String>,
    /// Whether it is told when a service runs another version, as a change event, which PagerDuty
    /// shows beside incidents and which pages nobody. Not with the key of an event orchestration,
    /// which begins with `R`.
    #[serde(default)]
    pub change_events: bool,
    /// Where people find more: the address of this collector's page as they reach it.
    pub external_url: Option<String>,
    /// How long one call may take.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
}

/// Where a PagerDuty account lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "pagerduty_region")]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// Europe.
    Eu,
}

impl Region {
    const fn events(self) -> &'static str {
        match self {
            Self::Us => "https://events.pagerduty.com",
            Self::Eu => "https://events.eu.pagerduty.com",
        }
    }
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let endpoint = self.endpoint.as_deref().unwrap_or(self.region.events());
        let endpoint = base_url("endpoint", endpoint, &mut problems);
        let external_url = self.external_url.as_deref();
        let external_url =
            external_url.map(|it| base_url("external_url", it, &mut problems)).unwrap_or_default();
        let routing_key = self.routing_key.expose().trim().to_owned();
        if routing_key.len() != KEY || !routing_key.bytes().all(|it| it.is_ascii_alphanumeric()) {
            let message =
                "is no integration key of Events API v2: those have 32 letters and digits";
            problems.push(Problem::new("routing_key", message));
        }
        if self.change_events && routing_key.starts_with('R') {
            let message = "asks for what PagerDuty refuses with this `routing_key`: one that begins with `R` \
                           is of an event orchestration, which takes no change events. Leave it out, or add \
                           another `pagerduty/NAME` with the integration key of a service";
            problems.push(Problem::new("change_events", message));
        }
        let url = format!("{endpoint}/v2/enqueue");
        let changes = self.change_events.then(|| format!("{endpoint}/v2/change/enqueue"));
        let parts = Parts {
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            secrets: vec![self.routing_key],
            notices: Some(Arc::new(Events { url, changes, routing_key, external_url })),
            ..Parts::default()
        };
        unless(problems, parts)
    }
}
