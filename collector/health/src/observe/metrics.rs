//! Observes the points of metrics.

use std::hash::{BuildHasher, Hasher};

use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::RawValue;
use bellwether_otlp::{Attributes, Metric, MetricsRequest, Resource};

use super::Seen;
use super::counted::{Event, Point};
use super::decision::decide;
use super::decisions::Decision;
use super::look::owners;
use super::points::{self, Read, Series};
use super::shard::{Moment, Shard, likeness_of};
use crate::indicators::Slots;
use crate::subject::{Own, SignalKind, Subject};

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &Moment) -> Seen {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for resource_metrics in MetricsRequest::assume_valid(body).resource_metrics() {
        let resource = resource_metrics.resource();
        shard.pulses.note(resource_metrics.resource(), moment.now);
        for scope in resource_metrics.scope_metrics() {
            for metric in scope.metrics() {
                seen.items += metric.point_count();
                if !shard.plan.asks_for_metric(metric.name()) {
                    continue;
                }
                let class = shard.class(SignalKind::Metrics, &resource, metric.name());
                let series = SeriesKey::new(&resource, scope.scope().name(), &metric);
                let Some(data) = metric.data() else { continue };
                points::each(data, &mut |read| {
                    point(shard, class, &metric, read, &series, &mut found, moment);
                });
            }
        }
    }
    seen
}

fn point<'a>(
    shard: &mut Shard,
    number: u32,
    metric: &Metric<'a>,
    read: Read<'a>,
    series: &SeriesKey,
    found: &mut Vec<(u16, RawValue<'a>)>,
    moment: &Moment,
) {
    let Shard { plan, classes, decisions, counted, hits, likeness: alike, .. } = shard;
    let Some(class) = classes.get(number) else { return };
    class.find(read.attributes.raw(), found);
    likeness_of(alike, number, read.attributes.raw(), class);
    alike.extend_from_slice(metric.unit().as_bytes());

    let at = moment.read(read.at);
    let subject = Subject {
        own: Own::Metric { name: metric.name(), unit: metric.unit() },
        attributes: found,
        names: class.keys.names(),
        resource: &class.resource,
    };
    let known = decisions.find(decisions.hash(alike), alike);
    let place = known.unwrap_or_else(|| {
        let owners = owners(plan, class, found, false);
        let targets = decide(plan, class, &subject, &owners.components);
        counted.note_unit(&targets, metric.unit());
        decisions.keep(Decision::of_points(alike, targets), (plan, counted, hits))
    });
    let Some(decision) = decisions.get_mut(place) else { return };
    let series = read.cumulative.then(|| Series {
        key: series.of(&read.attributes),
        start: Timestamp::from_nanos(i64::try_from(read.start).unwrap_or_default()),
    });
    let point = Some(Point { value: &read.value, series });
    let (slots, now) = (Slots::at(at), &moment.slots);
    let (trace, customer) = (&[][..], &|| None);
    let event = Event { subject, at, slots, now, seconds: 0.0, point, trace, customer };
    counted.add(plan, &mut decision.each, &event);
}

/// Names series by hashes of 128 bits, which stay the same for the life of the process.
struct SeriesKey {
    high: foldhash::quality::FoldHasher<'static>,
    low: foldhash::quality::FoldHasher<'static>,
}

impl SeriesKey {
    fn new(resource: &Resource<'_>, scope: &str, metric: &Metric<'_>) -> Self {
        let hasher = |seed| {
            let mut hasher = foldhash::quality::FixedState::with_seed(seed).build_hasher();
            hasher.write(resource.bytes().unwrap_or_default());
            hasher.write(scope.as_bytes());
            hasher.write_u8(0xff);
            hasher.write(metric.name().as_bytes());
            hasher.write_u8(0xff);
            hasher
        };
        Self { high: hasher(1), low: hasher(2) }
    }

    /// Returns the key of the series with these attributes, in whatever order they come.
    fn of(&self, attributes: &Attributes<'_>) -> u128 {
        let hash = |hasher: &foldhash::quality::FoldHasher<'static>| {
            let one = |(key, value): (&[u8], RawValue<'_>)| {
                let mut hasher = hasher.clone();
                hasher.write(key);
                hasher.write_u8(0xff);
                hasher.write(value.bytes());
                hasher.finish()
            };
            attributes.raw().map(one).fold(hasher.finish(), u64::wrapping_add)
        };
        u128::from(hash(&self.high)) << 64 | u128::from(hash(&self.low))
    }
}
