use bellwether_core::settings::{HumanDuration, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whoever could guess a shorter key could make links.
const SHORTEST_KEY: usize = 32;

/// Links in messages: `extensions.dashboard.links`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "DashboardLinks")]
pub struct LinkSettings {
    /// Whether messages of destinations with an `external_url` have links by which people
    /// acknowledge and silence an incident without signing in.
    pub enabled: bool,
    /// What links are signed with, 32 characters and more. Unless set it is made once and kept
    /// in the folder of `extensions.storage.path`, in `links.key`.
    #[serde(skip_serializing)]
    pub signing_key: Option<Secret>,
    /// For how long a link can be used, from when its message was sent.
    pub valid_for: HumanDuration,
}

impl Default for LinkSettings {
    fn default() -> Self {
        Self { enabled: true, signing_key: None, valid_for: HumanDuration::from_secs(86_400) }
    }
}

impl LinkSettings {
    /// Returns what is wrong with them: the key, what it is, and what to do.
    pub fn flaws(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut flaws = Vec::new();
        if self.signing_key.as_ref().is_some_and(|it| it.expose().len() < SHORTEST_KEY) {
            let help = "write 32 random characters and more, or leave it out: one is made then";
            flaws.push(("signing_key", "is shorter than 32 characters", help));
        }
        if self.valid_for.get().is_zero() {
            let help = "write how long, such as `24h`, or `enabled: false` for no links";
            flaws.push(("valid_for", "is no time at all", help));
        }
        flaws
    }
}
