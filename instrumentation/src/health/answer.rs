//! Answers a question about health from what is known at this moment. Runs nothing and waits for nothing.

use std::sync::PoisonError;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::readiness::{Evidence, Samples, Voice, Work, of_startup, voices};
use super::report::{self, Entry};
use super::{Health, Status, details};
use crate::business::Criticality;
use crate::monitors::MonitorStatus;
use crate::resource;
use crate::semconv::{SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION};
use crate::startup::{self, CheckReport};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question<'q> {
    Live,
    Ready,
    Health,
    Detailed,
    BusinessCritical,
    Customer(&'q str),
}

/// What is answered: the status, and the body. Nothing: there is no such thing, or not for this reader.
pub(super) type Answer = Option<(Status, Value)>;

impl Health {
    /// Tells whether this instance should get requests.
    ///
    /// It should not (`fail`) before the startup validation is over, while a monitor fails that gates readiness, while
    /// [`STUCK_REQUESTS`](super::STUCK_REQUESTS) requests are stuck for longer than
    /// [`STUCK_AFTER`](super::STUCK_AFTER), and while half of the requests to critical routes fail. A degraded startup is
    /// ready (`warn`). What may be wrong for all replicas (a shared monitor, failing requests, and stuck ones while a
    /// shared monitor is unwell) is `warn` for the time of [`hold`](Self::hold), so that a blink of a database does not
    /// drain them all, and only then `fail`.
    pub fn ready(&self) -> Status {
        Status::worst(self.readiness(Instant::now()).iter().map(|voice| voice.status))
    }

    /// Tells how the service is: the worst of all that is known. A customer's own trouble is no more than `warn` here.
    pub fn status(&self) -> Status {
        worst(&self.everything(Instant::now()))
    }

    pub(super) fn answer(&self, question: Question<'_>, authorization: Option<&[u8]>) -> Answer {
        let access = self.tokens.access(authorization);
        let now = Instant::now();
        let (entries, open) = match question {
            Question::Live => return Some((Status::Pass, report::plain(Status::Pass))),
            Question::Customer(customer) => {
                let statuses = self.statuses();
                let own: Vec<&MonitorStatus> =
                    statuses.iter().filter(|it| it.customer() == Some(customer)).collect();
                if own.is_empty() || !access.to_customer(customer) {
                    return None;
                }
                (self.entries(own.into_iter(), false, now), true)
            }
            Question::Ready => {
                let voices = self.readiness(now).into_iter().map(report::voice);
                (voices.collect(), access.to_details())
            }
            Question::Health | Question::Detailed => (self.everything(now), access.to_details()),
            Question::BusinessCritical => (self.business_critical(now), access.to_details()),
        };
        let status = worst(&entries);
        let body = if open {
            report::detailed(status, self.identity(question), entries)
        } else {
            report::plain(status)
        };
        Some((status, body))
    }

    fn statuses(&self) -> Vec<MonitorStatus> {
        self.monitors.iter().flat_map(|monitoring| monitoring.statuses()).collect()
    }

    /// Tells whether the business cannot do without what a monitor guards: it was said so, or the catalog says so.
    fn is_critical(&self, monitor: &MonitorStatus) -> bool {
        monitor.plan.business_critical || self.is_critical_component(monitor.component())
    }

    fn is_critical_component(&self, id: &str) -> bool {
        let component = self.shared.business().catalog().get(id);
        component.is_some_and(|it| it.criticality() == Criticality::Critical)
    }

    /// Lists the startup checks that have not passed yet.
    fn open_checks(&self) -> Vec<CheckReport> {
        match self.startup.as_ref().map(startup::Watch::status) {
            Some(startup::Status::Degraded(open)) => open,
            _ => Vec::new(),
        }
    }

    fn entries<'m>(
        &self,
        monitors: impl Iterator<Item = &'m MonitorStatus>,
        capped: bool,
        now: Instant,
    ) -> Vec<Entry> {
        monitors.map(|it| report::monitor(it, self.is_critical(it), capped, now)).collect()
    }

    fn everything(&self, now: Instant) -> Vec<Entry> {
        let statuses = self.statuses();
        let mut entries = self.entries(statuses.iter(), true, now);
        if let Some(startup) = &self.startup {
            entries.push(report::voice(of_startup(&startup.status())));
        }
        entries.extend(self.open_checks().iter().map(report::open_check));
        let loss = details::export_loss(&self.shared.export_loss());
        let own = self.details.iter().flat_map(|details| details.observe());
        entries.extend(loss.into_iter().chain(own).map(report::observation));
        entries
    }

    fn business_critical(&self, now: Instant) -> Vec<Entry> {
        let statuses = self.statuses();
        let critical = statuses.iter().filter(|it| self.is_critical(it));
        let mut entries = self.entries(critical, true, now);
        let open = self.open_checks();
        let open = open.iter().filter(|check| self.is_critical_component(check.component()));
        entries.extend(open.map(report::open_check));
        if entries.is_empty() {
            return vec![report::voice(Voice {
                name: "monitors:business_critical".to_owned(),
                status: Status::Warn,
                output: "no monitor guards anything that is business critical".to_owned(),
            })];
        }
        entries
    }

    fn readiness(&self, now: Instant) -> Vec<Voice> {
        let startup = self.startup.as_ref().map(startup::Watch::status);
        let work = self.work();
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let outcomes = Samples::take(&mut samples, work, now);
        drop(samples);
        let evidence = Evidence {
            startup: startup.as_ref(),
            monitors: &self.statuses(),
            work,
            outcomes,
            hold: self.hold,
        };
        voices(&evidence, now)
    }

    /// Reads what the requests of the instrumented routers show.
    #[cfg(feature = "axum")]
    fn work(&self) -> Work {
        let now = std::time::Instant::now();
        let mut work = Work::default();
        for activity in self.shared.activities() {
            let (stuck, oldest) = activity.work.older_than(super::STUCK_AFTER, now);
            work.stuck = work.stuck.saturating_add(stuck);
            work.oldest = work.oldest.max(oldest);
            for outcomes in activity.routes.outcomes() {
                if outcomes.component.criticality == Some(Criticality::Critical.as_str()) {
                    work.requests += outcomes.requests;
                    work.failures += outcomes.failures;
                }
            }
        }
        work
    }

    #[cfg(not(feature = "axum"))]
    fn work(&self) -> Work {
        Work::default()
    }

    /// Returns who answers; a customer is told nothing of the inside.
    fn identity(&self, question: Question<'_>) -> Map<String, Value> {
        let mut identity = Map::new();
        if let Question::Customer(customer) = question {
            identity.insert("customer".to_owned(), customer.into());
            return identity;
        }
        let resource = self.shared.resource();
        for (key, attribute) in [
            ("description", SERVICE_NAME),
            ("releaseId", SERVICE_VERSION),
            ("serviceId", SERVICE_INSTANCE_ID),
        ] {
            let value = resource::text(resource, attribute);
            identity.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        identity
    }
}

fn worst(entries: &[Entry]) -> Status {
    Status::worst(entries.iter().map(|entry| entry.status))
}
