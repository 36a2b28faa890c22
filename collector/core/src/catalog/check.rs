//! Checks a catalog whole: every flaw is reported, not only the first.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::{RawCatalog, RawComponent, RawOpportunity};
use super::{Catalog, Component, Customer, Opportunity};
use crate::ids::{ComponentId, OpportunityId};
use crate::state::ComponentState;

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
    let known: BTreeSet<ComponentId> = raw.components.keys().cloned().collect();
    for (id, component) in &raw.components {
        check_names(
            &mut flaws,
            &known,
            &format!("components.{id}.depends_on"),
            &component.depends_on,
        );
        check_names(&mut flaws, &known, &format!("components.{id}.uses"), &component.uses);
    }
    for (id, opportunity) in &raw.opportunities {
        check_opportunity(&mut flaws, &known, &raw, id, opportunity);
    }
    let order = order(&raw.components, &mut flaws);
    if !flaws.is_empty() {
        return Err(flaws);
    }
    Ok(Catalog {
        components: raw
            .components
            .into_iter()
            .map(|(id, it)| (id.clone(), component(id, it)))
            .collect(),
        order,
        customers: raw
            .customers
            .into_iter()
            .map(|(id, it)| {
                let name = it.name.unwrap_or_else(|| id.to_string());
                (id, Customer { name, owner: it.owner })
            })
            .collect(),
        opportunities: raw
            .opportunities
            .into_iter()
            .map(|(id, it)| checked_opportunity(id, it))
            .collect(),
    })
}

fn component(id: ComponentId, raw: RawComponent) -> Component {
    Component {
        name: raw.name.unwrap_or_else(|| id.to_string()),
        id,
        criticality: raw.criticality,
        services: raw.services.into_iter().collect(),
        routes: raw.routes,
        depends_on: raw.depends_on.into_iter().collect(),
        uses: raw.uses.into_iter().collect(),
        revenue_per_hour: raw.revenue_per_hour,
    }
}

fn checked_opportunity(id: OpportunityId, raw: RawOpportunity) -> Opportunity {
    Opportunity {
        name: raw.name.unwrap_or_else(|| id.to_string()),
        id,
        customer: raw.customer,
        amount: raw.amount,
        requires: raw.requires.into_iter().collect(),
        at_risk_from: raw.at_risk_from,
    }
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

fn check_opportunity(
    flaws: &mut Vec<Flaw>,
    known: &BTreeSet<ComponentId>,
    raw: &RawCatalog,
    id: &OpportunityId,
    opportunity: &RawOpportunity,
) {
    let path = format!("opportunities.{id}");
    if !raw.customers.contains_key(&opportunity.customer) {
        let customers = raw.customers.keys().map(crate::ids::CustomerId::as_str);
        flaws.push(unknown(
            &format!("{path}.customer"),
            "customer",
            opportunity.customer.as_str(),
            customers,
        ));
    }
    check_names(flaws, known, &format!("{path}.requires"), &opportunity.requires);
    if opportunity.requires.is_empty() {
        let help = "name the components without which the deal cannot happen".to_owned();
        flaws.push(Flaw::new(
            format!("{path}.requires"),
            "an opportunity that requires nothing is never at risk",
            help,
        ));
    }
    if opportunity.at_risk_from < ComponentState::DegradedPerformance {
        let help = "use degraded_performance, partial_outage or major_outage".to_owned();
        let message = format!("`{}` is not a failure", opportunity.at_risk_from);
        flaws.push(Flaw::new(format!("{path}.at_risk_from"), message, help));
    }
}

/// Sorts components so that each comes after those that it stands on; a circle is a flaw.
fn order(
    components: &BTreeMap<ComponentId, RawComponent>,
    flaws: &mut Vec<Flaw>,
) -> Vec<ComponentId> {
    let mut ordered: Vec<ComponentId> = Vec::with_capacity(components.len());
    let mut placed: BTreeSet<&ComponentId> = BTreeSet::new();
    loop {
        let before = ordered.len();
        for (id, component) in components {
            let mut below = component.depends_on.iter().chain(&component.uses);
            if !placed.contains(id)
                && below.all(|it| placed.contains(it) || !components.contains_key(it))
            {
                placed.insert(id);
                ordered.push(id.clone());
            }
        }
        if ordered.len() == before {
            break;
        }
    }
    let circle: Vec<&ComponentId> = components.keys().filter(|id| !placed.contains(id)).collect();
    if let Some(first) = circle.first() {
        let names: Vec<&str> = circle.iter().map(|id| id.as_str()).collect();
        flaws.push(Flaw::new(
            format!("components.{first}"),
            format!(
                "these components depend on each other in a circle, or on one that does: {}",
                names.join(", ")
            ),
            "take one dependency out of the circle".to_owned(),
        ));
    }
    ordered
}
