//! Which files there are, for whom.

use std::str::FromStr;

use crate::board::Source;
use crate::{boards, datadog, grafana, newrelic};

/// Whose dashboards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Grafana, over a Prometheus that scrapes the collector.
    Grafana,
    /// Datadog, over what the collector sends it.
    Datadog,
    /// New Relic, over what the collector sends it.
    NewRelic,
}

impl Product {
    /// Every product.
    pub const ALL: [Self; 3] = [Self::Grafana, Self::Datadog, Self::NewRelic];

    /// Returns its name in lower case, which is that of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grafana => "grafana",
            Self::Datadog => "datadog",
            Self::NewRelic => "newrelic",
        }
    }
}

impl FromStr for Product {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.name() == word);
        found.ok_or_else(|| format!("nobody draws dashboards for {word}"))
    }
}

/// A dashboard as a product imports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// JSON, ending with a new line.
    pub text: String,
}

/// Makes the files of a product. New Relic's questions name an `account`, which is to be filled in
/// later where it is 0; others have no use for it.
pub fn files(product: Product, account: u64) -> Vec<File> {
    let boards = boards::all();
    let named = |name: &str, value: serde_json::Value| File {
        name: format!("{name}.json"),
        text: format!("{value:#}\n"),
    };
    match product {
        // what services send does not stand on the collector's `/metrics`
        Product::Grafana => boards
            .iter()
            .filter(|it| it.from == Source::Collector)
            .map(|it| named(it.id, grafana::dashboard(it)))
            .collect(),
        Product::Datadog => boards.iter().map(|it| named(it.id, datadog::dashboard(it))).collect(),
        // pages of one dashboard
        Product::NewRelic => vec![named("bellwether", newrelic::dashboard(&boards, account))],
    }
}
