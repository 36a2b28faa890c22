//! Settings of `datadog`.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::settings::{HumanDuration, Secret};
use bellwether_otlp::delta::Limits;
use schemars::JsonSchema;
use serde::Deserialize;

use super::events::Events;
use super::otlp::Otlp;
use crate::exporter::Parts;
use crate::notices::NoticeVendor;
use crate::registry;
use crate::settings::{
    Incidents, Problem, RetryOnFailure, SendingQueue, base_url, secret_header, ten_seconds, timing,
    unless,
};
use crate::signals::Compression;
use crate::wire::Wire;

/// Settings of `datadog`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "datadog")]
pub struct Settings {
    /// Whose account, and where.
    pub api: Api,
    /// Whether incidents become alert events.
    #[serde(default)]
    pub incidents: Incidents,
    /// Tells how components are as service checks `bellwether.component`; none unless set.
    pub service_checks: Option<ServiceChecks>,
    /// Other addresses than those of the site, for a proxy or a test.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// How long one call may take.
    #[serde(default = "ten_seconds")]
    pub timeout: HumanDuration,
    /// How requests wait.
    #[serde(default)]
    pub sending_queue: SendingQueue,
    /// How a request that failed is tried again.
    #[serde(default)]
    pub retry_on_failure: RetryOnFailure,
    /// How OTLP is compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How cumulative metrics, which Datadog does not take, become delta.
    #[serde(default)]
    pub cumulative: Cumulative,
}

/// Service checks of components.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "datadog_service_checks")]
pub struct ServiceChecks {
    /// The host that they are of: Datadog wants one, and may list it.
    pub host: String,
}

/// How cumulative metrics become delta.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "datadog_cumulative")]
pub struct Cumulative {
    /// How many series may be known. Points of further ones are left out, counted and told.
    pub max_series: usize,
    /// After which silence a series is forgotten.
    pub forget_after: HumanDuration,
}

impl Default for Cumulative {
    fn default() -> Self {
        Self { max_series: 100_000, forget_after: HumanDuration::from_secs(3_600) }
    }
}

impl Cumulative {
    fn limits(&self, problems: &mut Vec<Problem>) -> Limits {
        if self.max_series == 0 {
            let message = "no metric becomes delta without a series: write at least 1";
            problems.push(Problem::new("cumulative.max_series", message));
        }
        if self.forget_after.get() < Duration::from_secs(60) {
            let message =
                "series would be forgotten between two of their points: write at least `1m`";
            problems.push(Problem::new("cumulative.forget_after", message));
        }
        Limits {
            series: self.max_series,
            // ten of each on the average: sums have one, histograms one for each bucket
            numbers: self.max_series.saturating_mul(10),
            forget_after: self.forget_after.get(),
        }
    }
}

/// Keys and site.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "datadog_api")]
pub struct Api {
    /// The API key.
    pub key: Secret,
    /// The application key; events need it beside the API key.
    pub app_key: Option<Secret>,
    /// The Datadog site of the account.
    #[serde(default)]
    pub site: Site,
}

/// Base URLs that replace those of the site.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "datadog_endpoints")]
pub struct Endpoints {
    /// Instead of `https://otlp.<site>`; `/v1/traces` and its like are added.
    pub otlp: Option<String>,
    /// Instead of `https://event-management-intake.<site>`; `/api/v2/events` is added.
    pub events: Option<String>,
    /// Instead of `https://api.<site>`; `/api/v1/validate` and `/api/v1/check_run` are added.
    pub api: Option<String>,
}

macro_rules! sites {
    ($($(#[$doc:meta])* $name:ident = $host:literal),* $(,)?) => {
        /// A Datadog site.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
        #[schemars(rename = "datadog_site")]
        pub enum Site { $($(#[$doc])* #[serde(rename = $host)] $name),* }

        impl Site {
            /// Returns the host that every other is made from, such as `datadoghq.eu`.
            pub const fn host(self) -> &'static str {
                match self { $(Self::$name => $host),* }
            }
        }
    };
}

sites!(
    /// United States, US1.
    #[default]
    Us1 = "datadoghq.com",
    /// United States, US3.
    Us3 = "us3.datadoghq.com",
    /// United States, US5.
    Us5 = "us5.datadoghq.com",
    /// Europe, EU1.
    Eu1 = "datadoghq.eu",
    /// Asia and Pacific, AP1.
    Ap1 = "ap1.datadoghq.com",
    /// Asia and Pacific, AP2.
    Ap2 = "ap2.datadoghq.com",
    /// United Kingdom, UK1.
    Uk1 = "uk1.datadoghq.com",
    /// United States government, US1-FED.
    Us1Fed = "ddog-gov.com",
    /// United States government, US2-FED.
    Us2Fed = "us2.ddog-gov.com",
);

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let site = self.api.site.host();
        let mut base = |key: &str, own: Option<String>, host: &str| {
            let url = own.unwrap_or_else(|| format!("https://{host}.{site}"));
            base_url(&format!("endpoints.{key}"), &url, &mut problems)
        };
        let otlp = base("otlp", self.endpoints.otlp, "otlp");
        let events = base("events", self.endpoints.events, "event-management-intake");
        let api = base("api", self.endpoints.api, "api");
        let key = secret_header("api.key", "", &self.api.key, &mut problems);
        let app_key = self
            .api
            .app_key
            .as_ref()
            .map(|app_key| secret_header("api.app_key", "", app_key, &mut problems));
        let host = self.service_checks.map(|it| it.host);
        if host.as_ref().is_some_and(|it| it.trim().is_empty() || it.len() > 255) {
            let message = "must be the name of a host, such as the collector's own";
            problems.push(Problem::new("service_checks.host", message));
        }
        if self.incidents == Incidents::Publish && app_key.is_none() {
            let message = "events need an application key: add one, or set `incidents: off`";
            problems.push(Problem::new("api.app_key", message));
        }
        let app_key = app_key.filter(|_| self.incidents == Incidents::Publish);
        let tells = app_key.is_some() || host.is_some();
        let (api_url, api_key) = (api.clone(), key.clone());
        let told = || Events { events, api: api_url, key: api_key, app_key, host };
        let notices = tells.then(|| Arc::new(told()) as Arc<dyn NoticeVendor>);
        let cumulative = self.cumulative.limits(&mut problems);
        let otlp = Otlp { otlp, api, key, compression: self.compression, cumulative };
        let parts = Parts {
            metrics: None,
            references: Vec::new(),
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            queue: self.sending_queue.check(&mut problems),
            wire: Wire::default(),
            notes: self.sending_queue.notes(),
            signals: Some(Arc::new(otlp)),
            notices,
            secrets: std::iter::once(self.api.key).chain(self.api.app_key).collect(),
        };
        unless(problems, parts)
    }
}
