//! Observes spans.
//!
//! The spans of a resource are looked at in three rounds: what each has in common with others, what
//! was decided for those, and what it adds to them. A round is short and does not depend on what
//! the span before came to, so that the processor waits for the memory of several spans at once.

use std::cell::OnceCell;
use std::ops::Range;

use bellwether_core::catalog::ComponentSet;
use bellwether_core::facts::Observed;
use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::{self, RawValue};
use bellwether_otlp::{Span, SpanKind, TraceRequest};

use super::counted::Event;
use super::facts::{self, LazySource};
use super::gathered::Item;
use super::look::{self, Look};
use super::shard::{Moment, Shard};
use super::sightings::Followed;
use super::{Seen, traffic};
use crate::indicators::Slots;
use crate::likeness;
use crate::subject::SignalKind;

/// How many spans a round takes.
const ROUND: usize = 64;

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &Moment) -> Seen {
    let mut seen = Seen::default();
    let mut round = Round::default();
    for resource_spans in TraceRequest::assume_valid(body).resource_spans() {
        let resource = resource_spans.resource();
        let class = shard.class(SignalKind::Spans, &resource, "");
        let mut source = LazySource::new(resource);
        let mut raw = resource_spans.scope_spans().flat_map(|scope| scope.raw_spans());
        loop {
            round.clear();
            for raw in raw.by_ref().take(ROUND) {
                glance(shard, class, raw, moment, &mut round, &mut source, &mut seen);
            }
            if round.glances.is_empty() {
                break;
            }
            seen.items += round.glances.len() as u64;
            round.finish(shard, class, moment, &mut source);
        }
    }
    seen
}

/// What a quick look at a span tells.
struct Glance<'a> {
    raw: &'a [u8],
    seconds: f64,
    at: Timestamp,
    /// The bytes of the id of its trace.
    trace: &'a [u8],
    /// The number of that, when it is one of those that are followed.
    followed: Option<u64>,
    /// Where its likeness lies, and the hash of that.
    likeness: Range<usize>,
    hash: u64,
    /// What was decided for spans that look like it.
    known: Option<u32>,
}

impl<'a> Glance<'a> {
    fn item(&self, moment: &Moment) -> Item<'a> {
        let Self { at, seconds, trace, .. } = *self;
        Item { when: moment.when(at), at, seconds, trace }
    }
}

/// Spans of one resource.
#[derive(Default)]
struct Round<'a> {
    glances: Vec<Glance<'a>>,
    /// Their likenesses, one behind the other.
    likenesses: Vec<u8>,
    found: Vec<(u16, RawValue<'a>)>,
}

/// Looks at a span quickly.
fn glance<'a>(
    shard: &mut Shard,
    number: u32,
    raw: &'a [u8],
    moment: &Moment,
    round: &mut Round<'a>,
    source: &mut LazySource<'a>,
    seen: &mut Seen,
) {
    let Some(class) = shard.classes.get(number) else { return };
    let alike = &mut round.likenesses;
    let start = alike.len();
    alike.extend_from_slice(&number.to_le_bytes());
    let span = scan::span(raw, |name, value| {
        if let Some(number) = class.decisive.find(name) {
            likeness::add(alike, number, value.bytes());
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
    let likeness = start..alike.len();
    round.glances.push(Glance {
        raw,
        seconds: nanos as f64 / 1e9,
        at,
        trace: span.trace_id,
        followed: shard.sightings.wants(span.trace_id),
        hash: shard.decisions.hash(alike.get(likeness.clone()).unwrap_or_default()),
        likeness,
        known: None,
    });
}

impl<'a> Round<'a> {
    fn clear(&mut self) {
        self.glances.clear();
        self.likenesses.clear();
    }

    /// Finds what was decided for the spans, and adds them to what came of those that look alike.
    fn finish(
        &mut self,
        shard: &mut Shard,
        number: u32,
        moment: &Moment,
        source: &mut LazySource<'a>,
    ) {
        let Self { glances, likenesses, found } = self;
        let likeness = |it: &Glance<'_>| likenesses.get(it.likeness.clone()).unwrap_or_default();
        for glance in glances.iter_mut() {
            glance.known = shard.decisions.find(glance.hash, likeness(glance));
        }
        let age = shard.decisions.age();
        for glance in glances.iter() {
            // places hold until all is forgotten
            let known = glance.known.filter(|_| shard.decisions.age() == age);
            let item = glance.item(moment);
            let usual = known.is_some_and(|place| {
                let source = || Some(source.get());
                shard.decisions.is_plain(place) && shard.decisions.gather(place, &item, source)
            });
            if usual {
                follow(shard, number, glance, found);
            } else {
                closely(shard, number, glance, likeness(glance), found, moment, source);
            }
        }
    }
}

/// Notes a span of which all is known, if its trace is one of those that are followed.
fn follow<'a>(
    shard: &mut Shard,
    number: u32,
    glance: &Glance<'a>,
    found: &mut Vec<(u16, RawValue<'a>)>,
) {
    let (Some(trace), Some(place)) = (glance.followed, glance.known) else { return };
    let Shard { classes, decisions, sightings, .. } = shard;
    let (Some(class), Some(decision)) = (classes.get(number), decisions.get(place)) else { return };
    let span = &look::find(class, glance.raw, found);
    sightings.add_span(trace, &Followed { span, class, found, at: glance.at, decision });
}

/// Looks at a span for which something has to be decided or asked.
fn closely<'a>(
    shard: &mut Shard,
    number: u32,
    glance: &Glance<'a>,
    alike: &[u8],
    found: &mut Vec<(u16, RawValue<'a>)>,
    moment: &Moment,
    source: &mut LazySource<'a>,
) {
    let Shard { plan, classes, decisions, counted, hits, sightings, .. } = shard;
    let Some(class) = classes.get(number) else { return };
    let Glance { raw, seconds, at, trace, followed, hash, .. } = *glance;
    let span = look::find(class, raw, found);
    let look = Look { plan, class, span: &span, seconds, found };

    // another span of the round may have been the first that looks like it
    let mut place = decisions
        .find(hash, alike)
        .unwrap_or_else(|| decisions.keep(look.decide(alike), (plan, counted, hits)));
    if decisions.is_by_path(place) {
        let components = look.of_path();
        if !components.is_empty() {
            let alike = with_components(alike, &components);
            let known = decisions.find(decisions.hash(&alike), &alike);
            place = known.unwrap_or_else(|| {
                let decision = look.decide_by_path(&alike, &components);
                decisions.keep(decision, (plan, counted, hits))
            });
        }
    }
    if let Some(followed) = followed
        && let Some(decision) = decisions.get(place)
    {
        sightings.add_span(followed, &Followed { span: &span, class, found, at, decision });
    }
    decisions.gather(place, &glance.item(moment), || Some(source.get()));
    let Some(decision) = decisions.get_mut(place) else { return };
    // the same for all who ask
    let customer = OnceCell::new();
    let event = Event {
        subject: look.subject(),
        at,
        slots: Slots::at(at),
        now: &moment.slots,
        seconds,
        point: None,
        trace,
        customer: &|| *customer.get_or_init(|| look.customer()),
    };
    counted.add(plan, &mut decision.each, &event);
    hits.add_by_path(decision.met(), at, || traffic::path(class, found), || source.get());
}

fn with_components(likeness: &[u8], components: &ComponentSet) -> Vec<u8> {
    let mut likeness = likeness.to_vec();
    for component in components.iter() {
        likeness.extend_from_slice(&(component.get() as u16).to_le_bytes());
    }
    // the last byte of any other likeness is the end of a name, a kind or a value
    likeness.extend_from_slice(b"\xff\xffby path");
    likeness
}
