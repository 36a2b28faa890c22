//! What people do about incidents: acknowledge, note, resolve, judge, silence.

use bellwether_core::act::{Act, Done, Refused, Wish};
use bellwether_core::catalog::Catalog;
use bellwether_core::incident::{Entry, Incident, IncidentStatus, Note, Publication};
use bellwether_core::notice::Change;
use bellwether_core::silence::Silence;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;

use super::{Decision, Desk};
use crate::dispatch::{Owed, Wanted};
use crate::ledger::Entries;

/// The longest name of a person.
const NAME: usize = 200;

/// The longest text that a person writes.
const TEXT: usize = 4_000;

/// The longest headline, which is what Statuspage takes.
const HEADLINE: usize = 255;

/// More notes about one incident are refused.
const NOTES: usize = 200;

impl Desk {
    /// Does something that a person asks for.
    ///
    /// # Errors
    /// Says why it is not done; then nothing changes.
    pub fn act(
        &mut self,
        act: Act,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(Decision, Done), Refused> {
        check(&act)?;
        match act {
            Act::Silence(wish) => return self.silence(wish, catalog, now),
            Act::Unsilence { id, by } => return self.unsilence(&id, &by, catalog, now),
            _ => {}
        }
        let id = act.incident().cloned().unwrap_or_else(|| "".into());
        let component = self.open.values().find(|it| it.id == id).map(|it| it.component.clone());
        let Some(mut incident) = component.and_then(|it| self.open.remove(&it)) else {
            return Err(Refused::Unknown(format!("no incident `{id}` is open")));
        };
        let mut decision = Decision::default();
        match act {
            Act::Acknowledge { by, hold, .. } => {
                let hold = hold.unwrap_or_else(|| self.dispatch.policy().acknowledge_for());
                let owed = self.dispatch.acknowledge(&mut incident, &by, hold, now);
                let followers = self.followers.iter();
                let told =
                    followers.filter_map(|it| it.incident(Change::Acknowledged, &incident, now));
                decision.notices.extend(told);
                decision.incidents.push(incident.clone());
                self.open.insert(incident.component.clone(), incident.clone());
                decision.owe(owed);
            }
            Act::Escalate { by, reason, policy, step, .. } => {
                let wanted = Wanted { by, reason, policy, step };
                let owed = self.dispatch.escalate(&mut incident, &wanted, catalog, now);
                self.open.insert(incident.component.clone(), incident.clone());
                decision.owe(owed.map_err(Refused::Wrong)?);
                decision.incidents.push(incident.clone());
            }
            Act::Publish { by, headline, text, .. } => {
                incident.revision += 1;
                let line = format!("published for customers by {by}");
                incident.timeline.push(Entry { at: now, text: line });
                incident.response.published = Some(Publication { at: now, by, headline, text });
                let followers = self.followers.iter();
                let told = followers.filter_map(|it| it.published(&incident, now));
                decision.notices.extend(told);
                decision.incidents.push(incident.clone());
                self.open.insert(incident.component.clone(), incident.clone());
            }
            Act::Resolve { by, verdict, .. } => {
                self.dismiss(&incident, &mut decision, now);
                incident.response.verdict = verdict.or(incident.response.verdict);
                let said = verdict.map(|it| format!(", {it}")).unwrap_or_default();
                incident = closed(incident, format!("resolved by {by}{said}"), now);
                let mut entries = Entries::default();
                self.ledger.close(&mut incident, &mut entries, now);
                decision.losses = entries.losses;
                decision.snapshots.extend(entries.snapshots);
                let followers = self.followers.iter();
                let told = followers.filter_map(|it| it.incident(Change::Resolved, &incident, now));
                decision.notices.extend(told);
                decision.incidents.push(incident.clone());
                let owed = self.dispatch.take(&[(Change::Resolved, incident.clone())], now);
                decision.owe(owed);
            }
            act => match amend(incident.clone(), &act, now) {
                Ok(amended) => {
                    incident = amended;
                    decision.incidents.push(incident.clone());
                    self.open.insert(incident.component.clone(), incident.clone());
                }
                Err(refused) => {
                    self.open.insert(incident.component.clone(), incident);
                    return Err(refused);
                }
            },
        }
        Ok((decision, Done::Incident(Box::new(incident))))
    }

    /// Returns the silences that hold or will hold.
    pub fn silences(&self, now: Timestamp) -> impl Iterator<Item = &Silence> {
        self.dispatch.silences(now)
    }

    fn silence(
        &mut self,
        wish: Wish,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(Decision, Done), Refused> {
        let Wish { author, reason, incident, component, when, until } = wish;
        if let Some(id) = incident.as_ref().filter(|id| !self.open.values().any(|it| it.id == **id))
        {
            return Err(Refused::Unknown(format!("no incident `{id}` is open")));
        }
        if let Some(id) = component.as_ref().filter(|it| catalog.component(it).is_none()) {
            return Err(Refused::Unknown(format!("the catalog has no component `{id}`")));
        }
        let id = format!("sil-{:016x}", now.nanos());
        let silence = Silence { id, author, reason, incident, component, when, from: now, until };
        let record = self.dispatch.silences.give(silence.clone()).map_err(Refused::Wrong)?;
        let decision = self.look_again(vec![record], catalog, now);
        Ok((decision, Done::Silence(silence)))
    }

    fn unsilence(
        &mut self,
        id: &str,
        by: &str,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Result<(Decision, Done), Refused> {
        let Some((silence, record)) = self.dispatch.silences.end(id, now) else {
            let message = format!("nobody gave a silence `{id}`, or it is over");
            return Err(Refused::Unknown(message));
        };
        for incident in
            self.open.values_mut().filter(|it| silence.incident.as_ref() == Some(&it.id))
        {
            let text = format!("silence {id} ended by {by}");
            incident.timeline.push(Entry { at: now, text });
        }
        let decision = self.look_again(vec![record], catalog, now);
        Ok((decision, Done::Silence(silence)))
    }

    /// Decides anew who is told, since something was changed that this goes by.
    fn look_again(
        &mut self,
        records: Vec<Snapshot>,
        catalog: &Catalog,
        now: Timestamp,
    ) -> Decision {
        let mut owed = Owed { snapshots: records, ..Owed::default() };
        self.dispatch.attend(self.open.values_mut(), catalog, now, &mut owed);
        let mut decision = Decision::default();
        decision.owe(owed);
        decision
    }
}

/// Writes what a person says into an incident, open or not.
///
/// # Errors
/// Refuses what can be done to open incidents only, and one note too many.
pub fn amend(mut incident: Incident, act: &Act, now: Timestamp) -> Result<Incident, Refused> {
    check(act)?;
    let text = match act {
        Act::Note { .. } if incident.response.notes.len() >= NOTES => {
            return Err(Refused::Wrong(format!("{} has {NOTES} notes already", incident.id)));
        }
        Act::Note { by, text, .. } => {
            let note = Note { at: now, by: by.clone(), text: text.clone() };
            incident.response.notes.push(note);
            format!("note by {by}")
        }
        Act::Judge { by, verdict, .. } => {
            incident.response.verdict = Some(*verdict);
            format!("{verdict}, says {by}")
        }
        Act::Assign { by, to, .. } if incident.is_open() => {
            incident.response.owner = Some(to.clone());
            format!("given to {to} by {by}")
        }
        _ => return Err(Refused::Unknown(format!("incident {} is over", incident.id))),
    };
    incident.revision += 1;
    incident.timeline.push(Entry { at: now, text });
    Ok(incident)
}

fn check(act: &Act) -> Result<(), Refused> {
    let wrong = |message: String| Err(Refused::Wrong(message));
    let by = match act {
        Act::Acknowledge { by, .. }
        | Act::Escalate { by, .. }
        | Act::Note { by, .. }
        | Act::Resolve { by, .. }
        | Act::Judge { by, .. }
        | Act::Assign { by, .. }
        | Act::Publish { by, .. }
        | Act::Unsilence { by, .. } => by,
        Act::Silence(wish) => {
            if wish.incident.is_none() && wish.component.is_none() && wish.when.is_none() {
                return wrong(
                    "a silence says what it silences: incident, component or when".into(),
                );
            }
            if wish.until.is_none() && wish.incident.is_none() {
                return wrong("a silence that is not of one incident says until when".into());
            }
            if wish.reason.trim().is_empty() || wish.reason.len() > TEXT {
                return wrong(format!("a silence has a reason of 1 to {TEXT} bytes"));
            }
            &wish.author
        }
    };
    if by.trim().is_empty() || by.len() > NAME {
        return wrong(format!("say who does it, in 1 to {NAME} bytes"));
    }
    match act {
        Act::Escalate { reason, .. } if reason.trim().is_empty() || reason.len() > TEXT => {
            wrong(format!("an escalation has a reason of 1 to {TEXT} bytes"))
        }
        Act::Note { text, .. } if text.trim().is_empty() || text.len() > TEXT => {
            wrong(format!("a note has 1 to {TEXT} bytes"))
        }
        Act::Assign { to, .. } if to.trim().is_empty() || to.len() > NAME => {
            wrong(format!("say who gets it, in 1 to {NAME} bytes"))
        }
        Act::Publish { headline: Some(it), .. } if !fits(it, HEADLINE) => {
            wrong(format!("a headline has 1 to {HEADLINE} characters"))
        }
        Act::Publish { text: Some(it), .. } if !fits(it, TEXT) => {
            wrong(format!("a text for customers has 1 to {TEXT} characters"))
        }
        Act::Acknowledge { hold: Some(hold), .. } if hold.is_zero() => {
            wrong("an acknowledgement holds for longer than 0s".into())
        }
        _ => Ok(()),
    }
}

fn fits(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most
}

fn closed(mut incident: Incident, text: String, now: Timestamp) -> Incident {
    incident.status = IncidentStatus::Resolved;
    incident.revision += 1;
    incident.updated_at = now;
    incident.resolved_at = Some(now);
    incident.timeline.push(Entry { at: now, text });
    incident
}
