//! Conditions over incidents: what they may ask for.

use bellwether_core::catalog::Catalog;
use bellwether_core::incident::Incident;
use bellwether_expr::{Kind, Lookup, Value, Vocabulary};

/// What stands before the name of a label.
const LABELS: &str = "labels";

/// Returns what a condition over incidents may ask for.
pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary::of([
        ("severity", Kind::Text),
        ("component", Kind::Text),
        ("criticality", Kind::Text),
        ("state", Kind::Text),
        ("customers", Kind::Texts),
        ("affected", Kind::Texts),
        ("rules", Kind::Texts),
        ("everything", Kind::Bool),
    ])
    .and_below(LABELS)
}

/// An incident, as a condition sees it.
pub(crate) struct Seen<'a> {
    incident: &'a Incident,
    criticality: &'static str,
    customers: Vec<String>,
    affected: Vec<String>,
    rules: Vec<String>,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(incident: &'a Incident, catalog: &Catalog) -> Self {
        let component = catalog.component(&incident.component);
        let unwell = incident.affected.iter().filter(|(_, state)| state.is_unwell());
        Self {
            incident,
            criticality: component.map_or("", |it| it.criticality.as_str()),
            customers: incident.customers.iter().map(ToString::to_string).collect(),
            affected: unwell.map(|(id, _)| id.to_string()).collect(),
            rules: incident.alerts.iter().map(|it| it.rule.to_string()).collect(),
        }
    }
}

impl Lookup for Seen<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "severity" => Value::Text(self.incident.severity.as_str()),
            "component" => Value::Text(self.incident.component.as_str()),
            "criticality" => Value::Text(self.criticality),
            "state" => Value::Text(self.incident.worst.as_str()),
            "customers" => Value::Texts(&self.customers),
            "affected" => Value::Texts(&self.affected),
            "rules" => Value::Texts(&self.rules),
            "everything" => Value::Bool(self.incident.impact.everything),
            _ => {
                let label = name.strip_prefix(LABELS)?.strip_prefix('.')?;
                // of several alerts the first that has it
                let value = self.incident.alerts.iter().find_map(|it| it.labels.get(label))?;
                Value::Text(value)
            }
        })
    }
}
