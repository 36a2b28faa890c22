//! What ours costs before anything comes: its start, its memory at rest, its size.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::case::Case;
use super::peer::{Peer, Place, Programs};
use super::statistics::{Spread, spread};

/// How long it rests before its memory is read.
const REST: Duration = Duration::from_secs(3);

const MIB: f64 = (1 << 20) as f64;

/// A figure that has a bar.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) measured: Spread,
    pub(crate) bar: f64,
}

impl Figure {
    /// Says whether the bar is missed.
    pub(crate) fn is_missed(&self) -> bool {
        self.measured.median > self.bar
    }
}

/// Starts ours with its 100 rules and queues on disk so many times, and lets it rest.
pub(crate) async fn measure(
    runs: usize,
    programs: &Programs,
    folder: &Path,
) -> anyhow::Result<Vec<Figure>> {
    let case = Case::all().into_iter().find(Case::has_bars).context("a case with bars")?;
    // nobody listens there: nothing is sent
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let (mut listening, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let place = Place::new(nobody, folder.join("peer"))?;
        let process = Peer::Disk.start(&case, &place, programs)?;
        listening.push(process.ready_after.as_secs_f64() * 1e3);
        tokio::time::sleep(REST).await;
        resident.push(process.resident()? as f64 / MIB);
        process.stop()?;
    }
    let size = std::fs::metadata(&programs.ours)?.len() as f64 / MIB;
    let figure = |name, unit, measured: &[f64], bar| {
        let measured = spread(measured.iter().copied());
        Figure { name, unit, measured, bar }
    };
    Ok(vec![
        figure("memory at rest, with 100 rules and queues on disk", "MiB", &resident, 20.0),
        figure("size of the program", "MiB", &[size], 40.0),
        figure("from its start until it listens on all its sockets", "ms", &listening, 200.0),
    ])
}
