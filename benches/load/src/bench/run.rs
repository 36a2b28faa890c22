//! One measurement of one peer.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bellwether_load::client::{Lane, Protocol};
use bellwether_load::drive::{Feed, Outcome, Pace, drive};
use bellwether_load::sink::{Mood, Sink};
use bellwether_load::spans::Shape;
use tokio::task::JoinSet;

use super::case::Case;
use super::peer::{Peer, Place, Programs};

/// Requests under way at once.
const LANES: usize = 16;
/// Connections that they share over gRPC.
const CONNECTIONS: usize = 4;
/// How long a peer is warmed up; what it costs is not counted.
const WARM_UP: Duration = Duration::from_millis(700);
/// When nothing has come for so long, nothing more will.
const PATIENCE: Duration = Duration::from_secs(8);

/// What one measurement gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// CPU seconds for a million spans.
    pub(crate) cpu: f64,
    /// Highest resident memory, in MiB.
    pub(crate) peak: f64,
    /// Latencies of requests that were taken, in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Spans taken in a second.
    pub(crate) rate: f64,
    /// Spans that were taken and did not arrive.
    pub(crate) lost: i64,
    /// Requests that were not taken at first.
    pub(crate) refused: u64,
    /// What the rules found, where there are rules.
    pub(crate) fired: String,
}

pub(crate) async fn measure(
    peer: Peer,
    case: Case,
    seconds: f64,
    programs: &Programs,
    folder: &Path,
) -> anyhow::Result<Measured> {
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let sink = Sink::start(any, Mood::Spans, false)?;
    let place = Place::new(sink.address, folder.join("peer"))?;
    let process = peer.start(&case, &place, programs)?;
    let outcome = async {
        let mut feed = Feed::new(Shape { spans: case.spans, ..Shape::default() });
        feed.prepare(case.compression)?;
        let mut tasks = JoinSet::new();
        let way = (case.protocol, case.compression);
        // over HTTP each lane has a connection, and an open loop wants enough of them
        let lanes =
            if case.protocol == Protocol::Http && case.pace != Pace::Closed { 32 } else { LANES };
        let address = place.of(case.protocol);
        let mut lanes = Lane::open(address, way, lanes, CONNECTIONS, &mut tasks).await?;
        let warm = drive(&mut lanes, &mut feed, case.pace, WARM_UP).await;
        arrived(peer, &sink, warm.accepted).await;
        let before = (process.cpu()?, sink.tally.spans());
        let outcome =
            drive(&mut lanes, &mut feed, case.pace, Duration::from_secs_f64(seconds)).await;
        arrived(peer, &sink, before.1 + outcome.accepted).await;
        let cpu = process.cpu()? - before.0;
        let came = sink.tally.spans() - before.1;
        anyhow::Ok((outcome, cpu, came))
    };
    let (outcome, cpu, came) = outcome.await.with_context(|| process.said())?;
    let fired = if peer.is_ours() { super::fired::fired(place.api).await? } else { String::new() };
    let peak = process.peak()?;
    process.stop()?;
    anyhow::ensure!(outcome.accepted > 0, "{} took nothing: {:?}", peer.name(), outcome.answers);
    let lost = if peer.forwards() { signed(outcome.accepted) - signed(came) } else { 0 };
    Ok(sum_up(&outcome, cpu, peak, lost, fired))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

async fn arrived(peer: Peer, sink: &Sink, spans: u64) {
    if peer.forwards() {
        sink.settle(spans, PATIENCE).await;
    }
}

fn sum_up(outcome: &Outcome, cpu: Duration, peak: u64, lost: i64, fired: String) -> Measured {
    let millis = |share| outcome.latencies.quantile(share).as_secs_f64() * 1e3;
    let taken = outcome.answers.get("accepted").copied().unwrap_or_default();
    Measured {
        cpu: cpu.as_secs_f64() / (outcome.accepted as f64 / 1e6),
        peak: peak as f64 / f64::from(1 << 20),
        p50: millis(0.5),
        p99: millis(0.99),
        rate: outcome.accepted as f64 / outcome.elapsed.as_secs_f64(),
        lost,
        refused: outcome.answers.values().sum::<u64>() - taken,
        fired,
    }
}
