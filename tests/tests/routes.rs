//! The `routes` rule at the collector's edge: OTLP in over a socket, states out over the API.

use bellwether_core::state::ComponentState::{MajorOutage, Operational, PartialOutage, Unknown};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::binary;
use tokio::process::Command;

const CATALOG: &str = include_str!("../../examples/marketedge/catalog.yaml");
const RULES: &str = "rules: {}";

const AUTH: &[&str] = &["POST /api/v1/auth/login"];
const ALL: &[&str] =
    &["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard", "GET /api/v1/admin/users/{id}"];

async fn sender(collector: &Collector, version: &str, instance: &str) -> anyhow::Result<Sender> {
    Sender::connect(collector.otlp(), "marketedge-api", version, instance).await
}

/// Scenario: the very first version of a service comes without the admin router that the
/// catalog declares.
/// Guarantee: admin is out, the reason names what is declared, and the deal is at risk.
#[tokio::test]
async fn a_first_version_is_held_against_the_catalog() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    sender(&collector, "1", "a").await?.manifest(AUTH).await?;
    let snapshot = collector.until("admin", MajorOutage).await?;
    let admin = snapshot.components.iter().find(|it| it.id.as_str() == "admin");
    let reasons = &admin.expect("in the catalog").reasons;
    assert!(
        reasons[0].text.contains("/api/v1/admin/**, which the catalog declares"),
        "{reasons:?}"
    );
    assert_eq!(snapshot.impact.revenue_at_risk[0].text(), "925,000 GBP");
    assert_eq!(snapshot.impact.customers, ["Zebra Associates"]);
    collector.stop().await
}

/// Scenario: during a rolling deployment a good version 1 and a version 2 without the admin
/// router run side by side, and version 2 is then taken back.
/// Guarantee: the good one does not hide the bad one; when the bad one is gone, all is well.
#[tokio::test]
async fn two_versions_side_by_side_are_told_apart() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    let (one, two) = (sender(&collector, "1", "a").await?, sender(&collector, "2", "b").await?);
    one.manifest(ALL).await?;
    collector.until("admin", Operational).await?;
    two.manifest(AUTH).await?;
    one.manifest(ALL).await?;
    let snapshot = collector.until("admin", MajorOutage).await?;
    assert_eq!(snapshot.incidents.len(), 1);
    let cause = &snapshot.incidents[0].causes[0];
    assert!(cause.starts_with("marketedge-api 2 (b) no longer serves 2 routes"), "{cause}");
    two.stopping().await?;
    let snapshot = collector.until("admin", Operational).await?;
    assert!(snapshot.incidents.is_empty());
    collector.stop().await
}

/// Scenario: requests for a route that the service registered meet a 404 that no route answered,
/// between requests for paths that never existed and objects that do not exist.
/// Guarantee: the missing route counts; strangers' paths and the application's own 404 do not.
#[tokio::test]
async fn a_404_is_a_missing_route_only_without_one() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    let service = sender(&collector, "1", "a").await?;
    service.manifest(ALL).await?;
    collector.until("admin", Operational).await?;
    for id in 0..10 {
        let path = format!("/api/v1/admin/users/{id}");
        service.served(&path, Some("/api/v1/admin/users/{id}"), 404).await?;
        service.served(&format!("/api/v1/admin/wp-login-{id}.php"), None, 404).await?;
    }
    let snapshot = collector.settled().await?;
    assert!(snapshot.incidents.is_empty(), "{:?}", snapshot.incidents);
    for id in 0..2 {
        service.served(&format!("/api/v1/admin/users/{id}"), None, 404).await?;
    }
    let snapshot = collector.until("admin", MajorOutage).await?;
    let cause = &snapshot.incidents[0].causes[0];
    assert!(cause.contains("GET /api/v1/admin/users/{id} with 404 or 405"), "{cause}");
    service.served("/api/v1/admin/dashboard", Some("/api/v1/admin/dashboard"), 200).await?;
    collector.until("admin", PartialOutage).await?;
    service.served("/api/v1/admin/users/7", Some("/api/v1/admin/users/{id}"), 200).await?;
    collector.until("admin", Operational).await?;
    collector.stop().await
}

/// Scenario: a service without the library, which reports no manifest, answers declared paths
/// with a 404 that no route answered.
/// Guarantee: its traffic alone is held against the catalog.
#[tokio::test]
async fn a_service_without_the_library_is_held_against_the_catalog_by_its_traffic()
-> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    let service = sender(&collector, "1", "a").await?;
    for path in ["/api/v1/admin/dashboard", "/api/v1/admin/users/7"] {
        service.served(path, None, 404).await?;
    }
    let snapshot = collector.until("admin", MajorOutage).await?;
    let auth = snapshot.components.iter().find(|it| it.id.as_str() == "auth");
    assert_eq!(auth.expect("in the catalog").effective, Unknown);
    collector.stop().await
}

/// Scenario: a collector is stopped and started again over its folder while admin is out.
/// Guarantee: it goes on with the same incident.
#[tokio::test]
async fn a_stopped_collector_goes_on_where_it_was() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    sender(&collector, "1", "a").await?.manifest(AUTH).await?;
    let before = collector.until("admin", MajorOutage).await?;
    let collector = collector.restart().await?;
    let after = collector.until("admin", MajorOutage).await?;
    assert_eq!(after.incidents[0].id, before.incidents[0].id);
    assert_eq!(after.incidents[0].revision, before.incidents[0].revision);
    collector.stop().await
}

/// Runs the command line against a collector; whether it went well, and what it wrote.
async fn bellwether(collector: &Collector, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
    let mut command = Command::new(binary("bellwether")?);
    let output = command
        .args(arguments)
        .args(["--url", &format!("http://{}", collector.dashboard())])
        .output()
        .await?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8(said)?))
}

/// Scenario: version 2 comes without one of the admin routes, somebody says on the command line
/// that this is meant, and the collector is started again.
/// Guarantee: admin is well from then on, also after the restart; what was accepted, by whom and why
/// is shown by the API and told by `explain`. A route that never was is refused with a reason.
#[tokio::test]
async fn a_removal_on_purpose_is_accepted_and_survives_a_restart() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    sender(&collector, "1", "a").await?.manifest(ALL).await?;
    sender(&collector, "1", "a").await?.stopping().await?;
    let two = sender(&collector, "2", "b").await?;
    two.manifest(&ALL[..2]).await?;
    collector.until("admin", PartialOutage).await?;

    let accept = |route: &'static str| {
        let why = ["--by", "jane", "--why", "nobody used it"];
        ["routes", "accept", "marketedge-api", route].into_iter().chain(why).collect::<Vec<_>>()
    };
    let (well, said) = bellwether(&collector, &accept("GET /api/v1/nowhere")).await?;
    let refused = "error: `marketedge-api` never served a route that fits `GET /api/v1/nowhere`\n";
    assert_eq!((well, said.as_str()), (false, refused));
    let (well, said) = bellwether(&collector, &accept("/api/v1/admin/users/*")).await?;
    let done = "marketedge-api no longer has to serve GET /api/v1/admin/users/{id}\n";
    assert_eq!((well, said.as_str()), (true, done));
    collector.until("admin", Operational).await?;

    let collector = collector.restart().await?;
    let two = sender(&collector, "2", "b").await?;
    two.manifest(&ALL[..2]).await?;
    let snapshot = collector.settled().await?;
    assert!(snapshot.incidents.is_empty(), "{:?}", snapshot.incidents);
    let removals = &snapshot.services[0].accepted_removals;
    assert_eq!((removals[0].by.as_str(), removals[0].why.as_str()), ("jane", "nobody used it"));
    let (_, said) = bellwether(&collector, &["explain", "admin"]).await?;
    let told =
        "GET /api/v1/admin/users/{id} of marketedge-api is gone on purpose, says jane since ";
    assert!(said.contains(told) && said.contains(": nobody used it\n"), "{said}");
    collector.stop().await
}
