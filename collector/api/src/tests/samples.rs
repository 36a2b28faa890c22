//! A story in the middle: the admin panel's routes vanished, and a deal is in danger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bellwether_core::BoxFuture;
use bellwether_core::access::{Audit, AuditEntry};
use bellwether_core::act::{Act, Acts, Done, Refused, Wish};
use bellwether_core::alert::{Alert, AlertKey, AlertLife, Data, Flaps, Phase};
use bellwether_core::catalog::Catalog;
use bellwether_core::distinct::Count;
use bellwether_core::draft::{Draft, Drafts};
use bellwether_core::facts::{
    CheckOutcome, CheckReport, InstanceRecord, Removal, ServiceRecord, Source, StartupOutcome,
};
use bellwether_core::ids::{IncidentId, RuleId};
use bellwether_core::impact::{
    FailingShare, Impact, Loss, LossRate, OpportunityAtRisk, RiskSpan, Traffic,
};
use bellwether_core::incident::{self, Acknowledgement, Entry, Incident, IncidentStatus, Response};
use bellwether_core::notice::{Body, Change, Notice, Owed};
use bellwether_core::period::Period;
use bellwether_core::reason::Reason;
use bellwether_core::route::Route;
use bellwether_core::ruling::{Outcome, Ruling, Why};
use bellwether_core::settings::HumanDuration;
use bellwether_core::silence::Silence;
use bellwether_core::state::{ComponentState, Criticality, Severity};
use bellwether_core::store::{
    Addressed, Notification, Observation, Records, Span, StoreError, Summary, Transition,
};
use bellwether_core::time::Timestamp;
use tokio::sync::Notify;

use crate::view::{
    Collector, Configuration, Destination, EscalationState, EscalationStep, Heartbeat, Receiver,
    RefusedConfiguration, Service, Snapshot, Stream, StreamState, Time,
};
use crate::{Known, view};

/// 2026-11-23T10:00:00Z.
const START: i64 = 1_795_428_000;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

fn source() -> Source {
    Source { service: "marketedge-api".into(), version: "2.0.0".into(), instance: "i-2".into() }
}

fn route(text: &str) -> Route {
    text.parse().unwrap()
}

pub(crate) fn reason() -> Reason {
    Reason::RoutesGone {
        source: source(),
        version: "1.0.0".into(),
        routes: vec![route("GET /api/v1/admin/users/{id}"), route("GET /api/v1/admin")],
    }
}

fn impact() -> Impact {
    let amount = "925000 GBP".parse().unwrap();
    let mut impact = Impact::default();
    impact.revenue_at_risk.add(amount);
    impact.revenue_at_risk.add("1200.5 EUR".parse().unwrap());
    impact.expected_loss.add("1200.5 EUR".parse().unwrap());
    impact.opportunities.push(OpportunityAtRisk {
        id: "zebra-cinema".into(),
        name: "Zebra cinema analytics".to_owned(),
        customer: "zebra".into(),
        customer_name: "Zebra Associates".to_owned(),
        amount,
        because: vec!["admin".into()],
    });
    impact.rates.push(LossRate {
        component: "auth".into(),
        state: ComponentState::MajorOutage,
        revenue_per_hour: "4802 EUR".parse().unwrap(),
        share: FailingShare::Measured(Traffic { total: 4, failed: 1 }),
    });
    impact.revenue_lost.add("3.3333333 EUR".parse().unwrap());
    impact.customers_affected = Count { count: 12_345, estimated: true };
    impact
}

pub(crate) fn incident(id: &str, opened: i64, status: IncidentStatus) -> Incident {
    Incident {
        id: id.into(),
        revision: 3,
        component: "admin".into(),
        component_name: "Admin panel".to_owned(),
        status,
        worst: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: at(opened - 1),
        opened_at: at(opened),
        updated_at: at(opened + 5),
        resolved_at: (status == IncidentStatus::Resolved).then_some(at(opened + 5)),
        alerts: vec![AlertKey {
            rule: "admin-missing".into(),
            labels: BTreeMap::from([("service.name".to_owned(), "marketedge-api".to_owned())]),
        }],
        suppressed: vec![],
        causes: vec![reason().to_string()],
        affected: BTreeMap::from([("admin".into(), ComponentState::MajorOutage)]),
        impact: impact(),
        customers: Default::default(),
        flapping: false,
        timeline: vec![Entry { at: at(opened), text: "opened".to_owned() }],
        response: Default::default(),
    }
}

pub(crate) fn transition(secs: i64) -> Transition {
    Transition {
        component: "admin".into(),
        at: at(secs),
        own_before: ComponentState::Operational,
        own: ComponentState::MajorOutage,
        effective_before: ComponentState::Operational,
        effective: ComponentState::MajorOutage,
        reasons: vec![reason()],
    }
}

fn component(id: &str, name: &str, effective: ComponentState, why: Reason) -> view::Component {
    view::Component {
        id: id.into(),
        name: name.to_owned(),
        criticality: Criticality::High,
        own: effective,
        effective,
        since: Some(at(60).into()),
        reasons: vec![(&why).into()],
    }
}

fn instances() -> [InstanceRecord; 2] {
    let report = CheckReport {
        outcome: CheckOutcome::Passed,
        component: Some("database".into()),
        message: String::new(),
    };
    let newer = InstanceRecord {
        startup: Some(StartupOutcome::Ready),
        checks: BTreeMap::from([("database".to_owned(), report)]),
        routes: Some(BTreeSet::from([route("GET /api/v1/auth/login")])),
        ..InstanceRecord::new(source(), at(58), at(90))
    };
    let older = Source { version: "1.0.0".into(), instance: "i-1".into(), ..source() };
    let older =
        InstanceRecord { stopped: Some(at(55)), ..InstanceRecord::new(older, at(1), at(55)) };
    [newer, older]
}

fn destinations() -> Vec<Destination> {
    let healthy = Stream { sent: 120, last_sent: Some(at(99).into()), ..Stream::default() };
    let failing = Stream {
        state: StreamState::Retrying,
        since: Some(at(80).into()),
        why: Some("503 Service Unavailable".to_owned()),
        queued: 2,
        queued_items: 200,
        queued_bytes: 4_096,
        accepted: 3,
        refused: 1,
        oldest: Some(at(70).into()),
        dropped: BTreeMap::from([("too_old".to_owned(), 1)]),
        skipped: BTreeMap::from([("not_on_the_page".to_owned(), 4)]),
        ..Stream::default()
    };
    vec![
        Destination {
            name: "datadog".into(),
            kind: "datadog".to_owned(),
            signals: Some(healthy.clone()),
            notices: Some(healthy),
        },
        Destination {
            name: "statuspage".into(),
            kind: "statuspage".to_owned(),
            signals: None,
            notices: Some(failing),
        },
    ]
}

pub(crate) fn snapshot() -> Snapshot {
    let now = Time::from(at(100));
    let open = incident("inc-open", 60, IncidentStatus::Identified);
    Snapshot {
        health_score: Some("83.33".to_owned()),
        collector: Collector {
            version: "0.1.0".to_owned(),
            started_at: at(0).into(),
            now,
            ready: true,
            problems: vec![],
            warnings: vec![],
            store_error: None,
            heartbeat: Some(Heartbeat { last_sent: Some(at(90).into()), ..Heartbeat::default() }),
            configuration: Configuration {
                file: Some("/etc/bellwether/bellwether.yaml".to_owned()),
                loaded_at: Some(at(50).into()),
                refused: Some(RefusedConfiguration {
                    at: at(90).into(),
                    problems: vec!["bellwether.yaml:3:5: unknown key `exportesr`".to_owned()],
                }),
                needs_restart: vec![],
            },
        },
        components: vec![
            component("auth", "Authentication", ComponentState::Operational, Reason::AsExpected),
            component("admin", "Admin panel", ComponentState::MajorOutage, reason()),
        ],
        impact: (&impact()).into(),
        escalations: vec![escalation()],
        silences: vec![view::Silence::from(&silence())],
        incidents: vec![(&open).into()],
        services: Service::group(&instances(), &[removed()], now),
        receivers: vec![Receiver {
            name: "otlp/grpc".to_owned(),
            address: "127.0.0.1:4317".to_owned(),
            accepted: 3,
            refused: BTreeMap::from([("malformed".to_owned(), 1)]),
        }],
        destinations: destinations(),
    }
}

/// Two steps of which somebody stopped the second.
fn escalation() -> view::Escalation {
    let step = |step, after, to: &str, state| EscalationStep {
        policy: "executives".to_owned(),
        step,
        after: HumanDuration::new(Duration::from_secs(after)),
        to: vec![to.into()],
        state,
        at: None,
        why: None,
    };
    let next = EscalationStep {
        at: Some(at(1_860).into()),
        why: Some("acknowledged by ann".to_owned()),
        ..step(2, 600, "email/executives", EscalationState::Stopped)
    };
    let steps = vec![step(1, 0, "pagerduty", EscalationState::Over), next];
    view::Escalation { id: "inc-open".into(), steps }
}

/// A service one of whose routes is gone on purpose.
fn removed() -> ServiceRecord {
    let mut record = ServiceRecord {
        service: "marketedge-api".into(),
        versions: BTreeMap::new(),
        routes: BTreeMap::new(),
        answered: BTreeMap::from([("GET /api/v1/reports".parse().unwrap(), "1.0.0".into())]),
        accepted: BTreeMap::new(),
    };
    let removal = Removal {
        service: record.service.clone(),
        routes: vec!["/api/v1/reports".parse().unwrap()],
        by: "jane".to_owned(),
        why: "moved to /api/v2/reports".to_owned(),
    };
    record.accept(&removal, at(70)).unwrap();
    record
}

/// What the configuration of the story says.
pub(crate) fn known() -> Known {
    let raw = serde_json::json!({
        "components": {
            "database": {},
            "auth": { "criticality": "critical", "depends_on": ["database"], "revenue_per_hour": "4802 EUR" },
            "admin": { "name": "Admin panel", "owners": ["ann@marketedge.example"], "uses": ["auth"] },
        },
        "customers": { "zebra": { "name": "Zebra Associates" }, "other": {} },
        "opportunities": {
            "zebra-cinema": {
                "name": "Zebra cinema analytics", "customer": "zebra",
                "amount": "925000 GBP", "requires": ["admin"],
            },
        },
    });
    let catalog = Catalog::check(serde_json::from_value(raw).unwrap()).unwrap();
    let rule = view::Rule {
        id: "admin-missing".into(),
        component: "admin".into(),
        kind: "routes".to_owned(),
        enforced: true,
        state: None,
        severity: Some(Severity::Critical),
    };
    Known { catalog, rules: vec![rule] }
}

/// What a rule found.
pub(crate) fn alert(rule: &str) -> Alert {
    let labels = BTreeMap::from([("http.route".to_owned(), "/reports".to_owned())]);
    Alert {
        key: AlertKey { rule: rule.into(), labels },
        epoch: 7,
        component: "admin".into(),
        phase: Phase::Firing,
        since: at(60),
        streak: 0,
        results: 0,
        flaps: Flaps::default(),
        flapping: false,
        data: Data::Fresh,
        stale_since: None,
        lost_since: None,
        state: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: Some(at(59)),
        fired_at: Some(at(60)),
        reasons: vec![reason()],
        values: BTreeMap::from([("error_ratio".to_owned(), 0.25)]),
        suppressed_by: None,
    }
}

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
                destination: Some("pagerduty".into()),
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

pub(crate) fn silence() -> Silence {
    Silence {
        id: "sil-1".to_owned(),
        author: "ann".to_owned(),
        reason: "the move".to_owned(),
        incident: None,
        component: Some("auth".into()),
        when: None,
        from: at(50),
        until: Some(at(7_250)),
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
