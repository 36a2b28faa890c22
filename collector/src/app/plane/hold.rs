//! Keeps people from being told of a victim: what a broken component stands on is asked at once,
//! and the message waits for the answers, for a little while.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::alert::Alert;
use bellwether_core::catalog::Catalog;
use bellwether_core::ids::ComponentId;
use bellwether_core::time::Timestamp;
use bellwether_probes::{Answers, Urgency};

/// A message waits no longer than this.
const LONGEST: Duration = Duration::from_secs(5);

/// Holds back alerts while what their components stand on is asked.
#[derive(Debug, Default)]
pub(in crate::app) struct Holds {
    urgency: Urgency,
    held: BTreeMap<ComponentId, Hold>,
}

#[derive(Debug)]
struct Hold {
    since: Timestamp,
    answers: Answers,
}

impl Holds {
    pub(in crate::app) fn new(urgency: Urgency) -> Self {
        Self { urgency, held: BTreeMap::new() }
    }

    /// Returns the alerts that people may be told of at `now`, given those that are active. One
    /// that has just begun to fire lets everything be asked that its component stands on.
    pub(super) fn sift(
        &mut self,
        active: Vec<Alert>,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Vec<Alert> {
        self.held.retain(|_, hold| !hold.answers.are_there() && now < hold.since.plus(LONGEST));
        let begun = active.iter().filter(|it| it.fired_at == Some(now));
        for component in begun.map(|it| &it.component) {
            if self.held.contains_key(component) {
                continue;
            }
            let mut answers = self.urgency.ask(&below(catalog, component));
            if !answers.are_there() {
                self.held.insert(component.clone(), Hold { since: now, answers });
            }
        }
        let is_held = |it: &Alert| {
            let hold = self.held.get(&it.component);
            hold.is_some_and(|hold| it.fired_at.is_some_and(|fired| fired >= hold.since))
        };
        active.into_iter().filter(|it| !is_held(it)).collect()
    }
}

/// Returns everything that a component stands on, whether it needs it or only uses it.
fn below(catalog: &Catalog, component: &ComponentId) -> BTreeSet<ComponentId> {
    let mut found = BTreeSet::new();
    let mut open = vec![component.clone()];
    while let Some(component) = open.pop().and_then(|it| catalog.component(&it)) {
        for below in component.depends_on.iter().chain(&component.uses) {
            if found.insert(below.clone()) {
                open.push(below.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bellwether_core::BoxFuture;
    use bellwether_core::alert::{AlertKey, Data, Flaps, Phase};
    use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
    use bellwether_core::state::{ComponentState, Severity};
    use bellwether_probes::{Around, Ask, Level, Probe};
    use bytes::Bytes;
    use tokio::task::JoinSet;
    use tokio::time::sleep;
    use tokio_util::sync::CancellationToken;

    use super::*;

    struct Deaf;

    impl Ingest for Deaf {
        fn ingest(&self, _: Signal, _: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
            Box::pin(async { Ok(Accepted::default()) })
        }
    }

    /// Answers after a while.
    struct Slow(Duration);

    impl Ask for Slow {
        fn ask(&self) -> BoxFuture<'_, bellwether_probes::Answer> {
            Box::pin(async {
                sleep(self.0).await;
                Ok(())
            })
        }
    }

    fn catalog() -> Catalog {
        let raw = serde_json::json!({ "components": {
            "admin": { "depends_on": ["auth"] }, "auth": { "uses": ["cache"] }, "cache": {}, "other": {},
        } });
        Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
    }

    fn alert(rule: &str, component: &str, fired_at: Timestamp) -> Alert {
        Alert {
            key: AlertKey { rule: rule.into(), labels: BTreeMap::new() },
            epoch: 1,
            component: component.into(),
            phase: Phase::Firing,
            since: fired_at,
            streak: 0,
            results: 0,
            flaps: Flaps::default(),
            flapping: false,
            data: Data::Fresh,
            stale_since: None,
            lost_since: None,
            state: ComponentState::MajorOutage,
            severity: Severity::High,
            fault_at: None,
            fired_at: Some(fired_at),
            reasons: vec![],
            values: BTreeMap::new(),
            example: None,
            suppressed_by: None,
        }
    }

    /// Runs a probe of a component that answers after a while.
    async fn probing(component: &str, takes: Duration) -> (Holds, JoinSet<()>) {
        let urgency = Urgency::default();
        let probe = Probe {
            name: "p".to_owned(),
            component: component.into(),
            customer: None,
            journey: None,
            level: Level::Basic,
            every: Duration::from_secs(3_600),
            timeout: Duration::from_secs(60),
            ask: Arc::new(Slow(takes)),
        };
        let around = Around {
            ingest: Arc::new(Deaf),
            now: Arc::new(Timestamp::default),
            urgency: urgency.clone(),
        };
        let mut running = JoinSet::new();
        running.spawn(bellwether_probes::run(vec![probe], around, CancellationToken::new()));
        // the first run of all
        sleep(takes + Duration::from_secs(1)).await;
        (Holds::new(urgency), running)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn rules(alerts: &[Alert]) -> Vec<&str> {
        alerts.iter().map(|it| it.key.rule.as_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_waits_for_what_the_component_stands_on() {
        let (mut holds, _running) = probing("cache", Duration::from_secs(2)).await;
        let catalog = catalog();
        let both = || vec![alert("a", "admin", at(10)), alert("o", "other", at(10))];
        assert_eq!(rules(&holds.sift(both(), &catalog, at(10))), ["o"], "stands on nothing");
        // what joins meanwhile waits, too, and what fired before is never taken back
        let more = vec![
            alert("old", "admin", at(1)),
            alert("a", "admin", at(10)),
            alert("b", "admin", at(11)),
        ];
        assert_eq!(rules(&holds.sift(more.clone(), &catalog, at(11))), ["old"]);
        sleep(Duration::from_millis(2_100)).await;
        assert_eq!(rules(&holds.sift(more, &catalog, at(12))), ["old", "a", "b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_waits_no_longer_than_five_seconds() {
        let (mut holds, _running) = probing("auth", Duration::from_secs(50)).await;
        let catalog = catalog();
        let one = || vec![alert("a", "admin", at(10))];
        for (now, told) in [(10, 0), (14, 0), (15, 1), (16, 1)] {
            assert_eq!(holds.sift(one(), &catalog, at(now)).len(), told, "at {now}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_asked_nothing_waits() {
        let (mut holds, _running) = probing("other", Duration::from_secs(50)).await;
        assert_eq!(holds.sift(vec![alert("a", "admin", at(10))], &catalog(), at(10)).len(), 1);
    }
}
