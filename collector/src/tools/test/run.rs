//! Runs one test: lets its series come, and holds what came of it against what is expected.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::alert::{Alert, AlertKey, Phase};
use bellwether_core::ids::ComponentId;
use bellwether_core::money::Totals;
use bellwether_core::notice::{Body, Notice};
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use super::file::{Expected, ExpectedMessage, Test};
use super::signals::{self, Turn};
use crate::config::Config;
use crate::tools::ToolError;
use crate::tools::replay::{Eye, Judge, Moment, Slice};

/// Runs a test and says what is not as expected.
pub(super) fn run(test: &Test, config: Config) -> Result<Vec<String>, ToolError> {
    let (judge, eye) = Judge::new(config, test.start);
    let mut running = Running { judge, seen: Seen::default() };
    let mut wrong = Vec::new();
    let mut coming = Coming { test, eye, next: 0 };
    for expected in &test.expect {
        let at = test.start.plus(expected.at.get());
        coming.until(at, &mut |slice| running.take(slice));
        wrong.extend(running.seen.check(expected));
    }
    Ok(wrong)
}

/// Lets the series of a test come up to its last expectation, and shows the alerts as they are
/// after each evaluation.
#[cfg(test)]
pub(super) fn watch(
    test: &Test,
    config: Config,
    mut look: impl FnMut(Timestamp, &BTreeMap<AlertKey, Alert>),
) {
    let (judge, eye) = Judge::new(config, test.start);
    let mut running = Running { judge, seen: Seen::default() };
    let end = test.expect.last().map_or(test.start, |it| test.start.plus(it.at.get()));
    Coming { test, eye, next: 0 }.until(end, &mut |slice| {
        let at = slice.at;
        running.take(slice);
        look(at, &running.seen.alerts);
    });
}

/// Lets the series of a test come.
struct Coming<'t> {
    test: &'t Test,
    eye: Eye,
    /// The number of the values that come next.
    next: usize,
}

impl Coming<'_> {
    /// Lets everything come that comes up to a time, and judges up to it.
    fn until(&mut self, until: Timestamp, give: &mut impl FnMut(Slice)) {
        let Self { test, eye, next } = self;
        loop {
            let steps = u32::try_from(*next).unwrap_or(u32::MAX);
            let at = test.start.plus(test.every.saturating_mul(steps));
            let left = test.series.iter().any(|it| *next < it.values.0.len());
            if at > until || !left {
                break;
            }
            let turn = Turn { start: test.start, at, every: test.every };
            for series in &test.series {
                let Some(Some(value)) = series.values.0.get(*next) else { continue };
                if let Some((signal, body)) = signals::request(&series.signal, *value, &turn) {
                    eye.look(signal, &body, at, give);
                }
            }
            *next += 1;
        }
        // the evaluation at that very time is what is looked at
        eye.wait(Timestamp::from_nanos(until.nanos().saturating_add(1)), give);
    }
}

struct Running {
    judge: Judge,
    seen: Seen,
}

impl Running {
    fn take(&mut self, slice: Slice) {
        if let Some(moment) = self.judge.judge(slice) {
            self.seen.take(moment);
        }
    }
}

/// How everything stands, and what is owed since it was last looked at.
#[derive(Default)]
struct Seen {
    own: BTreeMap<ComponentId, ComponentState>,
    effective: BTreeMap<ComponentId, ComponentState>,
    alerts: BTreeMap<AlertKey, Alert>,
    notices: Vec<Notice>,
    at_risk: Totals,
    reasons: BTreeMap<ComponentId, Vec<String>>,
}

impl Seen {
    fn take(&mut self, moment: Moment) {
        let Moment { evaluation, decision, .. } = moment;
        for status in evaluation.commit.components {
            self.own.insert(status.component, status.own);
        }
        for transition in evaluation.commit.transitions {
            let reasons = transition.reasons.iter().map(ToString::to_string).collect();
            self.reasons.insert(transition.component, reasons);
        }
        self.effective = evaluation.effective;
        for key in &evaluation.commit.forgotten {
            self.alerts.remove(key);
        }
        let alerts = evaluation.commit.alerts.into_iter();
        self.alerts.extend(alerts.map(|it| (it.key.clone(), it)));
        self.at_risk = evaluation.impact.revenue_at_risk;
        self.notices.extend(decision.notices);
    }

    /// Says what is not as expected, and forgets the messages so far.
    fn check(&mut self, expected: &Expected) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check_states(expected, &mut wrong);
        self.check_alerts(expected, &mut wrong);
        let notices = std::mem::take(&mut self.notices);
        if let Some(messages) = &expected.messages {
            check_messages(messages, &notices, &mut wrong);
        }
        if let Some(amounts) = &expected.revenue_at_risk {
            let mut wanted = Totals::default();
            amounts.iter().for_each(|it| wanted.add(*it));
            if wanted != self.at_risk {
                let found = &self.at_risk;
                wrong.push(format!("revenue at risk: expected {wanted}, was {found}"));
            }
        }
        wrong.into_iter().map(|it| format!("at {}: {it}", expected.at)).collect()
    }

    fn check_states(&self, expected: &Expected, wrong: &mut Vec<String>) {
        let states =
            [("state", &expected.states, &self.effective), ("own", &expected.own, &self.own)];
        for (word, wanted, found) in states {
            for (component, wanted) in wanted {
                let found = found.get(component).copied().unwrap_or(ComponentState::Unknown);
                if found != *wanted {
                    wrong.push(format!("{word} of {component}: expected {wanted}, was {found}"));
                    let why = self.reasons.get(component).into_iter().flatten();
                    wrong.extend(why.map(|it| format!("  because {it}")));
                }
            }
        }
    }

    fn check_alerts(&self, expected: &Expected, wrong: &mut Vec<String>) {
        let Some(alerts) = &expected.alerts else { return };
        let mut wanted = BTreeSet::new();
        for it in alerts {
            let key = AlertKey { rule: it.rule.clone(), labels: it.labels.clone() };
            let found = self.alerts.get(&key).map_or(Phase::Inactive, |it| it.phase);
            if found != it.phase {
                wrong.push(format!("alert {key}: expected {}, was {found}", it.phase));
            }
            wanted.insert(key);
        }
        for alert in self.alerts.values().filter(|it| it.phase.is_active()) {
            if !wanted.contains(&alert.key) {
                let Alert { key, phase, .. } = alert;
                wrong.push(format!("alert {key}: expected none, was {phase}"));
                wrong.extend(alert.reasons.iter().map(|it| format!("  because {it}")));
            }
        }
    }
}

fn check_messages(wanted: &[ExpectedMessage], notices: &[Notice], wrong: &mut Vec<String>) {
    let wanted: Vec<String> = wanted.iter().map(wanted_text).collect();
    // what services run stands beside messages, and is given by the test itself
    let beside = |it: &&Notice| matches!(it.body, Body::Deployment { .. });
    let found: Vec<String> = notices.iter().filter(|it| !beside(it)).map(found_text).collect();
    if wanted != found {
        wrong.push("messages:".to_owned());
        wrong.push(format!("  expected {}", list(&wanted)));
        wrong.push(format!("  were     {}", list(&found)));
    }
}

fn wanted_text(it: &ExpectedMessage) -> String {
    let change = it.change.map(|it| it.to_string());
    let what = change.or(it.state.map(|it| it.to_string())).unwrap_or_default();
    format!("{}: {} {what}", it.to, it.component)
}

fn found_text(it: &Notice) -> String {
    match &it.body {
        Body::Incident { change, incident, .. } => {
            format!("{}: {} {change}", it.destination, incident.component)
        }
        Body::Component { component, state } => format!("{}: {component} {state}", it.destination),
        Body::Maintenance { change, maintenance } => {
            format!("{}: maintenance {} {change}", it.destination, maintenance.id)
        }
        Body::Deployment { deployment } => format!("{}: {deployment}", it.destination),
    }
}

fn list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let items: Vec<String> = items.into_iter().map(|it| it.as_ref().to_owned()).collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}
