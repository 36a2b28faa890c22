//! Numbers that came to an end: alerts that fire no more, incidents that are resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::time::Timestamp;
use bellwether_proto::metric::Metric;

use super::metric::{Labels, Reading, Value};

/// For how long an end is told: longer than any interval at which metrics are sent or scraped.
const TOLD: Duration = Duration::from_secs(300);

/// A metric's name and unit, and what tells the point from others.
type Series = (&'static str, String, Labels);

/// Tells a zero in place of what ended lately. A backend that is sent numbers shows the last one
/// for long, so one that simply stops coming would look like an alert that goes on.
#[derive(Debug, Default)]
pub(super) struct Ended(BTreeMap<Series, (&'static Metric, Timestamp)>);

impl Ended {
    /// Takes in what stands at `now`: what nobody was told of needs no end.
    pub(super) fn take(&mut self, told: &Reading, now: Timestamp) {
        self.0.retain(|_, (_, seen)| now.since(*seen) <= TOLD);
        self.0.extend(series(told).map(|(series, metric)| (series, (metric, now))));
    }

    /// Adds zeros to `reading` where it has nothing of what was there.
    pub(super) fn read(&self, reading: &mut Reading) {
        let there: BTreeSet<Series> = series(reading).map(|(series, _)| series).collect();
        for ((name, unit, labels), (metric, _)) in &self.0 {
            if !there.contains(&(*name, unit.clone(), labels.clone())) {
                reading.family(metric, unit).points.push((labels.clone(), Value::Int(0)));
            }
        }
    }
}

fn series(reading: &Reading) -> impl Iterator<Item = (Series, &'static Metric)> + '_ {
    reading.families().flat_map(|family| {
        let series = |labels: &Labels| (family.metric.name, family.unit.clone(), labels.clone());
        family.points.iter().map(move |(labels, _)| (series(labels), family.metric))
    })
}

#[cfg(test)]
mod tests {
    use bellwether_proto::metrics::HEALTH_ALERTS;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn reading(rules: &[(&str, u64)]) -> Reading {
        let mut reading = Reading::default();
        for (rule, count) in rules {
            reading.add(&HEALTH_ALERTS, &[("rule.id", rule)], *count);
        }
        reading
    }

    #[test]
    fn what_ended_is_zero_for_five_minutes_and_what_stands_is_left_alone() {
        let mut ended = Ended::default();
        ended.take(&reading(&[("a", 2), ("b", 1)]), at(0));
        let shown = |ended: &Ended, rules: &[(&str, u64)]| {
            let mut shown = reading(rules);
            ended.read(&mut shown);
            shown
        };
        assert_eq!(shown(&ended, &[("a", 3)]), reading(&[("a", 3), ("b", 0)]));
        ended.take(&reading(&[("a", 3)]), at(300));
        assert_eq!(shown(&ended, &[("a", 3)]), reading(&[("a", 3), ("b", 0)]));
        ended.take(&reading(&[("a", 3)]), at(301));
        assert_eq!(shown(&ended, &[("a", 3)]), reading(&[("a", 3)]));
    }
}
