//! A health plane under a clock that is turned by hand.

use std::time::Duration;

use anyhow::{Context, anyhow};
use bellwether_core::catalog::Catalog;
use bellwether_core::ingest::Signal;
use bellwether_core::store::{Commit, Restored};
use bellwether_core::time::Timestamp;
use bellwether_health::rules::{Kind, Rule};
use bellwether_health::{Engine, Evaluation, Observer};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::alloc;

/// When it begins.
const BEGIN: i64 = 1_767_571_200;

/// A health plane.
pub(crate) struct Plane {
    engine: Engine,
    observer: Observer,
    pub(crate) now: Timestamp,
}

/// What it took to write down all that is known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    /// CPU of the evaluation that did.
    pub(crate) took: Duration,
    pub(crate) bytes: usize,
    /// How much memory that needed besides.
    pub(crate) memory: usize,
}

/// Returns how much an evaluation has to write down for a restart.
pub(crate) fn bytes(evaluation: &Evaluation) -> usize {
    let bodies = evaluation.commit.snapshots.iter().filter_map(|it| it.body.as_ref());
    bodies.map(|it| it.len()).sum()
}

/// What a second took, in CPU time of this thread.
#[derive(Clone, Copy, Default)]
pub(crate) struct Took {
    /// Looking at signals.
    pub(crate) observing: Duration,
    /// Adding up what was counted.
    pub(crate) absorbing: Duration,
    /// Evaluating the rules.
    pub(crate) evaluating: Duration,
}

impl Took {
    pub(crate) fn all(&self) -> Duration {
        self.observing + self.absorbing + self.evaluating
    }
}

impl Plane {
    /// Makes one for a catalog and rules: each its id and what it says.
    pub(crate) fn new(catalog: Value, rules: &[(String, Value)]) -> anyhow::Result<Self> {
        Self::restored(catalog, rules, &Restored::default(), Timestamp::from_secs(BEGIN))
    }

    /// The same that goes on from what was stored.
    pub(crate) fn restored(
        catalog: Value,
        rules: &[(String, Value)],
        stored: &Restored,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let catalog = Catalog::check(serde_json::from_value(catalog)?);
        let catalog = catalog.map_err(|flaws| anyhow!("the catalog has mistakes: {flaws:?}"))?;
        let rules = rules.iter().map(|(id, says)| rule(id, says, &catalog));
        let rules: Vec<Rule> = rules.collect::<anyhow::Result<_>>()?;
        let engine = Engine::new(catalog, rules, stored, now);
        let observer = Observer::new(engine.plan(), 1);
        Ok(Self { engine, observer, now })
    }

    /// Lets a second pass in which these requests come.
    pub(crate) fn second(&mut self, requests: &[bytes::Bytes]) -> (Took, Evaluation) {
        self.now = self.now.plus(Duration::from_secs(1));
        let began = cpu();
        for request in requests {
            self.observer.observe(Signal::Traces, request, self.now);
        }
        let observed = cpu();
        let harvest = self.observer.harvest();
        self.engine.absorb(&harvest);
        drop(harvest);
        let absorbed = cpu();
        let evaluation = self.engine.evaluate(self.now);
        let took = Took {
            observing: observed - began,
            absorbing: absorbed - observed,
            evaluating: cpu() - absorbed,
        };
        (took, evaluation)
    }

    /// Takes requests in without a look at the clock.
    pub(crate) fn take(&mut self, requests: &[bytes::Bytes]) {
        for request in requests {
            self.observer.observe(Signal::Traces, request, self.now.plus(Duration::from_secs(1)));
        }
        self.engine.absorb(&self.observer.harvest());
    }

    /// Lets time pass in which nobody looks.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    /// Evaluates, and returns what that took.
    pub(crate) fn evaluate(&mut self) -> (Duration, Evaluation) {
        let began = cpu();
        let evaluation = self.engine.evaluate(self.now);
        (cpu() - began, evaluation)
    }

    /// Has all that is known written down for a restart.
    pub(crate) fn write_all(&mut self) -> (Written, Commit) {
        self.wait(60);
        let before = alloc::live();
        alloc::forget_peak();
        let (took, evaluation) = self.evaluate();
        let memory = alloc::peak().saturating_sub(before);
        (Written { took, bytes: bytes(&evaluation), memory }, evaluation.commit)
    }

    /// Returns how many groups are remembered.
    pub(crate) fn groups(&self) -> usize {
        self.engine.indicators().groups()
    }

    /// Begins to count memory anew: what only helps to look at signals is let go.
    pub(crate) fn forget_decisions(&mut self) {
        self.observer.follow(&self.engine.plan());
    }
}

fn rule(id: &str, says: &Value, catalog: &Catalog) -> anyhow::Result<Rule> {
    let kind = says.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::find(kind).with_context(|| format!("{id}: there is no kind `{kind}`"))?;
    let rule = kind.build(id.into(), says.clone(), catalog);
    rule.map_err(|flaw| anyhow!("{}: {}", flaw.path, flaw.message))
}

/// Returns the CPU time of this thread.
pub(crate) fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
