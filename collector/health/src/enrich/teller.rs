//! Finds whose the signals of a request are. What was found out for one signal holds for all that
//! look alike, and what is told goes in as bytes that are encoded already.

use std::sync::MutexGuard;

use bellwether_core::catalog::{Catalog, Found, ResourceMatcher};
use bellwether_otlp::rewrite::{Edit, Run};
use bellwether_otlp::scan::{self, RawValue};
use bellwether_otlp::{AnyValue, LogRecord, Resource, SpanKind};
use bellwether_proto::semconv;

use super::{Tags, Told};
use crate::attributes::{self, value};
use crate::likeness::{self, Remembered};
use crate::plan::{CUSTOMER, Keys, component_names, customer_names};

/// More answers than this are not remembered.
const MOST: usize = 10_000;

/// Stands where the attributes of a resource end.
const END_OF_RESOURCE: u16 = u16::MAX;

/// What an attribute is good for.
mod role {
    /// It may decide of which component a signal is.
    pub(super) const COMPONENT: u8 = 1;
    /// It may decide of which customer a signal is.
    pub(super) const CUSTOMER: u8 = 2;
    /// It is told, so that it must not be there twice.
    pub(super) const TOLD: u8 = 4;
}

/// Attributes that are told.
const TOLD: [&str; 6] = [
    semconv::BUSINESS_COMPONENT,
    semconv::SERVICE_CRITICALITY,
    semconv::COMPONENT_STATE,
    semconv::BUSINESS_REVENUE_AT_RISK,
    semconv::BUSINESS_CURRENCY,
    semconv::BUSINESS_CUSTOMER,
];

/// The attributes that are looked at, and what each is good for.
#[derive(Debug)]
pub(super) struct Names {
    keys: Keys,
    /// By the number of the name.
    roles: Vec<u8>,
}

impl Names {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let mut names = Self { keys: Keys::default(), roles: Vec::new() };
        component_names(catalog).iter().for_each(|it| names.add(it, role::COMPONENT));
        customer_names(catalog).iter().for_each(|it| names.add(it, role::CUSTOMER));
        CUSTOMER.iter().for_each(|it| names.add(it, role::CUSTOMER));
        TOLD.iter().for_each(|it| names.add(it, role::TOLD));
        names
    }

    fn add(&mut self, name: &str, role: u8) {
        self.keys.add(name, false);
        self.roles.resize(self.keys.names().len(), 0);
        let number = self.keys.find(name.as_bytes());
        let roles = number.and_then(|it| self.roles.get_mut(usize::from(it)));
        roles.into_iter().for_each(|it| *it |= role);
    }

    #[inline(always)]
    fn find(&self, name: &[u8]) -> Option<(u16, u8)> {
        let number = self.keys.find(name)?;
        Some((number, self.roles.get(usize::from(number)).copied().unwrap_or_default()))
    }
}

/// Of which component signals are that look alike.
#[derive(Clone, Copy, Debug)]
enum Of {
    /// Of the one with this number, if of any.
    Component(Option<u32>),
    /// That depends on the path of each.
    Path,
}

/// What was found out for signals that look alike. Customers are found apart: there may be
/// thousands of them to each route.
#[derive(Debug, Default)]
pub(super) struct Answers {
    components: Remembered<Of, MOST>,
    customers: Remembered<Option<u32>, MOST>,
}

#[cfg(test)]
impl Answers {
    pub(super) fn len(&self) -> usize {
        self.components.len() + self.customers.len()
    }
}

/// Tells the signals of one request whose they are.
#[derive(Debug)]
pub(super) struct Teller<'e, 'a> {
    tags: &'e Tags,
    answers: MutexGuard<'e, Answers>,
    /// The resource of the signals at hand, and what finds whose they are, made when it is needed.
    resource: Option<Resource<'a>>,
    matched: Option<ResourceMatcher<'e, 'a>>,
    look: Look,
}

/// What a signal has in common with those that look alike.
#[derive(Debug, Default)]
struct Look {
    component: Vec<u8>,
    customer: Vec<u8>,
    /// How much of each is of the resource.
    of_resource: usize,
    /// Whether it says something itself that it may be told.
    says: bool,
}

impl Look {
    fn begin(&mut self) {
        self.component.truncate(self.of_resource);
        self.customer.truncate(self.of_resource);
        self.says = false;
    }

    #[inline(always)]
    fn add(&mut self, names: &Names, name: &[u8], value: RawValue<'_>) {
        let Some((number, roles)) = names.find(name) else { return };
        if roles & role::COMPONENT != 0 {
            likeness::add(&mut self.component, number, value.bytes());
        }
        if roles & role::CUSTOMER != 0 {
            likeness::add(&mut self.customer, number, value.bytes());
        }
        self.says |= roles & role::TOLD != 0;
    }
}

impl<'e, 'a> Teller<'e, 'a> {
    pub(super) fn new(tags: &'e Tags) -> Self {
        let answers = tags.answers.own();
        Self { tags, answers, resource: None, matched: None, look: Look::default() }
    }

    /// Goes on with the signals of a resource.
    pub(super) fn resource(&mut self, resource: &Resource<'a>) {
        let alike = &mut self.look.component;
        alike.clear();
        // the name of the service and whatever a signal could have of the resource
        for (name, value) in resource.attributes().raw() {
            let found = self.tags.names.find(name).map(|it| it.0);
            let number = match found {
                None if name == semconv::SERVICE_NAME.as_bytes() => Some(END_OF_RESOURCE - 1),
                other => other,
            };
            number.into_iter().for_each(|it| likeness::add(alike, it, value.bytes()));
        }
        likeness::add(alike, END_OF_RESOURCE, b"");
        self.look.of_resource = alike.len();
        self.look.customer.clone_from(alike);
        self.matched = None;
        self.resource = Some(resource.clone());
    }

    pub(super) fn span(&mut self, raw: &'a [u8], edit: &mut Edit<'e>) {
        let names = &self.tags.names;
        self.look.begin();
        let look = &mut self.look;
        let span = scan::span(raw, |name, value| look.add(names, name, value));
        let served = span.kind == SpanKind::Server;
        self.tell(
            edit,
            served,
            |it| &it.to_span,
            |it| {
                scan::span(raw, |name, value| it.push((name, value)));
            },
        );
    }

    pub(super) fn record(&mut self, record: &LogRecord<'a>, edit: &mut Edit<'e>) {
        let attributes = record.attributes();
        self.look.begin();
        attributes.raw().for_each(|(name, value)| self.look.add(&self.tags.names, name, value));
        self.tell(edit, false, |it| &it.to_record, |it| it.extend(attributes.raw()));
    }

    /// Says in the edit what a signal is told; `all` yields all its attributes.
    fn tell(
        &mut self,
        edit: &mut Edit<'e>,
        served: bool,
        run: fn(&Told) -> &Run,
        all: impl FnOnce(&mut Vec<(&'a [u8], RawValue<'a>)>),
    ) {
        self.look.component.push(u8::from(served));
        let component = self.answers.components.find(&self.look.component);
        let customer = self.answers.customers.find(&self.look.customer);
        let (component, customer) = match (component, customer) {
            (Some(Of::Component(component)), Some(customer)) => (component, customer),
            _ => self.find(served, all),
        };
        let of = |list: &'e [Told], at: Option<u32>| list.get(at? as usize);
        let component = of(&self.tags.components, component);
        let told = [component, of(&self.tags.customers, customer)];
        for it in told.into_iter().flatten() {
            if self.look.says {
                it.attributes.iter().for_each(|it| edit.set(it));
            } else {
                edit.append(run(it));
            }
        }
    }

    /// Finds of which component and customer a signal is, and remembers it.
    fn find(
        &mut self,
        served: bool,
        all: impl FnOnce(&mut Vec<(&'a [u8], RawValue<'a>)>),
    ) -> (Option<u32>, Option<u32>) {
        let mut found = Vec::new();
        all(&mut found);
        let pairs = found.into_iter().map(|(name, raw)| (name, move || value(&raw.read())));
        let (tags, resource) = (self.tags, &self.resource);
        let matched = self.matched.get_or_insert_with(|| matched(tags, resource.as_ref()));
        let Found { component, customer, by_path, .. } = matched.find(served, pairs);
        let component = component.and_then(|it| u32::try_from(it.get()).ok());
        let customer = customer.and_then(|id| tags.places.get(id)).copied();
        let Answers { components, customers } = &mut *self.answers;
        if components.find(&self.look.component).is_none() {
            let of = if by_path { Of::Path } else { Of::Component(component) };
            components.keep(&self.look.component, of);
        }
        if customers.find(&self.look.customer).is_none() {
            customers.keep(&self.look.customer, customer);
        }
        (component, customer)
    }
}

fn matched<'e, 'a>(tags: &'e Tags, resource: Option<&Resource<'a>>) -> ResourceMatcher<'e, 'a> {
    let all = resource.map(Resource::attributes);
    let name = all.as_ref().and_then(|it| it.get(semconv::SERVICE_NAME));
    let service =
        tags.matcher.service(name.as_ref().and_then(AnyValue::as_str).unwrap_or_default());
    service.resource(all.iter().flat_map(attributes::attributes))
}
