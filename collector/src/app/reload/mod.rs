//! Goes over to another configuration while everything runs: what did not change is not touched.

mod follow;
mod standing;

use anyhow::Context;
use bellwether_api::Seal;
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};

pub(super) use self::follow::Follower;
pub(super) use self::standing::Standing;
use super::parts::Parts;
use super::plane::Order;
use super::{App, health, prober};
use crate::config::{Changes, Config};

/// How long requests that are under way may take to leave what is closed.
const LEAVE: Duration = Duration::from_secs(3);

/// Asks a running collector to go over to another configuration.
pub(super) struct Reload {
    pub(super) config: Config,
    pub(super) answer: oneshot::Sender<anyhow::Result<Changes>>,
}

impl App {
    /// Goes over to another configuration, whole or not at all.
    ///
    /// Everything that can fail is done first: sockets, files, certificates. What follows lets
    /// new parts begin before old ones end, so that no request finds a closed door.
    pub(super) async fn go_over(
        &mut self,
        mut config: Config,
        parts: &mut Parts,
    ) -> anyhow::Result<Changes> {
        let changes = Changes::between(&self.outline, &config.outline);
        if changes.words().is_empty() {
            return Ok(changes);
        }
        let Changes { receivers, exporters, .. } = &changes;
        let bound = self.receivers.prepare(&config, receivers).await?;
        let api = match changes.dashboard {
            true => Some(self.bind_api(&config.dashboard).await?),
            false => None,
        };
        let seal = match changes.links {
            true => Some(Seal::read(&self.outline.storage.folder, &config.dashboard.links)?),
            false => None,
        };
        let built = std::mem::take(&mut config.exporters);
        let (added, changed, removed) = (&exporters.added, &exporters.changed, &exporters.removed);
        let mut outlets = self.outlets.prepare(built, added, changed, removed).await?;
        let heart = match changes.heartbeat || changes.evaluate_every {
            true => Some(self.heart(config.heartbeat.take(), config.evaluate_every)?),
            false => None,
        };

        let probes = match changes.probes || changes.health {
            true => Some(prober::probes(&config)?),
            false => None,
        };

        self.outlets.add(&mut outlets);
        self.outlets.start(parts);
        let old = self.network.lay(&config, &self.outlets);
        let (network, entrance) = (&self.network, &self.entrance);
        let ingest = |receiver: &str, key: &str| Some(entrance.of(key, network.of(receiver)?));
        self.receivers.replace(bound, receivers.removed.iter().cloned(), parts, ingest);
        if changes.own {
            // before it is waited for those who use the old lanes
            self.exchange_telling(config.own.take(), parts);
        }
        old.empty(Instant::now() + LEAVE).await;
        self.outlets.change(outlets, parts).await;
        // once more: what was opened anew has another queue
        self.network.lay(&config, &self.outlets);
        self.board.doors.send_replace(self.receivers.doors());
        self.board.rooms.send_replace(self.receivers.rooms());
        self.board.statuses.send_replace(self.outlets.statuses());
        self.board.drafters.send_replace(self.outlets.drafters());
        let judging = changes.health || changes.alerting || changes.evaluate_every;
        if judging || !exporters.is_empty() {
            self.give_rules(&mut config).await?;
        }
        if let Some(probes) = probes {
            self.exchange_probes(probes, parts);
        }
        if let Some(api) = api {
            self.exchange_api(api, parts);
        }
        if let Some(seal) = seal {
            self.links.exchange(seal);
        }
        if let Some(heart) = heart {
            self.exchange_heart(heart, parts);
        }
        self.shutdown = config.shutdown;
        // what takes a restart is still as it was
        config.outline.storage.clone_from(&self.outline.storage);
        self.outline = config.outline;
        Ok(changes)
    }

    async fn give_rules(&mut self, config: &mut Config) -> anyhow::Result<()> {
        let (done, holds) = oneshot::channel();
        let order = Order {
            catalog: std::mem::take(&mut config.catalog),
            rules: std::mem::take(&mut config.rules),
            every: config.evaluate_every,
            followers: health::followers(self.outlets.exporters()),
            policy: config.policy.clone(),
            done,
        };
        let ended = "the health plane has ended";
        self.orders.send(order).await.ok().context(ended)?;
        holds.await.context(ended)?;
        self.board.every.send_replace(config.evaluate_every);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
