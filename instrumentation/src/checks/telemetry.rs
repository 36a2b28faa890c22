//! Checks that telemetry arrives, all the way to the collector's health plane.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Check, CheckKind, CheckResult, NotPassed};
use crate::Telemetry;
use crate::facts::ProbeEnd;
use crate::telemetry::Shared;

/// How long the collector may take to see the probe unless a check says otherwise.
const WITHIN: Duration = Duration::from_secs(5);

/// Checks that telemetry arrives: a probe goes out over OTLP, and the collector confirms that its health plane has seen
/// it.
///
/// A receiver that acknowledges but cannot confirm, such as another vendor's, makes this `skipped`, never `passed`.
/// Guard it with `Degrade`: a service without telemetry serves all the same, only unseen.
///
/// ```
/// use bellwether::checks;
/// use bellwether::startup::{OnFailure::Degrade, Startup};
///
/// let telemetry = bellwether::Telemetry::disabled();
/// let startup = Startup::new(&telemetry).check("telemetry", "observability", Degrade, checks::telemetry(&telemetry));
/// ```
pub fn telemetry(telemetry: &Telemetry) -> TelemetryPath {
    TelemetryPath { shared: telemetry.shared(), within: WITHIN }
}

/// Checks the way of telemetry; comes from [`telemetry()`].
#[derive(Clone)]
pub struct TelemetryPath {
    shared: Arc<Shared>,
    within: Duration,
}

impl TelemetryPath {
    /// Says how long the collector may take to see the probe, from its acknowledgement on.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }
}

impl fmt::Debug for TelemetryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryPath").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Check for TelemetryPath {
    fn kind(&self) -> CheckKind {
        CheckKind::Telemetry
    }

    async fn run(&self) -> CheckResult {
        let nonce = uuid::Uuid::new_v4().to_string();
        let Some(probe) = self.shared.probe(nonce, self.within) else {
            return Err(NotPassed::skipped("telemetry is disabled (OTEL_SDK_DISABLED)"));
        };
        match probe.await {
            Ok(ProbeEnd::Seen) => Ok(()),
            Ok(ProbeEnd::NotAcknowledged { endpoint, error }) => Err(NotPassed::failed(format!(
                "the collector at {endpoint} did not take the probe: {error}"
            ))
            .advice("start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT and its like")
            .error_type("probe_not_acknowledged")),
            Ok(ProbeEnd::Unseen { endpoint }) => Err(NotPassed::failed(format!(
                "the collector at {endpoint} took the probe, but its health plane has not seen it within {} s",
                self.within.as_secs_f64()
            ))
            .advice("put the processor `health` into the collector's pipeline of logs, and see its log")
            .error_type("probe_unseen")),
            Ok(ProbeEnd::Unknown { endpoint, reason }) => Err(NotPassed::skipped(format!(
                "cannot confirm: the receiver at {endpoint} took the probe but cannot be asked for it ({reason})"
            ))
            .advice("send telemetry to Bellwether's collector, or to one that passes it on, and leave this check out")),
            Err(_ended) => Err(NotPassed::skipped("telemetry has ended")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::facts::Sighting;
    use crate::facts::testing::{FakeCollector, Manner};

    async fn run(manner: Manner, sightings: &[Sighting]) -> CheckResult {
        let collector = Arc::new(FakeCollector::new(manner));
        *collector.sightings.lock().unwrap() = sightings.to_vec();
        let handle = Telemetry::with_transport(Arc::clone(&collector) as _);
        telemetry(&handle).run().await
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_the_collector_has_seen_passes() {
        use Sighting::{Seen, Unseen};
        assert_eq!(run(Manner::Acknowledges, &[Seen]).await, Ok(()));
        assert_eq!(run(Manner::Acknowledges, &[Unseen, Unseen, Seen]).await, Ok(()));

        let start = Instant::now();
        let unseen = run(Manner::Acknowledges, &[Unseen]).await.unwrap_err();
        assert_eq!(
            unseen.message(),
            "the collector at http://collector took the probe, but its health plane has not seen it within 5 s"
        );
        assert!(start.elapsed() <= WITHIN);
        let refused = run(Manner::Refuses, &[Seen]).await.unwrap_err();
        assert_eq!(
            refused.message(),
            "the collector at http://collector did not take the probe: refused"
        );
        assert!(!refused.skipped);
    }

    /// Scenario: a collector takes the connection and never acknowledges the probe.
    /// Guarantee: the check says so, or times out, within the budget of all checks.
    #[tokio::test(start_paused = true)]
    async fn a_collector_that_never_answers_is_waited_for_no_longer_than_the_budget() {
        use crate::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};
        let collector = Arc::new(FakeCollector::new(Manner::NeverAnswers));
        let handle = Telemetry::with_transport(collector as _);
        for own in [None, Some(Duration::from_secs(1))] {
            let startup = Startup::new(&handle).in_tasks();
            let startup = startup.check("telemetry", "observability", Degrade, telemetry(&handle));
            let startup = if let Some(own) = own { startup.timeout(own) } else { startup };
            let report = startup.run().await;
            let check = &report.checks()[0];
            assert_eq!(check.outcome(), CheckOutcome::TimedOut, "{report}");
            assert!(check.took() <= own.unwrap_or(CHECK_BUDGET), "{report}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_confirm_makes_it_skipped() {
        let stranger = Sighting::Unknown("it answered 404".to_owned());
        let error = run(Manner::Acknowledges, &[stranger]).await.unwrap_err();
        assert!(error.skipped);
        assert!(error.message().starts_with("cannot confirm: "), "{error}");
        assert!(telemetry(&Telemetry::disabled()).run().await.unwrap_err().skipped);
    }
}
