//! Who is told of incidents: `alerting`.

use std::sync::Arc;

use bellwether_alerts::{Alerting, Channel, Policy};
use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::Destination;
use bellwether_exporters::Exporter;
use bellwether_exporters::notices::Audience;

use super::{Loading, place};

/// The key of the section.
const ALERTING: &str = "alerting";

/// Returns the destinations that people read.
fn channels<'e>(exporters: impl Iterator<Item = &'e Exporter>) -> Vec<Channel> {
    let channel = |exporter: &Exporter| {
        let policy = exporter.notice_policy()?;
        (policy.audience == Audience::People).then(|| Channel {
            destination: exporter.destination().clone(),
            once: policy.once,
            reaches: exporter.reaches(),
            named_only: exporter.named_only(),
        })
    };
    exporters.filter_map(channel).collect()
}

impl Loading<'_> {
    /// Reads the policy and holds it against the exporters and the catalog. Without one every
    /// channel hears every incident.
    pub(super) fn alerting(&mut self, exporters: &[Exporter], catalog: &Catalog) -> Arc<Policy> {
        let policy = self.policy(exporters, catalog);
        // what comes of another mistake is none of its own
        if self.problems.is_empty() {
            let within = |(destination, flaw): (Destination, Flaw)| Flaw {
                path: format!("exporters.{destination}.{}", flaw.path),
                ..flaw
            };
            let flaws = policy.idle(catalog).into_iter().map(within).collect();
            self.problems.extend(place(self.document, flaws));
        }
        policy
    }

    fn policy(&mut self, exporters: &[Exporter], catalog: &Catalog) -> Arc<Policy> {
        let people = channels(exporters.iter());
        let everybody = Arc::new(Policy::everybody(people.clone()));
        let Some(section) = self.document.section(ALERTING) else { return everybody };
        let read: Result<Alerting, _> = section.read();
        let Some(raw) = self.problems.take(read) else { return everybody };
        self.outline.alerting = self.files.print(&section.value());
        let (channels, others) = self.named(people, exporters);
        let within = |flaw: Flaw| Flaw { path: format!("{ALERTING}.{}", flaw.path), ..flaw };
        match Policy::check(raw, channels, &others, catalog) {
            Ok((policy, notes)) => {
                for flaw in notes {
                    self.note(&format!("{ALERTING}.{}", flaw.path), flaw.message);
                }
                Arc::new(policy)
            }
            Err(flaws) => {
                let flaws = flaws.into_iter().map(within).collect();
                self.problems.extend(place(self.document, flaws));
                everybody
            }
        }
    }

    /// Returns the channels and the other destinations that are declared. One that has mistakes is
    /// taken for a channel, so that a route that names it is no second mistake.
    fn named(
        &self,
        mut people: Vec<Channel>,
        exporters: &[Exporter],
    ) -> (Vec<Channel>, Vec<Destination>) {
        let mut others = Vec::new();
        for (name, _) in self.declared("exporters") {
            let destination = Destination::new(name);
            match exporters.iter().find(|it| *it.destination() == destination) {
                None => people.push(Channel {
                    destination,
                    once: None,
                    reaches: Vec::new(),
                    named_only: false,
                }),
                Some(_) if people.iter().any(|it| it.destination == destination) => {}
                Some(_) => others.push(destination),
            }
        }
        (people, others)
    }
}
