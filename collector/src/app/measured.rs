//! What of facts is kept as observations: each run of each monitor, once.

use std::collections::BTreeMap;

use bellwether_core::facts::{Fact, Observed, Source};
use bellwether_core::store::Observation;
use bellwether_core::time::Timestamp;
use bellwether_health::evidence::Evidence;

/// Observations that wait for a store that is away; the oldest go first.
const MOST_WAITING: usize = 10_000;

/// Returns the runs that are newer than what is known of their monitors. Others were sent again,
/// or overtaken, and were counted before.
pub(super) fn observations(facts: &[Observed], known: &Evidence) -> Vec<Observation> {
    let mut newest: BTreeMap<(&Source, &str), Timestamp> = BTreeMap::new();
    let mut found = Vec::new();
    for Observed { source, at, fact } in facts {
        let Fact::Monitor { name, run } = fact else { continue };
        let stored = || Some(known.instance(source)?.monitors.get(name)?.at);
        let seen = newest.get(&(source, name.as_str())).copied().or_else(stored);
        if seen.is_some_and(|seen| *at <= seen) {
            continue;
        }
        newest.insert((source, name), *at);
        found.push(Observation {
            series: format!("monitor:{}:{name}", source.service),
            at: *at,
            value: f64::from(u8::from(run.passed)),
            failed: !run.passed,
        });
    }
    found
}

/// Lets observations wait for the store, as many as there is room for.
pub(super) fn wait(waiting: &mut Vec<Observation>, more: Vec<Observation>) {
    waiting.extend(more);
    bound(waiting);
}

/// Lets go of the oldest observations for which there is no room.
pub(super) fn bound(waiting: &mut Vec<Observation>) {
    let too_many = waiting.len().saturating_sub(MOST_WAITING);
    waiting.drain(..too_many);
}

#[cfg(test)]
mod tests {
    use bellwether_core::facts::MonitorRun;

    use super::*;

    fn ran(name: &str, second: i64, passed: bool) -> Observed {
        let source = Source { service: "api".into(), version: "1".into(), instance: "a".into() };
        let run = MonitorRun {
            passed,
            component: None,
            customer: None,
            journey: None,
            message: String::new(),
        };
        let fact = Fact::Monitor { name: name.to_owned(), run };
        Observed { source, at: Timestamp::from_secs(second), fact }
    }

    #[test]
    fn a_run_that_is_sent_again_is_observed_once() {
        let mut known = Evidence::default();
        let first = [ran("login", 10, true), ran("login", 10, true), ran("login", 40, false)];
        let observed = observations(&first, &known);
        let seen: Vec<_> = observed.iter().map(|it| (it.at.secs(), it.value, it.failed)).collect();
        assert_eq!(seen, [(10, 1.0, false), (40, 0.0, true)]);
        assert_eq!(observed[0].series, "monitor:api:login");
        first.iter().for_each(|it| known.add(it, Timestamp::from_secs(41)));
        assert_eq!(observations(&first, &known), []);
        assert_eq!(observations(&[ran("login", 70, true)], &known).len(), 1);
    }

    #[test]
    fn what_waits_is_bounded() {
        let one = observations(&[ran("login", 10, true)], &Evidence::default());
        let mut waiting = vec![one[0].clone(); MOST_WAITING];
        let late = observations(&[ran("login", 99, true)], &Evidence::default());
        wait(&mut waiting, late.clone());
        assert_eq!((waiting.len(), waiting.last()), (MOST_WAITING, late.first()));
    }
}
