//! Random policies, acknowledgements, clock jumps, crashes and outages of providers: what holds
//! whatever happens.

mod policies;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::ids::Destination;
use bellwether_core::state::ComponentState::{MajorOutage, PartialOutage};
use proptest::prelude::*;

use self::policies::policies;
use super::owners::owned;
use super::*;
use crate::audit::What;
use crate::recipient::Recipient;

/// After so many seconds an incident that nobody works on has reached somebody: the longest step
/// of the policies below, and some.
const BOUND: u64 = 45 * 60;

const CHANNELS: [&str; 5] =
    ["pagerduty", "pagerduty/second", "slack/emergency", "slack/zebra", "email/executives"];

/// What writes to owners, in every second policy.
const WRITER: &str = "email/owners";

/// What provides, and may be out.
fn provider(at: usize) -> Destination {
    Destination::new(CHANNELS.get(at).copied().unwrap_or(WRITER))
}

fn catalog_of(another: bool) -> Catalog {
    let admin = if another { "another@marketedge.example" } else { "admin@marketedge.example" };
    owned(admin, "auth@marketedge.example")
}

#[derive(Clone, Debug)]
enum Event {
    Fire(&'static str, bool),
    Mend(&'static str),
    /// Lets time pass, in steps of so many seconds.
    Pass {
        steps: u64,
        each: u64,
    },
    Acknowledge,
    /// Takes a step now: the next one, or one that is chosen.
    Escalate(Option<usize>),
    /// Sets the clock, in minutes.
    Jump(i64),
    /// Kills the collector between two evaluations.
    Crash,
    /// Kills it after it has decided and before that is stored.
    CrashBeforeStored,
    /// Kills it after a provider took something and before that is written down.
    CrashBeforeReceipt,
    /// A provider takes nothing for a while, or again.
    Outage(usize, bool),
    /// Another one answers for the admin panel, or the first one again.
    HandOver(bool),
}

fn event() -> impl Strategy<Value = Event> {
    let component = prop::sample::select(vec!["auth", "admin", "database"]);
    prop_oneof![
        4 => (component.clone(), any::<bool>()).prop_map(|(it, major)| Event::Fire(it, major)),
        2 => component.prop_map(Event::Mend),
        6 => (1..40_u64, prop::sample::select(vec![1, 1, 20, 120]))
            .prop_map(|(steps, each)| Event::Pass { steps, each }),
        3 => Just(Event::Acknowledge),
        2 => prop::option::of(1..4_usize).prop_map(Event::Escalate),
        2 => (-600..600_i64).prop_map(Event::Jump),
        1 => Just(Event::Crash),
        1 => Just(Event::CrashBeforeStored),
        1 => Just(Event::CrashBeforeReceipt),
        2 => (0..=CHANNELS.len(), any::<bool>()).prop_map(|(at, down)| Event::Outage(at, down)),
        2 => any::<bool>().prop_map(Event::HandOver),
    ]
}

/// Returns who is told by a notice.
fn recipients(notice: &Notice) -> Vec<Recipient> {
    let to = &notice.destination;
    match &notice.body {
        Body::Incident { recipients, .. } if !recipients.is_empty() => {
            recipients.iter().map(|it| Recipient::person(to, it)).collect()
        }
        _ => vec![to.clone().into()],
    }
}

/// A message in the outbox.
struct Row {
    notice: Notice,
    waits: bool,
}

/// The world around a desk: the outbox, the providers, and the time as it really passes.
struct World {
    story: Story,
    outbox: Vec<Row>,
    down: BTreeSet<Destination>,
    /// Seconds that passed, whatever the clock says.
    real: u64,
    /// Since when each open incident has no excuse for not having reached anybody.
    since: BTreeMap<IncidentId, u64>,
    /// When what is acknowledged was.
    acknowledged: BTreeMap<IncidentId, u64>,
    reached: BTreeSet<IncidentId>,
    /// Those that were ever acknowledged.
    ever: BTreeSet<IncidentId>,
    /// With each provider and each person, what is open there by its key, and what ever was.
    open: BTreeMap<Recipient, BTreeMap<String, bool>>,
    /// Of what each of them was told as new.
    begun: BTreeSet<(Recipient, String)>,
    lose_receipts: bool,
    /// How many transactions the outbox has.
    taken: usize,
}

impl World {
    fn new(policy: Arc<Policy>) -> Self {
        Self {
            story: Story { catalog: catalog_of(false), ..Story::by(policy) },
            outbox: Vec::new(),
            down: BTreeSet::new(),
            real: 0,
            since: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            reached: BTreeSet::new(),
            ever: BTreeSet::new(),
            open: BTreeMap::new(),
            begun: BTreeSet::new(),
            lose_receipts: false,
            taken: 0,
        }
    }

    /// Takes what was stored into the outbox, as one transaction after the other.
    fn stored(&mut self) -> Result<(), TestCaseError> {
        let new = self.story.transactions.iter().skip(self.taken).cloned().collect::<Vec<_>>();
        self.taken = self.story.transactions.len();
        for (withdrawals, notices) in new {
            for row in self.outbox.iter_mut().filter(|it| it.waits) {
                row.waits = !withdrawals.iter().any(|it| it.covers(&row.notice));
            }
            for notice in &notices {
                self.written(notice)?;
            }
            self.outbox.extend(notices.into_iter().map(|notice| Row { notice, waits: true }));
        }
        Ok(())
    }

    /// Holds that everybody is told of an incident as new once, and of nothing else before.
    fn written(&mut self, notice: &Notice) -> Result<(), TestCaseError> {
        if notice.destination.as_str() == "datadog" {
            return Ok(());
        }
        let (change, incident) = says(notice);
        let whom = recipients(notice);
        prop_assert_eq!(whom.iter().collect::<BTreeSet<_>>().len(), whom.len(), "{:?}", whom);
        for it in whom {
            let person = it.address.is_some();
            prop_assert_eq!(person, it.destination.as_str() == WRITER, "{} reads nothing", it);
            let is_new = self.begun.insert((it.clone(), notice.subject.clone()));
            let first = change == Change::Opened;
            prop_assert_eq!(is_new, first, "{} {} of {}", it, change, incident.id);
        }
        Ok(())
    }

    fn step(&mut self, seconds: u64) -> Result<(), TestCaseError> {
        self.real += seconds;
        self.story.now = self.story.now.plus(Duration::from_secs(seconds));
        self.story.evaluate();
        self.stored()?;
        self.look();
        self.deliver()?;
        self.check()
    }

    /// Notes which incidents are open, and which are still acknowledged.
    fn look(&mut self) {
        let open: BTreeMap<IncidentId, bool> = self
            .story
            .desk
            .open()
            .map(|it| (it.id.clone(), it.response.acknowledged.is_some()))
            .collect();
        self.since.retain(|id, _| open.contains_key(id));
        self.acknowledged.retain(|id, _| open.get(id) == Some(&true));
        for id in open.keys() {
            self.since.entry(id.clone()).or_insert(self.real);
        }
    }

    /// Lets the workers deliver what waits.
    fn deliver(&mut self) -> Result<(), TestCaseError> {
        for row in self.outbox.iter_mut().filter(|it| it.waits) {
            let notice = &row.notice;
            if self.down.contains(&notice.destination) {
                continue;
            }
            row.waits = self.lose_receipts;
            if notice.destination.as_str() == "datadog" {
                continue;
            }
            let (change, incident) = says(notice);
            let asks = matches!(change, Change::Opened | Change::Reminded);
            if let Some(at) = self.acknowledged.get(&incident.id).filter(|_| asks) {
                let late = self.real - at;
                prop_assert!(late <= 1, "{} {change} {late} s after it", notice.destination);
            }
            if asks {
                self.reached.insert(incident.id.clone());
            }
            for whom in recipients(notice) {
                // the provider knows an incident by our key
                let there = self.open.entry(whom).or_default();
                match change {
                    Change::Resolved => drop(there.insert(notice.subject.clone(), false)),
                    Change::Acknowledged => {}
                    _ => drop(there.insert(notice.subject.clone(), true)),
                }
            }
        }
        Ok(())
    }

    /// Holds that the auditor, who does not know what decides, finds nothing.
    fn audit(&self) -> Result<(), TestCaseError> {
        for incident in self.story.desk.open() {
            let mut findings = self.story.audit(incident);
            findings.retain(|it| !matches!(it.what, What::Undelivered { .. }));
            // what became due while nobody was there, and then somebody was, is found and left alone
            if self.ever.contains(&incident.id) {
                findings.retain(|it| it.what != What::Missing);
            }
            prop_assert!(findings.is_empty(), "{findings:?} of {incident:#?}");
        }
        Ok(())
    }

    /// Holds that whoever is critical, and nobody's, has reached somebody in time.
    fn check(&mut self) -> Result<(), TestCaseError> {
        if !self.down.is_empty() {
            self.excuse();
        }
        for incident in self.story.desk.open() {
            let since = self.since.get(&incident.id).copied().unwrap_or(self.real);
            let told = self.reached.contains(&incident.id);
            let quiet = self.acknowledged.contains_key(&incident.id);
            let due = self.real.saturating_sub(since) > BOUND;
            let critical = incident.severity >= Severity::Critical;
            prop_assert!(told || quiet || !due || !critical, "nobody heard of {incident:#?}");
        }
        Ok(())
    }

    /// Lets nobody be late because of something that just ended.
    fn excuse(&mut self) {
        self.since.values_mut().for_each(|it| *it = self.real);
    }

    fn crash(&mut self) {
        self.story.restart();
        self.look();
    }

    fn happen(&mut self, event: Event) -> Result<(), TestCaseError> {
        match event {
            Event::Fire(component, major) => {
                self.story.fire(component, if major { MajorOutage } else { PartialOutage });
            }
            Event::Mend(component) => self.story.mend(component),
            Event::Pass { steps, each } => {
                for _ in 0..steps {
                    self.step(each)?;
                }
            }
            Event::Acknowledge => {
                let ids: Vec<IncidentId> = self.story.desk.open().map(|it| it.id.clone()).collect();
                for incident in ids.into_iter().take(1) {
                    let act = Act::Acknowledge {
                        incident: incident.clone(),
                        by: "ann".into(),
                        hold: None,
                    };
                    self.story.act(act).unwrap();
                    self.ever.insert(incident.clone());
                    self.acknowledged.insert(incident, self.real);
                    self.excuse();
                }
                self.stored()?;
            }
            Event::Escalate(step) => {
                let Some(incident) = self.story.desk.open().map(|it| it.id.clone()).next() else {
                    return Ok(());
                };
                let (by, reason) = ("bob".to_owned(), "nobody comes".to_owned());
                let id = incident.clone();
                // there may be no such step, or none that anybody hears
                let act = Act::Escalate { incident, by, reason, policy: None, step };
                if self.story.act(act).is_ok() {
                    self.acknowledged.remove(&id);
                }
                self.stored()?;
            }
            Event::Jump(minutes) => {
                let by = Duration::from_secs(60 * minutes.unsigned_abs());
                self.story.now = match minutes < 0 {
                    true => self.story.now.minus(by),
                    false => self.story.now.plus(by),
                };
            }
            Event::Crash => self.crash(),
            Event::CrashBeforeStored => {
                self.story.loses = true;
                self.story.evaluate();
                self.story.loses = false;
                self.crash();
            }
            Event::CrashBeforeReceipt => {
                self.lose_receipts = true;
                self.step(1)?;
                self.lose_receipts = false;
                self.crash();
            }
            Event::Outage(at, down) => {
                let channel = provider(at);
                let changed =
                    if down { self.down.insert(channel) } else { self.down.remove(&channel) };
                if changed {
                    self.excuse();
                }
            }
            Event::HandOver(another) => self.story.catalog = catalog_of(another),
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Scenario: any policy that the check takes, and anything that may happen.
    /// Guarantee: every critical incident that nobody acknowledges reaches a person; nothing that
    /// asks for attention is sent more than a second after an acknowledgement; each incident is one
    /// at each provider and for each person, told as new once, and none is left open there.
    #[test]
    fn whatever_happens_people_hear_and_are_left_alone(
        policy in policies(),
        events in prop::collection::vec(event(), 1..30),
    ) {
        let mut world = World::new(policy);
        for event in events {
            let evaluated = matches!(event, Event::Pass { .. });
            world.happen(event)?;
            if evaluated {
                world.audit()?;
            }
        }
        // in the end everybody answers, and nobody works on anything for an hour and more
        world.down.clear();
        world.excuse();
        for _ in 0..40 {
            world.step(120)?;
        }
        for incident in world.story.desk.open().filter(|it| it.severity >= Severity::Critical) {
            prop_assert!(world.reached.contains(&incident.id), "nobody heard of {incident:#?}");
        }
        let known: BTreeSet<String> =
            world.story.incidents.keys().map(Notice::incident_subject).collect();
        world.story.active.clear();
        // one that looks young, by a clock that was set back, is watched before it is over
        world.step(1)?;
        world.step(30)?;
        for (provider, incidents) in &world.open {
            for (key, is_open) in incidents {
                prop_assert!(known.contains(key), "{provider} has {key}, which is none of ours");
                prop_assert!(!is_open, "{provider} has {key} open, which is over");
            }
        }
    }
}
