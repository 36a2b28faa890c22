//! Silences: what people do not want to be told of for a while.

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, IncidentId};
use crate::time::Timestamp;

/// What a person does not want to be told of for a while. Everything that is set has to fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Tells it from every other, such as `sil-4f1c`.
    pub id: String,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Only this incident.
    #[serde(default)]
    pub incident: Option<IncidentId>,
    /// Only incidents of this component.
    #[serde(default)]
    pub component: Option<ComponentId>,
    /// Only incidents for which this condition holds, in CEL.
    #[serde(default)]
    pub when: Option<String>,
    /// From when on.
    pub from: Timestamp,
    /// Until when; without one, until what it silences is resolved.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Silence {
    /// Says whether it holds at a time, what it silences aside.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }
}
