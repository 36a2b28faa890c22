//! The numbers by which rules found what they found, for the history: of each alert the newest,
//! once a minute.

use bellwether_core::alert::{Alert, Data, Phase};
use bellwether_core::store::Observation;
use bellwether_core::time::Timestamp;

/// More numbers of one minute are not kept: a month of so many is what a small disk bears.
const MOST: usize = 500;

/// Longer names of series are not kept: databases index them.
const LONGEST_NAME: usize = 1_000;

/// Seconds between two numbers of the same series.
const EVERY: i64 = 60;

/// What is kept of the numbers by which rules found what they found.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The minute of the evaluation before.
    minute: Option<i64>,
    /// How many numbers of the newest minute there was no room for.
    pub(super) left_out: usize,
}

impl Kept {
    /// Says whether a minute is over.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.minute.is_some_and(|before| before != minute(now))
    }

    /// Returns the numbers of alerts when a minute is over. Where there are too many, those of
    /// rules that do not group come first, then those of groups that are not well.
    pub(super) fn take<'a>(
        &mut self,
        alerts: impl Iterator<Item = &'a Alert>,
        now: Timestamp,
    ) -> Vec<Observation> {
        let is_due = self.is_due(now);
        // the minute in which a collector starts is not a whole one
        self.minute = Some(minute(now));
        if !is_due {
            return Vec::new();
        }
        let told = |it: &&Alert| it.data == Data::Fresh && !it.values.is_empty();
        let mut alerts: Vec<&Alert> = alerts.filter(told).collect();
        alerts.sort_by_key(|it| (!it.key.labels.is_empty(), is_well(it.phase)));
        let numbers = alerts.iter().flat_map(|it| it.values.keys().map(move |name| (it, name)));
        let mut kept = Vec::new();
        let mut all = 0;
        for (alert, name) in numbers {
            all += 1;
            if kept.len() < MOST {
                kept.extend(observation(alert, name, now));
            }
        }
        self.left_out = all - kept.len();
        kept
    }
}

const fn minute(now: Timestamp) -> i64 {
    now.secs().div_euclid(EVERY)
}

const fn is_well(phase: Phase) -> bool {
    matches!(phase, Phase::Inactive | Phase::Resolved)
}

fn observation(alert: &Alert, name: &str, now: Timestamp) -> Option<Observation> {
    let (series, value) = (alert.key.series(name), *alert.values.get(name)?);
    let failed = matches!(alert.phase, Phase::Pending | Phase::Firing);
    let fits = value.is_finite() && series.len() <= LONGEST_NAME;
    fits.then_some(Observation { series, at: now, value, failed })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::machine::begin;

    fn alert(rule: &str, group: Option<&str>, phase: Phase, value: f64) -> Alert {
        let label = |it: &str| ("group".to_owned(), it.to_owned());
        let labels = group.map(label).into_iter().collect();
        let key = bellwether_core::alert::AlertKey { rule: rule.into(), labels };
        Alert {
            phase,
            data: Data::Fresh,
            values: BTreeMap::from([("value".to_owned(), value)]),
            example: None,
            ..begin(key, "a".into(), Timestamp::from_secs(0))
        }
    }

    fn take(keeper: &mut Kept, alerts: &[Alert], secs: i64) -> Vec<(String, f64, bool)> {
        let found = keeper.take(alerts.iter(), Timestamp::from_secs(secs));
        found.into_iter().map(|it| (it.series, it.value, it.failed)).collect()
    }

    #[test]
    fn the_newest_number_is_kept_once_a_minute() {
        let mut keeper = Kept::default();
        let mut alerts = [alert("slow", Some("x"), Phase::Firing, 3.0)];
        assert_eq!(take(&mut keeper, &alerts, 59), [], "it only just started");
        let kept = ("rule:slow{group=x}:value".to_owned(), 3.0, true);
        assert_eq!(take(&mut keeper, &alerts, 60), [kept]);
        for second in [61, 90, 119] {
            assert_eq!(take(&mut keeper, &alerts, second), []);
        }
        alerts[0].phase = Phase::Recovering;
        assert!(!take(&mut keeper, &alerts, 130)[0].2);
        alerts[0].data = Data::Missing;
        assert_eq!(
            take(&mut keeper, &alerts, 180),
            [],
            "what is old is not kept as if it were new"
        );
    }

    #[test]
    fn where_there_are_too_many_the_rest_is_counted() {
        let mut keeper = Kept::default();
        let mut alerts: Vec<Alert> = (0..10_000)
            .map(|it| alert("errors", Some(&format!("g{it:05}")), Phase::Resolved, 0.0))
            .collect();
        alerts.push(alert("errors", Some("worst"), Phase::Firing, 1.0));
        alerts.push(alert("whole", None, Phase::Inactive, 0.5));
        alerts.push(alert("long", Some(&"x".repeat(1_000)), Phase::Firing, 1.0));
        take(&mut keeper, &alerts, 0);
        let kept = take(&mut keeper, &alerts, 60);
        assert_eq!((kept.len(), keeper.left_out), (MOST, 10_003 - MOST));
        assert_eq!(kept[0].0, "rule:whole:value");
        assert_eq!(kept[1].0, "rule:errors{group=worst}:value");
        assert_eq!(take(&mut keeper, &alerts[..1], 120).len(), 1);
        assert_eq!(keeper.left_out, 0);
    }
}
