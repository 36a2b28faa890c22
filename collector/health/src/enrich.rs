//! Tells on signals whose they are, and what is at risk while their component is unwell.

mod teller;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bellwether_core::catalog::{Catalog, Component, Matcher};
use bellwether_core::ids::{ComponentId, CustomerId};
use bellwether_core::ingest::Signal;
use bellwether_core::money::{Money, Totals};
use bellwether_core::state::ComponentState;
use bellwether_otlp::rewrite::{self, Attribute, Edit, Editor, Fate, Redaction, Run, digits};
use bellwether_otlp::{AnyValue, Attributes, LogRecord, Resource, Scope};
use bellwether_proto::semconv;
use bytes::Bytes;

use self::teller::{Answers, Names, Teller};
use crate::shards::Shards;

/// States of components that are unwell.
pub type Unwell = BTreeMap<ComponentId, ComponentState>;

/// What signals are told, encoded once for each component and customer.
#[derive(Debug)]
pub struct Tags {
    matcher: Arc<Matcher>,
    names: Names,
    /// By the number of the component.
    components: Vec<Told>,
    customers: Vec<Told>,
    /// The places of the customers.
    places: HashMap<CustomerId, u32>,
    /// What was found out for signals that look alike.
    answers: Shards<Answers>,
}

/// What is told of one component or customer.
#[derive(Debug)]
struct Told {
    attributes: Vec<Attribute>,
    to_span: Run,
    to_record: Run,
}

impl Told {
    fn new(attributes: Vec<Attribute>) -> Self {
        let (to_span, to_record) = (Run::of_span(&attributes), Run::of_log_record(&attributes));
        Self { attributes, to_span, to_record }
    }
}

impl Tags {
    /// Makes the tags of a catalog while some of its components are unwell. `after` is what is
    /// taken out again of what is told. So many `workers` tell without waiting for each other.
    pub fn new(
        catalog: &Catalog,
        matcher: Arc<Matcher>,
        unwell: &Unwell,
        after: &Redaction,
        workers: usize,
    ) -> Self {
        let attribute = |key: &str, value: &str| match after.fate(key.as_bytes()) {
            Fate::Keep => Some(Attribute::string(key, value)),
            Fate::Delete => None,
            Fate::Hash(digest) => {
                let digits = digits(digest, &AnyValue::Str(value));
                Some(Attribute::string(key, &String::from_utf8_lossy(&digits)))
            }
        };
        let all = |pairs: Vec<(&str, String)>| {
            Told::new(pairs.iter().filter_map(|(key, value)| attribute(key, value)).collect())
        };
        let components = catalog.indexed().map(|(_, it)| all(component(catalog, it, unwell)));
        let ids = || catalog.customers().map(|(id, _)| id);
        let customers = ids().map(|id| all(vec![(semconv::BUSINESS_CUSTOMER, id.to_string())]));
        Self {
            matcher,
            names: Names::new(catalog),
            components: components.collect(),
            customers: customers.collect(),
            places: ids().cloned().zip(0..).collect(),
            answers: Shards::new(workers, Answers::default),
        }
    }
}

/// Edits one request: tells signals whose they are, and redacts attributes.
#[derive(Debug)]
pub struct Editing<'e, 'a> {
    teller: Option<Teller<'e, 'a>>,
    items: &'e Redaction,
    resources: &'e Redaction,
}

impl<'e, 'a> Editing<'e, 'a> {
    /// Begins to edit a request: `items` is taken out of spans, log records and data points, and of
    /// the scopes around them, `resources` out of resources. Data points are never told whose they
    /// are: it would make another series of them.
    pub fn new(tags: Option<&'e Tags>, items: &'e Redaction, resources: &'e Redaction) -> Self {
        Self { teller: tags.map(Teller::new), items, resources }
    }

    /// Edits a request; `None` when nothing of it changes.
    pub fn apply(mut self, signal: Signal, request: &'a Bytes) -> Option<Bytes> {
        match signal {
            Signal::Traces => rewrite::traces(request, &mut self),
            Signal::Metrics => rewrite::metrics(request, &mut self),
            Signal::Logs => rewrite::logs(request, &mut self),
        }
    }
}

impl<'a, 'e> Editor<'a, 'e> for Editing<'e, 'a> {
    fn resource(&mut self, resource: &Resource<'a>, edit: &mut Edit<'e>) {
        edit.redact(self.resources);
        if let Some(teller) = &mut self.teller {
            teller.resource(resource);
        }
    }

    fn scope(&mut self, _: &Scope<'a>, edit: &mut Edit<'e>) {
        edit.redact(self.items);
    }

    fn span(&mut self, span: &'a [u8], edit: &mut Edit<'e>) {
        edit.redact(self.items);
        if let Some(teller) = &mut self.teller {
            teller.span(span, edit);
        }
    }

    fn log_record(&mut self, record: &LogRecord<'a>, edit: &mut Edit<'e>) {
        edit.redact(self.items);
        if let Some(teller) = &mut self.teller {
            teller.record(record, edit);
        }
    }

    fn point(&mut self, _: &Attributes<'a>, edit: &mut Edit<'e>) {
        edit.redact(self.items);
    }
}

/// Returns what is said of a component.
fn component(catalog: &Catalog, it: &Component, unwell: &Unwell) -> Vec<(&'static str, String)> {
    let mut said = vec![
        (semconv::BUSINESS_COMPONENT, it.id.to_string()),
        (semconv::SERVICE_CRITICALITY, it.criticality.to_string()),
    ];
    let Some(state) = unwell.get(&it.id) else { return said };
    said.push((semconv::COMPONENT_STATE, state.to_string()));
    let alone = BTreeMap::from([(it.id.clone(), *state)]);
    if let Some(money) = sum(
        catalog,
        &bellwether_core::impact::Impact::of(catalog, &alone, &Default::default()).revenue_at_risk,
    ) {
        said.push((semconv::BUSINESS_REVENUE_AT_RISK, money.amount.normalize().to_string()));
        said.push((semconv::BUSINESS_CURRENCY, money.currency.to_string()));
    }
    said
}

/// Returns a sum as one amount; `None` when nothing is at risk, or when it is in several
/// currencies and the catalog has no rates for them.
fn sum(catalog: &Catalog, totals: &Totals) -> Option<Money> {
    let mut each = totals.iter();
    match (each.next(), each.next()) {
        (Some(money), None) => Some(money),
        (Some(_), Some(_)) => catalog.exchange_rates()?.sum(totals),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests;
