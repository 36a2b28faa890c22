//! Stops along the flow, under one deadline.

use bellwether_core::store::Outbox;
use bellwether_core::time::Timestamp;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use super::App;
use super::parts::Parts;

/// No more notices than this are counted.
const COUNTED: u32 = 10_000;

impl App {
    /// Ends receivers, the health plane, exporters and the API, in this order, so that each can
    /// hand on what it has. All of that takes no longer than the time that is set for it; what is
    /// left then stays in queues and in the outbox, and the log counts it.
    pub(super) async fn stop(self, parts: &mut Parts, judging: &CancellationToken) {
        let began = Instant::now();
        let by = |share: f64| began + self.shutdown.mul_f64(share);
        tracing::info!(within = ?self.shutdown, "stopping");
        self.prober.stop.cancel();
        parts.wait_for("probes", by(0.05)).await;
        self.heartbeat.stop.cancel();
        parts.wait_for("heartbeat", by(0.05)).await;
        // with this, the sockets are closed
        self.receivers.stop();
        parts.wait_for("receiver", by(0.6)).await;
        // the lanes and the way to the health plane end with the last request
        // and the API learns from the board that the collector stops
        drop((self.network, self.entrance, self.board));
        judging.cancel();
        parts.wait_for("health", by(0.75)).await;
        // after it, so that what it told last leaves too
        self.telling.stop.cancel();
        parts.wait_for("own telemetry", by(0.8)).await;
        self.outlets.runtime.stop.by(by(0.9));
        parts.wait_for("exporter", by(0.95)).await;
        for exporter in self.outlets.exporters().filter(|it| it.notice_policy().is_some()) {
            let destination = exporter.destination();
            let far = Timestamp::from_nanos(i64::MAX);
            let waiting = self.history.due(destination, far, COUNTED).await;
            if let Ok(waiting) = waiting.as_ref().map(Vec::len)
                && waiting > 0
            {
                tracing::warn!(%destination, notices = waiting, "stopped; these messages leave after the next start");
            }
        }
        self.api.stop.cancel();
        parts.wait_for("api", by(0.98)).await;
        if tokio::time::timeout_at(by(1.0) + GRACE, self.history.close()).await.is_err() {
            tracing::error!(
                "the history did not close in time; its log is replayed at the next start"
            );
        }
        tracing::info!(took = ?began.elapsed(), "stopped");
    }
}

/// What a disk may take longer.
const GRACE: Duration = Duration::from_secs(1);
