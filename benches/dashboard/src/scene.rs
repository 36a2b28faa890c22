//! The collector, and a service that fails.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::parts::Parts;
use bellwether_tests::harness::process::{Bellwether, Setup};
use bellwether_tests::harness::wait;

/// Longest wait until an incident is open.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    _setup: Setup,
    pub(crate) collector: Bellwether,
    pub(crate) parts: Parts,
}

impl Scene {
    /// Starts a collector with so many components.
    pub(crate) async fn start(components: usize) -> anyhow::Result<Self> {
        let setup = Setup::alone()?.of_catalog(&catalog(components))?;
        let setup = setup.ruled_by(&rules(components))?;
        let collector = setup.start().await?;
        let parts = Parts::connect(setup.otlp()).await?;
        Ok(Self { _setup: setup, collector, parts })
    }

    pub(crate) fn base(&self) -> &str {
        self.collector.base()
    }

    /// Lets components fail from now on, and waits until an incident of each is open.
    pub(crate) async fn keep_failing(&mut self, components: Range<usize>) -> anyhow::Result<()> {
        let most = components.len();
        self.parts.keep_failing(components).await?;
        wait::until("incidents to be open", LIMIT, async || {
            let open = self.collector.status().await?.incidents.len();
            ensure!(open == most, "{open} of {most} are");
            Ok(())
        })
        .await
    }

    /// Waits until an incident of a component is open, and returns its id and when it was opened, in
    /// milliseconds since 1970 by the clock of this machine.
    pub(crate) async fn until_open(&self, component: usize) -> anyhow::Result<(String, i64)> {
        let id = format!("part-{component}");
        let incident = wait::until(&format!("an incident of {id}"), LIMIT, async || {
            let open = self.collector.status().await?.incidents;
            let mine = open.into_iter().find(|it| it.component.as_str() == id);
            mine.context("there is none")
        })
        .await?;
        let at: jiff::Timestamp = incident.opened_at.to_string().parse()?;
        Ok((incident.id.to_string(), at.as_millisecond()))
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.collector.stop().await
    }
}

/// Every component earns, and something is sold that needs every tenth.
fn catalog(components: usize) -> String {
    let mut text = "customers: { zebra: { name: Zebra Associates } }\ncomponents:\n".to_owned();
    for it in 0..components {
        // writing to a text does not fail
        let _ = writeln!(
            text,
            "  part-{it}: {{ criticality: critical, services: [shop], routes: [\"/part-{it}/**\"], \
             revenue_per_hour: 1200 GBP }}"
        );
    }
    text.push_str("opportunities:\n");
    for it in (0..components).step_by(10) {
        let _ = writeln!(
            text,
            "  sale-{it}: {{ customer: zebra, name: Sale {it}, amount: 925000 GBP, requires: [part-{it}] }}"
        );
    }
    text
}

fn rules(components: usize) -> String {
    (0..components).fold("rules:\n".to_owned(), |mut text, it| {
        // writing to a text does not fail
        let _ = writeln!(
            text,
            "  failing-{it}: {{ component: part-{it}, kind: threshold, match: {{ http.response.status_code: 500 }}, \
             indicator: count, above: 0, window: 1m, state: major_outage, severity: critical }}"
        );
        text
    })
}
