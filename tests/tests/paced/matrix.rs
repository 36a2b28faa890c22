//! The matrix of the example, as it stands in the repository: from what services report to what each
//! vendor has been told.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::act::Act;
use bellwether_core::incident::IncidentStatus::Monitoring;
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_core::state::Severity;
use bellwether_tests::harness::production::{self, OWNER};
use bellwether_tests::standins::datadog::{Datadog, DatadogConfig};
use bellwether_tests::standins::newrelic::{NewRelic, NewRelicConfig};
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::slack::{Message, Slack};
use bellwether_tests::standins::statuspage::{ComponentStatus, IncidentStatus, Statuspage};

use crate::network::Mail;
use crate::signals::{manifest, monitors, served};
use crate::world::World;

const EXECUTIVES: &str = "executives@marketedge.example";

/// How often services report.
const EVERY: Duration = Duration::from_secs(10);

const MINUTE: Duration = Duration::from_secs(60);

/// What of the product works.
#[derive(Clone, Copy)]
struct Works {
    login: bool,
    admin: bool,
    database: bool,
}

const ALL: Works = Works { login: true, admin: true, database: true };

/// The example with all vendors that it names.
struct Scene {
    pagerduty: Arc<Pagerduty>,
    slack: Arc<Slack>,
    page: Arc<Statuspage>,
    datadog: Arc<Datadog>,
    newrelic: Arc<NewRelic>,
    world: World,
}

impl Scene {
    /// Begins with two minutes in which all is well.
    async fn begin() -> anyhow::Result<Self> {
        let page = Arc::new(Statuspage::new(production::status_page()));
        let pagerduty = Arc::new(Pagerduty::new(PagerdutyConfig {
            routing_keys: [production::routing_key(1), production::routing_key(2)].into(),
            ..PagerdutyConfig::default()
        }));
        let slack = Arc::new(Slack::new(production::slack()));
        let datadog = Arc::new(Datadog::new(DatadogConfig::default()));
        let newrelic = Arc::new(NewRelic::new(NewRelicConfig::default()));
        let room = format!("https://hooks.slack.com{}", production::slack().webhook_path);
        let variables = production::variables(room, "https://hc.example/fake".to_owned());
        let file =
            |name| anyhow::Ok((name, production::filled(&production::read(name)?, &variables)));
        let files = production::FILES.into_iter().map(file).collect::<anyhow::Result<Vec<_>>>()?;
        let world = World::begin(
            &files,
            Duration::from_secs(1),
            vec![
                ("pagerduty.com", pagerduty.clone()),
                ("slack.com", slack.clone()),
                ("statuspage.io", page.clone()),
                ("datadoghq.eu", datadog.clone()),
                ("nr-data.net", newrelic.clone()),
            ],
        )?;
        let mut scene = Self { pagerduty, slack, page, datadog, newrelic, world };
        scene.go_on(ALL, 2 * MINUTE).await;
        assert_eq!(scene.page.incidents(), []);
        Ok(scene)
    }

    /// Lets time pass, in which the service reports how it is.
    async fn go_on(&mut self, works: Works, time: Duration) {
        let Works { login, admin, database } = works;
        let mut left = time;
        while !left.is_zero() {
            let now = self.world.now();
            self.world.take(served("/api/v1/auth/login", login, 5, now));
            let run = ("database".to_owned(), "database".to_owned(), database);
            self.world.take(monitors(&[run], now));
            let routes = ["POST /api/v1/auth/login", "GET /api/v1/admin/dashboard"];
            self.world.take(manifest(if admin { &routes } else { &routes[..1] }, now));
            let step = left.min(EVERY);
            self.world.pass(step).await;
            left -= step;
        }
    }

    /// Returns what the status page shows of auth, admin and the database.
    fn shown(&self) -> [ComponentStatus; 3] {
        ["c1", "c2", "c3"].map(|id| {
            let component = self.page.component(id);
            component.map_or(ComponentStatus::UnderMaintenance, |it| it.status)
        })
    }

    /// Returns what stands in the room of emergencies, and in Zebra's channel.
    fn rooms(&self) -> [Vec<Message>; 2] {
        let messages = self.slack.messages();
        let of = |room| messages.iter().filter(|it| it.by_webhook == room).cloned().collect();
        [of(true), of(false)]
    }

    /// Holds that no vendor refused anything.
    fn all_took(&self) {
        let refused = self.world.network.made("");
        let refused: Vec<_> =
            refused.iter().filter(|it| !(200..300).contains(&it.status)).collect();
        assert!(refused.is_empty(), "{refused:?}");
    }

    /// Lets everything be well again, and holds that everybody knows.
    async fn recover(&mut self) {
        self.go_on(ALL, 10 * MINUTE).await;
        assert_eq!((self.world.open(), self.world.waiting()), (0, 0));
        assert_eq!(self.shown(), [ComponentStatus::Operational; 3]);
        assert!(self.page.incidents().iter().all(|it| it.status == IncidentStatus::Resolved));
        let alerts = self.pagerduty.alerts();
        assert!(alerts.iter().all(|it| it.status == AlertStatus::Resolved), "{alerts:?}");
        self.all_took();
    }
}

/// Returns all that can be read in a message.
fn read(message: &Message) -> String {
    format!("{} {}", message.text, message.blocks)
}

fn says(mail: &Mail, text: &str) -> bool {
    // lines of a mail are cut by `=` at their end
    mail.content.replace("=\r\n", "").contains(text)
}

/// Scenario: requests to log in fail, and nobody acknowledges.
/// Guarantee: PagerDuty and the emergency room hear at once that all revenue is at risk, and so do
/// Zebra's channel and owner; the second key pages after 10 min and executives get a mail after 30, not
/// before; the status page shows auth and what stands on it red. Everybody hears the end.
#[tokio::test(start_paused = true)]
async fn authentication_down_reaches_executives_after_thirty_minutes() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    let out = Works { login: false, ..ALL };
    let mut waited = Duration::ZERO;
    while scene.world.open() == 0 && waited < MINUTE {
        scene.go_on(out, EVERY).await;
        waited += EVERY;
    }
    let incident = scene.world.incident();
    assert_eq!((incident.component.as_str(), incident.severity), ("auth", Severity::Emergency));
    let opened = incident.opened_at;
    let alerts = scene.pagerduty.alerts();
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        (alerts[0].severity.as_str(), &*alerts[0].summary),
        ("critical", "Authentication: major outage")
    );
    let everything = "All revenue is at risk";
    assert!(alerts[0].payload.to_string().contains(everything), "{}", alerts[0].payload);
    for room in scene.rooms() {
        assert!(room.len() == 1 && read(&room[0]).contains(everything), "{room:?}");
    }
    let mails = scene.world.network.mails(OWNER);
    assert!(mails.len() == 1 && says(&mails[0], everything), "{mails:?}");

    let until = |minutes: u32, scene: &Scene| {
        opened.plus(minutes * MINUTE).since(scene.world.now()) - Duration::from_secs(1)
    };
    scene.go_on(out, until(10, &scene)).await;
    assert_eq!(scene.pagerduty.alerts().len(), 1);
    assert_eq!(
        scene.shown(),
        [ComponentStatus::MajorOutage, ComponentStatus::MajorOutage, ComponentStatus::Operational]
    );
    scene.go_on(out, Duration::from_secs(3)).await;
    assert_eq!(scene.pagerduty.alerts().len(), 2, "the second key");
    scene.go_on(out, until(30, &scene)).await;
    assert_eq!(scene.world.network.mails(EXECUTIVES).len(), 0);
    scene.go_on(out, Duration::from_secs(3)).await;
    assert_eq!(scene.world.network.mails(EXECUTIVES).len(), 1);
    assert_eq!(scene.pagerduty.alerts().len(), 2, "each key pages once");
    scene.recover().await;
    let over = scene.world.network.mails(EXECUTIVES);
    assert!(over.len() == 2 && says(&over[1], "Resolved: Authentication"), "{over:?}");
    Ok(())
}

/// Scenario: the same, and somebody acknowledges after five minutes.
/// Guarantee: for as long as that holds, no step of the escalation is taken and nobody is paged.
#[tokio::test(start_paused = true)]
async fn an_acknowledgement_stops_everything_that_was_to_come() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    let out = Works { login: false, ..ALL };
    scene.go_on(out, 5 * MINUTE).await;
    let incident = scene.world.incident().id;
    scene.world.act(Act::Acknowledge { incident, by: "ann".to_owned(), hold: None })?;
    scene.go_on(out, 29 * MINUTE).await;
    let alerts = scene.pagerduty.alerts();
    assert_eq!(alerts.len(), 1, "the second key does not page: {alerts:?}");
    assert_eq!(alerts[0].status, AlertStatus::Acknowledged);
    assert_eq!(scene.world.network.mails(EXECUTIVES).len(), 0);
    scene.go_on(out, 2 * MINUTE).await;
    assert_eq!(scene.pagerduty.alerts().len(), 2, "it has expired");
    scene.recover().await;
    Ok(())
}

/// Scenario: a release lacks the admin panel.
/// Guarantee: Zebra's owner gets a mail at once, with 925,000 GBP; so do Zebra's channel and the room.
/// Nobody is paged.
#[tokio::test(start_paused = true)]
async fn admin_down_tells_zebras_owner_what_is_at_risk() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    scene.go_on(Works { admin: false, ..ALL }, 2 * MINUTE).await;
    let incident = scene.world.incident();
    assert_eq!((incident.component.as_str(), incident.severity), ("admin", Severity::Critical));
    let mails = scene.world.network.mails(OWNER);
    assert!(mails.len() == 1 && says(&mails[0], "925,000 GBP"), "{mails:?}");
    assert!(!says(&mails[0], "All revenue"), "logging in earns on");
    for room in scene.rooms() {
        assert!(read(&room[0]).contains("925,000 GBP"), "{room:?}");
    }
    assert_eq!(scene.pagerduty.alerts(), []);
    assert_eq!(scene.datadog.alerts().len(), 1);
    assert_eq!(scene.newrelic.events()[0].attributes["revenueAtRiskGBP"], 925_000.0);
    scene.recover().await;
    Ok(())
}

fn everything_is_out(scene: &Scene) {
    for component in ["auth", "admin", "database"] {
        assert_eq!(scene.world.state(component), Some(MajorOutage), "{component}");
    }
    assert_eq!(scene.shown(), [ComponentStatus::MajorOutage; 3], "red for all three");
    let incidents = scene.page.incidents();
    assert_eq!(incidents.len(), 1, "one for customers: {incidents:?}");
    let alerts = scene.pagerduty.alerts();
    assert_eq!(alerts.len(), 1, "one page: {alerts:?}");
    assert_eq!(alerts[0].summary, "Database: major outage");
    for text in ["The complete service is unavailable", "All revenue is at risk", "925,000 GBP"] {
        assert!(alerts[0].payload.to_string().contains(text), "{text}: {}", alerts[0].payload);
    }
}

/// Holds that there was one incident, whatever was left behind by it for a while.
fn was_one(scene: &Scene) {
    assert_eq!(scene.pagerduty.alerts().len(), 1, "{:?}", scene.pagerduty.alerts());
    assert_eq!(scene.page.incidents().len(), 1, "{:?}", scene.page.incidents());
    assert_eq!(scene.datadog.alerts().len(), 1, "{:?}", scene.datadog.alerts());
}

/// Scenario: the database goes, and with it logging in; nobody looks at the admin panel meanwhile. Then
/// both are well again.
/// Guarantee: one incident, the database's: one page, that says that the complete service is unavailable
/// and what is at risk; the status page is red for all three, by one incident. The errors that are still
/// in auth's window when the database is well page nobody.
#[tokio::test(start_paused = true)]
async fn database_down_is_one_incident_and_all_three_are_red() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    scene.go_on(Works { database: false, ..ALL }, 20 * Duration::from_secs(1)).await;
    scene.go_on(Works { database: false, login: false, ..ALL }, 5 * MINUTE).await;
    everything_is_out(&scene);
    assert!(!scene.world.incident().suppressed.is_empty(), "auth is not told");
    scene.recover().await;
    assert_eq!(scene.world.state("admin"), Some(Operational));
    was_one(&scene);
    Ok(())
}

/// Scenario: the database goes, and with it logging in; the database recovers, and logging in does not.
/// Guarantee: once its errors can be left from the database no longer, auth has an incident of its own,
/// and pages.
#[tokio::test(start_paused = true)]
async fn what_does_not_recover_with_the_database_pages_by_itself() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    scene.go_on(Works { database: false, login: false, ..ALL }, 5 * MINUTE).await;
    assert_eq!(scene.world.incident().component.as_str(), "database");
    let out = Works { login: false, ..ALL };
    scene.go_on(out, MINUTE).await;
    let watched = scene.world.incident();
    assert_eq!(watched.component.as_str(), "database");
    assert_eq!(watched.status, Monitoring);
    scene.go_on(out, 2 * MINUTE).await;
    assert_eq!(scene.world.incident().component.as_str(), "auth");
    let alerts = scene.pagerduty.alerts();
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    assert_eq!(alerts[1].summary, "Authentication: major outage");
    scene.recover().await;
    Ok(())
}

/// Scenario: the same, but logging in fails two minutes before the database's monitor does.
/// Guarantee: the incident that auth opened becomes the database's, with a new text: still one at
/// PagerDuty, Statuspage, Datadog and in the rooms.
#[tokio::test(start_paused = true)]
async fn database_down_after_auths_errors_is_the_same_incident() -> anyhow::Result<()> {
    let mut scene = Scene::begin().await?;
    scene.go_on(Works { login: false, ..ALL }, 2 * MINUTE).await;
    let first = scene.world.incident();
    assert_eq!(first.component.as_str(), "auth");
    let before = scene.pagerduty.alerts();
    assert_eq!(before[0].summary, "Authentication: major outage");
    scene.go_on(Works { login: false, database: false, ..ALL }, 5 * MINUTE).await;
    let incident = scene.world.incident();
    assert_eq!((incident.component.as_str(), incident.id), ("database", first.id));
    everything_is_out(&scene);
    assert_eq!(scene.pagerduty.alerts()[0].dedup_key, before[0].dedup_key);
    assert_eq!(scene.datadog.alerts().len(), 1);
    let of_bot = &scene.rooms()[1];
    let top: Vec<&Message> = of_bot.iter().filter(|it| it.thread_ts.is_none()).collect();
    assert!(top.len() == 1 && top[0].text.starts_with("Database"), "{of_bot:?}");
    scene.recover().await;
    was_one(&scene);
    Ok(())
}
