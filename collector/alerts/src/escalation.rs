//! Escalation: who hears next when nobody acknowledges in time.

use std::time::Duration;

use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::{Step, Target};

/// How far the escalation of one incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ladder {
    /// From when on its steps count.
    base: Timestamp,
    /// How many of them were taken.
    taken: usize,
    /// Whether a step that tells whoever the routes name was among them, and not left out.
    #[serde(default)]
    handed_over: bool,
    /// The first step that told those who answer for something, where one did and was not left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_owners: Option<usize>,
}

impl Ladder {
    pub(crate) fn new(base: Timestamp) -> Self {
        Self { base, taken: 0, handed_over: false, told_owners: None }
    }

    /// Takes the steps whose time has come, and returns their numbers, from 0. The first one waits
    /// until `first` at least, where more may come together with what it tells.
    pub(crate) fn climb(&mut self, steps: &[Step], first: Timestamp, now: Timestamp) -> Vec<usize> {
        let mut taken = Vec::new();
        while let Some(step) = steps.get(self.taken) {
            if now < self.due(step, self.taken, first) {
                break;
            }
            self.note(step, self.taken);
            taken.push(self.taken);
            self.taken += 1;
        }
        taken
    }

    /// Notes whom a step told who may turn out to be more.
    fn note(&mut self, step: &Step, at: usize) {
        self.handed_over |= step.to.contains(&Target::Route);
        if step.to.contains(&Target::Owner) {
            self.told_owners.get_or_insert(at);
        }
    }

    /// Returns when a step is due, given its number from 0.
    pub(crate) fn due(&self, step: &Step, at: usize, first: Timestamp) -> Timestamp {
        let due = self.base.plus(step.after);
        if at == 0 { due.max(first) } else { due }
    }

    /// Takes a step now, whatever its time: those before it are not taken any more, and later ones
    /// keep their distance to it. For one that was taken that stays as it was.
    pub(crate) fn take(&mut self, steps: &[Step], at: usize, now: Timestamp) {
        let Some(step) = steps.get(at) else { return };
        self.note(step, at);
        if at >= self.taken {
            self.base = now.minus(step.after);
            self.taken = at + 1;
        }
    }

    /// Makes the next step due now where its time has passed, so that not all are taken at once
    /// whose time did.
    pub(crate) fn catch_up(&mut self, steps: &[Step], now: Timestamp) {
        let passed = |it: &Step| self.base.plus(it.after) < now;
        if steps.get(self.taken).is_some_and(passed) {
            self.hasten(steps, now);
        }
    }

    /// Makes the next step due now; the others keep their distance to it.
    pub(crate) fn hasten(&mut self, steps: &[Step], now: Timestamp) {
        let next = steps.get(self.taken).map_or(Duration::MAX, |it| it.after);
        if next < Duration::MAX {
            self.base = now.minus(next);
        }
    }

    /// Begins again from the first step.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        *self = Self::new(now);
    }

    /// Returns the newest moment that it knows of.
    pub(crate) fn newest(&self) -> Timestamp {
        self.base
    }

    /// Says whether whoever the routes name was told by a step.
    pub(crate) fn handed_over(&self) -> bool {
        self.handed_over
    }

    /// Returns the first step that told those who answer for something.
    pub(crate) fn told_owners(&self) -> Option<usize> {
        self.told_owners
    }

    /// Returns how many steps were taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Returns how many steps are still to come.
    pub(crate) fn left(&self, steps: &[Step]) -> usize {
        steps.len().saturating_sub(self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(minutes: &[u64]) -> Vec<Step> {
        let step = |it: &u64| Step { after: Duration::from_secs(60 * it), to: vec![] };
        minutes.iter().map(step).collect()
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_secs(60 * minutes)
    }

    #[test]
    fn s11_steps_count_from_the_opening_and_are_taken_once() {
        let steps = steps(&[0, 10, 30]);
        let mut ladder = Ladder::new(at(100));
        assert_eq!(ladder.climb(&steps, at(100), at(100)), [0]);
        assert_eq!(ladder.climb(&steps, at(100), at(109)), [0; 0]);
        assert_eq!(ladder.climb(&steps, at(100), at(110)), [1]);
        assert_eq!(ladder.left(&steps), 1);
        // a clock that jumps takes none out
        let mut late = Ladder::new(at(100));
        assert_eq!(late.climb(&steps, at(100), at(200)), [0, 1, 2]);
        assert_eq!(late.climb(&steps, at(100), at(300)), [0; 0]);
    }

    #[test]
    fn the_first_step_waits_for_what_may_come_together_with_it() {
        let steps = steps(&[0, 10]);
        let mut ladder = Ladder::new(at(100));
        assert_eq!(ladder.climb(&steps, at(101), at(100)), [0; 0]);
        assert_eq!(ladder.climb(&steps, at(101), at(101)), [0]);
        assert_eq!(ladder.climb(&steps, at(101), at(110)), [1], "and no other one waits with it");
    }

    #[test]
    fn a_step_that_somebody_takes_leaves_out_those_before_it() {
        let steps = steps(&[0, 10, 30, 60]);
        let mut ladder = Ladder::new(at(100));
        ladder.climb(&steps, at(100), at(100));
        ladder.take(&steps, 2, at(105));
        assert_eq!(ladder.climb(&steps, at(100), at(134)), [0; 0], "nor is the one before it");
        assert_eq!(ladder.climb(&steps, at(100), at(135)), [3], "30 min later, as before");
        ladder.take(&steps, 1, at(140));
        assert_eq!(ladder.left(&steps), 0, "what was taken changes nothing");
    }

    #[test]
    fn what_is_late_is_caught_up_step_by_step() {
        let steps = steps(&[0, 10, 30]);
        let mut ladder = Ladder::new(at(100));
        ladder.climb(&steps, at(100), at(100));
        ladder.catch_up(&steps, at(105));
        assert_eq!(ladder.climb(&steps, at(100), at(109)), [0; 0], "nothing is late");
        ladder.catch_up(&steps, at(200));
        assert_eq!(ladder.climb(&steps, at(100), at(200)), [1]);
        assert_eq!(ladder.climb(&steps, at(100), at(220)), [2]);
    }

    #[test]
    fn s11_an_acknowledgement_that_expires_hastens_the_next_step() {
        let steps = steps(&[0, 10, 30]);
        let mut ladder = Ladder::new(at(100));
        ladder.climb(&steps, at(100), at(100));
        ladder.hasten(&steps, at(135));
        assert_eq!(ladder.climb(&steps, at(100), at(135)), [1]);
        assert_eq!(ladder.climb(&steps, at(100), at(154)), [0; 0]);
        assert_eq!(ladder.climb(&steps, at(100), at(155)), [2], "20 min later, as before");
        ladder.hasten(&steps, at(200));
        assert_eq!(ladder.climb(&steps, at(100), at(200)), [0; 0], "there is none left");
    }
}
