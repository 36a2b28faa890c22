//! Random histories, held against a model in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bellwether_core::alert::{Alert, AlertKey};
use bellwether_core::facts::{InstanceRecord, ServiceRecord, Source};
use bellwether_core::ids::{ComponentId, IncidentId, Service};
use bellwether_core::incident::Incident;
use bellwether_core::notice::Notice;
use bellwether_core::store::{
    Attempt, Commit, ComponentStatus, Outbox, Receipts, Records, Restored, Store, Transition,
};
use proptest::test_runner::{Config, TestRunner};

use super::Place;
use super::samples::at;
use super::steps::{DESTINATIONS, Step, steps};
use bellwether_core::hold::Times;

/// A notice of the model: once it was seen in the store it has its number.
struct Held {
    number: Option<i64>,
    notice: Notice,
    times: Times,
    attempts: u32,
    waiting: bool,
    settled: bool,
}

#[derive(Default)]
struct Model {
    instances: BTreeMap<Source, InstanceRecord>,
    services: BTreeMap<Service, ServiceRecord>,
    alerts: BTreeMap<AlertKey, Alert>,
    components: BTreeMap<ComponentId, ComponentStatus>,
    incidents: BTreeMap<IncidentId, Incident>,
    transitions: Vec<Transition>,
    outbox: Vec<Held>,
    receipts: BTreeMap<String, Receipts>,
}

impl Model {
    fn commit(&mut self, commit: Commit) {
        self.instances.extend(commit.instances.into_iter().map(|it| (it.source.clone(), it)));
        self.services.extend(commit.services.into_iter().map(|it| (it.service.clone(), it)));
        self.alerts.extend(commit.alerts.into_iter().map(|it| (it.key.clone(), it)));
        self.components.extend(commit.components.into_iter().map(|it| (it.component.clone(), it)));
        self.incidents.extend(commit.incidents.into_iter().map(|it| (it.id.clone(), it)));
        self.transitions.extend(commit.transitions);
        for notice in commit.notices {
            let mut replaced = Vec::new();
            if notice.newest_only {
                for held in
                    self.outbox.iter_mut().filter(|it| it.waiting && same(&it.notice, &notice))
                {
                    held.waiting = false;
                    replaced.push(held.times);
                }
            }
            let times = Times::of(&notice, &replaced);
            let held =
                Held { number: None, notice, times, attempts: 0, waiting: true, settled: false };
            self.outbox.push(held);
        }
    }

    fn settle(&mut self, which: usize, attempt: &Attempt) {
        let held = &mut self.outbox[which];
        if let Attempt::Postponed { until, receipts, .. } = attempt {
            if held.waiting {
                held.attempts += 1;
                held.times.not_before = *until;
                let kept = self.receipts.entry(held.notice.destination.to_string()).or_default();
                kept.extend(receipts.clone());
            }
            return;
        }
        if std::mem::replace(&mut held.settled, true) {
            return;
        }
        held.waiting = false;
        let notice = held.notice.clone();
        for later in self.outbox[which + 1..].iter_mut() {
            if later.waiting && same(&later.notice, &notice) && !later.times.unwell {
                later.times.deadline = None;
            }
        }
        if let Attempt::Delivered { receipts, .. } = attempt {
            let kept = self.receipts.entry(notice.destination.to_string()).or_default();
            kept.extend(receipts.clone());
        }
    }

    fn restored(&self) -> Restored {
        let mut open: Vec<_> = self.incidents.values().filter(|it| it.is_open()).cloned().collect();
        open.sort_by_key(|it| (it.opened_at, it.id.clone()));
        Restored {
            instances: self.instances.values().cloned().collect(),
            services: self.services.values().cloned().collect(),
            alerts: self.alerts.values().cloned().collect(),
            components: self.components.values().cloned().collect(),
            open_incidents: open,
            ..Restored::default()
        }
    }

    fn incidents(&self) -> Vec<Incident> {
        let mut incidents: Vec<_> = self.incidents.values().cloned().collect();
        incidents.sort_by_key(|it| Reverse((it.opened_at, it.id.clone())));
        incidents
    }

    fn transitions(&self) -> Vec<Transition> {
        let mut transitions: Vec<_> = self.transitions.iter().cloned().enumerate().collect();
        transitions.sort_by_key(|(number, it)| Reverse((it.at, *number)));
        transitions.into_iter().map(|(_, it)| it).collect()
    }

    /// Returns the oldest waiting notice of each subject, as places in the outbox.
    fn heads(&self, destination: &str) -> Vec<usize> {
        let mut seen = Vec::new();
        let waiting = self
            .outbox
            .iter()
            .enumerate()
            .filter(|(_, it)| it.waiting && it.notice.destination.as_str() == destination);
        waiting
            .filter(|(_, it)| {
                let first = !seen.contains(&&it.notice.subject);
                seen.push(&it.notice.subject);
                first
            })
            .map(|(place, _)| place)
            .collect()
    }
}

fn same(one: &Notice, other: &Notice) -> bool {
    one.destination == other.destination && one.subject == other.subject
}

/// Asks the store everything, and learns the numbers of the notices that are due.
async fn agrees(store: &(impl Store + Records + Outbox), model: &mut Model, now: i64) {
    assert_eq!(store.restore().await.unwrap(), model.restored());
    assert_eq!(store.incidents(1_000).await.unwrap(), model.incidents());
    assert_eq!(store.transitions(1_000).await.unwrap(), model.transitions());
    for name in DESTINATIONS {
        let destination = name.into();
        let heads = model.heads(name);
        let next = heads.iter().map(|place| model.outbox[*place].times.not_before).min();
        assert_eq!(store.next_due(&destination).await.unwrap(), next);
        let kept = model.receipts.get(name).cloned().unwrap_or_default();
        assert_eq!(store.receipts(&destination).await.unwrap(), kept);
        let due = store.due(&destination, at(now), 1_000).await.unwrap();
        let ready = heads.into_iter().filter(|it| model.outbox[*it].times.not_before <= at(now));
        let ready: Vec<usize> = ready.collect();
        assert_eq!(due.len(), ready.len());
        for (owed, place) in due.into_iter().zip(ready) {
            let held = &mut model.outbox[place];
            assert_eq!(*held.number.get_or_insert(owed.number), owed.number);
            let notice = Notice { not_before: held.times.not_before, ..held.notice.clone() };
            assert_eq!((owed.notice, owed.attempts), (notice, held.attempts));
        }
    }
}

async fn replay<P: Place>(steps: Vec<Step>) {
    let place = P::new();
    let mut store = place.open().await;
    let mut model = Model::default();
    for (now, step) in (40_i64..).zip(steps) {
        match step {
            Step::Commit(changes) => {
                let mut commit = Commit::default();
                changes.iter().for_each(|change| change.add_to(&mut commit));
                store.commit(commit.clone()).await.unwrap();
                model.commit(commit);
            }
            Step::Settle(which, how) => {
                let seen = model.outbox.iter().enumerate();
                let seen: Vec<_> =
                    seen.filter_map(|(place, it)| Some((place, it.number?))).collect();
                if seen.is_empty() {
                    continue;
                }
                let (place, number) = seen[which % seen.len()];
                let why = "why".to_owned();
                let receipts = Receipts::from([(format!("r{}", which % 3), now.into())]);
                let attempt = match how {
                    0 => Attempt::Postponed { until: at(now + 5), why, receipts },
                    1 => Attempt::Refused { why },
                    _ => Attempt::Delivered { receipts, but: None },
                };
                store.settle(number, attempt.clone(), at(now)).await.unwrap();
                model.settle(place, &attempt);
            }
            Step::Forget(before) => {
                let before = at(before);
                let known = model.instances.len();
                model.instances.retain(|_, it| {
                    it.last_seen >= before && it.stopped.is_none_or(|stopped| stopped >= before)
                });
                let gone = store.forget_instances(before).await.unwrap();
                assert_eq!(gone, (known - model.instances.len()) as u64);
            }
            Step::Reopen => {
                place.close(store).await;
                store = place.open().await;
            }
        }
        agrees(&store, &mut model, now).await;
    }
    place.close(store).await;
}

pub(crate) fn any_history_reads_back_as_the_model_says<P: Place>() {
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(replay::<P>(steps));
            Ok(())
        })
        .unwrap();
}
