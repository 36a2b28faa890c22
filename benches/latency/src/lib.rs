//! How long it takes from the span of a fault until a provider has answered: a real collector, with a
//! provider on loopback.

mod scene;

use std::time::Duration;

use bellwether_load::latency::Latencies;
use bellwether_tests::harness::random::Seeded;
use tokio::time::{Instant, sleep};

use self::scene::Scene;
pub use self::scene::Severity;

/// How often rules are evaluated.
pub const TICK: Duration = Duration::from_secs(1);

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Components of the catalog, each with a rule of its own.
    pub components: usize,
    /// Incidents that are open all the while.
    pub open: usize,
    /// Faults that are measured, each of another component.
    pub faults: usize,
    /// How long to wait between the two: PagerDuty takes a hundred calls a minute, and those that
    /// opened incidents would make the first faults wait.
    pub settle: Duration,
}

/// A fault of which the provider was told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Which component failed.
    pub component: usize,
    /// How loud it is.
    pub severity: Severity,
    /// From before its span was sent until the provider had answered.
    pub took: Duration,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Faults, in the order in which they happened.
    pub told: Vec<Told>,
    /// The fewest incidents that were open before a fault.
    pub open: usize,
}

impl Outcome {
    /// Returns how long faults of a severity took.
    pub fn latencies(&self, severity: Severity) -> Latencies {
        let mut latencies = Latencies::default();
        let these = self.told.iter().filter(|it| it.severity == severity);
        these.for_each(|it| latencies.add(it.took));
        latencies
    }
}

/// Lets incidents open, and then faults happen one after the other, at any phase of an evaluation.
///
/// # Errors
/// Fails when the collector does not start, or when a fault is not told within a minute.
pub async fn measure(case: Case) -> anyhow::Result<Outcome> {
    anyhow::ensure!(case.open + case.faults <= case.components, "too few components: {case:?}");
    let mut scene = Scene::start(case.components).await?;
    scene.keep_failing(0..case.open).await?;
    let began = Instant::now();
    while began.elapsed() < case.settle {
        scene.parts.refresh().await?;
        sleep(Duration::from_secs(1)).await;
    }
    let mut random = Seeded::new(1);
    let mut outcome = Outcome { open: usize::MAX, ..Outcome::default() };
    for component in case.open..case.open + case.faults {
        scene.parts.refresh().await?;
        // which part of a second it is decides how long the next evaluation is away; half a second more,
        // since each fault is two calls, its end being one, of the hundred that PagerDuty takes a minute
        sleep(Duration::from_millis(500 + random.below(1_000))).await;
        outcome.open = outcome.open.min(scene.open().await?);
        let began = Instant::now();
        scene.parts.fail(component).await?;
        let severity = scene.until_told(component).await?;
        let took = began.elapsed();
        outcome.told.push(Told { component, severity, took });
    }
    scene.end().await?;
    Ok(outcome)
}
