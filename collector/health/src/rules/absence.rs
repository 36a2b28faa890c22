//! `absence`: a signal that is expected does not come.

use std::time::Duration;

use bellwether_core::reason::Reason;
use bellwether_core::settings::HumanDuration;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::groups::{self, Finding};
use super::rest::{NEVER, View, next};
use super::selection::Selection;
use super::{Common, Judge, Kind, Scene};
use crate::indicators::{GroupReading, UsualPause};
use crate::query::Query;
use crate::sample::{Sample, Verdict};

/// What is learnt counts as absent after so many of the longest pauses that are usual: of signals
/// that come by chance the longest pause of an hour is easily doubled.
const PAUSES: u32 = 3;

/// Nothing that is learnt counts as absent before that;
const LEAST: Duration = Duration::from_secs(120);

/// and not before that while this very hour of the week was never seen: what is usual at night is
/// not known on the first evening.
const LEAST_BEFORE: Duration = Duration::from_secs(15 * 60);

/// Pauses are learnt for each hour of the week.
const HOUR: i64 = 3_600;

/// A group of which nothing came for so long is forgotten, and a new one when it comes back.
const FORGET_AFTER: Duration = Duration::from_secs(7 * 86_400);

/// Settings of an `absence` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    selection: Selection,
    /// How long nothing has to come: a time, or `learn` for three of the longest pauses that are
    /// usual at this hour of the week, two minutes at least; fifteen in the first week.
    after: After,
}

/// How long nothing has to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum After {
    Learn(Learn),
    Time(HumanDuration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Learn {
    /// As is usual at this hour of the week.
    Learn,
}

pub(super) const KIND: Kind = Kind {
    name: "absence",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        let query = settings.selection.query(&settings.common)?;
        let after = match settings.after {
            After::Learn(_) => None,
            After::Time(time) => Some(time.get()),
        };
        let forget_after = FORGET_AFTER.max(after.unwrap_or_default() * 2);
        let query = Query { rhythm: after.is_none(), forget_after, ..query };
        let what = settings.selection.describe();
        Ok((settings.common, Box::new(Absence { query, after, what })))
    },
    // the requests that the component answers
    default: |_, _| {
        Some(serde_json::json!({ "match": { "span.kind": "server" }, "after": "learn" }))
    },
};

struct Absence {
    query: Query,
    /// Learnt when absent.
    after: Option<Duration>,
    /// What is expected, for people.
    what: String,
}

impl Absence {
    fn finding(&self, group: &GroupReading<'_>, scene: &Scene<'_>) -> Finding {
        let last = group.last_seen();
        let silence = scene.now.since(last);
        let Some((usual, limit)) = self.limits(group, scene.now) else {
            return Finding::of(Verdict::Quiet);
        };
        let verdict = if silence < usual.max(LEAST).min(limit) {
            Verdict::Good
        } else if silence < limit || scene.has_stopped(&group.labels()) {
            Verdict::Quiet
        } else {
            self.absent(last, usual)
        };
        let mut finding = Finding::of(verdict);
        finding.values.push(("silent_for", silence.as_secs_f64()));
        finding
    }

    /// Returns what is usual, and what is too long.
    fn limits(&self, group: &GroupReading<'_>, now: Timestamp) -> Option<(Duration, Duration)> {
        if let Some(after) = self.after {
            return Some((after, after));
        }
        let UsualPause { pause, by_week } = group.usual_pause(now)?;
        let least = if by_week { LEAST } else { LEAST_BEFORE };
        Some((pause, (pause * PAUSES).max(least)))
    }

    fn absent(&self, since: Timestamp, usual: Duration) -> Verdict {
        let whole = Duration::from_secs(usual.as_secs().max(1));
        Verdict::Bad {
            state: ComponentState::PartialOutage,
            fault_at: since,
            reasons: vec![Reason::Absent {
                what: self.what.clone(),
                since,
                every: HumanDuration::new(whole),
                learnt: self.after.is_none(),
            }],
        }
    }

    /// What was declared is expected from the beginning. That nothing was seen yet says nothing
    /// before then: it may have come while nobody watched.
    fn never_seen(&self, scene: &Scene<'_>) -> Verdict {
        let Some(after) = self.after else { return Verdict::Quiet };
        if scene.has_stopped(&Default::default()) {
            Verdict::Quiet
        } else if scene.now.since(scene.expected_since) < after {
            Verdict::NotDue
        } else {
            self.absent(scene.expected_since, after)
        }
    }
}

impl Judge for Absence {
    fn queries(&self) -> Vec<Query> {
        vec![self.query.clone()]
    }

    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let Some(reading) = scene.reading(0) else { return Vec::new() };
        if reading.is_empty() && !reading.is_grouped() {
            return vec![Sample::of(self.never_seen(scene))];
        }
        groups::judge(scene, &reading, |group, _| self.finding(group, scene))
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Signals, View::Facts])
    }

    fn counts_time(&self) -> bool {
        true
    }

    /// Until a silence becomes too long, or another hour has other pauses.
    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        let Some(reading) = scene.reading(0) else { return NEVER };
        let now = scene.now;
        let hour = Timestamp::from_secs((now.secs().div_euclid(HOUR) + 1) * HOUR);
        let begins = self.after.map_or(NEVER, |after| scene.expected_since.plus(after));
        let ends = reading.groups().flat_map(|group| {
            let limits = self.limits(&group, now);
            let (usual, limit) = limits.unwrap_or((Duration::MAX, Duration::MAX));
            [usual.max(LEAST).min(limit), limit].map(|it| group.last_seen().plus(it))
        });
        let learns = self.after.is_none() && !reading.is_empty();
        let turns = [begins, if learns { hour } else { NEVER }];
        next(ends.chain(turns), now)
    }
}

#[cfg(test)]
mod tests;
