//! Checks a catalog whole: every flaw is reported, not only the first.

mod components;
mod deals;
mod order;

use std::collections::BTreeSet;

use super::raw::RawCatalog;
use super::{Catalog, HORIZON};
use crate::ids::ComponentId;
use crate::journey;

/// Something that is wrong in a checked document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The path of the value, such as `components.admin.depends_on[0]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Flaw {
    /// Makes a flaw of the value at a path.
    pub fn new(
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Self {
        Self { path: path.into(), message: message.into(), help: help.into() }
    }
}

pub(super) fn check(raw: RawCatalog) -> Result<Catalog, Vec<Flaw>> {
    let mut flaws = Vec::new();
    check_ids(&mut flaws, "components", raw.components.keys().map(|it| it.as_str()));
    check_ids(&mut flaws, "customers", raw.customers.keys().map(|it| it.as_str()));
    check_ids(&mut flaws, "opportunities", raw.opportunities.keys().map(|it| it.as_str()));
    check_ids(&mut flaws, "journeys", raw.journeys.keys().map(|it| it.as_str()));
    components::check(&mut flaws, &raw);
    deals::check(&mut flaws, &raw);
    let order = order::order(&raw.components, &mut flaws);
    let journeys = journeys(&mut flaws, &raw);
    if !flaws.is_empty() {
        return Err(flaws);
    }
    Ok(Catalog {
        components: raw.components.into_iter().map(components::checked).collect(),
        order,
        customers: raw.customers.into_iter().map(deals::customer).collect(),
        opportunities: raw.opportunities.into_iter().map(deals::opportunity).collect(),
        journeys,
        exchange_rates: raw.exchange_rates.map(deals::rates),
        horizon: raw.horizon.map_or(HORIZON, Into::into),
    })
}

/// Ids stand in addresses, in keys of vendors and in paths of settings.
fn check_ids<'a>(flaws: &mut Vec<Flaw>, kind: &str, ids: impl Iterator<Item = &'a str>) {
    const LONGEST: usize = 64;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for id in ids.filter(|id| id.is_empty() || id.len() > LONGEST || !id.chars().all(fits)) {
        let help = format!("write up to {LONGEST} letters, digits, `-`, `_` and `.`");
        flaws.push(Flaw::new(format!("{kind}.{id}"), format!("`{id}` cannot be an id"), help));
    }
}

fn journeys(flaws: &mut Vec<Flaw>, raw: &RawCatalog) -> Vec<journey::Journey> {
    let known: BTreeSet<ComponentId> = raw.components.keys().cloned().collect();
    let mut journeys = Vec::with_capacity(raw.journeys.len());
    for (id, journey) in &raw.journeys {
        check_names(flaws, &known, &format!("journeys.{id}.components"), &journey.components);
        if let Some(customer) = &journey.customer
            && !raw.customers.contains_key(customer)
        {
            let known = raw.customers.keys().map(|it| it.as_str());
            let path = format!("journeys.{id}.customer");
            flaws.push(unknown(&path, "customer", customer.as_str(), known));
        }
        let (journey, more) = journey::check(id.clone(), journey.clone());
        flaws.extend(more);
        journeys.push(journey);
    }
    journeys
}

fn check_names(
    flaws: &mut Vec<Flaw>,
    known: &BTreeSet<ComponentId>,
    path: &str,
    named: &[ComponentId],
) {
    for (at, id) in named.iter().enumerate() {
        if !known.contains(id) {
            flaws.push(unknown(
                &format!("{path}[{at}]"),
                "component",
                id.as_str(),
                known.iter().map(ComponentId::as_str),
            ));
        }
    }
}

fn unknown<'a>(path: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Flaw {
    let known: Vec<&str> = known.collect();
    let help = if known.is_empty() {
        format!("the catalog has no {what} at all: declare it under `{what}s`")
    } else {
        format!("declared are: {}", known.join(", "))
    };
    Flaw::new(path, format!("there is no {what} `{name}`"), help)
}
