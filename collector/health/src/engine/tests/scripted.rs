//! Rules that say what a test wants, so that only the engine is looked at. The numbers in the
//! names of tests are those of the health model.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::alert::{AlertKey, Data, Phase, Suppression};
use bellwether_core::state::ComponentState::*;
use bellwether_core::state::Severity;
use serde_json::json;

use super::super::*;
use crate::rules::Judge;
use crate::sample::{Labels, Sample, Verdict};
use crate::testing::catalog;

/// What a rule says next; what it said last when nothing more is written.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<VecDeque<Vec<Sample>>>>);

impl Script {
    fn then(&self, samples: Vec<Sample>) {
        self.0.lock().unwrap().push_back(samples);
    }
}

impl Judge for Script {
    fn judge(&self, _: &Scene<'_>) -> Vec<Sample> {
        let mut script = self.0.lock().unwrap();
        if script.len() > 1 {
            return script.pop_front().unwrap();
        }
        script.front().cloned().unwrap_or_default()
    }
}

fn labels(group: &str) -> Labels {
    match group {
        "" => Labels::new(),
        group => Labels::from([("group".to_owned(), group.to_owned())]),
    }
}

fn sample(group: &str, verdict: Verdict) -> Sample {
    let values = vec![("value", 1.5), ("nan", f64::NAN)];
    Sample { labels: labels(group), values, ..Sample::of(verdict) }
}

fn bad(group: &str, state: ComponentState) -> Sample {
    let reasons = vec![Reason::AsExpected];
    sample(group, Verdict::Bad { state, fault_at: Timestamp::from_secs(1), reasons })
}

fn good(group: &str) -> Sample {
    sample(group, Verdict::Good)
}

/// An engine whose rules are scripts, with what a store would hold.
struct Stage {
    engine: Engine,
    rules: Vec<(&'static str, serde_json::Value, Script)>,
    stored: Restored,
    lives: Vec<(String, u64, Option<i64>)>,
    now: Timestamp,
}

impl Stage {
    fn new(rules: &[(&'static str, &str, serde_json::Value)]) -> Self {
        let rules = rules.iter().map(|(id, component, settings)| {
            let mut settings = settings.clone();
            settings["component"] = (*component).into();
            settings["kind"] = "scripted".into();
            (*id, settings, Script::default())
        });
        let mut stage = Self {
            engine: Engine::new(
                catalog(),
                vec![],
                &Restored::default(),
                Timestamp::from_secs(1_000),
            ),
            rules: rules.collect(),
            stored: Restored::default(),
            lives: Vec::new(),
            now: Timestamp::from_secs(1_000),
        };
        stage.restart();
        stage
    }

    fn restart(&mut self) {
        let rules = self.rules.iter().map(|(id, settings, script)| {
            let common = serde_json::from_value(settings.clone()).unwrap();
            Rule::scripted(id, common, Box::new(script.clone()), &catalog())
        });
        self.engine = Engine::new(catalog(), rules.collect(), &self.stored, self.now);
    }

    fn script(&self, rule: &str) -> &Script {
        &self.rules.iter().find(|(id, ..)| *id == rule).unwrap().2
    }

    fn tick(&mut self) -> Evaluation {
        self.after(1)
    }

    fn after(&mut self, seconds: u64) -> Evaluation {
        self.now = self.now.plus(Duration::from_secs(seconds));
        let evaluation = self.engine.evaluate(self.now);
        let commit = evaluation.commit.clone();
        for it in commit.alerts {
            self.stored.alerts.retain(|old| old.key != it.key);
            self.stored.alerts.push(it);
        }
        self.stored.alerts.retain(|it| !commit.forgotten.contains(&it.key));
        for it in commit.components {
            self.stored.components.retain(|old| old.component != it.component);
            self.stored.components.push(it);
        }
        for it in commit.lives {
            let life = (it.key.to_string(), it.epoch, it.resolved_at.map(Timestamp::secs));
            self.lives.retain(|old| (&old.0, old.1) != (&life.0, life.1));
            self.lives.push(life);
        }
        evaluation
    }

    fn alert(&self, rule: &str, group: &str) -> Option<&Alert> {
        let key = AlertKey { rule: rule.into(), labels: labels(group) };
        self.engine.alerts.iter().find(|it| it.key == key)
    }

    fn loss(&self, rule: &str, group: &str) -> Option<&Alert> {
        let key = AlertKey { rule: rule.into(), labels: labels(group) }.about_data();
        self.engine.alerts.iter().find(|it| it.key == key)
    }

    fn own(&self, component: &str) -> ComponentState {
        self.engine.status(&component.into()).unwrap().own
    }
}

#[test]
fn s2_groups_are_alerts_of_their_own_and_two_results_for_one_are_an_error() {
    let mut stage = Stage::new(&[("r", "admin", json!({}))]);
    let script = stage.script("r").clone();
    script.then(vec![bad("a", MajorOutage), good("b"), good("c")]);
    script.then(vec![good("b"), bad("b", MajorOutage), good("c"), good("a")]);
    stage.tick();
    let phase = |stage: &Stage, group| stage.alert("r", group).unwrap().phase;
    assert_eq!(phase(&stage, "a"), Phase::Firing);
    assert_eq!(phase(&stage, "b"), Phase::Inactive);
    stage.tick();
    let twice = stage.alert("r", "b").unwrap();
    assert_eq!((twice.data, twice.phase), (Data::Error, Phase::Inactive));
    assert_eq!(stage.alert("r", "c").unwrap().data, Data::Fresh);
    let evaluation = stage.after(600);
    let loss = stage.loss("r", "b").unwrap();
    assert_eq!((loss.phase, loss.state, loss.severity), (Phase::Firing, Unknown, Severity::Medium));
    let told = loss.reasons[0].to_string();
    assert!(told.contains("two results for one identity: {group=b}"), "{told}");
    assert!(evaluation.active.iter().any(|it| it.key == loss.key));
}

#[test]
fn s2_values_are_kept_beside_the_identity() {
    let mut stage = Stage::new(&[("r", "admin", json!({}))]);
    stage.script("r").then(vec![bad("", MajorOutage)]);
    stage.tick();
    let values: Vec<_> = stage.alert("r", "").unwrap().values.clone().into_iter().collect();
    assert_eq!(values, [("value".to_owned(), 1.5)], "all are finite");
}

#[test]
fn s5_a_loss_of_data_is_held_for_a_while_and_then_an_alert_of_its_own() {
    let mut stage = Stage::new(&[("r", "database", json!({})), ("slow", "admin", json!({}))]);
    for rule in ["r", "slow"] {
        stage.script(rule).then(vec![good("")]);
        stage.script(rule).then(vec![sample("", Verdict::Missing)]);
    }
    stage.tick();
    stage.tick();
    stage.after(119);
    assert!(stage.loss("r", "").is_none(), "two minutes for critical components");
    assert_eq!(stage.own("database"), Operational, "what was found last is held");
    stage.after(1);
    assert_eq!(stage.loss("r", "").unwrap().phase, Phase::Firing);
    assert_eq!(stage.own("database"), Unknown);
    assert!(stage.loss("slow", "").is_none());
    stage.after(480);
    assert!(stage.loss("slow", "").is_some(), "ten for others");

    stage.script("r").then(vec![good("")]);
    stage.tick();
    stage.tick();
    assert_eq!(stage.loss("r", "").unwrap().phase, Phase::Resolved);
    assert_eq!(stage.own("database"), Operational);
}

#[test]
fn s5_a_firing_alert_whose_data_is_lost_stays_and_the_loss_is_told_beside_it() {
    let mut stage = Stage::new(&[("r", "database", json!({}))]);
    stage.script("r").then(vec![bad("", MajorOutage)]);
    stage.script("r").then(vec![sample("", Verdict::Missing)]);
    stage.tick();
    stage.tick();
    let active = stage.after(100_000).active;
    assert_eq!(active.len(), 2);
    assert_eq!(stage.own("database"), MajorOutage);
}

#[test]
fn s5_what_nobody_promised_is_no_loss() {
    let fire = json!({ "on_missing": "fire", "for": "0s" });
    let mut stage = Stage::new(&[("quiet", "database", json!({})), ("fire", "admin", fire)]);
    for rule in ["quiet", "fire"] {
        stage.script(rule).then(vec![good("")]);
        stage.script(rule).then(vec![sample("", Verdict::Quiet)]);
    }
    stage.tick();
    stage.tick();
    assert_eq!(stage.own("admin"), PartialOutage, "unless the rule says that it is a breach");
    stage.after(121);
    assert!(stage.loss("quiet", "").is_none() && stage.loss("fire", "").is_none());
    assert_eq!(stage.own("database"), Unknown, "but it says nothing about now any more");
}

#[test]
fn s2_a_group_that_is_gone_is_forgotten_and_comes_back_as_another() {
    let mut stage = Stage::new(&[("r", "admin", json!({ "successes": 1 }))]);
    let script = stage.script("r").clone();
    script.then(vec![good("gone"), bad("fires", MajorOutage)]);
    script.then(vec![]);
    stage.tick();
    let first = stage.alert("r", "gone").unwrap().epoch;
    stage.tick();
    let evaluation = stage.after(601);
    assert_eq!(evaluation.commit.forgotten.len(), 1);
    assert!(stage.alert("r", "gone").is_none());
    assert_eq!(stage.alert("r", "fires").unwrap().phase, Phase::Firing, "nothing resolves it");
    assert_eq!(stage.stored.alerts.len(), 1);
    script.then(vec![good("gone"), good("fires")]);
    stage.tick();
    stage.tick();
    assert!(stage.alert("r", "gone").unwrap().epoch > first + 600);
}

#[test]
fn s3_every_life_of_an_alert_is_told_to_the_history() {
    let mut stage = Stage::new(&[("r", "admin", json!({ "for": "2s", "successes": 1 }))]);
    let script = stage.script("r").clone();
    for good_or_bad in "bbbgbgbbbb".chars() {
        script.then(vec![if good_or_bad == 'b' { bad("", MajorOutage) } else { good("") }]);
    }
    (0..10).for_each(|_| drop(stage.tick()));
    let lives: Vec<_> =
        stage.lives.iter().map(|(_, epoch, resolved)| (*epoch, *resolved)).collect();
    assert_eq!(lives, [(1_001, Some(1_004)), (1_002, None)], "a pending alert had no life");
}

#[test]
fn s8_a_dependencys_alert_is_told_instead_of_those_above_it() {
    let rules = ["auth", "admin", "database"].map(|it| (it, it, json!({ "successes": 1 })));
    let mut stage = Stage::new(&rules);
    for (component, state) in
        [("auth", MajorOutage), ("admin", DegradedPerformance), ("database", MajorOutage)]
    {
        stage.script(component).then(vec![bad("", state)]);
    }
    let evaluation = stage.tick();
    let by = |id: &str| Some(Suppression::Dependency { component: id.into() });
    let why = |stage: &Stage, rule| stage.alert(rule, "").unwrap().suppressed_by.clone();
    assert_eq!(why(&stage, "database"), None);
    assert_eq!(why(&stage, "auth"), by("database"));
    assert_eq!(why(&stage, "admin"), by("database"), "the lowest one");
    assert_eq!(evaluation.active.len(), 3, "evaluation goes on");

    stage.script("database").then(vec![bad("", DegradedPerformance)]);
    stage.tick();
    stage.tick();
    assert_eq!(why(&stage, "auth"), None, "a degradation explains no outage");
    assert_eq!(why(&stage, "admin"), by("database"));
    stage.script("database").then(vec![good("")]);
    stage.tick();
    stage.tick();
    assert_eq!(why(&stage, "admin"), by("auth"));
}

#[test]
fn s8_what_began_with_its_cause_has_the_time_of_its_rule_to_clear_after_it() {
    let rules = ["auth", "admin", "database"].map(|it| (it, it, json!({ "successes": 1 })));
    let mut stage = Stage::new(&rules);
    for component in ["auth", "admin", "database"] {
        stage.script(component).then(vec![bad("", MajorOutage)]);
    }
    stage.tick();
    stage.script("database").then(vec![good("")]);
    (0..2).for_each(|_| drop(stage.tick()));
    let since = stage.now;
    let until = since.plus(Duration::from_secs(180));
    let why = |stage: &Stage, rule| stage.alert(rule, "").unwrap().suppressed_by.clone();
    let left = Some(Suppression::Aftermath { component: "database".into(), since, until });
    assert_eq!(stage.own("database"), Operational);
    assert_eq!(why(&stage, "auth"), left);
    assert_eq!(why(&stage, "admin"), left, "auth, which it stands on, is no cause either");
    stage.restart();
    stage.after(100);
    assert_eq!(why(&stage, "auth"), left, "it survives a restart");
    // what fails again has failed without the cause
    stage.script("auth").then(vec![sample("", Verdict::Between)]);
    stage.script("admin").then(vec![good("")]);
    stage.script("admin").then(vec![bad("", MajorOutage)]);
    (0..3).for_each(|_| drop(stage.tick()));
    assert_eq!(why(&stage, "auth"), left);
    stage.after(until.since(stage.now).as_secs());
    assert_eq!(why(&stage, "auth"), None, "it has a cause of its own");
    assert_eq!(why(&stage, "admin"), Some(Suppression::Dependency { component: "auth".into() }));
}

#[test]
fn s8_what_begins_or_begins_again_after_its_cause_is_told() {
    let rules = ["auth", "admin", "database"].map(|it| (it, it, json!({ "successes": 2 })));
    let mut stage = Stage::new(&rules);
    stage.script("auth").then(vec![bad("", MajorOutage)]);
    stage.script("admin").then(vec![good("")]);
    stage.script("database").then(vec![bad("", MajorOutage)]);
    stage.tick();
    stage.script("database").then(vec![good("")]);
    (0..3).for_each(|_| drop(stage.tick()));
    let why = |stage: &Stage, rule| stage.alert(rule, "").unwrap().suppressed_by.clone();
    let left = why(&stage, "auth");
    assert!(matches!(left, Some(Suppression::Aftermath { .. })), "{left:?}");
    stage.script("auth").then(vec![good("")]);
    (0..2).for_each(|_| drop(stage.tick()));
    assert_eq!(stage.alert("auth", "").unwrap().phase, Phase::Recovering);
    stage.script("auth").then(vec![bad("", MajorOutage)]);
    stage.script("admin").then(vec![bad("", MajorOutage)]);
    (0..2).for_each(|_| drop(stage.tick()));
    assert_eq!(stage.alert("auth", "").unwrap().phase, Phase::Firing);
    assert_eq!(why(&stage, "auth"), None);
    assert_eq!(why(&stage, "admin"), Some(Suppression::Dependency { component: "auth".into() }));
}

#[test]
fn s10_maintenance_suppresses_and_what_still_fires_at_its_end_is_told() {
    let mut stage = Stage::new(&[("r", "auth", json!({})), ("d", "database", json!({}))]);
    stage.script("r").then(vec![bad("", MajorOutage)]);
    stage.script("d").then(vec![bad("", MajorOutage)]);
    stage.engine.maintain(BTreeSet::from(["auth".into(), "nobody".into()]));
    let evaluation = stage.tick();
    assert_eq!(stage.own("auth"), UnderMaintenance);
    assert_eq!(evaluation.effective["auth"], UnderMaintenance, "whatever it stands on");
    assert_eq!(evaluation.effective["database"], MajorOutage);
    assert!(!evaluation.effective.contains_key("nobody"));
    assert_eq!(stage.alert("r", "").unwrap().suppressed_by, Some(Suppression::Maintenance));
    assert_eq!(stage.alert("r", "").unwrap().phase, Phase::Firing, "evaluation goes on");
    stage.script("d").then(vec![good("")]);
    (0..4).for_each(|_| drop(stage.tick()));
    stage.engine.maintain(BTreeSet::new());
    stage.tick();
    assert_eq!(stage.own("auth"), MajorOutage);
    assert_eq!(stage.alert("r", "").unwrap().suppressed_by, None);
}

#[test]
fn an_alert_whose_rule_is_gone_is_forgotten_and_its_life_ends() {
    let mut stage = Stage::new(&[("r", "admin", json!({})), ("kept", "auth", json!({}))]);
    stage.script("r").then(vec![bad("", MajorOutage)]);
    stage.script("kept").then(vec![bad("", MajorOutage)]);
    stage.tick();
    stage.rules.retain(|(id, ..)| *id != "r");
    stage.restart();
    stage.tick();
    assert_eq!(stage.stored.alerts.len(), 1);
    let ended = stage.lives.iter().find(|(key, ..)| key == "r").unwrap();
    assert_eq!(ended.2, Some(1_002));
    assert!(stage.tick().commit.is_empty());
}

/// Tells a story with groups, losses, dependencies and recoveries, with a restart before every
/// evaluation that the mask names.
fn story(mask: u64) -> Vec<String> {
    let rules = [
        ("groups", "admin", json!({ "failures": "2 of 3", "successes": 2 })),
        ("d", "database", json!({ "for": "3s", "keep_firing_for": "2s" })),
    ];
    let mut stage = Stage::new(&rules);
    for step in 0..40 {
        let group = |n: u32| match (step * 7 + n * 5) % 11 {
            0..4 => bad(&n.to_string(), PartialOutage),
            4..6 => sample(&n.to_string(), Verdict::Missing),
            6 => sample(&n.to_string(), Verdict::Between),
            _ => good(&n.to_string()),
        };
        let groups = (0..3).filter(|n| (step / 9 + n) % 4 > 0).map(group);
        stage.script("groups").then(groups.collect());
        let database = if (step / 8) % 2 == 0 { bad("", MajorOutage) } else { good("") };
        stage.script("d").then(if step % 9 == 5 { vec![] } else { vec![database] });
    }
    let mut told = Vec::new();
    for step in 0..40_u32 {
        if mask >> step & 1 == 1 {
            stage.restart();
        }
        let evaluation = stage.after(if step % 13 == 12 { 700 } else { 1 });
        let moved = evaluation.commit.transitions.iter();
        told.extend(moved.map(|it| format!("{step} {} {} {}", it.component, it.own, it.effective)));
        told.extend(evaluation.active.iter().map(|it| {
            format!("{step} {} {} {} {:?}", it.key, it.phase, it.epoch, it.suppressed_by)
        }));
    }
    told.extend(stage.lives.iter().map(|it| format!("{it:?}")));
    told
}

#[test]
fn restarts_at_any_step_change_nothing() {
    let undisturbed = story(0);
    assert!(undisturbed.len() > 60, "{}", undisturbed.len());
    for mask in (0..40).map(|step| 1_u64 << step).chain([u64::MAX, 0x5555_5555_5555_5555]) {
        assert_eq!(story(mask), undisturbed, "{mask:b}");
    }
}
