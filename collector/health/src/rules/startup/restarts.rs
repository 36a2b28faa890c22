//! Restarts in a loop: instances that end soon after they started, again and again.

use bellwether_core::facts::{InstanceRecord, StartupOutcome};
use bellwether_core::ids::Service;
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;

use super::{Seen, Startup, worse};
use crate::sample::Verdict;

impl Startup {
    /// Judges whether a service of the component restarts in a loop; that none does is no result.
    pub(super) fn restarts(&self, seen: Seen<'_>) -> Verdict {
        let services = seen.component.services.iter();
        services.map(|it| self.restarts_of(it, seen)).fold(Verdict::Quiet, worse)
    }

    fn restarts_of(&self, service: &Service, seen: Seen<'_>) -> Verdict {
        let instances = seen.evidence.instances().filter(|it| it.source.service == *service);
        let mut ends: Vec<Timestamp> = instances.flat_map(|it| self.crashes(it, seen)).collect();
        ends.sort_unstable();
        let since = seen.now.minus(self.restarts_within.get());
        ends.retain(|it| *it >= since);
        let count = ends.len() as u64;
        match ends.first() {
            // between two tries it may be there for a while
            Some(first) if count >= self.restarts => Verdict::Bad {
                state: ComponentState::PartialOutage,
                fault_at: *first,
                reasons: vec![Reason::RestartsInALoop {
                    service: service.clone(),
                    count,
                    within: self.restarts_within,
                }],
            },
            _ => Verdict::Quiet,
        }
    }

    /// Returns when processes of this name ended soon after they started, and not in order.
    fn crashes<'e>(
        &self,
        instance: &'e InstanceRecord,
        seen: Seen<'_>,
    ) -> impl Iterator<Item = Timestamp> + use<'e> {
        let lived = instance.last_seen.since(instance.first_seen);
        // while the collector was away nobody could report
        let silent_since = instance.last_seen.max(seen.watched_since);
        let silent = seen.now.since(silent_since) > instance.patience();
        let gone =
            instance.startup == Some(StartupOutcome::Aborted) || silent && instance.reports();
        let newest = (gone && lived < self.restarts_within.get()).then_some(instance.last_seen);
        instance.crashes.iter().copied().chain(newest)
    }
}
