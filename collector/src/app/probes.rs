//! The probes that arrived: a service sends a nonce and asks for it afterwards, which shows that
//! its telemetry comes all the way to the health plane.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwether_core::facts::{Fact, Observed};
use bellwether_core::time::Timestamp;

/// More probes than this are not remembered; the oldest go first.
const MOST: usize = 10_000;

/// How long a probe is remembered.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Remembers the newest probes. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    nonces: BTreeSet<Arc<str>>,
    oldest_first: VecDeque<(Timestamp, Arc<str>)>,
}

impl Probes {
    /// Adds the probes among facts that the health plane has stored.
    pub(super) fn saw(&self, facts: &[Observed], now: Timestamp) {
        let nonces = facts.iter().filter_map(|it| match &it.fact {
            Fact::Probe { nonce } => Some(nonce.as_str()),
            _ => None,
        });
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for nonce in nonces {
            let nonce: Arc<str> = nonce.into();
            if seen.nonces.insert(nonce.clone()) {
                seen.oldest_first.push_back((now, nonce));
            }
        }
        seen.forget(now);
    }

    pub(super) fn has_seen(&self, nonce: &str, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        seen.nonces.contains(nonce)
    }
}

impl Seen {
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.oldest_first.front()
            && (self.oldest_first.len() > MOST || now.since(*at) > LIFETIME)
        {
            if let Some((_, nonce)) = self.oldest_first.pop_front() {
                self.nonces.remove(&nonce);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::facts::Source;

    use super::*;

    fn probe(nonce: impl Into<String>) -> Observed {
        Observed {
            source: Source { service: "api".into(), version: "1".into(), instance: "i".into() },
            at: Timestamp::default(),
            fact: Fact::Probe { nonce: nonce.into() },
        }
    }

    #[test]
    fn probes_are_remembered_for_a_while() {
        let probes = Probes::default();
        probes.saw(&[probe("a")], Timestamp::from_secs(0));
        assert!(probes.has_seen("a", Timestamp::from_secs(300)));
        assert!(!probes.has_seen("b", Timestamp::from_secs(300)));
        assert!(!probes.has_seen("a", Timestamp::from_secs(301)));
    }

    #[test]
    fn a_flood_of_probes_takes_no_more_room_than_is_allowed() {
        let probes = Probes::default();
        let flood: Vec<Observed> = (0..=MOST).map(|n| probe(n.to_string())).collect();
        let now = Timestamp::from_secs(1);
        probes.saw(&flood, now);
        probes.saw(&flood[1..], now);
        assert!(!probes.has_seen("0", now), "the oldest");
        assert!(probes.has_seen("1", now) && probes.has_seen(&MOST.to_string(), now));
        let seen = probes.seen.lock().unwrap();
        assert_eq!((seen.nonces.len(), seen.oldest_first.len()), (MOST, MOST));
    }
}
