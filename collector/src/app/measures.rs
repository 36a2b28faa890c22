//! What is measured, for whoever tells customers of it.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use bellwether_core::BoxFuture;
use bellwether_core::course::Course;
use bellwether_core::ids::ComponentId;
use bellwether_core::period::Period;
use bellwether_core::store::{Observation, Records, StoreError, Transition};
use bellwether_core::time::Timestamp;
use bellwether_exporters::metrics::{Measure, Measures};

/// More changes of state than any minute has.
const MOST_CHANGES: u32 = 100_000;

/// Reads the history, as the API and reports do.
pub(super) struct Measured(pub(super) Arc<dyn Records>);

impl Measures for Measured {
    fn read<'a>(
        &'a self,
        measure: &'a Measure,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Option<f64>> {
        Box::pin(async move {
            let value = match measure {
                Measure::Uptime(id) => self.uptime(id, Period { from, until }).await,
                Measure::Series(name) => {
                    self.0.observations(name, from, until).await.map(|it| average(&it))
                }
            };
            value.unwrap_or_else(|error| {
                let error = &error as &dyn Error;
                tracing::warn!(error, ?measure, "what was measured cannot be read");
                None
            })
        })
    }
}

impl Measured {
    async fn uptime(&self, id: &ComponentId, period: Period) -> Result<Option<f64>, StoreError> {
        let changes = self.0.transitions_between(period, MOST_CHANGES).await?;
        Ok(up(id, changes, period))
    }
}

/// Says for which share of a period a component was up, in percent; nothing where that was never known,
/// or all of it was maintenance.
fn up(id: &ComponentId, changes: Vec<Transition>, period: Period) -> Option<f64> {
    let uptime = Course::new(changes).uptime(&BTreeSet::from([id.clone()]), period);
    let (measured, down) = (uptime.measured(), uptime.down());
    let share = || (measured - down).as_secs_f64() / measured.as_secs_f64();
    (!measured.is_zero()).then(|| 100.0 * share())
}

fn average(found: &[Observation]) -> Option<f64> {
    let sum: f64 = found.iter().map(|it| it.value).sum();
    (!found.is_empty()).then(|| sum / found.len() as f64).filter(|it| it.is_finite())
}

#[cfg(test)]
mod tests {
    use bellwether_core::state::ComponentState::{
        self, DegradedPerformance, MajorOutage, Operational, UnderMaintenance, Unknown,
    };

    use super::*;

    fn change(secs: i64, effective: ComponentState) -> Transition {
        Transition {
            component: "auth".into(),
            at: Timestamp::from_secs(secs),
            own_before: Unknown,
            own: Unknown,
            effective_before: Unknown,
            effective,
            reasons: vec![],
        }
    }

    /// Guarantee: a minute is told by the share of it in which the component worked; what is not known, and
    /// maintenance, does not count, and is no point where there is nothing else.
    #[test]
    fn a_minute_is_told_by_its_share() {
        let minute = Period { from: Timestamp::from_secs(60), until: Timestamp::from_secs(120) };
        let of = |changes: &[(i64, ComponentState)]| {
            let changes = changes.iter().map(|(at, state)| change(*at, *state)).collect();
            up(&"auth".into(), changes, minute)
        };
        assert_eq!(of(&[(0, Operational)]), Some(100.0));
        assert_eq!(of(&[(0, Operational), (75, MajorOutage)]), Some(25.0));
        assert_eq!(of(&[(0, MajorOutage), (75, DegradedPerformance)]), Some(75.0));
        assert_eq!(of(&[(0, MajorOutage)]), Some(0.0));
        assert_eq!(of(&[(90, Operational), (105, MajorOutage)]), Some(50.0));
        assert_eq!(of(&[(0, Operational), (60, UnderMaintenance), (90, MajorOutage)]), Some(0.0));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(0, UnderMaintenance)]), None);
        assert_eq!(of(&[(0, Operational), (60, Unknown)]), None);
    }

    #[test]
    fn what_was_not_measured_has_no_average() {
        assert_eq!(average(&[]), None);
        let at = Timestamp::from_secs(10);
        let of = |value| Observation { series: "p99".to_owned(), at, value, failed: false };
        assert_eq!(average(&[of(1.0), of(2.0)]), Some(1.5));
    }
}
