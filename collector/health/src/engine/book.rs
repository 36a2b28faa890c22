//! The alerts of all rules, each beside the one about the loss of its data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::alert::{Alert, AlertKey, AlertLife, Phase};
use bellwether_core::catalog::Component;
use bellwether_core::ids::RuleId;
use bellwether_core::reason::Reason;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::time::Timestamp;

use crate::machine::{Knobs, OnMissing, begin, step};
use crate::rules::{Mode, Rule};
use crate::sample::{Labels, Sample, Verdict};

/// All alerts. What changed is collected until it is asked for.
#[derive(Default)]
pub(super) struct Book {
    rules: BTreeMap<RuleId, Alerts>,
    changed: BTreeSet<AlertKey>,
    forgotten: Vec<AlertKey>,
    lives: Vec<AlertLife>,
    /// Alerts of rules that are no longer there.
    orphans: Vec<Alert>,
}

/// The alerts of one rule, by the labels of the group.
#[derive(Default)]
struct Alerts {
    own: BTreeMap<Labels, Alert>,
    /// Alerts about the loss of data, by the labels of the group whose data it is.
    losses: BTreeMap<Labels, Alert>,
}

/// What changed since it was last asked for.
pub(super) struct Changes {
    pub(super) alerts: Vec<Alert>,
    pub(super) forgotten: Vec<AlertKey>,
    pub(super) lives: Vec<AlertLife>,
}

impl Book {
    /// Goes on from what was stored. Alerts of rules that are no longer there are forgotten with
    /// the next change, and if they were active their life ends with it.
    pub(super) fn restore(alerts: &[Alert], rules: &[Rule]) -> Self {
        let mut book = Self::default();
        for alert in alerts {
            if !rules.iter().any(|rule| rule.id == alert.key.rule) {
                book.orphans.push(alert.clone());
                continue;
            }
            let rule = book.rules.entry(alert.key.rule.clone()).or_default();
            match alert.key.whose_data() {
                Some(key) => rule.losses.insert(key.labels, alert.clone()),
                None => rule.own.insert(alert.key.labels.clone(), alert.clone()),
            };
        }
        book
    }

    /// Goes on with other rules: forgets the alerts of those that are no longer there, or that are
    /// about another component now.
    pub(super) fn keep(&mut self, rules: &[Rule]) {
        let about = |alert: &Alert| {
            let mut same = rules.iter().filter(|it| it.id == alert.key.rule);
            same.any(|it| it.common.component == alert.component)
        };
        for alerts in self.rules.values_mut() {
            for kept in [&mut alerts.own, &mut alerts.losses] {
                self.orphans.extend(kept.extract_if(.., |_, it| !about(it)).map(|(_, it)| it));
            }
        }
        self.rules.retain(|id, _| rules.iter().any(|rule| rule.id == *id));
    }

    /// Takes the samples of one rule into account, and says whether the same samples would change
    /// nothing, however often they came.
    pub(super) fn take(
        &mut self,
        rule: &Rule,
        component: &Component,
        mut samples: Vec<Sample>,
        now: Timestamp,
    ) -> bool {
        if !self.rules.contains_key(&rule.id) {
            self.rules.insert(rule.id.clone(), Alerts::default());
        }
        let Some(alerts) = self.rules.get_mut(&rule.id) else { return false };
        once_each(&mut samples);
        alerts.add_silent(&mut samples);
        let mut turn =
            Turn { rule, component, now, changed: &mut self.changed, lives: &mut self.lives };
        let mut gone = Vec::new();
        for sample in samples {
            if turn.step(alerts, &sample) {
                gone.push(sample.labels);
            }
        }
        for labels in gone {
            let both = [alerts.own.remove(&labels), alerts.losses.remove(&labels)];
            self.forgotten.extend(both.into_iter().flatten().map(|it| it.key));
        }
        let fires = || alerts.own.values().any(|it| it.phase.is_active());
        alerts.own.values().all(|it| rests(it, rule.knobs()))
            && alerts.losses.values().all(|it| rests(it, &LOSS))
            && !(rule.counts_time() && fires())
    }

    /// Says whether anything changed since that was asked for the last time.
    pub(super) fn moved(&self) -> bool {
        !(self.changed.is_empty() && self.forgotten.is_empty() && self.orphans.is_empty())
    }

    /// Returns the alerts of a rule by their labels, but for those about its data.
    pub(super) fn of(&self, rule: &RuleId) -> Option<&BTreeMap<Labels, Alert>> {
        self.rules.get(rule).map(|it| &it.own)
    }

    /// Returns all alerts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.rules.values().flat_map(|it| it.own.values().chain(it.losses.values()))
    }

    /// Changes what is not the machine's to say, such as why people are not told.
    pub(super) fn update(&mut self, change: impl Fn(&mut Alert) -> bool) {
        let rules = self.rules.values_mut();
        for alert in rules.flat_map(|it| it.own.values_mut().chain(it.losses.values_mut())) {
            if change(alert) {
                self.changed.insert(alert.key.clone());
            }
        }
    }

    /// Returns what changed since the last time, at `now`.
    pub(super) fn changes(&mut self, now: Timestamp) -> Changes {
        for orphan in std::mem::take(&mut self.orphans) {
            let fired_at = orphan.fired_at;
            self.lives.extend(fired_at.map(|it| life(&orphan, it, Some(now), false)));
            self.forgotten.push(orphan.key);
        }
        let changed = std::mem::take(&mut self.changed);
        Changes {
            alerts: changed.iter().filter_map(|key| self.get(key)).cloned().collect(),
            forgotten: std::mem::take(&mut self.forgotten),
            lives: std::mem::take(&mut self.lives),
        }
    }

    fn get(&self, key: &AlertKey) -> Option<&Alert> {
        let rule = self.rules.get(&key.rule)?;
        match key.whose_data() {
            Some(whose) => rule.losses.get(&whose.labels),
            None => rule.own.get(&key.labels),
        }
    }
}

impl Alerts {
    /// A group that has no sample any more is one that nobody promises data of.
    fn add_silent(&self, samples: &mut Vec<Sample>) {
        // both are sorted
        let mut told = samples.iter().map(|it| &it.labels).peekable();
        let mut is_silent = |labels: &&Labels| {
            while told.next_if(|it| it < labels).is_some() {}
            told.next_if_eq(labels).is_none()
        };
        let silent: Vec<Labels> = self.own.keys().filter(|it| is_silent(it)).cloned().collect();
        samples.extend(
            silent.into_iter().map(|labels| Sample { labels, ..Sample::of(Verdict::Quiet) }),
        );
    }
}

/// How an alert about the loss of data moves.
const LOSS: Knobs = Knobs { successes: 1, ..Knobs::DEFAULT };

/// Says whether an alert waits for nothing: no count, no time, no group that may be forgotten. One
/// that fires does so while the same is found. Results that tell about flapping may be left out while
/// they repeat, unless each one counts.
fn rests(alert: &Alert, knobs: &Knobs) -> bool {
    let every_result_counts = knobs.flap_every.is_zero();
    matches!(alert.phase, Phase::Inactive | Phase::Resolved | Phase::Firing)
        && !alert.flapping
        && alert.results == 0
        && alert.lost_since.is_none()
        && (alert.key.labels.is_empty() || alert.stale_since.is_none())
        && (!every_result_counts || alert.flaps.results == 0)
}

/// One rule's turn in an evaluation.
struct Turn<'a> {
    rule: &'a Rule,
    component: &'a Component,
    now: Timestamp,
    changed: &'a mut BTreeSet<AlertKey>,
    lives: &'a mut Vec<AlertLife>,
}

impl Turn<'_> {
    /// Steps the alert of a sample's labels, and the one about its data; says whether nothing is left
    /// of it.
    fn step(&mut self, alerts: &mut Alerts, sample: &Sample) -> bool {
        let knobs = self.rule.knobs();
        // labels are long to compare: of one that is there they are looked up once
        let alert = match alerts.own.get_mut(&sample.labels) {
            Some(alert) => alert,
            // before the first evidence there is no alert at all
            None if sample.verdict == Verdict::NotDue => return false,
            None if sample.verdict == Verdict::Quiet && knobs.on_missing == OnMissing::Hold => {
                return false;
            }
            None => {
                let key = AlertKey { rule: self.rule.id.clone(), labels: sample.labels.clone() };
                self.changed.insert(key.clone());
                let fresh = begin(key, self.component.id.clone(), self.now);
                alerts.own.entry(sample.labels.clone()).or_insert(fresh)
            }
        };
        let most = sample.at_most.unwrap_or(Severity::Emergency);
        let severity = |state| self.rule.severity(self.component, state).min(most);
        self.apply(alert, &sample.verdict, severity, knobs);
        if sample.verdict.is_result() {
            let finite = sample.values.iter().filter(|(_, value)| value.is_finite());
            alert.values = finite.map(|(name, value)| ((*name).to_owned(), *value)).collect();
        }
        if matches!(sample.verdict, Verdict::Bad { .. }) {
            alert.example = sample.example;
        }
        self.step_loss(&mut alerts.losses, alert, sample);
        is_over(alert, knobs.max_hold, self.now)
    }

    /// After `max_hold` the loss of data, or that a rule cannot be evaluated, is an alert of its
    /// own, which ends with the first sign that all is as it should be.
    fn step_loss(&mut self, losses: &mut BTreeMap<Labels, Alert>, alert: &Alert, sample: &Sample) {
        let knobs = self.rule.knobs();
        let failed = matches!(sample.verdict, Verdict::Error { .. });
        let lost = alert.lost_since.filter(|_| failed || knobs.on_missing == OnMissing::Hold);
        let verdict = match lost {
            None => Verdict::Good,
            Some(since) if self.now.since(since) < knobs.max_hold => Verdict::NotDue,
            Some(since) => Verdict::Bad {
                state: ComponentState::Unknown,
                fault_at: since,
                reasons: vec![match &sample.verdict {
                    Verdict::Error { why } => Reason::EvaluationFailed { why: why.clone() },
                    _ => Reason::DataMissing { since },
                }],
            },
        };
        if !losses.contains_key(&sample.labels) {
            if !matches!(verdict, Verdict::Bad { .. }) {
                return;
            }
            let loss = begin(alert.key.about_data(), alert.component.clone(), self.now);
            losses.insert(sample.labels.clone(), loss);
        }
        let Some(loss) = losses.get_mut(&sample.labels) else { return };
        let severity = |state| Severity::default_for(self.component.criticality, state);
        self.apply(loss, &verdict, severity, &LOSS);
    }

    fn apply(
        &mut self,
        alert: &mut Alert,
        verdict: &Verdict,
        severity: impl Fn(ComponentState) -> Severity,
        knobs: &Knobs,
    ) {
        let before = (alert.epoch, alert.fired_at, alert.fault_at, alert.reasons.clone());
        if !step(alert, verdict, severity, knobs, self.now) {
            return;
        }
        self.changed.insert(alert.key.clone());
        let (epoch, fired_at, fault_at, reasons) = before;
        let resolved = alert.epoch != epoch;
        let fired_at = if resolved { fired_at } else { alert.fired_at };
        if let Some(fired_at) = fired_at {
            let enforced = self.rule.common.mode == Mode::Enforce;
            let resolved_at = resolved.then_some(self.now);
            let mut life = life(alert, fired_at, resolved_at, enforced);
            life.epoch = epoch;
            if resolved {
                (life.fault_at, life.reasons) = (fault_at, reasons);
            }
            self.lives.push(life);
        }
    }
}

fn life(
    alert: &Alert,
    fired_at: Timestamp,
    resolved_at: Option<Timestamp>,
    enforced: bool,
) -> AlertLife {
    AlertLife {
        key: alert.key.clone(),
        epoch: alert.epoch,
        component: alert.component.clone(),
        state: alert.state,
        severity: alert.severity,
        fault_at: alert.fault_at,
        fired_at,
        resolved_at,
        reasons: alert.reasons.clone(),
        enforced,
    }
}

/// Sorts samples by their labels; two with the same labels become one that is an error.
fn once_each(samples: &mut Vec<Sample>) {
    samples.sort_by(|one, other| one.labels.cmp(&other.labels));
    samples.dedup_by(|later, first| {
        let same = later.labels == first.labels;
        if same {
            let labels: Vec<String> =
                first.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let why = format!("it gave two results for one identity: {{{}}}", labels.join(","));
            first.verdict = Verdict::Error { why };
        }
        same
    });
}

/// Says whether nothing is left of an alert: its group is gone, and it was not active. One
/// without labels stays, because its rule does.
fn is_over(alert: &Alert, max_hold: Duration, now: Timestamp) -> bool {
    let rests = matches!(alert.phase, Phase::Inactive | Phase::Resolved);
    let gone = alert.stale_since.is_some_and(|since| now.since(since) > max_hold);
    rests && gone && alert.lost_since.is_none() && !alert.key.labels.is_empty()
}
