//! Whether a condition can hold at all: one that asks for a severity that does not exist, or for a
//! customer that the catalog does not know, never does.

use bellwether_core::catalog::Catalog;
use bellwether_core::state::{ComponentState, Criticality, Severity};
use bellwether_expr::{Condition, Lookup, Value};

/// What can be tried out; whatever else is asked for may have any value.
const TRIED: [&str; 5] = ["severity", "component", "criticality", "state", "customers"];

/// More combinations than this are not tried.
const MOST: usize = 200_000;

/// A made-up incident.
struct Case<'a> {
    severity: Severity,
    component: &'a str,
    criticality: Criticality,
    state: ComponentState,
    customers: &'a [String],
}

impl Lookup for Case<'_> {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "severity" => Value::Text(self.severity.as_str()),
            "component" => Value::Text(self.component),
            "criticality" => Value::Text(self.criticality.as_str()),
            "state" => Value::Text(self.state.as_str()),
            "customers" => Value::Texts(self.customers),
            _ => return None,
        })
    }
}

/// Says whether a condition holds for any incident that there can be, as far as that can be tried.
pub(super) fn can_hold(condition: &dyn Condition, catalog: &Catalog) -> bool {
    if condition.names().iter().any(|it| !TRIED.contains(&it.as_str())) {
        return true;
    }
    let asks = |name: &str| condition.names().iter().any(|it| it == name);
    let components: Vec<(&str, Option<Criticality>)> = match asks("component") {
        true => catalog.components().map(|it| (it.id.as_str(), Some(it.criticality))).collect(),
        false => vec![("", None)],
    };
    let all: Vec<String> = catalog.customers().map(|(id, _)| id.to_string()).collect();
    let mut customers: Vec<&[String]> = vec![&[]];
    if asks("customers") {
        customers.extend(all.chunks(1));
        customers.push(&all);
    }
    let combinations = components.len() * customers.len() * 5 * 4 * 3;
    if combinations > MOST || (asks("component") && components.is_empty()) {
        return true;
    }
    components.iter().any(|(component, criticality)| {
        let all = Criticality::ALL.iter().copied();
        let criticalities = all.filter(|it| criticality.is_none_or(|known| known == *it));
        criticalities.into_iter().any(|criticality| {
            let states = ComponentState::ALL.iter().copied().filter(|it| it.is_unwell());
            states.into_iter().any(|state| {
                Severity::ALL.iter().any(|severity| {
                    customers.iter().any(|customers| {
                        let case =
                            Case { severity: *severity, component, criticality, state, customers };
                        // what cannot be told may hold
                        condition.holds(&case).unwrap_or(true)
                    })
                })
            })
        })
    })
}
