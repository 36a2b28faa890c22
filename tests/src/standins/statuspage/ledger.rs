//! What the page has stored, and how requests and people change it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::standins::ring::Ring;

use super::{
    StatuspageConfig, ids,
    metrics::Metrics,
    model::{
        AffectedComponent, ChangedBy, Component, ComponentFields, ComponentStatus, Impact,
        Incident, IncidentFields, IncidentStatus, IncidentUpdate, Mail, StatusChange,
    },
};

/// How many incidents, steps and mails are kept of each.
const KEPT: usize = 10_000;

/// Components, incidents, history and mail of one page.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) page_id: String,
    pub(super) components: Vec<Component>,
    /// Oldest first.
    pub(super) incidents: Vec<Incident>,
    pub(super) timeline: Ring<StatusChange>,
    pub(super) mails: Ring<Mail>,
    pub(super) mails_sent: u64,
    pub(super) metrics: Metrics,
    subscribers: u64,
    restores: bool,
}

impl Ledger {
    /// Makes a page whose components are all operational.
    pub(super) fn new(config: &StatuspageConfig) -> Self {
        let components =
            config.components.iter().enumerate().map(|(index, (id, name))| Component {
                id: id.clone(),
                page_id: config.page_id.clone(),
                name: name.clone(),
                description: None,
                status: ComponentStatus::Operational,
                position: index + 1,
                group: false,
                group_id: None,
                showcase: true,
                only_show_if_degraded: false,
                start_date: None,
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            });
        Self {
            page_id: config.page_id.clone(),
            components: components.collect(),
            incidents: Vec::new(),
            timeline: Ring::new(KEPT),
            mails: Ring::new(KEPT),
            mails_sent: 0,
            metrics: config.metrics.iter().map(|id| (id.clone(), BTreeMap::new())).collect(),
            subscribers: config.subscribers,
            restores: config.resolving_restores_components,
        }
    }

    /// Finds a component by id.
    pub(super) fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// Finds an incident by id.
    pub(super) fn incident(&self, id: &str) -> Option<&Incident> {
        self.incidents.iter().find(|incident| incident.id == id)
    }

    /// Finds an incident by id, to change it.
    pub(super) fn incident_mut(&mut self, id: &str) -> Option<&mut Incident> {
        self.incidents.iter_mut().find(|incident| incident.id == id)
    }

    /// Sets a component's state and writes the step down; `None` when there is no such component.
    pub(super) fn set_status(
        &mut self,
        id: &str,
        to: ComponentStatus,
        by: ChangedBy,
        now: Timestamp,
    ) -> Option<AffectedComponent> {
        let component = self.components.iter_mut().find(|component| component.id == id)?;
        let from = std::mem::replace(&mut component.status, to);
        component.updated_at = now;
        let affected = AffectedComponent {
            code: component.id.clone(),
            name: component.name.clone(),
            old_status: from,
            new_status: to,
        };
        if from != to {
            self.timeline.push(StatusChange {
                at: now,
                component_id: component.id.clone(),
                component: component.name.clone(),
                from,
                to,
                by,
            });
        }
        Some(affected)
    }

    /// Applies a request to a component; `None` when there is no such component.
    pub(super) fn patch_component(
        &mut self,
        id: &str,
        fields: ComponentFields,
        now: Timestamp,
    ) -> Option<Component> {
        if let Some(status) = fields.status {
            self.set_status(id, status, ChangedBy::Component, now);
        }
        let component = self.components.iter_mut().find(|component| component.id == id)?;
        component.updated_at = now;
        component.name = fields.name.unwrap_or_else(|| component.name.clone());
        component.description = fields.description.or(component.description.take());
        component.group_id = fields.group_id.or(component.group_id.take());
        component.start_date = fields.start_date.or(component.start_date.take());
        component.showcase = fields.showcase.unwrap_or(component.showcase);
        component.only_show_if_degraded =
            fields.only_show_if_degraded.unwrap_or(component.only_show_if_degraded);
        Some(component.clone())
    }

    /// Opens an incident and returns its id.
    pub(super) fn open(&mut self, fields: IncidentFields, now: Timestamp) -> String {
        let id = ids::random();
        let first = match fields.scheduled_for {
            Some(_) => IncidentStatus::Scheduled,
            None => IncidentStatus::Investigating,
        };
        let incident = Incident {
            id: id.clone(),
            page_id: self.page_id.clone(),
            name: String::new(),
            status: fields.status.unwrap_or(first),
            impact: Impact::None,
            impact_override: None,
            metadata: serde_json::json!({}),
            shortlink: format!("https://stspg.example/{id}"),
            created_at: now,
            updated_at: now,
            monitoring_at: None,
            resolved_at: None,
            scheduled_for: None,
            scheduled_until: None,
            postmortem_body: None,
            postmortem_published_at: None,
            component_ids: Vec::new(),
            automatic: fields.automatic,
            incident_updates: Vec::new(),
        };
        if self.incidents.len() >= KEPT {
            self.incidents.remove(0);
        }
        self.incidents.push(incident);
        let fields = IncidentFields { body: fields.body.or(Some(String::new())), ..fields };
        self.change(&id, fields, now);
        id
    }

    /// Applies a request to an incident. Does nothing when there is no such incident.
    ///
    /// A new status or a body makes an update, and a notified update sends mail.
    pub(super) fn change(&mut self, id: &str, fields: IncidentFields, now: Timestamp) {
        let mut components = fields.components;
        if self.restores && fields.status.is_some_and(IncidentStatus::is_over) {
            let held = self.incident(id).map(|incident| incident.component_ids.clone());
            for id in held.unwrap_or_default() {
                components.entry(id).or_insert(ComponentStatus::Operational);
            }
        }
        let affected = self.apply_components(id, &components, now);
        let worst = self.worst(id, fields.component_ids.as_deref(), &components);
        let recipients = self.subscribers;
        let Some(incident) = self.incident_mut(id) else { return };

        incident.updated_at = now;
        incident.name = fields.name.unwrap_or_else(|| incident.name.clone());
        incident.metadata = fields.metadata.unwrap_or_else(|| incident.metadata.clone());
        incident.impact_override = fields.impact_override.or(incident.impact_override);
        incident.scheduled_for = fields.scheduled_for.or(incident.scheduled_for);
        incident.scheduled_until = fields.scheduled_until.or(incident.scheduled_until);
        if let Some(ids) = fields.component_ids {
            incident.component_ids = ids;
        }
        for id in components.into_keys() {
            if !incident.component_ids.contains(&id) {
                incident.component_ids.push(id);
            }
        }
        incident.impact = incident.impact_override.unwrap_or(incident.impact.max(worst.impact()));
        let status = fields.status.unwrap_or(incident.status);
        if status == incident.status && fields.body.is_none() {
            return;
        }
        incident.status = status;
        if status == IncidentStatus::Monitoring {
            incident.monitoring_at = Some(now);
        }
        incident.resolved_at = status.is_over().then_some(now);
        let notified = fields.deliver_notifications.unwrap_or(true);
        let update = IncidentUpdate {
            id: ids::random(),
            incident_id: incident.id.clone(),
            status,
            body: fields.body.unwrap_or_default(),
            affected_components: affected,
            deliver_notifications: notified,
            created_at: now,
            updated_at: now,
            display_at: now,
        };
        incident.incident_updates.insert(0, update);
        if notified {
            let mail = Mail { at: now, incident_id: incident.id.clone(), status, recipients };
            self.mails.push(mail);
            self.mails_sent += recipients;
        }
    }

    /// Lets scheduled incidents begin and end whose time has come, where they do so by themselves.
    pub(super) fn pass(&mut self, now: Timestamp) {
        let begins = |it: &Incident| {
            it.automatic.scheduled_auto_in_progress
                && it.status == IncidentStatus::Scheduled
                && it.scheduled_for.is_some_and(|at| at <= now)
        };
        let ends = |it: &Incident| {
            it.automatic.scheduled_auto_completed
                && it.status == IncidentStatus::InProgress
                && it.scheduled_until.is_some_and(|at| at <= now)
        };
        self.turn(begins, IncidentStatus::InProgress, now);
        self.turn(ends, IncidentStatus::Completed, now);
    }

    fn turn(&mut self, due: impl Fn(&Incident) -> bool, to: IncidentStatus, now: Timestamp) {
        let due: Vec<Incident> = self.incidents.iter().filter(|it| due(it)).cloned().collect();
        for Incident { id, automatic, component_ids, scheduled_for, scheduled_until, .. } in due {
            let (state, moves, notified, at) = if to == IncidentStatus::Completed {
                let notified = automatic.auto_transition_deliver_notifications_at_end;
                let moves = automatic.auto_transition_to_operational_state;
                (ComponentStatus::Operational, moves, notified, scheduled_until)
            } else {
                let notified = automatic.auto_transition_deliver_notifications_at_start;
                let moves = automatic.auto_transition_to_maintenance_state;
                (ComponentStatus::UnderMaintenance, moves, notified, scheduled_for)
            };
            let moved = component_ids.into_iter().filter(|_| moves).map(|id| (id, state));
            let fields = IncidentFields {
                status: Some(to),
                components: moved.collect(),
                deliver_notifications: Some(notified),
                ..IncidentFields::default()
            };
            self.change(&id, fields, at.unwrap_or(now));
        }
    }

    fn apply_components(
        &mut self,
        incident: &str,
        components: &BTreeMap<String, ComponentStatus>,
        now: Timestamp,
    ) -> Vec<AffectedComponent> {
        let set = |(id, status): (&String, &ComponentStatus)| {
            let by = ChangedBy::Incident(incident.to_owned());
            self.set_status(id, *status, by, now)
        };
        components.iter().filter_map(set).collect()
    }

    /// Finds the worst state among the components that an incident affects.
    fn worst(
        &self,
        id: &str,
        ids: Option<&[String]>,
        components: &BTreeMap<String, ComponentStatus>,
    ) -> ComponentStatus {
        let old = self.incident(id).map(|incident| incident.component_ids.as_slice());
        let ids = ids.or(old).unwrap_or_default();
        let all = ids.iter().chain(components.keys());
        let states = all.filter_map(|id| self.component(id)).map(|component| component.status);
        states.max().unwrap_or(ComponentStatus::Operational)
    }
}
