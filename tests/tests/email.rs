//! Incidents by mail, handed to a server that is not ours: aiosmtpd.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::view::{Stream, StreamState};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::authority::Authority;
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::mailserver::{MailServer, Manners};
use bellwether_tests::harness::releases::{admin_returns, admin_vanishes};
use bellwether_tests::harness::wait;
use tempfile::TempDir;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The name of the component is what somebody may write who wants to write mails of his own.
const CATALOG: &str = r#"
components:
  admin:
    name: "Admin\r\nBcc: everybody@marketedge.example\r\n\r\n<script>alert(1)</script>\r\n.\r\n"
    criticality: high
    services: [marketedge-api]
    routes: ["/api/v1/admin/**"]
"#;

const OTHER_NAME: &str = "
components: { admin: { name: Admin panel, criticality: high, services: [marketedge-api], routes: [/api/v1/admin/**] } }
";

const OWNER: &str = "zebra-owner@marketedge.example";

/// A deal that stands on admin, and who answers for its customer.
const DEAL: &str = "
customers: { zebra: { name: Zebra, owner: zebra-owner@marketedge.example } }
opportunities: { zebra-cinema: { name: Zebra cinema, customer: zebra, amount: 925000 GBP, requires: [admin] } }
";

/// An authority and where it writes what others read.
struct Place {
    authority: Authority,
    folder: TempDir,
}

impl Place {
    fn new() -> anyhow::Result<Self> {
        let place = Self { authority: Authority::new("ours")?, folder: tempfile::tempdir()? };
        std::fs::write(place.path().join("ca.crt"), place.authority.pem())?;
        Ok(place)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn server(&self, manners: &Manners) -> anyhow::Result<MailServer> {
        MailServer::start(manners, &self.authority, self.path()).await
    }

    /// Returns `exporters:` with mails by a server, in YAML.
    fn exporters(&self, server: &MailServer, smtp: &str, more: &str) -> String {
        let (port, place) = (server.port(), self.path().display());
        format!(
            "exporters: {{ email: {{ smtp: {{ host: localhost, port: {port}, {smtp} }}, \
             from: \"Bellwether <alerts@marketedge.example>\", \
             tls: {{ ca_file: \"{place}/ca.crt\" }}, timeout: 5s, \
             retry_on_failure: {{ initial_interval: 100ms, max_interval: 500ms }}, {more} }} }}\n"
        )
    }
}

/// Returns how mails are, once that holds.
async fn until(collector: &Collector, holds: impl Fn(&Stream) -> bool) -> anyhow::Result<Stream> {
    wait::until("the state of mails", LIMIT, async || {
        let snapshot = collector.snapshot().await?;
        let email = snapshot.destinations.iter().find(|it| it.name.as_str() == "email");
        let lane = email.and_then(|it| it.notices.clone()).context("mails are notices")?;
        ensure!(holds(&lane), "{lane:?}");
        Ok(lane)
    })
    .await
}

/// Scenario: the server speaks STARTTLS with a certificate of our own authority and asks for a login.
/// It puts the first mail off with 451 and does not know the second of three recipients. An incident
/// opens and ends; its component has a name that would be headers and the end of a mail.
/// Guarantee: the two others get each mail once, encrypted, as one conversation that Python reads
/// without a defect; the name has become no header and no tag; the third is told as not reached.
#[tokio::test]
async fn a_server_with_starttls_that_puts_off_and_knows_two_of_three() -> anyhow::Result<()> {
    let place = Place::new()?;
    let unknown = vec!["550 5.1.1 no such user here".to_owned()];
    let manners = Manners {
        encryption: "starttls",
        login: Some(("alerts".to_owned(), "fake-mail-password".to_owned())),
        refuse: BTreeMap::from([("b@marketedge.example".to_owned(), unknown)]),
        answers: vec!["451 4.3.0 come again".to_owned()],
    };
    let server = place.server(&manners).await?;
    let more = "to: [a@marketedge.example, b@marketedge.example, c@marketedge.example], \
                external_url: \"https://health.example\"";
    let smtp = "username: alerts, password: fake-mail-password";
    let exporters = place.exporters(&server, smtp, more);
    let collector = Collector::configured(CATALOG, "rules: {}", &exporters).await?;
    admin_vanishes(collector.otlp()).await?;
    collector.until("admin", MajorOutage).await?;
    server.until(1, LIMIT).await?;
    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    let over = |lane: &Stream| lane.queued == 0 && lane.sent >= 2;
    let lane = until(&collector, over).await?;
    let mails = server.mails();
    ensure!(mails.len() as u64 == lane.sent, "each once: {mails:?}");
    ensure!(lane.dropped.get("recipient") == Some(&lane.sent), "{lane:?}");
    let conversation = mails[0].header("References")?;
    let mut ids = Vec::new();
    for mail in &mails {
        ensure!(mail.defects.is_empty() && mail.parts == 2, "{mail:?}");
        ensure!(mail.to == ["a@marketedge.example", "c@marketedge.example"], "{mail:?}");
        ensure!(mail.encrypted && mail.user.as_deref() == Some("alerts"), "{mail:?}");
        ensure!(mail.header("Bcc").is_err() && !mail.html.contains("<script>"), "{mail:?}");
        ensure!(mail.header("In-Reply-To")? == conversation, "{mail:?}");
        ensure!(mail.header("Auto-Submitted")? == "auto-generated", "{mail:?}");
        ensure!(mail.text.contains("https://health.example"), "{mail:?}");
        ids.push(mail.header("Message-ID")?);
    }
    ids.dedup();
    ensure!(ids.len() == mails.len() && !ids.contains(&conversation), "{ids:?}");
    let last = mails.last().context("the end")?.header("Subject")?;
    ensure!(last.starts_with("Resolved: Admin Bcc: everybody@marketedge.example"), "{last}");
    collector.stop().await
}

/// Scenario: the server speaks TLS from the first byte on, takes the first mail, and cuts the
/// connection before it says so. It puts one recipient off again and again.
/// Guarantee: the mail comes again with the same `Message-ID`, by which mail programs know it; whom
/// the server has said to have reached does not get it again while the other is tried.
#[tokio::test]
async fn a_server_with_tls_that_takes_a_mail_and_does_not_say_so() -> anyhow::Result<()> {
    let place = Place::new()?;
    let later = "450 4.2.1 greylisted".to_owned();
    let manners = Manners {
        encryption: "implicit",
        answers: vec!["lost".to_owned()],
        refuse: BTreeMap::from([("b@marketedge.example".to_owned(), vec![later])]),
        ..Manners::default()
    };
    let server = place.server(&manners).await?;
    let more = "to: [a@marketedge.example, b@marketedge.example]";
    let exporters = place.exporters(&server, "encryption: implicit", more);
    let collector = Collector::configured(OTHER_NAME, "rules: {}", &exporters).await?;
    admin_vanishes(collector.otlp()).await?;
    let mails = server.until(2, LIMIT).await?;
    ensure!(mails[0].header("Message-ID")? == mails[1].header("Message-ID")?, "{mails:?}");
    ensure!(mails[1].to == ["a@marketedge.example"], "{mails:?}");
    let still = |lane: &Stream| lane.queued == 1 && lane.state == StreamState::Healthy;
    until(&collector, still).await?;
    ensure!(server.mails().len() == 2, "nobody gets it again");
    collector.stop().await
}

/// Scenario: admin goes down, on which a deal of Zebra's stands. Zebra's owner is named only in the
/// catalog; a route tells `owner`, and the only exporter has `to: []`. The collector is
/// started anew, and then admin is well again.
/// Guarantee: the owner, and nobody else, gets one mail that says what is out and how much is at risk,
/// and one that it is over; what is told of who was told names the address.
#[tokio::test]
async fn an_owner_whom_only_the_catalog_names_is_written_to() -> anyhow::Result<()> {
    let place = Place::new()?;
    let server = place.server(&Manners { encryption: "starttls", ..Manners::default() }).await?;
    let exporters = place.exporters(&server, "", "to: []").replace("email:", "email/owners:");
    let alerting = "alerting: { routes: [{ to: [owner] }] }\n";
    let catalog = format!("{OTHER_NAME}{DEAL}");
    let collector =
        Collector::configured(&catalog, "rules: {}", &format!("{exporters}{alerting}")).await?;
    admin_vanishes(collector.otlp()).await?;
    let first = server.until(1, LIMIT).await?[0].clone();
    let collector = collector.restart().await?;
    admin_returns(collector.otlp()).await?;
    collector.until("admin", Operational).await?;
    let over = async || {
        let mails = server.mails();
        let last = mails.last().context("a mail")?.header("Subject")?;
        ensure!(last.starts_with("Resolved: "), "{last}");
        Ok(mails)
    };
    let mails = wait::until("the end is told", LIMIT, over).await?;
    ensure!(first.header("Subject")?.contains("Admin panel"), "{first:?}");
    ensure!(first.text.contains("925,000 GBP") && first.text.contains("Zebra cinema"), "{first:?}");
    ensure!(mails.iter().all(|it| it.to == [OWNER]), "{mails:?}");
    let ends = mails.iter().filter(|it| it.header("Subject").is_ok_and(|it| it.starts_with("Res")));
    ensure!(ends.count() == 1, "{mails:?}");
    let ids: BTreeSet<&str> = mails.iter().flat_map(|it| it.header("Message-ID")).collect();
    ensure!(ids.len() == mails.len(), "none twice: {mails:?}");
    let here = format!("http://{}/api/v1/notifications", collector.dashboard());
    let told: serde_json::Value = reqwest::get(here).await?.error_for_status()?.json().await?;
    let told = told["notifications"].as_array().context("messages")?;
    ensure!(told.iter().all(|it| it["recipients"] == serde_json::json!([OWNER])), "{told:?}");
    collector.stop().await
}

/// Scenario: the server's certificate is vouched for by nobody whom we trust; another server does
/// not offer STARTTLS; a third does not take our password.
/// Guarantee: nothing is sent in the clear or to a stranger, nothing is lost, and it says why.
#[tokio::test]
async fn nothing_is_handed_to_a_stranger() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (ours, theirs) = (Place::new()?, Place::new()?);
    let login = Some(("alerts".to_owned(), "another".to_owned()));
    let encrypted = |encryption, login| Manners { encryption, login, ..Manners::default() };
    let cases = [
        (theirs.server(&encrypted("starttls", None)).await?, "", "certificate"),
        (ours.server(&encrypted("none", None)).await?, "", "does not offer STARTTLS"),
        (
            place.server(&encrypted("starttls", login)).await?,
            "username: alerts, password: fake-mail-password",
            "SMTP 535",
        ),
    ];
    for (server, smtp, why) in cases {
        let exporters = place.exporters(&server, smtp, "to: [a@marketedge.example]");
        let collector = Collector::configured(OTHER_NAME, "rules: {}", &exporters).await?;
        admin_vanishes(collector.otlp()).await?;
        let told = |lane: &Stream| lane.why.as_ref().is_some_and(|it| it.contains(why));
        let lane = until(&collector, told).await?;
        ensure!(!format!("{lane:?}").contains("fake-mail-password"), "{lane:?}");
        ensure!(lane.queued == 1 && server.mails().is_empty(), "{lane:?}");
        collector.stop().await?;
    }
    Ok(())
}
