//! What people did, and who was told.

use bellwether_core::draft;
use bellwether_core::ids::{ComponentId, Destination, IncidentId};
use bellwether_core::incident::{self, Verdict};
use bellwether_core::ruling::{Outcome, Ruling};
use bellwether_core::silence;
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// What people did about an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// That somebody works on it; absent when nobody does.
    pub acknowledged: Option<Acknowledgement>,
    /// When anybody first did.
    #[serde(default)]
    pub first_acknowledged: Option<Time>,
    /// Who it belongs to.
    pub owner: Option<String>,
    /// What people wrote about it, in order.
    pub notes: Vec<Note>,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// What a person last had published for customers.
    #[serde(default)]
    pub published: Option<Publication>,
}

/// What a person had published for customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Publication {
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// The headline; absent when it was as drafted.
    pub headline: Option<String>,
    /// What was said; absent when it was as drafted.
    pub text: Option<String>,
}

/// What a page would say of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The page.
    pub destination: Destination,
    /// The headline.
    pub headline: String,
    /// The text.
    pub text: String,
}

impl From<draft::Draft> for Draft {
    fn from(it: draft::Draft) -> Self {
        let draft::Draft { destination, headline, text } = it;
        Self { destination, headline, text }
    }
}

/// That somebody works on an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// Since when.
    pub at: Time,
    /// When it expires.
    pub until: Time,
}

/// Something that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// What.
    pub text: String,
}

/// Why somebody was told, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// When that was decided.
    pub at: Time,
    /// Who it is about; absent when it is about everybody.
    pub destination: Option<Destination>,
    /// The address of the person whom the destination writes to, where it writes to whoever is
    /// named.
    #[serde(default)]
    pub recipient: Option<String>,
    /// What was decided.
    pub outcome: Outcome,
    /// Why, in plain words.
    pub why: String,
    /// The same for programs: `kind`, and what belongs to it.
    pub reason: serde_json::Value,
}

/// What people do not want to be told of for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// Tells it from every other.
    pub id: String,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Only this incident.
    pub incident: Option<IncidentId>,
    /// Only incidents of this component.
    pub component: Option<ComponentId>,
    /// Only incidents for which this condition holds.
    pub when: Option<String>,
    /// From when on; absent when that was always so.
    pub from: Option<Time>,
    /// Until when; absent when until what it silences is resolved.
    pub until: Option<Time>,
}

impl From<&incident::Publication> for Publication {
    fn from(it: &incident::Publication) -> Self {
        let incident::Publication { at, by, headline, text } = it.clone();
        Self { at: at.into(), by, headline, text }
    }
}

impl From<&incident::Response> for Response {
    fn from(it: &incident::Response) -> Self {
        let acknowledged = it.acknowledged.as_ref().map(|it| Acknowledgement {
            by: it.by.clone(),
            at: it.at.into(),
            until: it.until.into(),
        });
        let note = |it: &incident::Note| Note {
            at: it.at.into(),
            by: it.by.clone(),
            text: it.text.clone(),
        };
        Self {
            acknowledged,
            first_acknowledged: it.first_acknowledged.map(Time::from),
            owner: it.owner.clone(),
            notes: it.notes.iter().map(note).collect(),
            verdict: it.verdict,
            published: it.published.as_ref().map(Publication::from),
        }
    }
}

impl Decision {
    /// Says who it is about.
    pub fn whom(&self) -> String {
        match &self.destination {
            Some(destination) => whom(destination, self.recipient.as_slice()),
            None => "everybody".to_owned(),
        }
    }
}

/// Names a destination, and whom it writes to where a message names them.
pub(super) fn whom(destination: &Destination, recipients: &[String]) -> String {
    let recipients: String = recipients.iter().map(|it| format!(" <{it}>")).collect();
    format!("{destination}{recipients}")
}

impl From<&Ruling> for Decision {
    fn from(it: &Ruling) -> Self {
        Self {
            at: it.at.into(),
            destination: it.destination.clone(),
            recipient: it.recipient.clone(),
            outcome: it.outcome,
            why: it.why.to_string(),
            // of what a reason is made of, nothing can fail to be written
            reason: serde_json::to_value(&it.why).unwrap_or_default(),
        }
    }
}

impl From<&silence::Silence> for Silence {
    fn from(it: &silence::Silence) -> Self {
        let from = (it.from.nanos() != i64::MIN).then_some(it.from);
        Self {
            id: it.id.clone(),
            author: it.author.clone(),
            reason: it.reason.clone(),
            incident: it.incident.clone(),
            component: it.component.clone(),
            when: it.when.clone(),
            from: from.map(Time::from),
            until: it.until.map(Timestamp::into),
        }
    }
}
