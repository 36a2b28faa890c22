//! Runs the stand-ins for vendors by hand, for the demo and for exploring.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use anyhow::Context;
use bellwether_core::settings::HumanDuration;
use bellwether_tests::standins::{
    ServerConfig, Standin,
    datadog::{Datadog, DatadogConfig},
    deadman::{Deadman, DeadmanConfig},
    newrelic::{NewRelic, NewRelicConfig},
    pagerduty::{Pagerduty, PagerdutyConfig},
    slack::{Slack, SlackConfig},
    statuspage::{Statuspage, StatuspageConfig},
    webhook::{Webhook, WebhookConfig},
};
use clap::Parser;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLES: &str = "\
Prints one line of JSON with the bound addresses when all of them listen, then
serves until SIGTERM or ctrl-c.

Examples:
  standins
      all on free ports, with a page to look at on each
  standins --statuspage 127.0.0.1:9103 --statuspage-components auth,admin,database
      Statuspage on a fixed port; ids follow from the names and are printed
  standins --statuspage-components admin=c1 --statuspage-page p1
      with ids of your own
  standins --deadman 127.0.0.1:9104 --deadman-period 5s
      a dead-man's switch that alarms after 7.5 s of silence; ping the URL that is printed
  curl -d '{\"fault\":{\"answer\":{\"status\":420,\"retry_after\":2}},\"times\":3}' \\
      http://127.0.0.1:9103/_standin/faults
      the next three requests are told to slow down

The keys are fake and meant to be known. See docs/stand-ins.md.";

/// Local servers that enforce the rules of Datadog, New Relic, Statuspage, PagerDuty,
/// Slack, a webhook and a dead-man's switch, and show what they were sent.
#[derive(Parser)]
#[command(name = "standins", after_help = EXAMPLES)]
struct Arguments {
    /// Where Datadog listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    datadog: SocketAddr,
    /// Datadog's API key
    #[arg(long, value_name = "KEY", default_value_t = DatadogConfig::default().api_key)]
    datadog_api_key: String,
    /// Datadog's application key
    #[arg(long, value_name = "KEY", default_value_t = DatadogConfig::default().application_key)]
    datadog_application_key: String,
    /// Where New Relic listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    newrelic: SocketAddr,
    /// New Relic's license key
    #[arg(long, value_name = "KEY", default_value_t = NewRelicConfig::default().license_key)]
    newrelic_license_key: String,
    /// New Relic's account
    #[arg(long, value_name = "ID", default_value_t = NewRelicConfig::default().account_id)]
    newrelic_account: u64,
    /// Where Statuspage listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    statuspage: SocketAddr,
    /// Statuspage's API key
    #[arg(long, value_name = "KEY", default_value_t = StatuspageConfig::default().api_key)]
    statuspage_api_key: String,
    /// Statuspage's page id
    #[arg(long, value_name = "ID", default_value_t = StatuspageConfig::default().page_id)]
    statuspage_page: String,
    /// Components of the page, each a name or name=id
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "auth,admin,database"
    )]
    statuspage_components: Vec<String>,
    /// Requests that Statuspage allows in any 60 seconds
    #[arg(long, value_name = "COUNT", default_value_t = StatuspageConfig::default().requests_per_minute)]
    statuspage_rate: usize,
    /// Where PagerDuty listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pagerduty: SocketAddr,
    /// Where Slack listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    slack: SocketAddr,
    /// Where the webhook listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    webhook: SocketAddr,
    /// Where the dead-man's switch listens; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    deadman: SocketAddr,
    /// The secret part of the URL that the dead-man's switch is pinged on
    #[arg(long, value_name = "ID", default_value_t = DeadmanConfig::default().id)]
    deadman_id: String,
    /// How often the dead-man's switch expects a ping; it alarms half a period later
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    deadman_period: HumanDuration,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Before the line is printed: whoever reads it may end this process at once.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let running = start(arguments).await?;
    writeln!(io::stdout(), "{}", running.addresses).context("cannot print the addresses")?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.context("cannot listen for ctrl-c")?,
    }
    Ok(())
}

struct Running {
    addresses: Value,
    _datadog: Standin<Datadog>,
    _newrelic: Standin<NewRelic>,
    _statuspage: Standin<Statuspage>,
    _pagerduty: Standin<Pagerduty>,
    _slack: Standin<Slack>,
    _webhook: Standin<Webhook>,
    _deadman: Standin<Deadman>,
}

async fn start(arguments: Arguments) -> anyhow::Result<Running> {
    let components = components(&arguments.statuspage_components);
    let ids: Value = components.iter().map(|(id, name)| (name.clone(), json!(id))).collect();
    let page = arguments.statuspage_page.clone();
    let datadog = Datadog::new(DatadogConfig {
        api_key: arguments.datadog_api_key,
        application_key: arguments.datadog_application_key,
        ..DatadogConfig::default()
    });
    let newrelic = NewRelic::new(NewRelicConfig {
        license_key: arguments.newrelic_license_key,
        account_id: arguments.newrelic_account,
    });
    let statuspage = Statuspage::new(StatuspageConfig {
        api_key: arguments.statuspage_api_key,
        page_id: arguments.statuspage_page,
        components,
        requests_per_minute: arguments.statuspage_rate,
        ..StatuspageConfig::default()
    });
    let period = arguments.deadman_period.get();
    let deadman = Deadman::new(DeadmanConfig {
        id: arguments.deadman_id,
        period,
        grace: period / 2,
        ..DeadmanConfig::default()
    });
    let datadog = listen("--datadog", datadog, arguments.datadog).await?;
    let newrelic = listen("--newrelic", newrelic, arguments.newrelic).await?;
    let statuspage = listen("--statuspage", statuspage, arguments.statuspage).await?;
    let pagerduty = Pagerduty::new(PagerdutyConfig::default());
    let pagerduty = listen("--pagerduty", pagerduty, arguments.pagerduty).await?;
    let slack = listen("--slack", Slack::new(SlackConfig::default()), arguments.slack).await?;
    let webhook = Webhook::new(WebhookConfig::default());
    let webhook = listen("--webhook", webhook, arguments.webhook).await?;
    let deadman = listen("--deadman", deadman, arguments.deadman).await?;
    Ok(Running {
        addresses: json!({
            "datadog": datadog.base_url(),
            "newrelic": newrelic.base_url(),
            "statuspage": statuspage.base_url(),
            "pagerduty": pagerduty.base_url(),
            "slack": slack.base_url(),
            "slack_webhook": format!("{}{}", slack.base_url(), slack.webhook_path()),
            "webhook": format!("{}{}", webhook.base_url(), WebhookConfig::default().path),
            "statuspage_page": page,
            "statuspage_components": ids,
            "deadman": format!("{}{}", deadman.base_url(), deadman.ping_path()),
        }),
        _datadog: datadog,
        _newrelic: newrelic,
        _statuspage: statuspage,
        _pagerduty: pagerduty,
        _slack: slack,
        _webhook: webhook,
        _deadman: deadman,
    })
}

async fn listen<V: bellwether_tests::standins::Vendor>(
    flag: &str,
    vendor: V,
    listen: SocketAddr,
) -> anyhow::Result<Standin<V>> {
    let config = ServerConfig { listen, ..ServerConfig::default() };
    let started = Standin::start(vendor, config).await;
    started
        .with_context(|| format!("cannot listen on {listen}; choose another address with {flag}"))
}

fn components(names: &[String]) -> Vec<(String, String)> {
    let component = |text: &String| match text.split_once('=') {
        Some((name, id)) => (id.to_owned(), name.to_owned()),
        None => (StatuspageConfig::component_id(text), text.clone()),
    };
    names.iter().filter(|text| !text.is_empty()).map(component).collect()
}
