//! Looks at a span closely: at all attributes that anybody asks for. Most spans look like others,
//! for which everything was decided, and need no such look.

use bellwether_core::catalog::{ComponentSet, Found};
use bellwether_core::distinct;
use bellwether_core::ids::CustomerId;
use bellwether_otlp::AnyValue;
use bellwether_otlp::SpanKind;
use bellwether_otlp::scan::{self, RawValue, ScannedSpan};

use super::decision::decide;
use super::decisions::Decision;
use super::gathered::Decided;
use super::traffic::Met;
use crate::attributes::value;
use crate::plan::{Class, METHOD, PATH, Plan};
use crate::subject::{Own, Subject};

/// A span with the attributes that anybody asks for.
pub(super) struct Look<'s, 'a> {
    pub(super) plan: &'s Plan,
    pub(super) class: &'s Class,
    pub(super) span: &'s ScannedSpan<'a>,
    pub(super) seconds: f64,
    pub(super) found: &'s [(u16, RawValue<'a>)],
}

/// Reads a span and finds the attributes that anybody asks for.
pub(super) fn find<'a>(
    class: &Class,
    raw: &'a [u8],
    found: &mut Vec<(u16, RawValue<'a>)>,
) -> ScannedSpan<'a> {
    found.clear();
    scan::span(raw, |name, value| {
        if let Some(number) = class.keys.find(name) {
            found.push((number, value));
        }
    })
}

impl<'a> Look<'_, 'a> {
    pub(super) fn subject(&self) -> Subject<'_, 'a> {
        let Self { class, span, seconds, found, .. } = *self;
        // a name is text unless somebody built the request by hand
        let name = std::str::from_utf8(span.name).unwrap_or_default();
        Subject {
            own: Own::Span { kind: span.kind, status: span.status, name, seconds },
            attributes: found,
            names: class.keys.names(),
            resource: &class.resource,
        }
    }

    fn owners(&self) -> Found<'_, '_> {
        owners(self.plan, self.class, self.found, self.span.kind == SpanKind::Server)
    }

    /// Decides for what spans that look like this one count.
    pub(super) fn decide(&self, likeness: &[u8]) -> Decision {
        let owners = self.owners();
        self.decide_for(likeness, &owners.components, owners.by_path)
    }

    /// Decides the same for those whose path tells these components.
    pub(super) fn decide_by_path(&self, likeness: &[u8], by_path: &ComponentSet) -> Decision {
        let mut components = self.owners().components;
        components.extend(by_path);
        self.decide_for(likeness, &components, false)
    }

    fn decide_for(&self, likeness: &[u8], components: &ComponentSet, by_path: bool) -> Decision {
        let met = Met::of(self.span.kind, self.class, self.found);
        let targets = decide(self.plan, self.class, &self.subject(), components);
        let decided = Decided { targets, met, components: *components };
        Decision::new(likeness, decided, by_path)
    }

    /// Finds whose a request is by its path.
    pub(super) fn of_path(&self) -> ComponentSet {
        let Self { plan, class, found, .. } = *self;
        let read = |names: [&str; 2]| {
            names.into_iter().find_map(|name| class.attribute(found, name)).map(RawValue::read)
        };
        let path = read(PATH);
        let Some(path) = path.as_ref().and_then(AnyValue::as_str) else {
            return ComponentSet::default();
        };
        let method = read(METHOD);
        let method = method.as_ref().and_then(AnyValue::as_str);
        plan.matcher.service(class.service.as_str()).of_path(method, path)
    }

    /// Returns the hash of the id of the customer whose the span is.
    pub(super) fn customer(&self) -> Option<u64> {
        let owners = self.owners();
        let id = owners.customer.map(CustomerId::as_str).or(owners.customer_id);
        id.map(distinct::hash)
    }
}

/// Finds whose a signal is, by all but its path.
pub(super) fn owners<'p, 'a>(
    plan: &'p Plan,
    class: &'p Class,
    found: &[(u16, RawValue<'a>)],
    served: bool,
) -> Found<'p, 'a>
where
    'p: 'a,
{
    let resource = class.resource.iter().map(|(name, kept)| (name.as_bytes(), || kept.get()));
    let matcher = plan.matcher.service(class.service.as_str()).resource(resource);
    let attributes = found.iter().filter_map(|(number, raw)| {
        let name = class.keys.names().get(usize::from(*number))?;
        let raw = *raw;
        let is_path = PATH.contains(&&**name);
        (!is_path).then_some((name.as_bytes(), move || value(&raw.read())))
    });
    matcher.find(served, attributes)
}
