//! Which versions services run, as far as they say or their requests show.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::deployment::Running;
use bellwether_core::facts::{InstanceRecord, Source};
use bellwether_core::ids::{Instance, Service, Version};
use bellwether_core::time::Timestamp;

/// A version that had no request for so long does not run, where nothing else is known of it.
const PATIENCE: Duration = Duration::from_secs(300);

/// That requests go on is looked at so often.
const AGAIN: Duration = Duration::from_secs(60);

/// More services, and more versions of one, are not followed by their requests.
const MOST_SERVICES: usize = 1_000;
const MOST_VERSIONS: usize = 32;

/// What is known of all instances.
pub(super) type Instances = BTreeMap<(Service, Instance), InstanceRecord>;

/// Notes of which services it is to be looked which versions run.
#[derive(Debug, Default)]
pub(super) struct Versions {
    stirred: BTreeSet<Service>,
    served: BTreeMap<Service, BTreeMap<Version, Served>>,
}

/// Since when requests of a version come.
#[derive(Clone, Copy, Debug)]
struct Served {
    since: Timestamp,
    last: Timestamp,
    looked: Timestamp,
}

impl Versions {
    /// Begins with all that was known before.
    pub(super) fn of(instances: &Instances) -> Self {
        let stirred = instances.keys().map(|(service, _)| service.clone()).collect();
        Self { stirred, served: BTreeMap::new() }
    }

    /// Notes that a service said something.
    pub(super) fn stir(&mut self, service: &Service) {
        if !self.stirred.contains(service) {
            self.stirred.insert(service.clone());
        }
    }

    /// Notes that requests of a version came at `now`.
    pub(super) fn served(&mut self, source: &Source, now: Timestamp) {
        let Source { service, version, .. } = source;
        if let Some(known) = self.served.get_mut(service).and_then(|it| it.get_mut(version)) {
            if now.since(known.last) > PATIENCE {
                known.since = now;
            }
            known.last = known.last.max(now);
            if now.since(known.looked) < AGAIN && known.since < now {
                return;
            }
            known.looked = now;
            return self.stir(service);
        }
        if version.as_str().is_empty()
            || self.served.len() >= MOST_SERVICES && !self.served.contains_key(service)
        {
            return;
        }
        let versions = self.served.entry(service.clone()).or_default();
        versions.insert(version.clone(), Served { since: now, last: now, looked: now });
        while versions.len() > MOST_VERSIONS {
            let oldest = versions.iter().min_by_key(|(_, it)| it.last).map(|(it, _)| it.clone());
            oldest.and_then(|it| versions.remove(&it));
        }
        self.stir(service);
    }

    /// Returns which versions of the services run of which something was heard since the last look.
    pub(super) fn take(&mut self, instances: &Instances, now: Timestamp) -> Running {
        let stirred = std::mem::take(&mut self.stirred);
        if self.served.len() >= MOST_SERVICES {
            // those of which nothing runs any more make room for others
            let goes_on = |it: &Served| now.since(it.last) <= PATIENCE;
            self.served.retain(|_, versions| versions.values().any(goes_on));
        }
        let of = |service: Service| {
            let running = self.running(&service, instances, now);
            (!running.is_empty()).then_some((service, running))
        };
        stirred.into_iter().filter_map(of).collect()
    }

    /// Of a service that reports how it starts, what runs is what says so; of another one, what
    /// has requests.
    fn running(
        &self,
        service: &Service,
        instances: &Instances,
        now: Timestamp,
    ) -> BTreeMap<Version, Timestamp> {
        let first = (service.clone(), Instance::new(""));
        let mut own = instances.range(first..).take_while(|((it, _), _)| it == service).peekable();
        if own.peek().is_none() {
            let served = self.served.get(service).into_iter().flatten();
            let running = served.filter(|(_, it)| now.since(it.last) <= PATIENCE);
            return running.map(|(version, it)| (version.clone(), it.since)).collect();
        }
        let mut running: BTreeMap<Version, Timestamp> = BTreeMap::new();
        for (_, it) in own.filter(|(_, it)| it.is_running(now) && has_started(it)) {
            let began = running.entry(it.source.version.clone()).or_insert(it.first_seen);
            *began = it.first_seen.max(*began);
        }
        running.retain(|version, _| !version.as_str().is_empty());
        running
    }
}

/// Says whether an instance is through with what it checks when it starts, if it does.
fn has_started(it: &InstanceRecord) -> bool {
    it.startup.is_some() || it.routes.is_some() || it.checks.is_empty()
}

#[cfg(test)]
mod tests {
    use bellwether_core::facts::{CheckOutcome, CheckReport, Fact, Observed, StartupOutcome};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_secs(second)
    }

    fn source(version: &str) -> Source {
        Source { service: "api".into(), version: version.into(), instance: "x".into() }
    }

    /// Returns what runs, once something was heard.
    fn look(versions: &mut Versions, second: i64) -> Option<Vec<String>> {
        let running = versions.take(&Instances::new(), at(second));
        let names =
            |it: &BTreeMap<Version, Timestamp>| it.keys().map(ToString::to_string).collect();
        running.get("api").map(names)
    }

    #[test]
    fn a_service_that_reports_nothing_is_known_by_its_requests() {
        let mut versions = Versions::default();
        assert_eq!(look(&mut versions, 0), None);
        versions.served(&source("1"), at(0));
        assert_eq!(look(&mut versions, 0), Some(vec!["1".to_owned()]));
        versions.served(&source("1"), at(30));
        assert_eq!(look(&mut versions, 30), None, "as before");
        versions.served(&source(""), at(30));
        assert_eq!(look(&mut versions, 30), None, "without a version nothing is known");
        versions.served(&source("2"), at(100));
        assert_eq!(look(&mut versions, 100), Some(vec!["1".to_owned(), "2".to_owned()]));
        versions.served(&source("2"), at(600));
        assert_eq!(look(&mut versions, 600), Some(vec!["2".to_owned()]));
    }

    #[test]
    fn a_service_that_reports_is_known_by_what_it_says_and_not_by_its_requests() {
        let mut evidence = crate::evidence::Evidence::default();
        let check = |name: &str| Fact::Check {
            name: name.to_owned(),
            report: CheckReport {
                outcome: CheckOutcome::Passed,
                component: None,
                message: String::new(),
            },
        };
        let ready = || Fact::Startup { outcome: StartupOutcome::Ready };
        let mut say = |version: &str, instance: &str, second: i64, fact: Fact| {
            let source = Source { instance: instance.into(), ..source(version) };
            evidence.add(&Observed { source, at: at(second), fact }, at(second));
            let running = evidence.running_versions(at(second));
            let text =
                |(version, began): (&Version, &Timestamp)| format!("{version}@{}", began.secs());
            running.get("api").into_iter().flatten().map(text).collect::<Vec<_>>()
        };
        assert_eq!(say("1", "a", 0, ready()), ["1@0"]);
        assert_eq!(say("2", "b", 10, check("database")), ["1@0"], "it has not started yet");
        assert_eq!(say("2", "b", 12, ready()), ["1@0", "2@10"]);
        assert_eq!(say("1", "a", 20, Fact::Stopping), ["2@10"]);
        let aborted = Fact::Startup { outcome: StartupOutcome::Aborted };
        assert_eq!(say("3", "c", 30, aborted), ["2@10"], "it refused to");
        // in place, under the name of the one before
        assert_eq!(say("2", "b", 40, Fact::Stopping), [""; 0]);
        assert_eq!(say("4", "b", 41, ready()), ["4@41"]);
        assert_eq!(say("5", "b", 50, ready()), ["5@50"], "and after a crash");
    }

    #[test]
    fn names_that_are_gone_make_room_for_others() {
        let mut versions = Versions::default();
        for made_up in 0..MOST_SERVICES {
            let service = Service::new(&format!("x{made_up}"));
            versions.served(&Source { service, ..source("1") }, at(0));
        }
        versions.served(&source("1"), at(1));
        assert_eq!(look(&mut versions, 1), None, "there is no room");
        assert_eq!(look(&mut versions, 400), None);
        versions.served(&source("1"), at(401));
        assert_eq!(look(&mut versions, 401), Some(vec!["1".to_owned()]));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut versions = Versions::default();
        for at_second in 0..100 {
            versions.served(&source(&at_second.to_string()), at(at_second));
        }
        let kept = look(&mut versions, 100).unwrap_or_default();
        assert_eq!(kept.len(), MOST_VERSIONS);
        assert!(kept.contains(&"99".to_owned()));
    }
}
