//! The health plane under a clock that is turned by what comes: one half looks at signals, the
//! other judges what was seen, and they need not be in one thread. End-to-end tests run it with
//! exporters of their own choice.

use std::time::Duration;

use bellwether_alerts::{Decision, Desk, Follower, Standing};
use bellwether_core::act::{Act, Refused};
use bellwether_core::facts::Observed;
use bellwether_core::incident::Incident;
use bellwether_core::ingest::Signal;
use bellwether_core::store::Restored;
use bellwether_core::time::Timestamp;
use bellwether_health::{Engine, Evaluation, Harvest, Observer};

use crate::app::followers;
use crate::config::Config;

/// What was seen up to an evaluation.
pub struct Slice {
    /// When the rules are evaluated.
    pub at: Timestamp,
    harvest: Harvest,
    /// Facts with the times at which they arrived.
    facts: Vec<(Timestamp, Vec<Observed>)>,
}

impl Slice {
    fn is_empty(&self) -> bool {
        self.harvest.is_empty() && self.facts.is_empty()
    }
}

/// What an evaluation came to.
pub struct Moment {
    /// When it was.
    pub at: Timestamp,
    /// How everything stands.
    pub evaluation: Evaluation,
    /// What is to be told.
    pub decision: Decision,
}

/// Looks at signals and cuts what it sees into slices, one for each evaluation.
pub struct Eye {
    observer: Observer,
    every: Duration,
    next: Timestamp,
    facts: Vec<(Timestamp, Vec<Observed>)>,
    /// Spans, points and log records that were seen.
    pub items: u64,
}

impl Eye {
    /// Looks at a request that arrives at `now`, which is not before the one that came before it.
    /// Slices that end before are given first.
    pub fn look(
        &mut self,
        signal: Signal,
        body: &[u8],
        now: Timestamp,
        give: &mut impl FnMut(Slice),
    ) {
        self.wait(now, give);
        let seen = self.observer.observe(signal, body, now);
        self.items += seen.items;
        if !seen.facts.is_empty() {
            self.facts.push((now, seen.facts));
        }
    }

    /// Lets time pass, and gives every slice that ends before `until`.
    pub fn wait(&mut self, until: Timestamp, give: &mut impl FnMut(Slice)) {
        while self.next < until {
            give(self.cut());
        }
    }

    /// Gives the slice that ends next.
    pub fn cut(&mut self) -> Slice {
        let slice = Slice {
            at: self.next,
            harvest: self.observer.harvest(),
            facts: std::mem::take(&mut self.facts),
        };
        self.next = self.next.plus(self.every);
        slice
    }
}

/// Judges slices as the health plane of a collector does.
pub struct Judge {
    engine: Engine,
    desk: Desk,
}

impl Judge {
    /// Begins with an empty history; the first evaluation is at `start`.
    pub fn new(config: Config, start: Timestamp) -> (Self, Eye) {
        let followers: Vec<Follower> = followers(config.exporters.iter());
        let policy = config.policy.clone();
        let restored = Restored::default();
        let mut engine = Engine::new(config.catalog, config.rules, &restored, start);
        engine.forget_at_the_end();
        // one shard, so that equal input gives equal output to the last bit
        let observer = Observer::new(engine.plan(), 1);
        let every = config.evaluate_every;
        let eye = Eye { observer, every, next: start, facts: Vec::new(), items: 0 };
        (Self { engine, desk: Desk::new(&restored, followers, policy) }, eye)
    }

    /// Does what a person asks for.
    ///
    /// # Errors
    /// Says why it is not done.
    pub fn act(&mut self, act: Act, now: Timestamp) -> Result<Decision, Refused> {
        self.desk.act(act, self.engine.catalog(), now).map(|(decision, _)| decision)
    }

    /// Returns the open incidents.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.desk.open()
    }

    /// Judges what was seen; where nothing was, and nothing changes by time alone, there is nothing
    /// to judge.
    pub fn judge(&mut self, slice: Slice) -> Option<Moment> {
        if slice.is_empty() && self.desk.rests() && self.engine.rests(slice.at) {
            return None;
        }
        let Slice { at, harvest, facts } = slice;
        for (arrived, facts) in facts {
            // nothing is stored: what is not acknowledged cannot be lost
            self.engine.learn(&facts, arrived);
        }
        self.engine.maintain(self.desk.maintenance(at));
        self.engine.absorb(&harvest);
        let evaluation = self.engine.evaluate(at);
        let decision = self.desk.decide(
            &Standing {
                catalog: self.engine.catalog(),
                active: &evaluation.active,
                effective: &evaluation.effective,
                transitions: &evaluation.commit.transitions,
                impact: &evaluation.impact,
                measured: &evaluation.measured,
                failing: &evaluation.failing,
                running: &evaluation.running,
            },
            at,
        );
        Some(Moment { at, evaluation, decision })
    }
}
