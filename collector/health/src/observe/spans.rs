//! Observes spans.

use bellwether_core::catalog::ComponentSet;
use bellwether_core::facts::Observed;
use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::{self, RawValue, ScannedSpan};
use bellwether_otlp::{Span, SpanKind, TraceRequest};

use super::Seen;
use super::counted::Event;
use super::facts::{self, LazySource};
use super::look::{self, Look};
use super::shard::{Moment, Shard, likeness};
use super::sightings;
use super::traffic;
use crate::indicators::Slots;
use crate::subject::SignalKind;

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &Moment) -> Seen {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for resource_spans in TraceRequest::assume_valid(body).resource_spans() {
        let resource = resource_spans.resource();
        let class = shard.class(SignalKind::Spans, &resource, "");
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
    moment: &Moment,
    source: &mut LazySource<'a>,
    seen: &mut Seen,
) {
    let Shard { classes, decisions, sightings, likeness: alike, .. } = shard;
    let Some(class) = classes.get(number) else { return };
    alike.clear();
    alike.extend_from_slice(&number.to_le_bytes());
    let span = scan::span(raw, |name, value| {
        if let Some(number) = class.decisive.find(name) {
            likeness(alike, number, value.bytes());
        }
    });
    alike.extend_from_slice(&[span.kind as u8, span.status as u8]);
    if class.name_decides {
        alike.extend_from_slice(span.name);
    }
    let at = moment.read(span.end_time_unix_nano);
    if span.kind != SpanKind::Server
        && facts::may_be_fact(span.name)
        && let Some(fact) = facts::of_span(&Span::of(raw))
    {
        seen.facts.push(Observed { source: source.get(), at, fact });
    }
    let nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let seconds = nanos as f64 / 1e9;

    let known = decisions.find(alike);
    let trace = sightings.wants(span.trace_id);
    if let Some(place) = known
        && trace.is_none()
        && decisions.is_plain(place)
    {
        decisions.gather(place, moment.when(at), (at, seconds), || Some(source.get()));
        return;
    }
    look::find(class, raw, found);
    closely(shard, number, &Glance { span, seconds, at, known, trace }, found, moment, source);
}

/// What a quick look at a span tells.
struct Glance<'a> {
    span: ScannedSpan<'a>,
    seconds: f64,
    at: Timestamp,
    /// What was decided for spans that look like it.
    known: Option<u32>,
    /// The number of its trace, when that is one of those that are followed.
    trace: Option<u64>,
}

/// Looks at a span for which something has to be decided or asked.
fn closely<'a>(
    shard: &mut Shard,
    number: u32,
    glance: &Glance<'a>,
    found: &[(u16, RawValue<'a>)],
    moment: &Moment,
    source: &mut LazySource<'a>,
) {
    let Shard { plan, classes, decisions, counted, hits, sightings, likeness: alike, .. } = shard;
    let Some(class) = classes.get(number) else { return };
    let Glance { span, seconds, at, known, trace } = glance;
    let (at, seconds) = (*at, *seconds);
    let look = Look { plan, class, span, seconds, found };

    let mut place =
        known.unwrap_or_else(|| decisions.keep(look.decide(alike), (plan, counted, hits)));
    if decisions.is_by_path(place) {
        let components = look.of_path();
        if !components.is_empty() {
            add_components(alike, &components);
            place = decisions.find(alike).unwrap_or_else(|| {
                let decision = look.decide_by_path(alike, &components);
                decisions.keep(decision, (plan, counted, hits))
            });
        }
    }
    if let Some(trace) = *trace {
        sightings.add(sightings::of_span(trace, span, class, found, at, || look.components()));
    }
    decisions.gather(place, moment.when(at), (at, seconds), || Some(source.get()));
    let Some(decision) = decisions.get_mut(place) else { return };
    let event = Event {
        subject: look.subject(),
        at,
        slots: Slots::at(at),
        now: &moment.slots,
        seconds,
        point: None,
        customer: &|| look.customer(),
    };
    counted.add(plan, &mut decision.each, &event);
    hits.add_by_path(decision.met(), at, || traffic::path(class, found), || source.get());
}

fn add_components(likeness: &mut Vec<u8>, components: &ComponentSet) {
    for component in components.iter() {
        likeness.extend_from_slice(&(component.get() as u16).to_le_bytes());
    }
    // the last byte of any other likeness is the end of a name, a kind or a value
    likeness.extend_from_slice(b"\xff\xffby path");
}
