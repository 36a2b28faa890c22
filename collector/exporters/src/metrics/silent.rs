//! Series of which nothing comes: misspelt, perhaps, or what measures them has stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::time::Timestamp;

use super::Measure;

/// After how long a series of which nothing ever came is told.
const NEVER: Duration = Duration::from_secs(600);
/// After how long a series of which nothing comes any more is told: rules know no numbers while nobody
/// asks anything of a service.
const NO_LONGER: Duration = Duration::from_secs(3_600);

/// When something was measured of each series last.
#[derive(Debug)]
pub(super) struct Silent {
    since: Timestamp,
    last: BTreeMap<String, Timestamp>,
}

impl Silent {
    /// Knows of nothing that was measured, since now.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { since: now, last: BTreeMap::new() }
    }

    /// Notes that something was measured for a metric.
    pub(super) fn measured(&mut self, id: &str, at: Timestamp) {
        self.last.insert(id.to_owned(), at);
    }

    /// Says of which metrics nothing comes. That it is not known whether a component is up is no
    /// gap but the truth.
    pub(super) fn warnings(
        &self,
        metrics: &BTreeMap<String, Measure>,
        now: Timestamp,
    ) -> Vec<String> {
        let silent = |(id, measure): (&String, &Measure)| {
            let Measure::Series(series) = measure else { return None };
            let (since, limit) = match self.last.get(id) {
                Some(last) => (*last, NO_LONGER),
                None => (self.since, NEVER),
            };
            (now.since(since) >= limit).then(|| {
                format!(
                    "metrics.{id}: nothing was measured as `{series}` since {since}; \
                     /api/v1/series/names has the names of what is"
                )
            })
        };
        metrics.iter().filter_map(silent).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_of_which_nothing_comes_is_told_after_a_while() {
        let at = Timestamp::from_secs;
        let metrics = BTreeMap::from([
            ("m1".to_owned(), Measure::Uptime("auth".into())),
            ("m2".to_owned(), Measure::Series("rule:slow:p99".to_owned())),
        ]);
        let mut silent = Silent::new(at(0));
        assert_eq!(silent.warnings(&metrics, at(599)), [""; 0]);
        let told = silent.warnings(&metrics, at(600));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("metrics.m2: nothing was measured as `rule:slow:p99` since 1970")
        );
        silent.measured("m2", at(660));
        assert_eq!(silent.warnings(&metrics, at(4_259)), [""; 0]);
        assert_eq!(silent.warnings(&metrics, at(4_260)).len(), 1);
    }
}
