//! A store in memory that only answers what the API asks.

use std::sync::{Arc, Mutex};

use bellwether_core::BoxFuture;
use bellwether_core::access::{Audit, AuditEntry};
use bellwether_core::act::{Act, Acts, Done, Refused, Wish};
use bellwether_core::alert::{Alert, AlertLife};
use bellwether_core::draft::{Draft, Drafts};
use bellwether_core::facts::Removal;
use bellwether_core::ids::{IncidentId, RuleId};
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::incident::{self, Acknowledgement, Incident, IncidentStatus, Response};
use bellwether_core::notice::{Body, Change, Notice, Owed};
use bellwether_core::period::Period;
use bellwether_core::route::Route;
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::silence::Silence;
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::{
    Addressed, Notification, Observation, Records, Span, StoreError, Summary, Transition,
};
use bellwether_core::time::Timestamp;
use tokio::sync::Notify;

use super::samples::{at, incident, transition};

/// How the store in memory behaves.
#[derive(Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    Broken,
    Stuck,
}

/// One that is delivered, and one that waits.
fn notifications() -> Vec<Notification> {
    let notification = |number, body: Body, why: Option<&str>| Notification {
        owed: Owed {
            number,
            attempts: why.map_or(0, |_| 3),
            notice: Notice {
                destination: "statuspage".into(),
                subject: match &body {
                    Body::Incident { incident, .. } => Notice::incident_subject(&incident.id),
                    Body::Component { component, .. } => Notice::component_subject(component),
                    Body::Maintenance { maintenance, .. } => {
                        Notice::maintenance_subject(&maintenance.id)
                    }
                    Body::Deployment { deployment } => {
                        Notice::deployment_subject(&deployment.service)
                    }
                },
                newest_only: false,
                at: at(30),
                not_before: at(30),
                body,
            },
        },
        state: if why.is_some() { "waiting" } else { "delivered" }.to_owned(),
        why: why.map(str::to_owned),
        settled_at: why.is_none().then_some(at(31)),
    };
    let incident = Box::new(incident("inc-3", 30, IncidentStatus::Investigating));
    let opened = Body::Incident { change: Change::Opened, incident, recipients: vec![] };
    let state = ComponentState::MajorOutage;
    let component = Body::Component { component: "admin".into(), state };
    vec![notification(2, component, Some("503 Service Unavailable")), notification(1, opened, None)]
}

/// A store that only answers what the API asks.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) incidents: Vec<Incident>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) risks: Vec<RiskSpan>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) summaries: Vec<Summary>,
    pub(crate) rulings: Vec<Ruling>,
    pub(crate) notifications: Vec<Notification>,
    pub(crate) mood: Mood,
    /// What people did.
    pub(crate) acts: Arc<Mutex<Vec<AuditEntry>>>,
    /// Rung when the store is asked something.
    pub(crate) asked: Arc<Notify>,
}

impl Memory {
    pub(crate) fn with_history() -> Self {
        use IncidentStatus::{Investigating, Resolved};
        Self {
            incidents: vec![
                incident("inc-3", 30, Investigating),
                incident("inc-2", 20, Resolved),
                incident("inc-1", 10, Resolved),
            ],
            transitions: vec![transition(60)],
            rulings: vec![Ruling {
                incident: "inc-3".into(),
                at: at(31),
                destination: Some("email/owners".into()),
                recipient: Some("zebra-owner@marketedge.example".to_owned()),
                outcome: Outcome::Told,
                why: Why::Route { route: 0 },
            }],
            notifications: notifications(),
            ..Self::default()
        }
    }

    pub(crate) fn broken() -> Self {
        Self { mood: Mood::Broken, ..Self::default() }
    }

    pub(crate) fn stuck() -> Self {
        Self { mood: Mood::Stuck, ..Self::default() }
    }

    async fn newest<T: Clone>(&self, records: &[T], limit: u32) -> Result<Vec<T>, StoreError> {
        self.asked.notify_one();
        match self.mood {
            Mood::Well => Ok(records.iter().take(limit as usize).cloned().collect()),
            Mood::Broken => Err(StoreError { what: "read", source: "disk I/O error".into() }),
            Mood::Stuck => std::future::pending().await,
        }
    }
}

impl Audit for Memory {
    fn keep(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            self.newest::<AuditEntry>(&[], 1).await?;
            let mut acts = self.acts.lock().unwrap();
            acts.retain(|it| it.id != entry.id);
            acts.insert(0, entry);
            Ok(())
        })
    }

    fn audit(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AuditEntry>, StoreError>> {
        Box::pin(async move {
            let acts = self.acts.lock().unwrap().clone();
            self.newest(&acts, limit).await
        })
    }
}

/// Writes one draft for what is open.
impl Drafts for Memory {
    fn of(&self, incident: &Incident) -> Vec<Draft> {
        let draft = || Draft {
            destination: "statuspage".into(),
            headline: incident.title(),
            text: "We are investigating.".to_owned(),
        };
        incident.is_open().then(draft).into_iter().collect()
    }
}

/// Does to the incident `inc-3` what it is asked for, as far as answers show.
impl Acts for Memory {
    fn accept(&self, _: Removal) -> BoxFuture<'_, Result<Vec<Route>, Refused>> {
        Box::pin(async { Err(Refused::Later("the disk is full".to_owned())) })
    }

    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Refused>> {
        let mut response = Response::default();
        let known = act.incident().is_none_or(|it| it.as_str() == "inc-3");
        let done = match act {
            _ if !known => Err(Refused::Unknown("no such incident is open".to_owned())),
            Act::Acknowledge { by, hold, .. } => {
                let until = at(100).plus(hold.unwrap_or_default());
                let severity = Severity::Critical;
                response.owner = Some(by.clone());
                response.acknowledged = Some(Acknowledgement { by, at: at(100), until, severity });
                Ok(())
            }
            Act::Escalate { step: Some(step), .. } if step > 2 => {
                Err(Refused::Wrong("executives has steps 1 to 2".to_owned()))
            }
            Act::Escalate { .. } => {
                response.acknowledged = None;
                Ok(())
            }
            Act::Note { by, text, .. } => {
                response.notes.push(incident::Note { at: at(100), by, text });
                Ok(())
            }
            Act::Resolve { verdict, .. } => {
                response.verdict = verdict;
                Ok(())
            }
            Act::Publish { by, headline, text, .. } => {
                response.published =
                    Some(incident::Publication { at: at(100), by, headline, text });
                Ok(())
            }
            Act::Assign { to, .. } => {
                response.owner = Some(to);
                Ok(())
            }
            Act::Judge { .. } => Err(Refused::Later("the disk is full".to_owned())),
            Act::Silence(wish) => {
                let Wish { author, reason, incident, component, when, until } = wish;
                let (id, from) = ("sil-1".to_owned(), at(100));
                let silence =
                    Silence { id, author, reason, incident, component, when, from, until };
                return Box::pin(async { Ok(Done::Silence(silence)) });
            }
            Act::Unsilence { .. } => Err(Refused::Wrong("say who".to_owned())),
        };
        let base = incident("inc-3", 30, IncidentStatus::Investigating);
        let done = done.map(|()| Done::Incident(Box::new(Incident { response, ..base })));
        Box::pin(async { done })
    }
}

impl Records for Memory {
    fn incidents(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>> {
        Box::pin(self.newest(&self.incidents, limit))
    }

    fn transitions(&self, limit: u32) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>> {
        Box::pin(self.newest(&self.transitions, limit))
    }

    fn alerts(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AlertLife>, StoreError>> {
        Box::pin(self.newest(&[], limit))
    }

    fn incidents_between(
        &self,
        _: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Incident>, StoreError>> {
        Box::pin(self.newest(&self.incidents, limit))
    }

    fn transitions_between(
        &self,
        _: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Transition>, StoreError>> {
        Box::pin(self.newest(&self.transitions, limit))
    }

    fn risks_between(
        &self,
        _: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>> {
        Box::pin(self.newest(&self.risks, limit))
    }

    fn standing_alerts<'a>(
        &'a self,
        _: Option<&'a RuleId>,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Alert>, StoreError>> {
        Box::pin(self.newest(&self.alerts, limit))
    }

    fn notifications<'a>(
        &'a self,
        of: &'a Addressed,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>> {
        let wanted = |it: &&Notification| {
            let notice = &it.owed.notice;
            of.subject.as_ref().is_none_or(|subject| *subject == notice.subject)
                && of.destination.as_ref().is_none_or(|to| *to == notice.destination)
        };
        let found: Vec<Notification> = self.notifications.iter().filter(wanted).cloned().collect();
        Box::pin(async move { self.newest(&found, limit).await })
    }

    fn messages_about<'a>(
        &'a self,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Notification>, StoreError>> {
        Box::pin(self.newest(&[], u32::MAX))
    }

    fn rulings<'a>(&'a self, _: &'a IncidentId) -> BoxFuture<'a, Result<Vec<Ruling>, StoreError>> {
        Box::pin(self.newest(&self.rulings, u32::MAX))
    }

    fn incident<'a>(
        &'a self,
        id: &'a IncidentId,
    ) -> BoxFuture<'a, Result<Option<Incident>, StoreError>> {
        let found: Vec<Incident> =
            self.incidents.iter().filter(|it| it.id == *id).cloned().collect();
        Box::pin(async move { Ok(self.newest(&found, 1).await?.into_iter().next()) })
    }

    fn observations<'a>(
        &'a self,
        _: &'a str,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Observation>, StoreError>> {
        Box::pin(self.newest(&self.observations, u32::MAX))
    }

    fn series<'a>(
        &'a self,
        prefix: &'a str,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        let names = self.observations.iter().map(|it| it.series.clone());
        let mut names: Vec<String> = names.filter(|it| it.starts_with(prefix)).collect();
        names.dedup();
        Box::pin(async move { self.newest(&names, limit).await })
    }

    fn summaries<'a>(
        &'a self,
        _: &'a str,
        _: Span,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Summary>, StoreError>> {
        Box::pin(self.newest(&self.summaries, u32::MAX))
    }

    fn losses<'a>(&'a self, _: &'a IncidentId) -> BoxFuture<'a, Result<Vec<Loss>, StoreError>> {
        Box::pin(self.newest(&[], u32::MAX))
    }

    fn losses_between(
        &self,
        _: Period,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Loss>, StoreError>> {
        Box::pin(self.newest(&self.losses, limit))
    }

    fn risks_ended_between(
        &self,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'_, Result<Vec<RiskSpan>, StoreError>> {
        Box::pin(self.newest(&[], u32::MAX))
    }
}
