//! Settings of `statuspage`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_core::ids::ComponentId;
use bellwether_core::settings::{HumanDuration, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::metrics::{self, Metrics, PageMetric};
use super::page::{Page, Statuspage};
use super::words::{CustomerTemplates, Words};
use crate::exporter::{Parts, Reference, Referent};
use crate::metrics::Measure;
use crate::notices::{Audience, NoticePolicy};
use crate::registry;
use crate::settings::{
    Problem, RetryOnFailure, base_url, secret_header, thirty_seconds, timing, unless,
};

/// Settings of `statuspage`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "statuspage")]
pub struct Settings {
    /// The API key of a user of the page.
    pub api_key: Secret,
    /// The id of the page.
    pub page_id: String,
    /// Which of our components is which of the page's: our id to Statuspage's id. Components
    /// that are not named here are never shown.
    pub components: BTreeMap<ComponentId, String>,
    /// Whether incidents are opened, updated and resolved on the page, or only the states of
    /// components are shown.
    #[serde(default)]
    pub incidents: PageIncidents,
    /// How long news waits before customers see it.
    #[serde(default)]
    pub hold: Hold,
    /// Which metric of the page shows what, by Statuspage's id of the metric.
    #[serde(default)]
    pub metrics: BTreeMap<String, PageMetric>,
    /// Other words than the usual ones.
    #[serde(default)]
    pub templates: CustomerTemplates,
    /// Another address than `https://api.statuspage.io`; `/v1/pages/...` is added.
    pub endpoint: Option<String>,
    /// How long one call may take. Long, since a call that is given up may still arrive.
    #[serde(default = "thirty_seconds")]
    pub timeout: HumanDuration,
}

/// Who opens incidents on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "statuspage_incidents")]
pub enum PageIncidents {
    /// They are opened, updated and resolved as they happen.
    #[default]
    Publish,
    /// A person opens them, by the draft that is kept with the message; from then on they are
    /// updated.
    Draft,
    /// Nobody: only states of components are shown.
    Off,
}

/// How long news waits before customers see it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "statuspage_hold")]
pub struct Hold {
    /// How long bad news waits, so that a short fault is never shown.
    pub open: HumanDuration,
    /// How long good news waits, so that a flap is not shown as a recovery.
    pub resolve: HumanDuration,
}

impl Default for Hold {
    fn default() -> Self {
        Self { open: HumanDuration::from_secs(60), resolve: HumanDuration::from_secs(120) }
    }
}

pub(super) const NO_ID: &str = "is not an id of Statuspage: it has letters and digits only";

/// Says whether a text can stand in a path as it is.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Returns what is named of the catalog and of the history. A component that has a metric is among those
/// of the page.
fn references(
    components: &BTreeMap<ComponentId, String>,
    measures: &BTreeMap<String, Measure>,
) -> Vec<Reference> {
    let component = |id: &ComponentId| {
        let (path, to) = (format!("components.{id}"), Referent::Component(id.clone()));
        Reference { path, to }
    };
    let series = |(id, measure): (&String, &Measure)| {
        let Measure::Series(series) = measure else { return None };
        let (path, to) = (format!("metrics.{id}.series"), Referent::Series(series.clone()));
        Some(Reference { path, to })
    };
    components.keys().map(component).chain(measures.iter().filter_map(series)).collect()
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let url = self.endpoint.as_deref().unwrap_or("https://api.statuspage.io");
        let base = base_url("endpoint", url, &mut problems);
        if !is_id(&self.page_id) {
            problems.push(Problem::new("page_id", NO_ID));
        }
        if self.components.is_empty() {
            let message = "names no component, so nothing would ever be shown";
            problems.push(Problem::new("components", message));
        }
        for (ours, theirs) in &self.components {
            if !is_id(theirs) {
                problems.push(Problem::new(format!("components.{ours}"), NO_ID));
            }
        }
        let mut by_theirs = BTreeMap::new();
        for (ours, theirs) in &self.components {
            if let Some(other) = by_theirs.insert(theirs, ours) {
                let message = format!("is the same component of the page as `{other}`");
                problems.push(Problem::new(format!("components.{ours}"), message));
            }
        }
        let base = format!("{base}/v1/pages/{}", self.page_id);
        let key = secret_header("api_key", "OAuth ", &self.api_key, &mut problems);
        let measures = metrics::measures(&self.metrics, &self.components, &mut problems);
        let draft = self.incidents == PageIncidents::Draft;
        let words = Words::new(&self.templates, &mut problems);
        let page = Arc::new(Page::new(base, key, self.components, draft, words));
        let measured = !measures.is_empty();
        let references = references(&page.components, &measures);
        let metrics = Metrics { page: Arc::clone(&page), measures };
        let policy = NoticePolicy {
            follows_components: true,
            follows_incidents: self.incidents != PageIncidents::Off,
            follows_maintenance: self.incidents != PageIncidents::Off,
            follows_deployments: false,
            newest_only: true,
            hold_open: self.hold.open.get(),
            hold_resolve: self.hold.resolve.get(),
            audience: Audience::Stream,
            once: None,
        };
        let parts = Parts {
            timing: timing(self.timeout, &RetryOnFailure::default(), &mut problems),
            notices: Some(Arc::new(Statuspage { page, policy, measured })),
            metrics: if measured { Some(Arc::new(metrics)) } else { None },
            references,
            secrets: vec![self.api_key],
            ..Parts::default()
        };
        unless(problems, parts)
    }
}
