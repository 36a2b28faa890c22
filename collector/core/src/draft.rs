//! What customers would read of an incident, until a person has it published.

use crate::ids::Destination;
use crate::incident::Incident;

/// What a page would say of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The page.
    pub destination: Destination,
    /// The headline.
    pub headline: String,
    /// The text.
    pub text: String,
}

/// Writes drafts.
pub trait Drafts: Send + Sync {
    /// Returns what waits for a person to have it published; nothing once somebody has, and nothing
    /// where pages publish by themselves.
    fn of(&self, incident: &Incident) -> Vec<Draft>;
}
