//! The three vendors, as stand-ins in this process or in their own.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use crate::standins::Standin;
use crate::standins::datadog::{Datadog, DatadogConfig};
use crate::standins::newrelic::{NewRelic, NewRelicConfig};
use crate::standins::statuspage::{Statuspage, StatuspageConfig};

/// The components of the example's status page.
pub const COMPONENTS: [&str; 3] = ["auth", "admin", "database"];

/// Where the stand-ins listen, and what the page is called. It is also the line that the
/// program `standins` prints.
#[derive(Clone, Debug, Deserialize)]
pub struct VendorAddresses {
    /// Base URL of Datadog.
    pub datadog: String,
    /// Base URL of New Relic.
    pub newrelic: String,
    /// Base URL of Statuspage.
    pub statuspage: String,
    /// Id of the page.
    pub statuspage_page: String,
    /// Ids of the page's components by name.
    pub statuspage_components: BTreeMap<String, String>,
}

impl VendorAddresses {
    /// Returns the variables that `examples/marketedge/demo.yaml` reads, with the stand-ins'
    /// fake keys; `hold` is how long Statuspage's readers wait for news, good or bad.
    ///
    /// # Errors
    /// Fails when the page lacks a component of the example.
    pub fn variables(&self, hold: Duration) -> anyhow::Result<Vec<(String, String)>> {
        let (datadog, newrelic, statuspage) =
            (DatadogConfig::default(), NewRelicConfig::default(), StatuspageConfig::default());
        let component = |name: &str| {
            let id = self.statuspage_components.get(name).cloned();
            id.with_context(|| format!("the page has no component {name}"))
        };
        let variables = [
            ("DATADOG_URL", self.datadog.clone()),
            ("NEW_RELIC_URL", self.newrelic.clone()),
            ("STATUSPAGE_URL", self.statuspage.clone()),
            ("STATUSPAGE_HOLD", format!("{}ms", hold.as_millis())),
            ("DD_API_KEY", datadog.api_key),
            ("DD_APP_KEY", datadog.application_key),
            ("NEW_RELIC_LICENSE_KEY", newrelic.license_key),
            ("NEW_RELIC_ACCOUNT_ID", newrelic.account_id.to_string()),
            ("STATUSPAGE_API_KEY", statuspage.api_key),
            ("STATUSPAGE_PAGE_ID", self.statuspage_page.clone()),
            ("STATUSPAGE_AUTH", component("auth")?),
            ("STATUSPAGE_ADMIN", component("admin")?),
            ("STATUSPAGE_DATABASE", component("database")?),
        ];
        Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

/// Stand-ins in this process, so that a test can ask them directly. They end when dropped.
pub struct Vendors {
    /// Datadog.
    pub datadog: Standin<Datadog>,
    /// New Relic.
    pub newrelic: Standin<NewRelic>,
    /// Statuspage.
    pub statuspage: Standin<Statuspage>,
}

impl Vendors {
    /// Starts all three on free ports.
    ///
    /// # Errors
    /// Fails when no port can be bound.
    pub async fn start() -> anyhow::Result<Self> {
        Ok(Self {
            datadog: Datadog::start(DatadogConfig::default()).await?,
            newrelic: NewRelic::start(NewRelicConfig::default()).await?,
            statuspage: Statuspage::start(StatuspageConfig::with_components(&COMPONENTS)).await?,
        })
    }

    /// Returns where they listen.
    pub fn addresses(&self) -> VendorAddresses {
        let component = |name: &str| (name.to_owned(), StatuspageConfig::component_id(name));
        VendorAddresses {
            datadog: self.datadog.base_url(),
            newrelic: self.newrelic.base_url(),
            statuspage: self.statuspage.base_url(),
            statuspage_page: StatuspageConfig::default().page_id,
            statuspage_components: COMPONENTS.map(component).into(),
        }
    }
}
