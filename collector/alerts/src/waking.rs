//! After a start nobody is told that something is silent before its sources had the time to report:
//! the collector was deaf itself.

use std::collections::BTreeSet;
use std::time::Duration;

use bellwether_core::alert::Alert;
use bellwether_core::facts::{InstanceRecord, Source};
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;

/// What a collector waits for after its start.
#[derive(Clone, Debug, Default)]
pub struct Waking {
    since: Timestamp,
    /// The instances that ran when the store was written last and were not heard since.
    expected: BTreeSet<Source>,
}

impl Waking {
    /// Begins to wait for the instances that ran.
    pub fn new(instances: &[InstanceRecord], since: Timestamp) -> Self {
        let running = instances.iter().filter(|it| it.stopped.is_none());
        Self { since, expected: running.map(|it| it.source.clone()).collect() }
    }

    /// Returns the alerts that people may be told of. What began to fire since the start and says
    /// only that something is silent waits until every instance was heard, at most for `most`;
    /// not where an incident of that component is open.
    pub fn sift<'i>(
        &mut self,
        active: Vec<Alert>,
        instances: impl Iterator<Item = &'i InstanceRecord>,
        open: &BTreeSet<ComponentId>,
        most: Duration,
        now: Timestamp,
    ) -> Vec<Alert> {
        if self.expected.is_empty() || now >= self.since.plus(most) {
            self.expected.clear();
            return active;
        }
        for it in instances.filter(|it| it.last_seen > self.since || it.stopped.is_some()) {
            self.expected.remove(&it.source);
        }
        if self.expected.is_empty() {
            return active;
        }
        let waits = |it: &Alert| {
            let silent = !it.reasons.is_empty() && it.reasons.iter().all(|it| it.is_silence());
            let begun = it.fired_at.is_some_and(|at| at >= self.since);
            silent && begun && !open.contains(&it.component)
        };
        active.into_iter().filter(|it| !waits(it)).collect()
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::reason::Reason;
    use bellwether_core::state::ComponentState::MajorOutage;

    use super::*;
    use crate::dispatch::tests::Story;

    fn instance(id: &str, seen: Timestamp) -> InstanceRecord {
        let source = Source { service: "api".into(), version: "1".into(), instance: id.into() };
        InstanceRecord::new(source, seen, seen)
    }

    #[test]
    fn silence_is_told_once_those_who_ran_had_the_time_to_report() {
        let mut story = Story::example();
        story.fire("auth", MajorOutage);
        story.fire("database", MajorOutage);
        let start = story.now;
        story.alert("auth").reasons = vec![Reason::DataMissing { since: start }];
        story.alert("database").reasons = vec![Reason::AsExpected];
        let before = instance("a", start.minus(Duration::from_secs(60)));
        let most = Duration::from_secs(30);
        let sift = |waking: &mut Waking, seen: &InstanceRecord, open: &[&str], second| {
            let now = start.plus(Duration::from_secs(second));
            let open = open.iter().map(|it| (*it).into()).collect();
            let active = story.active.clone();
            let told = waking.sift(active, std::iter::once(seen), &open, most, now);
            told.iter().map(|it| it.component.to_string()).collect::<Vec<_>>()
        };
        let mut waking = Waking::new(std::slice::from_ref(&before), start);
        assert_eq!(sift(&mut waking, &before, &[], 1), ["database"], "what is heard is told");
        assert_eq!(sift(&mut waking, &before, &["auth"], 1).len(), 2, "it is an incident already");
        assert_eq!(sift(&mut waking.clone(), &before, &[], 30).len(), 2, "not for ever");
        let heard = instance("a", start.plus(Duration::from_secs(2)));
        assert_eq!(sift(&mut waking, &heard, &[], 3).len(), 2);
        assert_eq!(sift(&mut Waking::new(&[], start), &before, &[], 1).len(), 2, "nobody ran");
    }
}
