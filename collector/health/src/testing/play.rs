//! An engine with its observer, fed with OTLP, under a clock that tests turn.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::alert::{Alert, Phase};
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use bellwether_core::store::{Commit, Restored};
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

use crate::rules::{Kind, Rule, with_defaults};
use crate::{Engine, Evaluation, Observer};

/// A week of it begins here: 2026-11-30T00:00:00Z, a Monday.
pub(crate) const MONDAY: i64 = 1_795_996_800;

pub(crate) struct Play {
    pub(crate) engine: Engine,
    observer: Observer,
    catalog: Value,
    rules: Vec<(String, Value)>,
    defaults: bool,
    pub(crate) stored: Restored,
    pub(crate) now: Timestamp,
    pub(crate) last: Evaluation,
    /// Whether every rule is judged each time, even where nothing can have changed.
    pub(crate) restless: bool,
    /// Whether evaluations that would find nothing new are left out,
    pub(crate) skips: bool,
    /// and whether the newest was.
    pub(crate) skipped: bool,
    /// Whether facts came since the evaluation before.
    heard: bool,
    /// What is under maintenance.
    pub(crate) maintained: BTreeSet<ComponentId>,
}

pub(crate) fn catalog(raw: &Value) -> Catalog {
    Catalog::check(serde_json::from_value(raw.clone()).unwrap()).unwrap()
}

impl Play {
    /// Begins on a Monday at midnight with the components `a` (all that `api` does) and `b`, and
    /// with these rules for `a`.
    pub(crate) fn new(rules: &[(&str, Value)]) -> Self {
        Self::of(json!({ "components": { "a": { "services": ["api"] }, "b": {} } }), rules)
    }

    pub(crate) fn of(catalog: Value, rules: &[(&str, Value)]) -> Self {
        let rules = rules.iter().map(|(id, rule)| ((*id).to_owned(), rule.clone())).collect();
        Self::begin(catalog, rules, false)
    }

    /// The same with the rules that hold without being written.
    pub(crate) fn with_defaults(catalog: Value) -> Self {
        Self::begin(catalog, Vec::new(), true)
    }

    /// The same, with these beside them.
    pub(crate) fn with_rules(catalog: Value, rules: &[(&str, Value)]) -> Self {
        let rules = rules.iter().map(|(id, rule)| ((*id).to_owned(), rule.clone())).collect();
        Self::begin(catalog, rules, true)
    }

    fn begin(catalog: Value, rules: Vec<(String, Value)>, defaults: bool) -> Self {
        let (now, stored) = (Timestamp::from_secs(MONDAY), Restored::default());
        let engine = engine(&catalog, &rules, defaults, &stored, now);
        let observer = Observer::new(engine.plan(), 1);
        Self {
            engine,
            observer,
            catalog,
            rules,
            defaults,
            stored,
            now,
            last: Evaluation::default(),
            restless: false,
            skips: false,
            skipped: false,
            heard: false,
            maintained: BTreeSet::new(),
        }
    }

    /// Ends the process and begins another that goes on from what was stored.
    pub(crate) fn restart(&mut self) {
        self.engine = engine(&self.catalog, &self.rules, self.defaults, &self.stored, self.now);
        self.observer = Observer::new(self.engine.plan(), 1);
    }

    /// The second that it is.
    pub(crate) fn second(&self) -> u64 {
        self.now.secs() as u64
    }

    pub(crate) fn send(&mut self, signal: Signal, body: &[u8]) {
        let seen = self.observer.observe(signal, body, self.now);
        if !seen.facts.is_empty() {
            self.heard = true;
            let commit = self.engine.learn(&seen.facts, self.now);
            self.store(commit);
        }
    }

    /// Evaluates now.
    pub(crate) fn evaluate(&mut self) {
        let harvest = self.observer.harvest();
        let came = std::mem::take(&mut self.heard) || !harvest.is_empty();
        self.skipped = self.skips && !came && self.engine.rests(self.now);
        if self.skipped {
            return;
        }
        self.engine.maintain(self.maintained.clone());
        self.engine.absorb(&harvest);
        if self.engine.adopt(self.now) {
            self.observer.follow(&self.engine.plan());
        }
        if self.restless {
            self.engine.wake();
        }
        self.last = self.engine.evaluate(self.now);
        self.store(self.last.commit.clone());
    }

    /// Lets seconds pass and evaluates after each.
    pub(crate) fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.skip(1);
        }
    }

    /// Lets seconds pass and evaluates after them once.
    pub(crate) fn skip(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
        self.evaluate();
    }

    /// Keeps what a store would keep.
    fn store(&mut self, commit: Commit) {
        let Restored { instances, services, alerts, components, snapshots, .. } = &mut self.stored;
        newest(snapshots, commit.snapshots, |it| it.name.clone());
        snapshots.retain(|it| it.body.is_some());
        newest(instances, commit.instances, |it| it.source.clone());
        newest(services, commit.services, |it| it.service.clone());
        let forgotten: BTreeSet<_> = commit.forgotten.into_iter().collect();
        alerts.retain(|it| !forgotten.contains(&it.key));
        newest(alerts, commit.alerts, |it| it.key.clone());
        newest(components, commit.components, |it| it.component.clone());
    }

    /// Returns an alert by its key as text, such as `rule{group=x}`.
    pub(crate) fn alert(&self, key: &str) -> Option<&Alert> {
        self.engine.alerts().find(|it| it.key.to_string() == key)
    }

    pub(crate) fn phase(&self, key: &str) -> Phase {
        self.alert(key).map_or(Phase::Inactive, |it| it.phase)
    }

    pub(crate) fn fires(&self, key: &str) -> bool {
        self.phase(key) == Phase::Firing
    }

    /// The keys of alerts that fire or recover.
    pub(crate) fn active(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.last.active.iter().map(|it| it.key.to_string()).collect();
        keys.sort();
        keys
    }

    pub(crate) fn reason(&self, key: &str) -> String {
        let reason = self.alert(key).and_then(|it| it.reasons.first());
        reason.map(ToString::to_string).unwrap_or_default()
    }

    pub(crate) fn state(&self, component: &str) -> ComponentState {
        self.engine.status(&component.into()).map_or(ComponentState::Unknown, |it| it.effective)
    }
}

/// Puts records in the place of those of the same key.
fn newest<T, K: Ord>(records: &mut Vec<T>, later: Vec<T>, key: impl Fn(&T) -> K) {
    let keys: BTreeSet<K> = later.iter().map(&key).collect();
    records.retain(|it| !keys.contains(&key(it)));
    records.extend(later);
}

fn engine(
    raw: &Value,
    rules: &[(String, Value)],
    defaults: bool,
    stored: &Restored,
    now: Timestamp,
) -> Engine {
    let catalog = catalog(raw);
    let mut built: Vec<Rule> =
        rules.iter().map(|(id, settings)| build(id, settings, &catalog).unwrap()).collect();
    if defaults {
        built = with_defaults(built, &catalog);
    }
    Engine::new(catalog, built, stored, now)
}

/// Makes a rule for `a` unless it names another component.
pub(crate) fn build(
    id: &str,
    settings: &Value,
    catalog: &Catalog,
) -> Result<Rule, bellwether_core::catalog::Flaw> {
    let mut settings = settings.clone();
    if settings.get("component").is_none() {
        settings["component"] = "a".into();
    }
    let kind = settings["kind"].as_str().unwrap().to_owned();
    Kind::find(&kind).unwrap().build(id.into(), settings, catalog)
}
