//! How soon a page shows what there is to see, and what many who look cost: a real collector, and
//! Chromium on the same machine.

mod browser;
mod scene;
mod sockets;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use bellwether_load::latency::Latencies;
use bellwether_tests::harness::random::Seeded;
use tokio::time::sleep;

pub use self::browser::Loads;
use self::browser::{Pixels, load};
use self::scene::Scene;
pub use self::sockets::Held;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Components of the catalog, each with a rule of its own.
    pub components: usize,
    /// Incidents that are open all the while.
    pub open: usize,
    /// How often the executive page is loaded, with an empty cache and with a warm one.
    pub loads: usize,
    /// Faults, each of another component, while a browser looks at the operations page.
    pub faults: usize,
    /// Sockets that are held.
    pub sockets: usize,
    /// For how long.
    pub held: Duration,
}

/// What was measured.
#[derive(Debug)]
pub struct Outcome {
    /// From the beginning of a navigation until revenue at risk is painted.
    pub loads: Loads,
    /// From the evaluation that opened an incident until its row is painted.
    pub pixels: Latencies,
    /// What the sockets cost.
    pub held: Held,
}

/// Measures one after the other, so that nothing is measured while something else is.
///
/// # Errors
/// Fails when the collector or the browser does not start, or something is not shown in time.
pub async fn measure(case: Case) -> anyhow::Result<Outcome> {
    let faulty = case.open + case.faults;
    anyhow::ensure!(faulty <= case.components, "too few components: {case:?}");
    let mut scene = Scene::start(case.components).await?;
    scene.keep_failing(0..case.open).await?;
    let loads = loads(&mut scene, case).await?;
    let pixels = pixels(&mut scene, case).await?;
    let held = sockets::hold(&mut scene, case.sockets, case.held).await?;
    scene.end().await?;
    Ok(Outcome { loads, pixels, held })
}

/// Loads pages while what is open stays open.
async fn loads(scene: &mut Scene, case: Case) -> anyhow::Result<Loads> {
    let base = scene.base().to_owned();
    let mut loading = pin!(load(&base, case.loads));
    loop {
        tokio::select! {
            loads = &mut loading => return loads,
            () = sleep(Duration::from_secs(1)) => scene.parts.refresh().await?,
        }
    }
}

/// Lets components fail one after the other, at any phase of an evaluation.
async fn pixels(scene: &mut Scene, case: Case) -> anyhow::Result<Latencies> {
    let watch = Pixels::watch(scene.base()).await?;
    let mut random = Seeded::new(1);
    let mut opened = BTreeMap::new();
    for component in case.open..case.open + case.faults {
        scene.parts.refresh().await?;
        sleep(Duration::from_millis(random.below(1_000))).await;
        scene.parts.fail(component).await?;
        opened.extend([scene.until_open(component).await?]);
    }
    let shown = watch.end(&opened.keys().cloned().collect::<Vec<_>>()).await?;
    let mut latencies = Latencies::default();
    for (id, opened) in opened {
        let shown = shown.get(&id).with_context(|| format!("{id} was never shown"))?;
        let took = shown.saturating_sub(opened);
        latencies.add(Duration::from_millis(u64::try_from(took).unwrap_or_default()));
    }
    Ok(latencies)
}
