//! How far a backtest is, for who looks on.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwether_core::time::Timestamp;
use tokio::time::Instant;

use super::Counts;

const EVERY: Duration = Duration::from_millis(200);
const WIDTH: u64 = 24;

/// A bar on standard error. It says nothing that the answer does not.
pub(super) struct Progress {
    /// When it began and was last shown; nothing when nobody looks on.
    looked_at: Option<(Instant, Instant)>,
    total: u64,
}

impl Progress {
    pub(super) fn new(looked_at: bool, total: u64) -> Self {
        let now = Instant::now();
        Self { looked_at: looked_at.then_some((now, now)), total }
    }

    pub(super) fn show(&mut self, counts: &Counts, at: Timestamp) {
        let Some((began, shown)) = &mut self.looked_at else { return };
        if shown.elapsed() < EVERY {
            return;
        }
        *shown = Instant::now();
        let bytes = counts.bytes.load(Ordering::Relaxed);
        let items = counts.items.load(Ordering::Relaxed);
        let line = line(bytes, self.total, items, began.elapsed(), at);
        // a terminal that has gone is no reason to stop
        let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
    }

    pub(super) fn clear(&self) {
        if self.looked_at.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

fn line(bytes: u64, total: u64, items: u64, took: Duration, at: Timestamp) -> String {
    let bytes = bytes.min(total);
    let full = usize::try_from(bytes * WIDTH / total.max(1)).unwrap_or_default();
    let empty = usize::try_from(WIDTH).unwrap_or_default() - full;
    let rate = items as f64 / took.as_secs_f64().max(0.001);
    format!(
        "[{}{}] {:3} %  {at}  {items} signals, {:.2} million a second",
        "=".repeat(full),
        " ".repeat(empty),
        bytes * 100 / total.max(1),
        rate / 1e6,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        let line =
            |bytes| line(bytes, 200, 3_000_000, Duration::from_secs(2), Timestamp::from_secs(60));
        assert_eq!(
            line(50),
            "[======                  ]  25 %  1970-01-01T00:01:00.000Z  3000000 signals, 1.50 million a second"
        );
        // a compressed file may be read a little further than it is long
        assert!(line(300).starts_with("[========================] 100 %"));
    }
}
