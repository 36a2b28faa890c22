//! Maintenance that customers read of before it begins.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::state::ComponentState;
use bellwether_tests::standins::statuspage::{
    ComponentStatus, Incident, IncidentStatus, Statuspage, StatuspageConfig,
};

use crate::signals::{Run, monitors};
use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

/// A page, and a collector that announces an hour of work from 09:00 on half an hour before; a story
/// begins at 08:00.
struct Scene {
    page: Arc<Statuspage>,
    world: World,
}

impl Scene {
    fn begin() -> anyhow::Result<Self> {
        let page = Arc::new(Statuspage::new(StatuspageConfig::with_components(&["Reports"])));
        let StatuspageConfig { api_key, page_id, .. } = StatuspageConfig::default();
        let config = format!(
            "processors: {{ health: {{ catalog: catalog.yaml }} }}\n\
             exporters:\n  statuspage: {{ api_key: {api_key}, page_id: {page_id}, components: {{ reports: {} }} }}\n\
             alerting:\n  maintenance:\n    move: {{ components: [reports], from: 2026-11-23T09:00, to: 2026-11-23T10:00, \
             announce: 30m, reason: the disk of vm-17 }}\n",
            StatuspageConfig::component_id("Reports"),
        );
        let catalog = "components:\n  reports: { name: Reports, criticality: critical }\n";
        let files = [("bellwether.yaml", config), ("catalog.yaml", catalog.to_owned())];
        let world =
            World::begin(&files, Duration::from_secs(1), vec![("statuspage.io", page.clone())])?;
        Ok(Self { page, world })
    }

    /// Lets minutes pass, in which the monitor of the component passes or not.
    async fn go_on(&mut self, passed: bool, minutes: u32) {
        for _ in 0..2 * minutes {
            let run: Run = ("asks".to_owned(), "reports".to_owned(), passed);
            self.world.take(monitors(&[run], self.world.now()));
            self.world.pass(MINUTE / 2).await;
        }
    }

    /// Returns the only incident of the page, and what it shows of the component.
    fn shown(&self) -> (Incident, ComponentStatus) {
        let (incidents, component) = (self.page.incidents(), self.page.component("Reports"));
        assert_eq!(incidents.len(), 1, "{incidents:?}");
        (incidents[0].clone(), component.map_or(ComponentStatus::MajorOutage, |it| it.status))
    }
}

/// Scenario: an hour of work is planned, in which the component is out.
/// Guarantee: the page announces it half an hour before, in words for customers, shows the component under
/// maintenance while it lasts and well afterwards, and no other incident; subscribers get a mail when it is
/// announced, when it begins, and when it ends.
#[tokio::test(start_paused = true)]
async fn planned_work_is_announced_and_begins_and_ends_on_the_page() -> anyhow::Result<()> {
    let mut scene = Scene::begin()?;
    scene.go_on(true, 29).await;
    assert_eq!(scene.page.incidents(), []);
    scene.go_on(true, 2).await;
    let (incident, component) = scene.shown();
    assert_eq!(
        (incident.status, component),
        (IncidentStatus::Scheduled, ComponentStatus::Operational)
    );
    assert_eq!(incident.name, "Scheduled maintenance: Reports");
    let said = &incident.incident_updates[0].body;
    assert!(said.contains("from 23 November, 09:00 UTC to 23 November, 10:00 UTC"), "{said}");
    assert!(!said.contains("vm-17"), "nothing of what is inside: {said}");
    scene.go_on(true, 30).await;
    scene.go_on(false, 30).await;
    let (incident, component) = scene.shown();
    assert_eq!(
        (incident.status, component),
        (IncidentStatus::InProgress, ComponentStatus::UnderMaintenance)
    );
    scene.go_on(true, 35).await;
    let (incident, component) = scene.shown();
    assert_eq!(
        (incident.status, component),
        (IncidentStatus::Completed, ComponentStatus::Operational)
    );
    assert_eq!(scene.world.state("reports"), Some(ComponentState::Operational));
    let mails: Vec<IncidentStatus> = scene.page.mails().iter().map(|it| it.status).collect();
    let wanted = [IncidentStatus::Scheduled, IncidentStatus::InProgress, IncidentStatus::Completed];
    assert_eq!(mails, wanted);
    let refused = scene.world.network.made("statuspage.io");
    let refused: Vec<_> = refused.iter().filter(|it| it.status >= 300).collect();
    assert!(refused.is_empty(), "{refused:?}");
    Ok(())
}
