//! Signals that come from resources which look alike to every query.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bellwether_core::attribute::{Scalar, Wanted};
use bellwether_core::catalog::{ComponentIndex, ComponentSet};
use bellwether_core::ids::{Service, Version};
use bellwether_otlp::Resource;
use bellwether_otlp::scan::RawValue;
use bellwether_proto::semconv;

use super::{Keys, Plan, QueryId};
use crate::observe::ASKED;
use crate::subject::{Kept, SignalKind, Subject};

/// Attributes that tell what a request met, beside those that tell whose it is.
pub(crate) const STATUS: [&str; 2] = [semconv::HTTP_RESPONSE_STATUS_CODE, "http.status_code"];

/// Attributes with the method of a request.
pub(crate) const METHOD: [&str; 2] = [semconv::HTTP_REQUEST_METHOD, "http.method"];

/// Attributes with the path of a request: looked at where no route tells.
pub(crate) const PATH: [&str; 2] = [semconv::URL_PATH, "http.target"];

/// Where SDKs from before log records had a field for it put the name of an event.
pub(crate) const EVENT: &str = "event.name";

/// Attributes that name a customer.
pub(crate) const CUSTOMER: [&str; 2] = [semconv::BUSINESS_CUSTOMER_ID, semconv::BUSINESS_CUSTOMER];

/// Signals of resources that look alike to every query, with the queries that can concern them.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) service: Service,
    pub(crate) version: Version,
    /// The attributes that anybody asks for.
    pub(crate) keys: Keys,
    /// Those of them that decide for what a signal counts.
    pub(crate) decisive: Keys,
    /// Whether the name of a span decides anything.
    pub(crate) name_decides: bool,
    /// Whether the body of a log record decides anything.
    pub(crate) body_decides: bool,
    /// The attributes of the resource that anybody asks for.
    pub(crate) resource: Vec<(Arc<str>, Kept)>,
    /// Queries that want an attribute to be one of some texts, by attribute and text.
    filed: BTreeMap<Arc<str>, HashMap<Box<str>, Vec<QueryId>>>,
    by_component: HashMap<ComponentIndex, Vec<QueryId>>,
    others: Vec<QueryId>,
}

impl Class {
    pub(super) fn new(
        plan: &Plan,
        signal: SignalKind,
        service: &str,
        resource: &Resource<'_>,
        candidates: Vec<QueryId>,
    ) -> Self {
        let version = resource.attributes().get(semconv::SERVICE_VERSION);
        let version = version.as_ref().and_then(|it| it.as_str()).unwrap_or_default();
        let mut class = Self {
            service: Service::new(service),
            version: Version::new(version),
            keys: Keys::default(),
            decisive: Keys::default(),
            name_decides: false,
            body_decides: false,
            resource: Vec::new(),
            filed: BTreeMap::new(),
            by_component: HashMap::new(),
            others: Vec::new(),
        };
        let names = plan.component_names.iter();
        names.for_each(|name| class.keys.add(name, true));
        if signal == SignalKind::Spans {
            STATUS.iter().for_each(|name| class.keys.add(name, true));
            ASKED.iter().for_each(|(name, _)| class.keys.add(name, false));
        }
        if signal == SignalKind::Logs {
            class.keys.add(EVENT, false);
        }
        plan.customer_names.iter().for_each(|name| class.keys.add(name, false));
        PATH.iter().chain(&CUSTOMER).for_each(|name| class.keys.add(name, false));
        for id in candidates {
            class.add(plan, signal, id);
        }
        class.keep(resource);
        class.decisive = class.keys.decisive();
        class
    }

    fn add(&mut self, plan: &Plan, signal: SignalKind, id: QueryId) {
        let Some(planned) = plan.query(id) else { return };
        let query = &planned.query;
        for name in query.names().filter(|name| !signal.has_field(name)) {
            self.keys.add(name, false);
        }
        if !planned.volatile {
            for name in query.decisive_names().filter(|name| !signal.has_field(name)) {
                self.keys.add(name, true);
            }
        }
        self.name_decides |=
            !planned.volatile && query.decisive_names().any(|name| name == "span.name");
        self.body_decides |= query.decisive_names().any(|name| name == "log.body");
        let exact = query.filter.matches.0.iter().filter(|it| !signal.has_field(it.0));
        let exact = exact.filter_map(|(name, wanted)| Some((name, texts(wanted)?))).next();
        match (exact, planned.component) {
            (Some((name, texts)), _) => {
                let file = self.filed.entry(name.as_str().into()).or_default();
                for text in texts {
                    file.entry(text.into()).or_default().push(id);
                }
            }
            (None, Some(component)) => {
                self.by_component.entry(component).or_default().push(id);
            }
            (None, None) => self.others.push(id),
        }
    }

    fn keep(&mut self, resource: &Resource<'_>) {
        for (key, raw) in resource.attributes().raw() {
            let Some(number) = self.keys.find(key) else { continue };
            let Some(name) = self.keys.names().get(usize::from(number)).cloned() else { continue };
            if !self.resource.iter().any(|it| it.0 == name) {
                self.resource.push((name, Kept::of(&raw.read())));
            }
        }
    }

    /// Returns what the signals of a resource have in common with those of every other resource
    /// of the same class.
    pub(crate) fn likeness(&self) -> String {
        format!("{:?} {:?} {:?} {:?}", self.service, self.version, self.resource, self.keys.names())
    }

    /// Calls `found` with each query that may take a signal, some of them for nothing.
    pub(crate) fn each_candidate(
        &self,
        subject: &Subject<'_, '_>,
        components: &ComponentSet,
        mut found: impl FnMut(QueryId),
    ) {
        for (name, file) in &self.filed {
            let value = subject.get(name).and_then(|it| it.as_str());
            value.and_then(|it| file.get(it)).into_iter().flatten().for_each(|id| found(*id));
        }
        for component in components.iter() {
            self.by_component.get(&component).into_iter().flatten().for_each(|id| found(*id));
        }
        self.others.iter().for_each(|id| found(*id));
    }

    /// Finds the attributes that anybody asks for among all of a signal.
    pub(crate) fn find<'a>(
        &self,
        attributes: impl Iterator<Item = (&'a [u8], RawValue<'a>)>,
        found: &mut Vec<(u16, RawValue<'a>)>,
    ) {
        found.clear();
        found.extend(attributes.filter_map(|(key, value)| Some((self.keys.find(key)?, value))));
    }

    /// Finds the value of an attribute among those that were found.
    pub(crate) fn attribute<'a>(
        &self,
        found: &[(u16, RawValue<'a>)],
        name: &str,
    ) -> Option<RawValue<'a>> {
        let number = self.keys.find(name.as_bytes())?;
        found.iter().find(|it| it.0 == number).map(|it| it.1)
    }
}

/// Returns the texts of which one is wanted, when nothing but texts written out is.
fn texts(wanted: &Wanted) -> Option<BTreeSet<&str>> {
    let mut texts = BTreeSet::new();
    for value in wanted.values() {
        match value {
            Scalar::Text(text) if !text.contains('*') => texts.insert(text.as_str()),
            _ => return None,
        };
    }
    Some(texts)
}
