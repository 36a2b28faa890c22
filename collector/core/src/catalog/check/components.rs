use std::collections::BTreeSet;

use super::{Flaw, check_names};
use crate::catalog::Component;
use crate::catalog::index::MOST_COMPONENTS;
use crate::catalog::matcher::MOST_KEYS;
use crate::catalog::raw::{RawCatalog, RawComponent};
use crate::ids::ComponentId;

pub(super) fn check(flaws: &mut Vec<Flaw>, raw: &RawCatalog) {
    check_limits(flaws, raw);
    let known: BTreeSet<ComponentId> = raw.components.keys().cloned().collect();
    for (id, component) in &raw.components {
        let path = format!("components.{id}");
        check_names(flaws, &known, &format!("{path}.depends_on"), &component.depends_on);
        check_names(flaws, &known, &format!("{path}.uses"), &component.uses);
        for (at, used) in component.uses.iter().enumerate() {
            if component.depends_on.contains(used) {
                flaws.push(Flaw::new(
                    format!("{path}.uses[{at}]"),
                    format!("`{id}` depends on `{used}` already"),
                    "keep it in one of both".to_owned(),
                ));
            }
        }
        for (at, predicate) in component.spans.iter().flat_map(|it| it.predicates()).enumerate() {
            if predicate.is_empty() {
                flaws.push(Flaw::new(
                    format!("{path}.spans[{at}]").replace("[0]", ""),
                    "without an attribute every signal of every service would be meant",
                    "name an attribute, such as `db.system.name: postgresql`".to_owned(),
                ));
            }
        }
        for (at, owner) in component.owners.iter().enumerate() {
            if owner.trim().is_empty() {
                let help = "write an e-mail address, or leave it out".to_owned();
                flaws.push(Flaw::new(format!("{path}.owners[{at}]"), "this is nobody", help));
            }
        }
    }
}

/// What tells signals apart has room for so much and no more.
fn check_limits(flaws: &mut Vec<Flaw>, raw: &RawCatalog) {
    let count = raw.components.len();
    if count > MOST_COMPONENTS {
        let message =
            format!("{count} components are too many: there is room for {MOST_COMPONENTS}");
        let help = "a component is a part of the product that a customer would name".to_owned();
        flaws.push(Flaw::new("components", message, help));
    }
    let spans = raw.components.values().flat_map(|it| &it.spans).flat_map(|it| it.predicates());
    let matches = raw.customers.values().filter_map(|it| it.matches.as_ref());
    let keys: BTreeSet<&str> = spans.chain(matches).flat_map(|it| it.keys()).collect();
    if keys.len() > MOST_KEYS {
        let count = keys.len();
        let message = format!(
            "`spans` and `match` look at {count} different attributes: there is room for {MOST_KEYS}"
        );
        flaws.push(Flaw::new("components", message, "use fewer".to_owned()));
    }
}

pub(super) fn checked((id, raw): (ComponentId, RawComponent)) -> Component {
    Component {
        name: raw.name.unwrap_or_else(|| id.to_string()),
        id,
        criticality: raw.criticality,
        owners: raw.owners,
        services: raw.services.into_iter().collect(),
        routes: raw.routes,
        removed_routes: raw.removed_routes,
        spans: raw.spans.map(|it| it.predicates().to_vec()).unwrap_or_default(),
        depends_on: raw.depends_on.into_iter().collect(),
        uses: raw.uses.into_iter().collect(),
        revenue_per_hour: raw.revenue_per_hour,
    }
}
