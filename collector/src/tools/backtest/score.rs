//! How good alerts were, given what was really out.
//!
//! An alert is right when its component was out at some moment between its firing and its
//! resolving. A time in which a component was out is found when an alert of the component fires
//! before it is over, or fires already when it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::alert::AlertKey;
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;
use serde::Serialize;

use super::Labels;
use crate::tools::replay::Moment;

/// The alerts of a backtest.
pub(super) struct Score {
    from: Timestamp,
    until: Timestamp,
    labels: Labels,
    /// Alerts that people may be told of, each life by itself.
    lives: BTreeMap<(AlertKey, u64), Life>,
}

#[derive(Clone, Debug)]
struct Life {
    component: ComponentId,
    fired: Timestamp,
    resolved: Option<Timestamp>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    /// How many alerts fired.
    pub(super) alerts: usize,
    /// The share of them that were right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) precision: Option<f64>,
    /// The share of what was out that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recall: Option<f64>,
    /// Seconds from when something was out to when the first alert fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detection_delay_median: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detection_delay_p90: Option<f64>,
    /// Alerts a day that were not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) false_alerts_per_day: Option<f64>,
    /// How many times something was out, and how many of them were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) labels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<usize>,
}

impl Score {
    pub(super) fn new(from: Timestamp, labels: Labels) -> Self {
        Self { from, until: from, labels, lives: BTreeMap::new() }
    }

    /// Notes how far the backtest has come.
    pub(super) fn reach(&mut self, at: Timestamp) {
        self.until = at;
    }

    pub(super) fn count(&mut self, moment: &Moment) {
        for life in moment.evaluation.commit.lives.iter().filter(|it| it.enforced) {
            let known = Life {
                component: life.component.clone(),
                fired: life.fired_at,
                resolved: life.resolved_at,
            };
            self.lives.insert((life.key.clone(), life.epoch), known);
        }
    }

    pub(super) fn summary(&self, labelled: bool) -> Summary {
        let right = self.lives.values().filter(|life| self.is_right(life)).count();
        let mut delays: Vec<Duration> =
            self.labels.iter().filter_map(|label| self.delay(label)).collect();
        delays.sort_unstable();
        let seconds = |share: f64| {
            let last = delays.len().checked_sub(1)?;
            let at = ((delays.len() as f64 * share).ceil() as usize).saturating_sub(1).min(last);
            delays.get(at).map(Duration::as_secs_f64)
        };
        let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
        let days = self.until.since(self.from).as_secs_f64() / 86_400.0;
        let alerts = self.lives.len();
        let when = |it: Option<f64>| it.filter(|_| labelled);
        Summary {
            alerts,
            precision: when(share(right, alerts)),
            recall: when(share(delays.len(), self.labels.len())),
            detection_delay_median: when(seconds(0.5)),
            detection_delay_p90: when(seconds(0.9)),
            false_alerts_per_day: when((days > 0.0).then(|| (alerts - right) as f64 / days)),
            labels: labelled.then_some(self.labels.len()),
            found: labelled.then_some(delays.len()),
        }
    }

    fn is_right(&self, life: &Life) -> bool {
        let resolved = life.resolved.unwrap_or(self.until);
        let mut labels = self.labels.iter().filter(|it| it.component == life.component);
        labels.any(|it| life.fired < it.end && it.start <= resolved)
    }

    /// How long it took until a time in which something was out was found.
    fn delay(&self, label: &super::Label) -> Option<Duration> {
        let lives = self.lives.values().filter(|it| it.component == label.component);
        let finding = lives.filter(|it| {
            let resolved = it.resolved.unwrap_or(self.until);
            it.fired < label.end && label.start <= resolved
        });
        finding.map(|it| it.fired.since(label.start)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn score(labels: &[(i64, i64)], lives: &[(i64, Option<i64>)]) -> Summary {
        let labels = labels.iter().map(|(start, end)| Label {
            component: "auth".into(),
            start: at(*start),
            end: at(*end),
        });
        let mut score = Score::new(at(0), labels.collect());
        score.until = at(86_400);
        for (epoch, (fired, resolved)) in (0..).zip(lives) {
            let key = AlertKey { rule: "r".into(), labels: BTreeMap::new() };
            let life =
                Life { component: "auth".into(), fired: at(*fired), resolved: resolved.map(at) };
            score.lives.insert((key, epoch), life);
        }
        score.summary(true)
    }

    #[test]
    fn alerts_are_held_against_what_was_out() {
        let labels = [(100, 200), (1_000, 1_100), (5_000, 5_100), (9_000, 9_100)];
        let lives = [
            (110, Some(250)),
            (1_040, Some(1_200)),
            // fires already
            (4_990, None),
            // after it was over, and for nothing
            (9_100, Some(9_200)),
            (20_000, Some(20_001)),
        ];
        let summary = score(&labels, &lives);
        assert_eq!(summary.alerts, 5);
        // what never resolves is right about what came later, too
        assert_eq!((summary.labels, summary.found), (Some(4), Some(4)));
        let summary =
            score(&labels, &[lives[0], lives[1], (4_990, Some(5_050)), lives[3], lives[4]]);
        assert_eq!(summary.precision, Some(0.6));
        assert_eq!(summary.recall, Some(0.75));
        assert_eq!(summary.detection_delay_median, Some(10.0));
        assert_eq!(summary.detection_delay_p90, Some(40.0));
        assert_eq!(summary.false_alerts_per_day, Some(2.0));
    }

    #[test]
    fn nothing_is_no_number() {
        let summary = score(&[], &[]);
        assert_eq!((summary.precision, summary.recall), (None, None));
        assert_eq!(summary.detection_delay_median, None);
        assert_eq!(summary.false_alerts_per_day, Some(0.0));
    }
}
