//! Much at once, and the same again and again.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::state::ComponentState;
use bellwether_tests::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::statuspage::{
    ComponentStatus, IncidentStatus, Statuspage, StatuspageConfig,
};
use bellwether_tests::standins::webhook::{Webhook, WebhookConfig};

use crate::network::Made;
use crate::signals::{Run, monitors};
use crate::world::World;

/// How often monitors run.
const EVERY: Duration = Duration::from_millis(4_800);

/// A status page, PagerDuty and a webhook, and a collector with so many components that tells them.
struct Scene {
    page: Arc<Statuspage>,
    pagerduty: Arc<Pagerduty>,
    webhook: Arc<Webhook>,
    names: Vec<String>,
    world: World,
}

impl Scene {
    fn of(components: usize, tick: Duration) -> anyhow::Result<Self> {
        let names: Vec<String> = (0..components).map(|it| format!("part-{it}")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let page = Arc::new(Statuspage::new(StatuspageConfig::with_components(&all)));
        let pagerduty = Arc::new(Pagerduty::new(PagerdutyConfig::default()));
        let webhook = Arc::new(Webhook::new(WebhookConfig::default()));
        let id = |it: &String| format!("{it}: {}", StatuspageConfig::component_id(it));
        let ids: Vec<String> = names.iter().map(id).collect();
        let component = |it: &String| format!("  {it}: {{ name: {it}, criticality: critical }}\n");
        let catalog: String = names.iter().map(component).collect();
        let StatuspageConfig { api_key, page_id, .. } = StatuspageConfig::default();
        let WebhookConfig { path, signing_key } = WebhookConfig::default();
        let config = format!(
            "processors: {{ health: {{ catalog: catalog.yaml, evaluate_every: {tick:?} }} }}\n\
             exporters:\n  statuspage: {{ api_key: {api_key}, page_id: {page_id}, components: {{ {ids} }} }}\n  \
             pagerduty: {{ routing_key: {key} }}\n  \
             webhook: {{ url: \"https://hook.example{path}\", signing_key: {signing_key} }}\n",
            ids = ids.join(", "),
            key = PagerdutyConfig::default().routing_keys[0],
        );
        let files =
            [("bellwether.yaml", config), ("catalog.yaml", format!("components:\n{catalog}"))];
        let world = World::begin(
            &files,
            tick,
            vec![
                ("statuspage.io", page.clone()),
                ("pagerduty.com", pagerduty.clone()),
                ("hook.example", webhook.clone()),
            ],
        )?;
        Ok(Self { page, pagerduty, webhook, names, world })
    }

    /// Lets the monitor of every component run, and time pass until the next run.
    async fn run(&mut self, passed: bool, every: Duration) {
        let run = |it: &String| -> Run { (format!("asks {it}"), it.clone(), passed) };
        let runs: Vec<Run> = self.names.iter().map(run).collect();
        self.world.take(monitors(&runs, self.world.now()));
        self.world.pass(every).await;
    }

    /// Lets monitors run for a while.
    async fn go_on(&mut self, passed: bool, time: Duration) {
        let every = Duration::from_secs(30);
        for _ in 0..time.as_secs() / every.as_secs() {
            self.run(passed, every).await;
        }
    }

    /// Holds that every vendor took everything, and returns the calls to one.
    fn calls(&self, host: &str) -> Vec<Made> {
        let made = self.world.network.made(host);
        let refused = made.iter().filter(|it| !(200..300).contains(&it.status));
        let refused: Vec<&Made> = refused.collect();
        assert!(refused.is_empty(), "{refused:?}");
        made
    }
}

/// Scenario: the monitor of a component fails twice and passes three times, 25 times in ten minutes,
/// so that the component changes its state again and again; then it is well for half an hour.
/// Guarantee: the status page is changed at most four times; PagerDuty and a webhook get at most
/// three messages, the end included; everybody shows the recovery in the end.
#[tokio::test(start_paused = true)]
async fn a_flapping_component_makes_few_messages_and_calls() -> anyhow::Result<()> {
    let mut scene = Scene::of(1, Duration::from_secs(1))?;
    scene.go_on(true, Duration::from_secs(120)).await;
    let mut changes = 0;
    for _ in 0..25 {
        for passed in [false, false, true, true, true] {
            let before = scene.world.own("part-0");
            scene.run(passed, EVERY).await;
            changes += usize::from(scene.world.own("part-0") != before);
        }
    }
    assert!(changes > 3, "{changes} changes: it does not flap");
    scene.go_on(true, Duration::from_secs(1_800)).await;
    assert_eq!(scene.world.state("part-0"), Some(ComponentState::Operational));
    assert_eq!((scene.world.open(), scene.world.waiting()), (0, 0));
    let calls = scene.calls("statuspage.io");
    let reads = |it: &&Made| it.what.starts_with("look") || it.what.starts_with("check");
    let reads = calls.iter().filter(reads).count();
    assert!(calls.len() - reads <= 4, "{calls:?}");
    let shown = scene.page.component("part-0").map(|it| it.status);
    assert_eq!(shown, Some(ComponentStatus::Operational));
    assert!(scene.page.incidents().iter().all(|it| it.status == IncidentStatus::Resolved));
    for host in ["pagerduty.com", "hook.example"] {
        let calls = scene.calls(host);
        assert!(calls.len() <= 3, "{calls:?}");
    }
    assert!(scene.pagerduty.alerts().iter().all(|it| it.status == AlertStatus::Resolved));
    assert_eq!(scene.webhook.taken().last().map(|it| it.status.as_str()), Some("resolved"));
    Ok(())
}

/// Scenario: 200 components fail at once, and recover ten minutes later.
/// Guarantee: Statuspage refuses nothing, so that no minute saw more than its 60 calls; the page shows
/// every component red and an incident of each, and in the end all of them well.
#[tokio::test(start_paused = true)]
async fn two_hundred_components_at_once_stay_within_the_rate() -> anyhow::Result<()> {
    let mut scene = Scene::of(200, Duration::from_secs(10))?;
    scene.go_on(true, Duration::from_secs(60)).await;
    scene.go_on(false, Duration::from_secs(600)).await;
    let red = scene.page.components();
    assert!(red.iter().all(|it| it.status == ComponentStatus::MajorOutage), "{red:?}");
    let incidents = scene.page.incidents();
    assert_eq!(incidents.len(), 200);
    assert!(incidents.iter().all(|it| it.status != IncidentStatus::Resolved));
    scene.go_on(true, Duration::from_secs(600)).await;
    let green = scene.page.components();
    assert!(green.iter().all(|it| it.status == ComponentStatus::Operational), "{green:?}");
    let incidents = scene.page.incidents();
    assert_eq!(incidents.len(), 200);
    assert!(incidents.iter().all(|it| it.status == IncidentStatus::Resolved));
    assert_eq!((scene.world.open(), scene.world.waiting()), (0, 0));
    let calls = scene.calls("statuspage.io");
    for first in &calls {
        let window = calls
            .iter()
            .filter(|it| (first.at..first.at + Duration::from_secs(60)).contains(&it.at));
        assert!(window.count() <= 60, "too many within a minute of {:?}", first.at);
    }
    let alerts = scene.pagerduty.alerts();
    assert_eq!(alerts.len(), 200, "each is its own cause");
    assert!(alerts.iter().all(|it| it.status == AlertStatus::Resolved));
    Ok(())
}
