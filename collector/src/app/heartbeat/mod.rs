//! Tells a dead-man's switch that the collector works, as long as it really does. When it is
//! killed, stopped or stuck, nothing is sent, and the switch alarms.

mod look;
mod settings;
mod vitals;

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use bellwether_exporters::transport::Transport;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

pub(super) use self::look::{Door, Look};
pub(crate) use self::settings::{Beat, Settings};
use super::clock::Clock;

/// The longest time between two looks, or two tries, while something is wrong.
const SOON: Duration = Duration::from_secs(5);

/// How the heartbeat is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    /// When the switch last took one.
    pub(super) sent: Option<Timestamp>,
    /// How many it took.
    pub(super) count: u64,
    /// Why none is sent: what the collector cannot see.
    pub(super) withheld: Vec<String>,
    /// Why the last one did not arrive.
    pub(super) failing: Option<String>,
}

impl Pulse {
    /// Says in plain words what is wrong with the way to the switch.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.failing.iter().map(|why| format!("the heartbeat does not arrive: {why}")).collect()
    }

    /// Says whether nothing is withheld and everything arrives.
    pub(super) fn is_well(&self) -> bool {
        self.withheld.is_empty() && self.failing.is_none()
    }
}

/// Sends heartbeats.
pub(super) struct Heart {
    pub(super) beat: Beat,
    pub(super) look: Look,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Clock,
    pub(super) pulse: watch::Sender<Pulse>,
}

impl Heart {
    /// Beats until told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(self) {
        let mut due = Instant::now();
        loop {
            sleep_until(due).await;
            due = if self.once().await {
                // from when it was due, so that waits do not add up; late ones are not made up for
                (due + self.beat.every).max(Instant::now())
            } else {
                Instant::now() + SOON.min(self.beat.every / 4)
            };
        }
    }

    /// Looks, and sends when all is well; says whether the switch took it.
    async fn once(&self) -> bool {
        let blind = vitals::judge(self.look.signs().await);
        let withheld: Vec<String> = blind.iter().map(ToString::to_string).collect();
        let failing = if withheld.is_empty() { self.send().await.err() } else { None };
        let took = withheld.is_empty() && failing.is_none();
        let now = self.clock.now();
        self.pulse.send_modify(|pulse| {
            tell(pulse, &withheld, failing.as_deref());
            pulse.withheld = withheld;
            pulse.failing = failing;
            if took {
                pulse.sent = Some(now);
                pulse.count += 1;
            }
        });
        took
    }

    async fn send(&self) -> Result<(), String> {
        let call = self.beat.call.clone();
        match timeout(self.beat.timeout, self.transport.send(call)).await {
            Ok(Ok(answer)) if answer.is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("HTTP {}", answer.status)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {:?}", self.beat.timeout)),
        }
    }
}

/// Logs what is new.
fn tell(before: &Pulse, withheld: &[String], failing: Option<&str>) {
    if !withheld.is_empty() && before.withheld.is_empty() {
        let why = withheld.join("; ");
        tracing::error!(why, "the collector is blind; its heartbeat is withheld until it is not");
    }
    if let (Some(why), None) = (failing, &before.failing) {
        tracing::error!(why, "heartbeat does not arrive; trying again");
    }
    if withheld.is_empty() && failing.is_none() && !before.is_well() {
        tracing::info!("heartbeat is sent again");
    }
}

#[cfg(test)]
mod tests;
