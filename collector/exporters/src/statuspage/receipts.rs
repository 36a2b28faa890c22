//! What we remember of a page: which incident is ours, and what we last told it.

use bellwether_core::ids::ComponentId;
use bellwether_core::incident::IncidentStatus;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An incident on the page that is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Statuspage's id.
    pub(super) id: String,
    /// The newest revision that the page has.
    pub(super) revision: u64,
    /// The status that the page shows.
    pub(super) status: IncidentStatus,
    /// The impact that the page shows.
    pub(super) impact: String,
    /// The headline that we gave it.
    pub(super) name: String,
    /// Whether somebody else has opened it.
    #[serde(default)]
    pub(super) adopted: bool,
    /// Whether the page says that nothing is known at the moment.
    #[serde(default)]
    pub(super) blind: bool,
    /// When a person had published what the page said last in that person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) published: Option<Timestamp>,
    /// What others have written into its metadata.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) others: Map<String, Value>,
}

impl Known {
    /// Says whether customers would see no difference.
    pub(super) fn shows_the_same_as(&self, other: &Self) -> bool {
        // one that was only just adopted does not carry our mark yet
        let ours = |it: &Self| it.revision > 0;
        let what =
            |it: &Self| (it.status, it.impact.clone(), it.name.clone(), it.blind, it.published);
        ours(self) && what(self) == what(other)
    }
}

/// What we last told the page about a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// The state.
    pub(super) state: ComponentState,
    /// When that was known, so that an older notice never overwrites a newer one.
    pub(super) at: Timestamp,
}

/// Finds what we last told the page about a component.
pub(super) fn told(receipts: &Receipts, component: &ComponentId) -> Option<Told> {
    let receipt = receipts.get(&Notice::component_subject(component))?;
    Told::deserialize(receipt).ok()
}

/// Finds our incident on the page.
pub(super) fn known(receipts: &Receipts, subject: &str) -> Option<Known> {
    Known::deserialize(receipts.get(subject)?).ok()
}

/// Writes a receipt under a subject.
pub(super) fn write(receipts: &mut Receipts, subject: String, receipt: impl Serialize) {
    if let Ok(receipt) = serde_json::to_value(receipt) {
        receipts.insert(subject, receipt);
    }
}
