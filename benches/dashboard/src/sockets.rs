//! Sockets that are held: what those who look are told, and what they cost the collector.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::scene::Scene;

/// Each is told every second; one that is told nothing for so long is lost.
const LIMIT: Duration = Duration::from_secs(60);

/// What is allocated at first is there by then.
const WARM: Duration = Duration::from_secs(10);

/// What so many sockets cost.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// How many.
    pub sockets: usize,
    /// For how long.
    pub time: Duration,
    /// Messages that came over all of them.
    pub messages: u64,
    /// The most memory that the collector had without any, in bytes.
    pub without: u64,
    /// The most after a tenth of a minute of them, or a tenth of the time.
    pub warm: u64,
    /// The most at their end.
    pub end: u64,
}

/// Holds sockets while incidents stay open.
pub(crate) async fn hold(
    scene: &mut Scene,
    sockets: usize,
    time: Duration,
) -> anyhow::Result<Held> {
    let without = scene.collector.peak_memory()?;
    let began = Instant::now();
    let mut tasks: JoinSet<anyhow::Result<u64>> = JoinSet::new();
    for _ in 0..sockets {
        tasks.spawn(listen(scene.base().to_owned(), began + time));
    }
    let mut warm = None;
    while began.elapsed() < time {
        scene.parts.refresh().await?;
        sleep(Duration::from_millis(200)).await;
        if warm.is_none() && began.elapsed() >= WARM.min(time / 10) {
            warm = Some(scene.collector.peak_memory()?);
        }
    }
    let mut messages = 0;
    while let Some(ended) = tasks.join_next().await {
        messages += ended??;
    }
    let end = scene.collector.peak_memory()?;
    Ok(Held { sockets, time, messages, without, warm: warm.unwrap_or(end), end })
}

/// Reads what comes until a time, and returns how many messages that were.
async fn listen(base: String, until: Instant) -> anyhow::Result<u64> {
    let address = base.trim_start_matches("http://");
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = client_async(format!("ws://{address}/api/v1/live"), stream).await?;
    let mut messages = 0;
    while Instant::now() < until {
        match timeout(LIMIT, socket.next()).await?.context("it ended")?? {
            Message::Text(_) => messages += 1,
            Message::Ping(_) => {}
            other => bail!("{other:?}"),
        }
    }
    Ok(messages)
}
