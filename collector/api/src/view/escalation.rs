use bellwether_core::ids::IncidentId;
use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// How escalating an incident stands: who was told, who is next, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Escalation {
    /// The incident.
    pub id: IncidentId,
    /// Every step of every escalation policy that it is escalated by, in their order.
    pub steps: Vec<EscalationStep>,
}

/// One step of an escalation policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EscalationStep {
    /// The escalation policy.
    pub policy: String,
    /// Its number, from 1.
    pub step: u32,
    /// How long after the opening it is meant to be taken.
    pub after: HumanDuration,
    /// Whom it tells: destinations, with the address of the person behind one that writes to whoever
    /// is named, such as `email/owners <zebra@example.com>`.
    pub to: Vec<String>,
    /// Where it stands.
    pub state: EscalationState,
    /// When it is taken; of a stopped one, when that is unless what stops it is said again.
    pub at: Option<Time>,
    /// Why it is stopped, in plain words.
    pub why: Option<String>,
}

/// Where a step of an escalation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalationState {
    /// It was taken, or left out for one after it.
    Over,
    /// It is taken when its time comes.
    Pending,
    /// It is not taken: somebody works on it, or nobody is to be told.
    Stopped,
}
