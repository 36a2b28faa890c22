//! Settings of `newrelic`.

use std::fmt;
use std::sync::Arc;

use bellwether_core::settings::{HumanDuration, Secret};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{self, Deserialize, Deserializer, Visitor};

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

/// Settings of `newrelic`.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "newrelic")]
pub struct Settings {
    /// The license key of the account.
    pub license_key: Secret,
    /// The number of the account; events need it.
    pub account_id: Option<AccountId>,
    /// Where the account lives.
    #[serde(default)]
    pub region: Region,
    /// Whether incidents become `BellwetherIncident` events.
    #[serde(default)]
    pub incidents: Incidents,
    /// Other addresses than those of the region, for a proxy or a test.
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
}

/// The number of an account, written as a number, or as text as it comes out of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountId(u64);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AccountIdVisitor)
    }
}

struct AccountIdVisitor;

impl Visitor<'_> for AccountIdVisitor {
    type Value = AccountId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of an account, such as 1234567")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<AccountId, E> {
        Ok(AccountId(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<AccountId, E> {
        let wrong = |_| E::invalid_value(de::Unexpected::Signed(number), &self);
        u64::try_from(number).map(AccountId).map_err(wrong)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<AccountId, E> {
        let wrong = |_| E::invalid_value(de::Unexpected::Str(text), &self);
        text.trim().parse().map(AccountId).map_err(wrong)
    }
}

impl JsonSchema for AccountId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AccountId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": ["integer", "string"],
            "description": "The number of an account.",
            "minimum": 0,
            "pattern": r"^\s*[0-9]+\s*$",
            "examples": [1_234_567, "1234567"],
        })
    }
}

/// Where a New Relic account lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "newrelic_region")]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// Europe.
    Eu,
    /// Japan.
    Jp,
    /// United States government.
    Fedramp,
}

impl Region {
    const fn otlp(self) -> &'static str {
        match self {
            Self::Us => "https://otlp.nr-data.net",
            Self::Eu => "https://otlp.eu01.nr-data.net",
            Self::Jp => "https://otlp.jp.nr-data.net",
            Self::Fedramp => "https://gov-otlp.nr-data.net",
        }
    }

    const fn events(self) -> &'static str {
        match self {
            Self::Us => "https://insights-collector.newrelic.com",
            Self::Eu => "https://insights-collector.eu01.nr-data.net",
            Self::Jp => "https://insights-collector.jp.nr-data.net",
            Self::Fedramp => "https://gov-insights-collector.newrelic.com",
        }
    }
}

/// Base URLs that replace those of the region.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "newrelic_endpoints")]
pub struct Endpoints {
    /// Instead of the region's OTLP host; `/v1/traces` and its like are added.
    pub otlp: Option<String>,
    /// Instead of the region's Event API host; `/v1/accounts/<id>/events` is added.
    pub events: Option<String>,
}

impl registry::Settings for Settings {
    fn build(self) -> Result<Parts, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut base = |key: &str, own: Option<&String>, ours: &str| {
            let url = own.map_or(ours, String::as_str);
            base_url(&format!("endpoints.{key}"), url, &mut problems)
        };
        let otlp = base("otlp", self.endpoints.otlp.as_ref(), self.region.otlp());
        let events = base("events", self.endpoints.events.as_ref(), self.region.events());
        let key = secret_header("license_key", "", &self.license_key, &mut problems);
        let notices = match (self.incidents, &self.account_id) {
            (Incidents::Off, _) => None,
            (Incidents::Publish, Some(account)) => {
                let url = format!("{events}/v1/accounts/{account}/events");
                Some(Arc::new(Events { url, key: key.clone() }) as Arc<dyn NoticeVendor>)
            }
            (Incidents::Publish, None) => {
                let message = "events need the account's number: add it, or set `incidents: off`";
                problems.push(Problem::new("account_id", message));
                None
            }
        };
        let parts = Parts {
            metrics: None,
            references: Vec::new(),
            timing: timing(self.timeout, &self.retry_on_failure, &mut problems),
            queue: self.sending_queue.check(&mut problems),
            wire: Wire::default(),
            notes: self.sending_queue.notes(),
            signals: Some(Arc::new(Otlp { otlp, key, compression: self.compression })),
            notices,
            secrets: vec![self.license_key],
        };
        unless(problems, parts)
    }
}
