//! Asks from outside: the probes of the configuration and the journeys of the catalog.

use std::sync::Arc;

use anyhow::Context;
use bellwether_probes::{Around, Probe};
use tokio_util::sync::CancellationToken;

use super::App;
use super::parts::{Parts, sure};
use crate::config::{Config, PROBES};

/// Makes everything that is asked from outside.
///
/// # Errors
/// Says which file with certificates cannot be read.
pub(super) fn probes(config: &Config) -> anyhow::Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for (name, settings) in &config.probes.0 {
        let probe = Probe::of(name, settings).map_err(anyhow::Error::msg);
        probes.push(probe.with_context(|| format!("probe {name}"))?);
    }
    if config.walk_journeys {
        probes.extend(config.catalog.journeys().iter().filter_map(Probe::walking));
    }
    Ok(probes)
}

impl App {
    /// Asks these from now on, and no others. What is found goes the way of what services tell.
    pub(super) fn exchange_probes(&mut self, probes: Vec<Probe>, parts: &mut Parts) {
        let stop = CancellationToken::new();
        let lanes = self.network.of(PROBES).filter(|_| !probes.is_empty());
        let running = lanes.map(|lanes| {
            tracing::info!(probes = probes.len(), "asking from outside");
            let clock = self.clock.clone();
            let around = Around {
                ingest: self.entrance.of(PROBES, lanes),
                now: Arc::new(move || clock.now()),
                urgency: self.urgency.clone(),
            };
            parts.run("probes", sure(bellwether_probes::run(probes, around, stop.clone())))
        });
        self.prober.exchange(stop, running, parts);
    }
}
