//! Metrics of the page, as it takes them.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::time::Timestamp;
use bellwether_exporters::metrics::{Measure, Measures};
use bellwether_tests::standins::statuspage::{Statuspage, StatuspageConfig};

use crate::world::World;

/// What is measured in every story: all is up, and everything else is 12.5.
pub(crate) struct Always;

impl Measures for Always {
    fn read<'a>(
        &'a self,
        measure: &'a Measure,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Option<f64>> {
        let value = if matches!(measure, Measure::Uptime(_)) { 100.0 } else { 12.5 };
        Box::pin(async move { Some(value) })
    }
}

/// Scenario: a page shows the uptime of a component and a response time, for ten minutes.
/// Guarantee: each has a point a minute, the page refuses none, and one call a minute is made for both.
#[tokio::test(start_paused = true)]
async fn a_page_gets_a_point_a_minute_of_each_metric() -> anyhow::Result<()> {
    let config = StatuspageConfig {
        metrics: vec!["m1".to_owned(), "m2".to_owned()],
        ..StatuspageConfig::with_components(&["Reports"])
    };
    let (api_key, page_id) = (config.api_key.clone(), config.page_id.clone());
    let page = Arc::new(Statuspage::new(config));
    let config = format!(
        "processors: {{ health: {{ catalog: catalog.yaml, rules: [rules.yaml] }} }}\n\
         exporters:\n  statuspage: {{ api_key: {api_key}, page_id: {page_id}, components: {{ reports: {} }}, \
         metrics: {{ m1: {{ uptime: reports }}, m2: {{ series: \"rule:slow:p99\" }} }} }}\n",
        StatuspageConfig::component_id("Reports"),
    );
    let catalog = "components:\n  reports: { name: Reports, criticality: critical }\n";
    let rules = "rules: { slow: { component: reports, kind: threshold, indicator: p99, above: 1s, window: 1m } }\n";
    let files = [
        ("bellwether.yaml", config),
        ("catalog.yaml", catalog.to_owned()),
        ("rules.yaml", rules.to_owned()),
    ];
    let mut world =
        World::begin(&files, Duration::from_secs(1), vec![("statuspage.io", page.clone())])?;
    world.pass(Duration::from_secs(590)).await;
    for (metric, value) in [("m1", 100.0), ("m2", 12.5)] {
        let points = page.points_of(metric);
        assert_eq!(points.len(), 10, "{points:?}");
        assert!(points.iter().all(|it| it.1 == value), "{points:?}");
    }
    let made = world.network.made("statuspage.io");
    let made: Vec<_> = made.iter().filter(|it| it.what == "add points to metrics").collect();
    assert!(made.len() == 10 && made.iter().all(|it| it.status == 202), "{made:?}");
    Ok(())
}
