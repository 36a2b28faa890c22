//! The example of the documents as it stands in the repository, and values for what it names.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::standins::datadog::DatadogConfig;
use crate::standins::newrelic::NewRelicConfig;
use crate::standins::slack::SlackConfig;
use crate::standins::statuspage::StatuspageConfig;

/// Its files.
pub const FILES: [&str; 3] = ["bellwether.yaml", "catalog.yaml", "rules.yaml"];

/// Who answers for Zebra.
pub const OWNER: &str = "zebra-owner@marketedge.example";

/// Returns the folder of its files.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/marketedge/production")
}

/// Reads one of its files.
///
/// # Errors
/// Fails when there is no such file.
pub fn read(name: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(folder().join(name)).with_context(|| name.to_owned())
}

/// Returns a key of PagerDuty's.
pub fn routing_key(number: u8) -> String {
    format!("fake0pagerduty0routing0key{number:06}")
}

/// Returns the status page that it writes to.
pub fn status_page() -> StatuspageConfig {
    let components = [("c1", "auth"), ("c2", "admin"), ("c3", "database")];
    StatuspageConfig {
        page_id: "p1".to_owned(),
        components: components.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
        ..StatuspageConfig::default()
    }
}

/// Returns the Slack with Zebra's channel.
pub fn slack() -> SlackConfig {
    let channel = ("#zebra".to_owned(), "C0ZEBRA".to_owned());
    SlackConfig { channel, ..SlackConfig::default() }
}

/// Returns every variable that it reads, with these URLs of the emergency room and of the switch, and
/// what the stand-ins take else.
pub fn variables(room: String, heartbeat: String) -> Vec<(String, String)> {
    let (datadog, newrelic) = (DatadogConfig::default(), NewRelicConfig::default());
    let variables = [
        ("DD_API_KEY", datadog.api_key),
        ("DD_APP_KEY", datadog.application_key),
        ("NEW_RELIC_LICENSE_KEY", newrelic.license_key),
        ("NEW_RELIC_ACCOUNT_ID", newrelic.account_id.to_string()),
        ("STATUSPAGE_API_KEY", status_page().api_key),
        ("PD_ROUTING_KEY", routing_key(1)),
        ("PD_SECOND_ROUTING_KEY", routing_key(2)),
        ("SLACK_EMERGENCY_URL", room),
        ("SLACK_BOT_TOKEN", slack().bot_token),
        ("HEARTBEAT_URL", heartbeat),
        ("ZEBRA_PROBE_PASSWORD", "fake-probe-password".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Puts values in the place of the variables that a text names.
pub fn filled(text: &str, variables: &[(String, String)]) -> String {
    let put = |text: String, (name, value): &(_, String)| {
        text.replace(&format!("${{env:{name}}}"), value)
    };
    variables.iter().fold(text.to_owned(), put)
}
