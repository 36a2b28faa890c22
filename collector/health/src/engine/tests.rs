mod adopted;
mod costs;
mod crowds;
mod kept;
mod kills;
mod rests;
mod scopes;
mod scripted;

use std::time::Duration;

use bellwether_core::facts::{Fact, Observed};

use super::*;
use crate::rules::{Kind, with_defaults};
use crate::testing::{ADMIN, AUTH, catalog, manifest, source};

struct Story {
    engine: Engine,
    stored: Restored,
    now: Timestamp,
}

impl Story {
    fn begin() -> Self {
        let stored = Restored::default();
        let engine = Engine::new(
            catalog(),
            with_defaults(vec![], &catalog()),
            &stored,
            Timestamp::from_secs(1_000),
        );
        Self { engine, stored, now: Timestamp::from_secs(1_000) }
    }

    fn says(&mut self, version: &str, instance: &str, fact: Fact) {
        let observed = Observed { source: source(version, instance), at: self.now, fact };
        let commit = self.engine.learn(&[observed], self.now);
        self.store(commit);
    }

    fn tick(&mut self) -> Evaluation {
        self.now = self.now.plus(Duration::from_secs(1));
        let evaluation = self.engine.evaluate(self.now);
        self.store(evaluation.commit.clone());
        evaluation
    }

    /// Keeps what a store would keep.
    fn store(&mut self, commit: Commit) {
        for it in commit.instances {
            self.stored.instances.retain(|old| old.source != it.source);
            self.stored.instances.push(it);
        }
        for it in commit.services {
            self.stored.services.retain(|old| old.service != it.service);
            self.stored.services.push(it);
        }
        for it in commit.alerts {
            self.stored.alerts.retain(|old| old.key != it.key);
            self.stored.alerts.push(it);
        }
        for it in commit.components {
            self.stored.components.retain(|old| old.component != it.component);
            self.stored.components.push(it);
        }
    }

    fn restart(&mut self) {
        self.engine =
            Engine::new(catalog(), with_defaults(vec![], &catalog()), &self.stored, self.now);
    }

    fn state(&self, component: &str) -> ComponentState {
        self.engine.status(&component.into()).map_or(ComponentState::Unknown, |it| it.effective)
    }
}

/// Tells the story that must not happen, with a restart before every step if asked.
fn vanished_router(restarts: bool) -> Vec<(String, String)> {
    let mut story = Story::begin();
    let mut told = Vec::new();
    let mut tick = |story: &mut Story| {
        if restarts {
            story.restart();
        }
        for it in story.tick().commit.transitions {
            told.push((it.component.to_string(), it.effective.to_string()));
        }
    };
    let all = [AUTH, ADMIN].concat();
    tick(&mut story);
    story.says("1", "a", manifest(&all));
    tick(&mut story);
    story.says("1", "a", Fact::Stopping);
    tick(&mut story);
    story.says("2", "b", manifest(AUTH));
    tick(&mut story);
    tick(&mut story);
    story.says("2", "b", Fact::Stopping);
    tick(&mut story);
    assert_eq!(story.state("admin"), ComponentState::MajorOutage, "missing data resolves nothing");
    story.says("3", "c", manifest(&all));
    for _ in 0..4 {
        tick(&mut story);
    }
    assert_eq!(story.state("admin"), ComponentState::Operational);
    told
}

#[test]
fn a_vanished_router_is_found_and_its_return_too() {
    let told = vanished_router(false);
    let of = |it: &str| -> Vec<String> {
        told.iter().filter(|(id, _)| id == it).map(|(_, state)| state.clone()).collect()
    };
    assert_eq!(of("admin"), ["operational", "major_outage", "operational"]);
    assert_eq!(of("auth"), ["operational"]);
    assert_eq!(of("database"), ["operational"]);
}

#[test]
fn restarts_at_every_step_change_nothing() {
    assert_eq!(vanished_router(true), vanished_router(false));
}

#[test]
fn money_is_at_risk_while_it_is_out_and_only_then() {
    let mut story = Story::begin();
    story.says("1", "a", manifest(&[AUTH, ADMIN].concat()));
    assert_eq!(story.tick().impact.revenue_at_risk.to_string(), "nothing");
    story.says("1", "a", manifest(AUTH));
    let evaluation = story.tick();
    assert_eq!(evaluation.impact.revenue_at_risk.to_string(), "925,000 GBP");
    assert_eq!(evaluation.active.len(), 1);
    assert_eq!(evaluation.active[0].component, "admin".into());
}

#[test]
fn an_observing_rule_gives_no_state_and_tells_nobody() {
    let settings = serde_json::json!({ "component": "admin", "kind": "routes", "mode": "observe" });
    let rule = Kind::find("routes").unwrap().build("quiet".into(), settings, &catalog()).unwrap();
    let rules = with_defaults(vec![rule], &catalog());
    let mut story = Story::begin();
    story.engine = Engine::new(catalog(), rules, &Restored::default(), story.now);
    story.says("1", "a", manifest(AUTH));
    let evaluation = story.tick();
    assert_eq!(story.state("admin"), ComponentState::Operational);
    assert!(evaluation.active.is_empty());
    assert!(evaluation.commit.alerts.iter().any(|it| it.key.rule == "quiet".into()));
}

#[test]
fn a_quiet_tick_stores_nothing() {
    let mut story = Story::begin();
    story.says("1", "a", manifest(AUTH));
    for _ in 0..3 {
        story.tick();
    }
    assert!(story.tick().commit.is_empty(), "a breach that goes on is not written every second");
}

#[test]
fn stale_evidence_is_no_evidence() {
    let mut story = Story::begin();
    story.says("1", "a", manifest(&[AUTH, ADMIN].concat()));
    story.tick();
    story.says("1", "a", Fact::Stopping);
    story.tick();
    assert_eq!(story.state("auth"), ComponentState::Operational);
    story.now = story.now.plus(Duration::from_secs(121));
    story.tick();
    assert_eq!(story.state("auth"), ComponentState::Unknown, "critical: two minutes");
    assert_eq!(story.state("admin"), ComponentState::Operational, "others: ten");
}
