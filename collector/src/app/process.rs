//! The collector as a process: signals of the system.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{App, World};
use crate::config::{Config, Files, Source};

/// Runs a collector in the real world until SIGTERM or SIGINT. It goes over to another
/// configuration on SIGHUP, and when the files change that it was read from.
///
/// # Errors
/// Says which part could not be built, or ended early, and why.
pub fn run_until_signal(source: Source, config: Config, files: Files) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        // before anything is built: a signal that comes early must not end the process
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut app = App::build(config, World::real()?).await?;
        let (asks, asked) = watch::channel(0);
        app.follow(source, files, asked);
        let stop = CancellationToken::new();
        let running = app.run(stop.clone());
        tokio::pin!(running);
        loop {
            tokio::select! {
                ended = &mut running => return ended,
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hangup.recv() => asks.send_modify(|count| *count += 1),
            }
        }
        stop.cancel();
        running.await
    })
}
