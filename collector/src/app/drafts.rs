//! What customers would read, in the words of each destination as it is configured now.

use bellwether_core::draft::{self, Draft};
use bellwether_core::incident::Incident;
use bellwether_exporters::Drafter;
use tokio::sync::watch;

/// Writes drafts.
pub(super) struct Drafts(pub(super) watch::Receiver<Vec<Drafter>>);

impl draft::Drafts for Drafts {
    fn of(&self, incident: &Incident) -> Vec<Draft> {
        self.0.borrow().iter().filter_map(|it| it.draft(incident)).collect()
    }
}
