//! Observes spans.

use bellwether_core::catalog::{ComponentSet, Found};
use bellwether_core::distinct;
use bellwether_core::facts::Observed;
use bellwether_core::ids::CustomerId;
use bellwether_otlp::scan::{self, RawValue};
use bellwether_otlp::{AnyValue, Span, SpanKind, TraceRequest};

use super::classes::Decision;
use super::counted::Event;
use super::decision::decide;
use super::facts::{self, LazySource};
use super::shard::{Moment, Shard, likeness};
use super::sightings;
use super::traffic::{self, Met};
use super::{Seen, time};
use crate::attributes::value;
use crate::plan::{Class, METHOD, PATH, Plan};
use crate::subject::{Own, SignalKind, Subject};

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &mut Moment) -> Seen {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for resource_spans in TraceRequest::assume_valid(body).resource_spans() {
        let resource = resource_spans.resource();
        let plan = shard.plan.clone();
        let class = shard.classes.find(&plan, SignalKind::Spans, &resource, "");
        let mut source = LazySource::new(resource);
        for raw in resource_spans.scope_spans().flat_map(|scope| scope.raw_spans()) {
            seen.items += 1;
            span(shard, class, raw, &mut found, moment, &mut source, &mut seen);
        }
    }
    seen
}

fn span<'a>(
    shard: &mut Shard,
    number: u32,
    raw: &'a [u8],
    found: &mut Vec<(u16, RawValue<'a>)>,
    moment: &mut Moment,
    source: &mut LazySource<'a>,
    seen: &mut Seen,
) {
    let Shard { plan, classes, counted, hits, sightings, likeness: alike, .. } = shard;
    let Some((class, decisions)) = classes.get(number) else { return };
    alike.clear();
    alike.extend_from_slice(&number.to_le_bytes());
    found.clear();
    let span = scan::span(raw, |name, value| {
        if let Some((number, decisive)) = class.keys.find(name) {
            found.push((number, value));
            if decisive {
                likeness(alike, number, value.bytes());
            }
        }
    });
    alike.extend_from_slice(&[span.kind as u8, span.status as u8]);
    if class.name_decides {
        alike.extend_from_slice(span.name);
    }
    if span.kind != SpanKind::Server
        && facts::may_be_fact(span.name)
        && let Some(fact) = facts::of_span(&Span::of(raw))
    {
        let at = time(span.end_time_unix_nano, moment.now);
        seen.facts.push(Observed { source: source.get(), at, fact });
    }

    let (at, slots) = moment.read(span.end_time_unix_nano);
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let seconds = nanos as f64 / 1e9;
    // a name is text unless somebody built the request by hand
    let name = || std::str::from_utf8(span.name).unwrap_or_default();
    let subject = || Subject {
        own: Own::Span { kind: span.kind, status: span.status, name: name(), seconds },
        attributes: found,
        names: class.keys.names(),
        resource: &class.resource,
    };
    let decide = |likeness: &[u8], components: &ComponentSet, by_path| {
        let met = Met::of(span.kind, class, found);
        let targets = decide(plan, class, &subject(), components);
        Decision::new(likeness, targets, met, by_path)
    };
    let served = span.kind == SpanKind::Server;
    let mut decision = decisions.find(alike, || {
        let owners = owners(plan, class, found, served);
        decide(alike, &owners.components, owners.by_path)
    });
    if decision.by_path {
        let components = of_path(plan, class, found);
        if !components.is_empty() {
            add_components(alike, &components);
            decision = decisions.find(alike, || {
                let mut all = owners(plan, class, found, served).components;
                all.extend(&components);
                decide(alike, &all, false)
            });
        }
    }
    if let Some(trace) = sightings.wants(span.trace_id) {
        let components = || {
            let mut all = owners(plan, class, found, served).components;
            all.extend(&of_path(plan, class, found));
            all
        };
        sightings.add(sightings::of_span(trace, &span, class, found, at, components));
    }
    let customer = || {
        let owners = owners(plan, class, found, served);
        let id = owners.customer.map(CustomerId::as_str).or(owners.customer_id);
        id.map(distinct::hash)
    };
    let event = Event {
        subject: subject(),
        at,
        slots,
        now: &moment.slots,
        seconds,
        point: None,
        customer: &customer,
    };
    counted.add(plan, &mut decision.targets, &event);
    hits.add(&mut decision.met, counted.epoch, at, || traffic::path(class, found), || source.get());
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

/// Finds whose a request is by its path.
fn of_path(plan: &Plan, class: &Class, found: &[(u16, RawValue<'_>)]) -> ComponentSet {
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

fn add_components(likeness: &mut Vec<u8>, components: &ComponentSet) {
    for component in components.iter() {
        likeness.extend_from_slice(&(component.get() as u16).to_le_bytes());
    }
    // the last byte of any other likeness is the end of a name, a kind or a value
    likeness.extend_from_slice(b"\xff\xffby path");
}
