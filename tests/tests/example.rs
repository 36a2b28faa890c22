//! The example of the documents, as people read it: it passes the check, and it runs.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::StatusCode;
use axum::routing::{get, options};
use axum::{Json, Router};
use bellwether_core::state::ComponentState::{self, MajorOutage, Operational};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::backend::Backend;
use bellwether_tests::harness::mailserver::{Mail, MailServer, Manners};
use bellwether_tests::harness::process::{Bellwether, Setup, binary};
use bellwether_tests::harness::production::{self, OWNER};
use bellwether_tests::harness::releases::{ALL, WITHOUT_ADMIN, admin_returns, instance, release};
use bellwether_tests::harness::wait;
use bellwether_tests::standins::Standin;
use bellwether_tests::standins::datadog::{Datadog, DatadogConfig};
use bellwether_tests::standins::deadman::{Deadman, DeadmanConfig};
use bellwether_tests::standins::newrelic::{NewRelic, NewRelicConfig};
use bellwether_tests::standins::pagerduty::{Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::slack::Slack;
use bellwether_tests::standins::statuspage::{ComponentStatus, Statuspage};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use tonic::transport::{Identity, ServerTlsConfig};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The product as it looks from outside. It ends when dropped.
struct Product {
    address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Product {
    async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let login = options(|| async { StatusCode::NO_CONTENT })
            .post(|| async { Json(json!({ "access_token": "t-1" })) });
        let router = Router::new()
            .route("/api/v1/auth/login", login)
            .route("/api/v1/admin/dashboard", get(|| async { StatusCode::OK }));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // it ends with the test
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, _serving: serving })
    }
}

/// Everything that the example names, as stand-ins.
struct Surroundings {
    product: Product,
    /// Whom the product lets log people in.
    identity: Backend,
    jaeger: Backend,
    datadog: Standin<Datadog>,
    newrelic: Standin<NewRelic>,
    statuspage: Standin<Statuspage>,
    pagerduty: Standin<Pagerduty>,
    slack: Standin<Slack>,
    mail: MailServer,
    switch: Standin<Deadman>,
}

impl Surroundings {
    /// Starts all of them; `folder` is where their authority is read.
    async fn start(folder: &Path) -> anyhow::Result<Self> {
        let authority = Authority::new("ours")?;
        std::fs::write(folder.join("ca.crt"), authority.pem())?;
        let signed = authority.sign("localhost")?;
        let identity = Identity::from_pem(signed.certificate, signed.key);
        let starttls = Manners { encryption: "starttls", ..Manners::default() };
        let keys = [production::routing_key(1), production::routing_key(2)];
        Ok(Self {
            product: Product::start().await?,
            identity: Backend::with_tls(ServerTlsConfig::new().identity(identity)).await?,
            jaeger: Backend::start().await?,
            datadog: Datadog::start(DatadogConfig::default()).await?,
            newrelic: NewRelic::start(NewRelicConfig::default()).await?,
            statuspage: Statuspage::start(production::status_page()).await?,
            pagerduty: Pagerduty::start(PagerdutyConfig {
                routing_keys: keys.into(),
                ..PagerdutyConfig::default()
            })
            .await?,
            slack: Slack::start(production::slack()).await?,
            mail: MailServer::start(&starttls, &authority, folder).await?,
            switch: Deadman::start(DeadmanConfig::default()).await?,
        })
    }

    fn variables(&self) -> Vec<(String, String)> {
        let slack = format!("{}{}", self.slack.base_url(), self.slack.webhook_path());
        production::variables(
            slack,
            format!("{}{}", self.switch.base_url(), self.switch.ping_path()),
        )
    }

    /// Returns what stands in the example, and what stands there when it runs on this machine:
    /// other addresses, a secret from a file, and a status page that does not wait so long.
    fn changes(&self, setup: &Setup) -> Vec<(&'static str, String)> {
        let place = setup.folder().display();
        let at = |key: &str, url: String| format!("{key} endpoint: \"{url}\",");
        let (datadog, newrelic) = (self.datadog.base_url(), self.newrelic.base_url());
        let (dashboard, mail) = (setup.dashboard(), self.mail.port());
        vec![
            ("127.0.0.1:4317", setup.otlp().to_string()),
            ("127.0.0.1:4318", setup.otlp_http().to_string()),
            ("127.0.0.1:8088", dashboard.to_string()),
            ("127.0.0.1:14317", self.jaeger.address().to_string()),
            ("./bellwether-data", setup.data().display().to_string()),
            ("https://api.marketedge.example", format!("http://{}", self.product.address)),
            (
                "address: \"marketedge.eu.auth0.example:443\",",
                format!(
                    "address: \"{}\", server_name: localhost, ca_file: '{place}/ca.crt',",
                    self.identity.address()
                ),
            ),
            (
                "datadog:    {",
                format!(
                    "datadog: {{ endpoints: {{ otlp: \"{datadog}\", events: \"{datadog}\", api: \"{datadog}\" }},"
                ),
            ),
            (
                "newrelic:   {",
                format!(
                    "newrelic: {{ endpoints: {{ otlp: \"{newrelic}\", events: \"{newrelic}\" }},"
                ),
            ),
            ("statuspage: {", at("statuspage: {", self.statuspage.base_url())),
            ("pagerduty:            {", at("pagerduty: {", self.pagerduty.base_url())),
            ("pagerduty/second:     {", at("pagerduty/second: {", self.pagerduty.base_url())),
            ("slack/zebra:        {", at("slack/zebra: {", self.slack.base_url())),
            (
                "smtp: { host: smtp.example, port: 587 },",
                format!(
                    "smtp: {{ host: localhost, port: {mail} }}, tls: {{ ca_file: '{place}/ca.crt' }},"
                ),
            ),
            ("${env:PD_SECOND_ROUTING_KEY}", "${file:second-routing-key}".to_owned()),
            ("open: 60s, resolve: 120s", "open: 500ms, resolve: 500ms".to_owned()),
        ]
    }
}

/// Writes the example into the folder of a setup as it runs here, and returns the setup of it.
fn configured(around: &Surroundings, setup: Setup) -> anyhow::Result<Setup> {
    let changes = around.changes(&setup);
    let mut unused: Vec<&str> = changes.iter().map(|(before, _)| *before).collect();
    for name in production::FILES {
        let mut text = production::read(name)?;
        for (before, after) in &changes {
            if text.contains(before) {
                unused.retain(|it| it != before);
                text = text.replace(before, after);
            }
        }
        std::fs::write(setup.folder().join(name), text)?;
    }
    ensure!(unused.is_empty(), "the example does not say {unused:?}");
    std::fs::write(setup.folder().join("second-routing-key"), production::routing_key(2))?;
    Ok(setup.with_variables(around.variables()))
}

/// Waits until spans of one request have come wherever the example leads them.
async fn spans_arrive(around: &Surroundings) -> anyhow::Result<()> {
    around.datadog.until("spans", LIMIT, |it| (!it.spans().is_empty()).then_some(())).await?;
    around.newrelic.until("spans", LIMIT, |it| (!it.spans().is_empty()).then_some(())).await?;
    wait::until("spans at Jaeger", LIMIT, async || {
        ensure!(!around.jaeger.received().traces.is_empty(), "nothing came");
        Ok(())
    })
    .await
}

async fn until_is(
    collector: &Bellwether,
    component: &str,
    state: ComponentState,
) -> anyhow::Result<()> {
    let is = async || collector.is(component, state).await.map(drop);
    wait::until(&format!("{component} to be {state}"), LIMIT, is).await
}

fn to_owner(mails: &[Mail]) -> anyhow::Result<&Mail> {
    mails.first().filter(|it| it.to == [OWNER]).context("no mail")
}

/// Scenario: somebody checks the example as it stands in the repository, with a value for each
/// variable that it names, and then with none.
/// Guarantee: there is no mistake in it; without, each that is not set is told.
#[tokio::test]
async fn the_example_passes_the_check() -> anyhow::Result<()> {
    let check = async |variables: Vec<(String, String)>| {
        let mut command = Command::new(binary("bellwether")?);
        command.arg("check").arg(production::folder().join("bellwether.yaml"));
        let output = command.env_clear().envs(variables).output().await?;
        let said = [output.stdout, output.stderr].concat();
        anyhow::Ok((output.status.code(), String::from_utf8(said)?))
    };
    let room = "https://hooks.slack.com/services/T/B/fake".to_owned();
    let all = production::variables(room, "https://hc.example/fake".to_owned());
    let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let (code, said) = check(all).await?;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no mistakes: 4 components, 1 opportunities"), "{said}");
    let (code, said) = check(vec![]).await?;
    assert_eq!(code, Some(2), "{said}");
    for name in names {
        assert!(said.contains(&name), "{name}: {said}");
    }
    Ok(())
}

/// Scenario: the example runs, with the addresses of stand-ins in the place of vendors', a shorter
/// patience of the status page, and its secrets from the environment and a file. A release lacks the
/// admin router; the next has it.
/// Guarantee: it is ready and beats; probes and the journey pass; spans come to all three backends.
/// Zebra's owner and channel hear of the admin panel and of 925,000 GBP, so does the room, and nobody
/// is paged; Datadog, New Relic and Statuspage show it. At the end all of them show that it is over.
#[tokio::test]
async fn the_example_runs_and_tells_whom_it_says() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let around = Surroundings::start(setup.folder()).await?;
    let setup = configured(&around, setup)?;
    let collector = setup.start().await?;
    around.switch.until("a heartbeat", LIMIT, |it| it.pings().first().map(drop)).await?;
    // nobody but the probes and the journey has told anything of them
    until_is(&collector, "auth", Operational).await?;
    until_is(&collector, "admin", Operational).await?;

    release(setup.otlp(), 1, ALL).await?;
    let route = "/api/v1/admin/dashboard";
    instance(setup.otlp(), 1).await?.served(route, Some(route), 200).await?;
    spans_arrive(&around).await?;

    release(setup.otlp(), 2, WITHOUT_ADMIN).await?;
    until_is(&collector, "admin", MajorOutage).await?;
    let mails = around.mail.until(1, LIMIT).await?;
    let mail = to_owner(&mails)?;
    assert!(mail.text.contains("925,000 GBP"), "{}", mail.text);
    let both = |it: &Standin<Slack>| {
        let messages = it.messages();
        let to = |webhook| messages.iter().any(|it| it.by_webhook == webhook);
        (to(true) && to(false)).then_some(())
    };
    around.slack.until("the room and Zebra's channel", LIMIT, both).await?;
    let red = |it: &Standin<Statuspage>| {
        (it.component("c2")?.status == ComponentStatus::MajorOutage).then_some(())
    };
    around.statuspage.until("admin to be red", LIMIT, red).await?;
    around.datadog.until("an alert", LIMIT, |it| it.alerts().first().map(drop)).await?;
    around.newrelic.until("an event", LIMIT, |it| it.events().first().map(drop)).await?;
    assert_eq!(around.pagerduty.alerts(), [], "critical is no emergency");

    admin_returns(setup.otlp()).await?;
    until_is(&collector, "admin", Operational).await?;
    let green = |it: &Standin<Statuspage>| {
        (it.component("c2")?.status == ComponentStatus::Operational).then_some(())
    };
    around.statuspage.until("admin to be green", LIMIT, green).await?;
    let mails = wait::until("the end by mail", LIMIT, async || {
        let mails = around.mail.mails();
        let last = mails.last().context("a mail")?.header("Subject")?.to_owned();
        ensure!(last.starts_with("Resolved: Admin panel"), "{last}");
        Ok(mails)
    })
    .await?;
    let others = mails.iter().filter(|it| it.to != [OWNER]).count();
    assert_eq!(others, 0, "executives do not hear of what was over in time: {mails:?}");
    collector.stop().await
}
