//! What is measured, for whoever tells customers of it.

use std::sync::Arc;

use bellwether_api::Snapshot;
use bellwether_core::BoxFuture;
use bellwether_core::state::ComponentState;
use bellwether_core::store::{Observation, Records};
use bellwether_core::time::Timestamp;
use bellwether_exporters::metrics::{Measure, Measures};
use tokio::sync::watch;

/// Reads states from the newest snapshot, and everything else from the store.
pub(super) struct Measured {
    pub(super) records: Arc<dyn Records>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
}

impl Measures for Measured {
    fn read<'a>(
        &'a self,
        measure: &'a Measure,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Option<f64>> {
        Box::pin(async move {
            match measure {
                Measure::Uptime(id) => {
                    let snapshot = self.snapshots.borrow();
                    up(snapshot.components.iter().find(|it| it.id == *id)?.effective)
                }
                Measure::Series(name) => match self.records.observations(name, from, until).await {
                    Ok(found) => average(&found),
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, series = %name, "what was measured cannot be read");
                        None
                    }
                },
            }
        })
    }
}

/// Says how much of a component is up, in percent.
fn up(state: ComponentState) -> Option<f64> {
    Some(if state.is_up()? { 100.0 } else { 0.0 })
}

fn average(found: &[Observation]) -> Option<f64> {
    let sum: f64 = found.iter().map(|it| it.value).sum();
    (!found.is_empty()).then(|| sum / found.len() as f64).filter(|it| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_point() {
        assert_eq!(up(ComponentState::DegradedPerformance), Some(100.0));
        assert_eq!(up(ComponentState::PartialOutage), Some(0.0));
        assert_eq!(up(ComponentState::Unknown), None);
        assert_eq!(average(&[]), None);
        let at = Timestamp::from_secs(10);
        let of = |value| Observation { series: "p99".to_owned(), at, value, failed: false };
        assert_eq!(average(&[of(1.0), of(2.0)]), Some(1.5));
    }
}
