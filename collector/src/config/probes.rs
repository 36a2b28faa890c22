//! What is asked from outside: `receivers.probes`.

use bellwether_config::Section;
use bellwether_core::catalog::{Catalog, Flaw};

use super::Loading;

/// The name of the receiver that asks instead of listening.
pub(crate) const PROBES: &str = "probes";

impl Loading<'_> {
    /// Reads the probes.
    pub(super) fn probes(&mut self, section: &Section<'_>) {
        let read: Result<bellwether_probes::Probes, _> = section.read();
        self.probes = self.problems.take(read).unwrap_or_default();
        let schema = schemars::schema_for!(bellwether_probes::Probes);
        let value = section.read_against(schema).unwrap_or_default();
        self.outline.probes = self.files.print(&value);
    }

    /// Holds the probes against the catalog.
    pub(super) fn check_probes(&mut self, catalog: &Catalog) {
        for Flaw { path, message, help } in self.probes.flaws(catalog) {
            let path = format!("receivers.{PROBES}.{path}");
            self.problems.push(self.document.problem(&path, message, help));
        }
    }
}
