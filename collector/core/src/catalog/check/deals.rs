use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Flaw, check_names, unknown};
use crate::catalog::raw::{RawCatalog, RawCustomer, RawExchangeRates, RawOpportunity};
use crate::catalog::{Customer, Opportunity};
use crate::ids::{ComponentId, CustomerId, OpportunityId};
use crate::money::{Currency, ExchangeRates};
use crate::state::ComponentState;

pub(super) fn check(flaws: &mut Vec<Flaw>, raw: &RawCatalog) {
    let known: BTreeSet<ComponentId> = raw.components.keys().cloned().collect();
    for (id, customer) in &raw.customers {
        if customer.matches.as_ref().is_some_and(|it| it.is_empty()) {
            flaws.push(Flaw::new(
                format!("customers.{id}.match"),
                "without an attribute every signal would be this customer's",
                format!("name an attribute, such as `business.customer.id: {id}`"),
            ));
        }
    }
    for (id, opportunity) in &raw.opportunities {
        check_opportunity(flaws, &known, raw, id, opportunity);
    }
    check_rates(flaws, raw);
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
        let customers = raw.customers.keys().map(CustomerId::as_str);
        let customer = opportunity.customer.as_str();
        flaws.push(unknown(&format!("{path}.customer"), "customer", customer, customers));
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

/// With rates every sum can be told in one currency, so none may be missing.
fn check_rates(flaws: &mut Vec<Flaw>, raw: &RawCatalog) {
    let Some(rates) = &raw.exchange_rates else { return };
    let base = rates.base;
    if let Some(rate) = rates.rates.get(&base)
        && rate.get() != Decimal::ONE
    {
        let message = format!("one {base} is one {base}");
        let help = "leave it out, or choose another base".to_owned();
        flaws.push(Flaw::new(format!("exchange_rates.rates.{base}"), message, help));
    }
    let components = raw.components.values().filter_map(|it| it.revenue_per_hour);
    let amounts = components.chain(raw.opportunities.values().map(|it| it.amount));
    let used: BTreeSet<Currency> = amounts.map(|it| it.currency).collect();
    for currency in used {
        if currency != base && !rates.rates.contains_key(&currency) {
            flaws.push(Flaw::new(
                "exchange_rates.rates",
                format!("there is no rate for {currency}, in which the catalog has amounts"),
                format!("say what one {currency} is worth in {base}"),
            ));
        }
    }
}

pub(super) fn customer((id, raw): (CustomerId, RawCustomer)) -> (CustomerId, Customer) {
    let name = raw.name.unwrap_or_else(|| id.to_string());
    (id, Customer { name, owner: raw.owner, matches: raw.matches })
}

pub(super) fn opportunity((id, raw): (OpportunityId, RawOpportunity)) -> Opportunity {
    Opportunity {
        name: raw.name.unwrap_or_else(|| id.to_string()),
        id,
        customer: raw.customer,
        amount: raw.amount,
        requires: raw.requires.into_iter().collect(),
        at_risk_from: raw.at_risk_from,
    }
}

pub(super) fn rates(raw: RawExchangeRates) -> ExchangeRates {
    ExchangeRates::new(raw.base, raw.rates)
}
