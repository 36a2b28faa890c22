//! What is known of the request or operation under way; rides in the OpenTelemetry context.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};

use super::catalog::{Catalog, Component};
use crate::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CUSTOMER, BUSINESS_CUSTOMER_ID, SERVICE_CRITICALITY,
};

/// What metrics call a customer that is not in the catalog.
pub(crate) const OTHER: &str = "other";
/// Longest id of a customer, in bytes; whatever is longer is no id but an attack or a mistake.
const LONGEST_ID: usize = 128;

/// The component of a request or operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ComponentTag {
    pub(crate) id: &'static str,
    /// Absent for a component that is not in the catalog.
    pub(crate) criticality: Option<&'static str>,
}

impl ComponentTag {
    pub(crate) fn of(component: &Component) -> Self {
        let criticality = Some(component.criticality().as_str());
        Self { id: intern(component.id()), criticality }
    }

    /// Looks a component up that the code names.
    pub(crate) fn named(id: &'static str, catalog: &Catalog) -> Self {
        catalog.get(id).map_or(Self { id, criticality: None }, Self::of)
    }

    /// Lists the attributes, without allocating.
    pub(crate) fn attributes(self) -> impl Iterator<Item = KeyValue> {
        let criticality = self.criticality.map(|it| KeyValue::new(SERVICE_CRITICALITY, it));
        std::iter::once(KeyValue::new(BUSINESS_COMPONENT, self.id)).chain(criticality)
    }
}

/// A customer that somebody named, and whether the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerTag {
    /// As the service knows them.
    pub(crate) id: Arc<str>,
    /// Their id in the catalog.
    pub(crate) known: Option<&'static str>,
}

impl CustomerTag {
    /// Takes an id as it came; an empty one and one that is too long are none.
    pub(crate) fn new(id: &str, catalog: &Catalog) -> Option<Self> {
        let usable = !id.is_empty() && id.len() <= LONGEST_ID;
        usable.then(|| Self {
            id: id.into(),
            known: catalog.find_customer(id).map(|customer| intern(customer.id())),
        })
    }

    /// Lists the attributes of a span.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = KeyValue> + use<> {
        self.known
            .map(|known| KeyValue::new(BUSINESS_CUSTOMER, known))
            .into_iter()
            .chain(std::iter::once(KeyValue::new(BUSINESS_CUSTOMER_ID, Arc::clone(&self.id))))
    }
}

/// Tags of one request or operation.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    catalog: Option<Arc<Catalog>>,
    found: Option<ComponentTag>,
    inherited: Option<CustomerTag>,
    component: OnceLock<ComponentTag>,
    customer: OnceLock<CustomerTag>,
}

impl Tags {
    /// Begins with what the catalog says of the route, and with the customer that a caller's baggage names.
    pub(crate) fn begin(
        catalog: &Arc<Catalog>,
        found: Option<ComponentTag>,
        parent: &Context,
    ) -> Self {
        Self {
            catalog: Some(Arc::clone(catalog)),
            found,
            inherited: inherited(parent, catalog),
            ..Self::default()
        }
    }

    /// Names the customer; the first name within a request stands.
    pub(crate) fn say_customer(&self, id: &str) {
        let catalog = self.catalog.as_deref();
        if let Some(customer) = catalog.and_then(|catalog| CustomerTag::new(id, catalog)) {
            let _ = self.customer.set(customer);
        }
    }

    /// Names the component, over what the catalog says; the first name within a request stands.
    pub(crate) fn say_component(&self, id: &'static str) {
        if let Some(catalog) = &self.catalog {
            let _ = self.component.set(ComponentTag::named(id, catalog));
        }
    }

    pub(crate) fn customer(&self) -> Option<&CustomerTag> {
        self.customer.get().or(self.inherited.as_ref())
    }

    pub(crate) fn component(&self) -> Option<ComponentTag> {
        self.component.get().copied().or(self.found)
    }

    /// Lists the attributes of a span or a log record within the request.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = KeyValue> {
        let component = self.component().map(|it| KeyValue::new(BUSINESS_COMPONENT, it.id));
        let customer = self.customer().into_iter().flat_map(CustomerTag::attributes);
        component.into_iter().chain(customer)
    }
}

/// Returns the customer of the request around, or the one that the baggage of a caller names.
fn inherited(parent: &Context, catalog: &Catalog) -> Option<CustomerTag> {
    if let Some(customer) = parent.get::<Tags>().and_then(Tags::customer) {
        return Some(customer.clone());
    }
    let baggage = parent.baggage();
    if baggage.is_empty() {
        return None;
    }
    CustomerTag::new(baggage.get(BUSINESS_CUSTOMER_ID)?.as_str(), catalog)
}

/// Returns a text that lives as long as the process, so that tagging a request with it costs no allocation.
///
/// For texts that a programmer or an operator wrote (routes, components), which are few; never for what a request says.
pub(crate) fn intern(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.into());
    texts.insert(text);
    text
}
