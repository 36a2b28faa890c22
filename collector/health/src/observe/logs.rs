//! Observes log records.

use bellwether_core::facts::Observed;
use bellwether_otlp::scan::RawValue;
use bellwether_otlp::{AnyValue, LogRecord, LogsRequest};

use super::counted::Event;
use super::decision::{ERROR, decide};
use super::decisions::Decision;
use super::facts::{self, LazySource};
use super::gathered::{Decided, Item};
use super::look::owners;
use super::shard::{Moment, Shard, likeness_of};
use super::{Seen, sightings, time};
use crate::indicators::Slots;
use crate::plan::EVENT;
use crate::subject::{Own, SignalKind, Subject};

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &Moment) -> Seen {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    let counted = shard.plan.asks_for(SignalKind::Logs);
    for resource_logs in LogsRequest::assume_valid(body).resource_logs() {
        let resource = resource_logs.resource();
        let class = shard.class(SignalKind::Logs, &resource, "");
        let mut source = LazySource::new(resource);
        for log in resource_logs.scope_logs().flat_map(|scope| scope.log_records()) {
            seen.items += 1;
            let nanos = match log.time_unix_nano() {
                0 => log.observed_time_unix_nano(),
                nanos => nanos,
            };
            if let Some(fact) = facts::of_record(&log) {
                let at = time(nanos, moment.now);
                seen.facts.push(Observed { source: source.get(), at, fact });
            }
            if let Some(trace) = shard.sightings.wants(log.trace_id()) {
                let at = time(nanos, moment.now);
                let error = log.severity_number() >= ERROR;
                shard.sightings.add(sightings::of_record(trace, &log, error, at));
            }
            if counted {
                record(shard, class, &log, nanos, &mut found, moment);
            }
        }
    }
    seen
}

fn record<'a>(
    shard: &mut Shard,
    number: u32,
    log: &LogRecord<'a>,
    nanos: u64,
    found: &mut Vec<(u16, RawValue<'a>)>,
    moment: &Moment,
) {
    let Shard { plan, classes, decisions, counted, hits, likeness: alike, .. } = shard;
    let Some(class) = classes.get(number) else { return };
    class.find(log.attributes().raw(), found);
    likeness_of(alike, number, log.attributes().raw(), class);
    // SDKs from before the field existed put the name into an attribute
    let attribute = if log.event_name().is_empty() { class.attribute(found, EVENT) } else { None };
    let attribute = attribute.map(RawValue::read);
    let event = attribute.as_ref().and_then(AnyValue::as_str).unwrap_or(log.event_name());
    alike.extend_from_slice(&log.severity_number().to_le_bytes());
    alike.extend_from_slice(event.as_bytes());
    let body = if class.body_decides { log.body() } else { AnyValue::Empty };

    let at = moment.read(nanos);
    let subject = Subject {
        own: Own::Log { severity: log.severity_number(), event, body: body.as_str() },
        attributes: found,
        names: class.keys.names(),
        resource: &class.resource,
    };
    let known = decisions.find(decisions.hash(alike), alike);
    let place = known.unwrap_or_else(|| {
        let owners = owners(plan, class, found, false);
        let targets = decide(plan, class, &subject, &owners.components);
        let decision = Decision::new(alike, Decided { targets, ..Decided::default() }, false);
        decisions.keep(decision, (plan, counted, hits))
    });
    let (when, trace, seconds) = (moment.when(at), log.trace_id(), 0.0);
    decisions.gather(place, &Item { when, at, seconds, trace }, || None);
    let Some(decision) = decisions.get_mut(place) else { return };
    let (slots, now) = (Slots::at(at), &moment.slots);
    let (point, customer) = (None, &|| None);
    let event = Event { subject, at, slots, now, seconds, point, trace, customer };
    counted.add(plan, &mut decision.each, &event);
}
