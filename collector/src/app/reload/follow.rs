//! Follows the files of a configuration: reads them again when asked to, and when they change.

use std::time::Duration;

use anyhow::Context;
use bellwether_config::{Problem, Problems};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Reload, Standing};
use crate::app::clock::Clock;
use crate::config::{Files, Loaded, Source};

/// How often the files are looked at. A change holds after it was seen twice, so that a file that
/// is being written is not read half.
const EVERY: Duration = Duration::from_secs(1);

/// Reads a configuration again and again.
pub(in crate::app) struct Follower {
    pub(in crate::app) source: Source,
    /// The files of the configuration that was read last.
    pub(in crate::app) files: Files,
    /// Changes when somebody asks.
    pub(in crate::app) asked: watch::Receiver<u64>,
    pub(in crate::app) reloads: mpsc::Sender<Reload>,
    pub(in crate::app) standing: watch::Sender<Standing>,
    pub(in crate::app) clock: Clock,
}

impl Follower {
    /// Follows until told to stop.
    pub(in crate::app) async fn run(mut self, stop: CancellationToken) {
        let file = self.source.file().map(|it| it.display().to_string());
        self.standing.send_modify(|it| it.file = file);
        stop.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(&mut self) {
        let mut look = interval(EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = self.files.stamp();
        loop {
            tokio::select! {
                asked = self.asked.changed() => match asked {
                    Ok(()) => tracing::info!("reading the configuration again, as asked"),
                    Err(_) => std::future::pending().await,
                },
                _ = look.tick() => {
                    let stamp = self.files.stamp();
                    let settled = stamp == std::mem::replace(&mut before, stamp);
                    if !settled || !self.files.changed() {
                        continue;
                    }
                    tracing::info!("reading the configuration again, since its files changed");
                }
            }
            self.read_again().await;
            before = self.files.stamp();
        }
    }

    async fn read_again(&mut self) {
        let source = self.source.clone();
        let Ok(Loaded { config, files }) = tokio::task::spawn_blocking(move || source.load()).await
        else {
            return tracing::error!("the configuration could not be read; the one before goes on");
        };
        self.files = files;
        match config {
            Err(problems) => self.refuse(&problems),
            Ok(config) => {
                for note in config.notes() {
                    tracing::info!(place = %note.place, "note: {}", note.message);
                }
                let (answer, came) = oneshot::channel();
                let sent = self.reloads.send(Reload { config, answer }).await;
                let answer = match sent {
                    Ok(()) => came.await.context("the collector is stopping").flatten(),
                    Err(_) => return,
                };
                self.note(answer);
            }
        }
    }

    fn refuse(&self, problems: &Problems) {
        for Problem { place, message, help, .. } in problems.iter() {
            let help = help.as_deref().unwrap_or_default();
            tracing::error!(%place, help, "mistake in the configuration: {message}");
        }
        let count = problems.len();
        tracing::error!(problems = count, "configuration refused; the one before it goes on");
        let told = problems.iter().map(|it| format!("{}: {}", it.place, it.message)).collect();
        let now = self.clock.now();
        self.standing.send_modify(|it| it.refused = Some((now, told)));
    }

    fn note(&self, outcome: anyhow::Result<crate::config::Changes>) {
        let now = self.clock.now();
        match outcome {
            Ok(changes) => {
                let words = changes.words();
                if words.is_empty() {
                    tracing::info!("configuration read again, nothing has changed");
                } else {
                    tracing::info!(changes = words.join("; "), "configuration changed");
                }
                let needs_restart = changes.needs_restart();
                if !needs_restart.is_empty() {
                    let what = needs_restart.join(", ");
                    tracing::warn!(what, "changed, and takes a restart to hold");
                }
                self.standing.send_modify(|it| {
                    it.refused = None;
                    it.loaded_at = now;
                    it.needs_restart = needs_restart;
                });
            }
            Err(error) => {
                let why = format!("{error:#}");
                tracing::error!(why, "configuration refused; the one before it goes on");
                self.standing.send_modify(|it| it.refused = Some((now, vec![why])));
            }
        }
    }
}
