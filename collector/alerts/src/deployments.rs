//! What services run, and which change of that those have to know of who are told of incidents.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::deployment::{Deployment, Running};
use bellwether_core::ids::{Service, Version};
use bellwether_core::notice::{Body, Notice};
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::notices::Follower;

/// What the names of their records begin with.
const RECORD: &str = "version:";

/// A version of which nothing runs for so long, while another one does, was given up.
const GIVEN_UP: Duration = Duration::from_secs(600);

/// So many versions that a service ran are remembered.
const PAST: usize = 32;

/// So many services are remembered, which is more than can run at once: names of which nothing runs make
/// room for others.
const MOST: usize = 25_000;

/// What is known of the versions of services. Bounded.
#[derive(Default)]
pub(crate) struct Deployments(BTreeMap<Service, Runs>);

/// What one service runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Runs {
    /// The version that was deployed last.
    current: Version,
    since: Timestamp,
    /// All that ran at the last look at which anything did.
    running: BTreeSet<Version>,
    /// Those that it ran before, the newest last.
    past: VecDeque<Version>,
    /// When the current one was last seen to run; not known after a start.
    #[serde(skip)]
    seen: Option<Timestamp>,
}

impl Deployments {
    /// Goes on from what was stored.
    pub(crate) fn restore(snapshots: &[Snapshot]) -> Self {
        let read = |it: &Snapshot| {
            let service = Service::new(it.name.strip_prefix(RECORD)?);
            Some((service, serde_json::from_slice(it.body.as_deref()?).ok()?))
        };
        Self(snapshots.iter().filter_map(read).collect())
    }

    /// Returns what was deployed, told to whoever follows that, and what has to be stored with it.
    /// What a service runs when it is first heard of is no deployment.
    pub(crate) fn look(
        &mut self,
        running: &Running,
        catalog: &Catalog,
        followers: &[Follower],
        now: Timestamp,
    ) -> (Vec<Notice>, Vec<Snapshot>) {
        let (mut notices, mut snapshots) = (Vec::new(), Vec::new());
        for (service, versions) in running {
            let before = self.0.get(service).cloned();
            let Some(mut runs) = before.clone().or_else(|| Runs::first(versions)) else { continue };
            for (version, at, again) in runs.look(versions, now) {
                let before = runs.replace(version, at);
                let deployment = Deployment {
                    service: service.clone(),
                    version: runs.current.clone(),
                    before,
                    again,
                    at,
                    components: components(service, catalog),
                };
                let told = followers.iter().filter(|it| it.deployments);
                notices.extend(told.map(|to| notice(to, &deployment, now)));
            }
            let kept = |it: &Runs| (it.current.clone(), it.running.clone());
            if before.as_ref().map(kept) != Some(kept(&runs)) {
                snapshots.push(runs.record(service, now));
            }
            self.0.insert(service.clone(), runs);
        }
        let forgotten = self.make_room(running).into_iter();
        snapshots.extend(forgotten.map(|it| Snapshot { name: record(&it), at: now, body: None }));
        (notices, snapshots)
    }

    /// Forgets the services beyond what there is room for: those of which nothing runs, and of them those
    /// that were deployed longest ago.
    fn make_room(&mut self, running: &Running) -> Vec<Service> {
        let over = self.0.len().saturating_sub(MOST);
        if over == 0 {
            return Vec::new();
        }
        let mut all: Vec<(bool, Timestamp, Service)> = self
            .0
            .iter()
            .map(|(service, it)| (running.contains_key(service), it.since, service.clone()))
            .collect();
        all.sort();
        let forgotten: Vec<Service> = all.into_iter().take(over).map(|it| it.2).collect();
        forgotten.iter().for_each(|it| drop(self.0.remove(it)));
        forgotten
    }
}

fn record(service: &Service) -> String {
    format!("{RECORD}{service}")
}

impl Runs {
    /// Begins with what runs; absent where nothing does.
    fn first(versions: &BTreeMap<Version, Timestamp>) -> Option<Self> {
        let (current, since) = versions.iter().max_by_key(|(_, at)| **at)?;
        let (current, since) = (current.clone(), *since);
        let running = versions.keys().cloned().collect();
        Some(Self { current, since, running, past: VecDeque::new(), seen: None })
    }

    /// Returns the versions that run now and did not, oldest first, with when they began and
    /// whether they ran before that.
    fn look(
        &mut self,
        versions: &BTreeMap<Version, Timestamp>,
        now: Timestamp,
    ) -> Vec<(Version, Timestamp, bool)> {
        let is_new = |(version, at): &(&Version, &Timestamp)| {
            // an old process that is heard of late deploys nothing
            let late = self.past.contains(version) && **at <= self.since;
            **version != self.current && !self.running.contains(*version) && !late
        };
        let new = versions.iter().filter(is_new);
        let mut new: Vec<_> =
            new.map(|(version, at)| (version.clone(), *at, self.past.contains(version))).collect();
        new.sort_by_key(|(_, at, _)| *at);
        if versions.contains_key(&self.current) {
            self.seen = Some(now);
        }
        let gone = now.since(*self.seen.get_or_insert(now)) >= GIVEN_UP;
        if gone && new.is_empty() {
            let left = versions.iter().max_by_key(|(_, at)| **at);
            new.extend(left.map(|(version, _)| (version.clone(), now, true)));
        }
        if !versions.is_empty() {
            self.running = versions.keys().cloned().collect();
        }
        if !new.is_empty() {
            self.seen = Some(now);
        }
        new
    }

    /// Puts a version in the place of the current one, and returns that.
    fn replace(&mut self, version: Version, at: Timestamp) -> Version {
        let before = std::mem::replace(&mut self.current, version);
        self.since = self.since.max(at);
        self.past.retain(|it| *it != before && *it != self.current);
        self.past.push_back(before.clone());
        while self.past.len() > PAST {
            self.past.pop_front();
        }
        before
    }

    fn record(&self, service: &Service, now: Timestamp) -> Snapshot {
        // of what this is made of, nothing can fail to be written
        let body = serde_json::to_vec(self).ok();
        Snapshot { name: record(service), at: now, body: body.map(Into::into) }
    }
}

/// Returns the components that are made of a service.
fn components(
    service: &Service,
    catalog: &Catalog,
) -> BTreeMap<bellwether_core::ids::ComponentId, String> {
    let of = catalog.components().filter(|it| it.services.contains(service));
    of.map(|it| (it.id.clone(), it.name.clone())).collect()
}

fn notice(to: &Follower, deployment: &Deployment, now: Timestamp) -> Notice {
    Notice {
        destination: to.destination.clone(),
        subject: Notice::deployment_subject(&deployment.service),
        newest_only: false,
        at: now,
        not_before: now,
        body: Body::Deployment { deployment: deployment.clone() },
    }
}

#[cfg(test)]
mod tests;
