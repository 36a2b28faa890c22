//! The collector, the provider, and a service that fails.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::parts::Parts;
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::standins::pagerduty::{Pagerduty, PagerdutyConfig};
use bellwether_tests::standins::{Standin, Verdict};

/// Longest wait for one page.
const LIMIT: Duration = Duration::from_secs(60);

/// How loud a component's fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Of every second component.
    Emergency,
    /// Of the others.
    Critical,
}

impl Severity {
    pub(crate) fn of(component: usize) -> Self {
        if component.is_multiple_of(2) { Self::Emergency } else { Self::Critical }
    }

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Critical => "critical",
        }
    }
}

pub(crate) struct Scene {
    pagerduty: Standin<Pagerduty>,
    _setup: Setup,
    collector: Bellwether,
    pub(crate) parts: Parts,
}

impl Scene {
    /// Starts a collector with so many components.
    pub(crate) async fn start(components: usize) -> anyhow::Result<Self> {
        let config = PagerdutyConfig { events_per_minute: 100_000, ..PagerdutyConfig::default() };
        let key = config.routing_keys[0].clone();
        let pagerduty = Pagerduty::start(config).await?;
        let url = pagerduty.base_url();
        let exporters = format!("{{ pagerduty: {{ routing_key: {key}, endpoint: \"{url}\" }} }}");
        let setup = Setup::leading_to(&exporters)?.of_catalog(&catalog(components))?;
        let setup = setup.ruled_by(&rules(components))?;
        let collector = setup.start().await?;
        let parts = Parts::connect(setup.otlp()).await?;
        Ok(Self { pagerduty, _setup: setup, collector, parts })
    }

    /// Lets components fail from now on, and waits until all of them are told.
    pub(crate) async fn keep_failing(&mut self, components: Range<usize>) -> anyhow::Result<()> {
        self.parts.keep_failing(components.clone()).await?;
        for component in components {
            self.until_told(component).await?;
        }
        Ok(())
    }

    /// Waits until the provider has been told of a component, and returns how loud it was told.
    pub(crate) async fn until_told(&self, component: usize) -> anyhow::Result<Severity> {
        let id = format!("part-{component}");
        let told = |it: &Standin<Pagerduty>| {
            let alerts = it.alerts();
            let alert = alerts.iter().find(|it| it.payload["component"] == id.as_str())?;
            Some(alert.payload["custom_details"]["severity"].as_str()?.to_owned())
        };
        let told = self.pagerduty.until(&format!("a page for {id}"), LIMIT, told).await?;
        let known = [Severity::Emergency, Severity::Critical];
        known.into_iter().find(|it| it.as_str() == told).with_context(|| format!("{id}: {told}"))
    }

    /// Returns how many incidents are open.
    pub(crate) async fn open(&self) -> anyhow::Result<usize> {
        Ok(self.collector.status().await?.incidents.len())
    }

    /// Stops it all, and fails when the provider refused anything.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        let records = self.pagerduty.records();
        let refused = records.iter().find(|it| it.verdict == Verdict::Refused);
        ensure!(refused.is_none(), "{refused:?}");
        self.collector.stop().await
    }
}

fn catalog(components: usize) -> String {
    (0..components).fold("components:\n".to_owned(), |mut text, it| {
        // writing to a text does not fail
        let _ = writeln!(text, "  part-{it}: {{ criticality: critical, services: [shop], routes: [\"/part-{it}/**\"] }}");
        text
    })
}

fn rules(components: usize) -> String {
    (0..components).fold("rules:\n".to_owned(), |mut text, it| {
        let severity = Severity::of(it).as_str();
        // writing to a text does not fail
        let _ = writeln!(
            text,
            "  failing-{it}: {{ component: part-{it}, kind: threshold, match: {{ http.response.status_code: 500 }}, \
             indicator: count, above: 0, window: 1m, state: major_outage, severity: {severity} }}"
        );
        text
    })
}
