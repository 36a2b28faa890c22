//! How states went over time: for how long components were up, and how healthy the whole was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rust_decimal::Decimal;

use crate::catalog::Catalog;
use crate::ids::ComponentId;
use crate::impact::{States, health_score};
use crate::period::Period;
use crate::state::ComponentState;
use crate::store::Transition;
use crate::time::Timestamp;

/// How the effective states of components went, as far as it was kept.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Each change with what it changed to, oldest first.
    changes: Vec<(Timestamp, ComponentId, ComponentState)>,
    /// Where the changes of each component are in that.
    by_component: BTreeMap<ComponentId, Vec<usize>>,
}

impl Course {
    /// Makes the course of changes in the order in which they came; those before a period that
    /// is asked for say how it began. Before its first change a component is unknown.
    pub fn new(transitions: impl IntoIterator<Item = Transition>) -> Self {
        let change = |it: Transition| (it.at, it.component, it.effective);
        let mut changes: Vec<_> = transitions.into_iter().map(change).collect();
        changes.sort_by_key(|it| it.0);
        let mut by_component: BTreeMap<ComponentId, Vec<usize>> = BTreeMap::new();
        for (at, (_, id, _)) in changes.iter().enumerate() {
            by_component.entry(id.clone()).or_default().push(at);
        }
        Self { changes, by_component }
    }

    /// Says for how long which was the worst state of some components.
    pub fn uptime(&self, components: &BTreeSet<ComponentId>, period: Period) -> Uptime {
        let of = |id| self.by_component.get(id).into_iter().flatten().copied();
        let mut changes: Vec<usize> = components.iter().flat_map(of).collect();
        changes.sort_unstable();
        let changes = changes.into_iter().filter_map(|at| self.changes.get(at));
        let mut states: BTreeMap<&ComponentId, ComponentState> =
            components.iter().map(|it| (it, ComponentState::Unknown)).collect();
        let worst = |states: &BTreeMap<_, ComponentState>| {
            states.values().copied().max().unwrap_or(ComponentState::Unknown)
        };
        let mut uptime = Uptime::default();
        let (mut since, mut state) = (period.from, worst(&states));
        for (at, id, to) in changes.take_while(|it| it.0 < period.until) {
            uptime.add(state, at.since(since));
            since = since.max(*at);
            states.insert(id, *to);
            state = worst(&states);
        }
        uptime.add(state, period.until.since(since));
        uptime
    }

    /// Works out the health score on average over each of these steps, which follow each other,
    /// weighted by time; nothing where there was none.
    pub fn scores(&self, catalog: &Catalog, steps: &[Period]) -> Vec<Option<Decimal>> {
        let mut states = States::new();
        let mut changes = self.changes.iter().peekable();
        let mut score = None;
        let mut stale = true;
        let mut of_step = |step: &Period| {
            let (mut sum, mut weight, mut since) = (Decimal::ZERO, Decimal::ZERO, step.from);
            loop {
                let next = changes.next_if(|it| it.0 < step.until);
                let until = next.map_or(step.until, |it| it.0);
                let time = until.since(since);
                if !time.is_zero() {
                    if std::mem::take(&mut stale) {
                        // before anything is known of anything there is nothing to score
                        score =
                            (!states.is_empty()).then(|| health_score(catalog, &states)).flatten();
                    }
                    if let Some(score) = score {
                        // both by the same number, or a score that never changed would come out otherwise
                        let time = seconds(time);
                        sum += score * time;
                        weight += time;
                    }
                }
                since = since.max(until);
                let Some((_, id, state)) = next else { break };
                states.insert(id.clone(), *state);
                stale = true;
            }
            (!weight.is_zero()).then(|| sum / weight)
        };
        steps.iter().map(&mut of_step).collect()
    }
}

/// Returns a time in seconds, to the millisecond.
fn seconds(time: Duration) -> Decimal {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Decimal::new(millis, 3).max(Decimal::new(1, 3))
}

/// For how long something was in which state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    by_state: BTreeMap<ComponentState, Duration>,
}

impl Uptime {
    fn add(&mut self, state: ComponentState, time: Duration) {
        *self.by_state.entry(state).or_default() += time;
    }

    /// Returns how long it was in a state.
    pub fn of(&self, state: ComponentState) -> Duration {
        self.by_state.get(&state).copied().unwrap_or_default()
    }

    fn time(&self, of: impl Fn(ComponentState) -> bool) -> Duration {
        self.by_state.iter().filter(|(it, _)| of(**it)).map(|(_, time)| *time).sum()
    }

    /// Returns for how long it was known how it is, and no maintenance was announced.
    pub fn measured(&self) -> Duration {
        self.time(|it| it.is_up().is_some())
    }

    /// Returns for how long some or all of it did not work.
    pub fn down(&self) -> Duration {
        self.time(|it| it.is_up() == Some(false))
    }

    /// Returns which share of the time that was measured it was up, in percent; nothing where
    /// nothing was measured.
    pub fn percent(&self) -> Option<Decimal> {
        let (measured, down) = (self.measured(), self.down());
        let up = seconds_or_none(measured)? - seconds_or_none(down).unwrap_or_default();
        Some(Decimal::ONE_HUNDRED * up / seconds_or_none(measured)?)
    }
}

fn seconds_or_none(time: Duration) -> Option<Decimal> {
    (!time.is_zero()).then(|| seconds(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComponentState::{
        DegradedPerformance, MajorOutage, Operational, PartialOutage, UnderMaintenance, Unknown,
    };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn change(id: &str, secs: i64, effective: ComponentState) -> Transition {
        Transition {
            component: id.into(),
            at: at(secs),
            own_before: Unknown,
            own: Unknown,
            effective_before: Unknown,
            effective,
            reasons: vec![],
        }
    }

    fn ids(all: &[&str]) -> BTreeSet<ComponentId> {
        all.iter().map(|it| ComponentId::from(*it)).collect()
    }

    const PERIOD: Period =
        Period { from: Timestamp::from_secs(100), until: Timestamp::from_secs(200) };

    #[test]
    fn what_was_before_the_period_says_how_it_began_and_each_second_counts_once() {
        let course = Course::new([
            change("a", 20, MajorOutage),
            change("a", 50, Operational),
            change("a", 110, PartialOutage),
            change("a", 120, DegradedPerformance),
            change("a", 130, UnderMaintenance),
            change("a", 170, Operational),
            change("a", 250, MajorOutage),
        ]);
        let uptime = course.uptime(&ids(&["a"]), PERIOD);
        let secs = |state| uptime.of(state).as_secs();
        assert_eq!(
            [Operational, PartialOutage, DegradedPerformance, UnderMaintenance, MajorOutage]
                .map(secs),
            [40, 10, 10, 40, 0]
        );
        assert_eq!((uptime.measured().as_secs(), uptime.down().as_secs()), (60, 10));
        assert_eq!(uptime.percent().unwrap().round_dp(2).to_string(), "83.33");
    }

    #[test]
    fn nothing_is_up_before_anything_was_known_of_it() {
        let course = Course::new([change("a", 150, Operational)]);
        let uptime = course.uptime(&ids(&["a"]), PERIOD);
        assert_eq!((uptime.of(Unknown).as_secs(), uptime.measured().as_secs()), (50, 50));
        assert_eq!(uptime.percent(), Some(Decimal::ONE_HUNDRED));
        assert_eq!(course.uptime(&ids(&["b"]), PERIOD).percent(), None);
        assert_eq!(course.uptime(&ids(&[]), PERIOD).percent(), None);
    }

    #[test]
    fn several_components_are_as_the_worst_of_them() {
        let course = Course::new([
            change("a", 0, Operational),
            change("b", 0, Operational),
            change("a", 110, MajorOutage),
            change("b", 120, PartialOutage),
            change("a", 130, Operational),
            change("b", 140, Operational),
        ]);
        assert_eq!(course.uptime(&ids(&["a", "b"]), PERIOD).down().as_secs(), 30);
        assert_eq!(course.uptime(&ids(&["a"]), PERIOD).down().as_secs(), 20);
    }

    #[test]
    fn the_score_is_an_average_over_time() {
        let raw = serde_json::json!({ "components": { "a": {}, "b": {} } });
        let catalog = Catalog::check(serde_json::from_value(raw).unwrap()).unwrap();
        let course = Course::new([
            change("a", 110, Operational),
            change("b", 110, Operational),
            change("a", 125, MajorOutage),
            change("a", 150, Operational),
        ]);
        let steps = [(100, 110), (110, 130), (130, 150), (150, 200)]
            .map(|(from, until)| Period { from: at(from), until: at(until) });
        let scores = course.scores(&catalog, &steps);
        let told: Vec<_> =
            scores.iter().map(|it| it.map(|it| it.normalize().to_string())).collect();
        let told: Vec<Option<&str>> = told.iter().map(|it| it.as_deref()).collect();
        // 15 s of 100 and 5 s of 50 are 87.5 on average
        assert_eq!(told, [None, Some("87.5"), Some("50"), Some("100")]);
    }

    #[test]
    fn a_score_that_never_changed_is_its_own_average() {
        let raw = serde_json::json!({ "components": { "a": {} } });
        let catalog = Catalog::check(serde_json::from_value(raw).unwrap()).unwrap();
        let nanos = Timestamp::from_nanos;
        // changes that change no score, at times that are no whole milliseconds
        let changes = [0, 1_999_999, 2_000_001, 777_777_777];
        let course = Course::new(
            changes.map(|it| Transition { at: nanos(it), ..change("a", 0, Operational) }),
        );
        let whole = Period { from: nanos(0), until: nanos(1_999_999_999) };
        assert_eq!(course.scores(&catalog, &[whole]), [Some(Decimal::ONE_HUNDRED)]);
    }
}
