//! Observes the points of metrics.

use std::hash::{BuildHasher, Hasher};

use bellwether_core::time::Timestamp;
use bellwether_otlp::scan::RawValue;
use bellwether_otlp::{Attributes, Metric, MetricsRequest, Resource};

use super::Seen;
use super::classes::Decision;
use super::counted::{Event, Point};
use super::decision::decide;
use super::points::{self, Read, Series};
use super::shard::{Moment, Shard, likeness};
use super::spans::owners;
use super::traffic::Met;
use crate::subject::{Own, SignalKind, Subject};

pub(super) fn observe(shard: &mut Shard, body: &[u8], moment: &mut Moment) -> Seen {
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for resource_metrics in MetricsRequest::assume_valid(body).resource_metrics() {
        let resource = resource_metrics.resource();
        for scope in resource_metrics.scope_metrics() {
            for metric in scope.metrics() {
                seen.items += metric.point_count();
                if !shard.plan.asks_for_metric(metric.name()) {
                    continue;
                }
                let plan = shard.plan.clone();
                let class =
                    shard.classes.find(&plan, SignalKind::Metrics, &resource, metric.name());
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
    moment: &mut Moment,
) {
    let Shard { plan, classes, counted, likeness: alike, .. } = shard;
    let Some((class, decisions)) = classes.get(number) else { return };
    alike.clear();
    alike.extend_from_slice(&number.to_le_bytes());
    found.clear();
    for (name, value) in read.attributes.raw() {
        if let Some((number, decisive)) = class.keys.find(name) {
            found.push((number, value));
            if decisive {
                likeness(alike, number, value.bytes());
            }
        }
    }
    alike.extend_from_slice(metric.unit().as_bytes());

    let (at, slots) = moment.read(read.at);
    let subject = Subject {
        own: Own::Metric { name: metric.name(), unit: metric.unit() },
        attributes: found,
        names: class.keys.names(),
        resource: &class.resource,
    };
    let decision = decisions.find(alike, || {
        let owners = owners(plan, class, found, false);
        let targets = decide(plan, class, &subject, &owners.components);
        counted.note_unit(&targets, metric.unit());
        Decision::new(alike, targets, Met::Nothing, false)
    });
    let series = read.cumulative.then(|| Series {
        key: series.of(&read.attributes),
        start: Timestamp::from_nanos(i64::try_from(read.start).unwrap_or_default()),
    });
    let point = Some(Point { value: &read.value, series });
    let event =
        Event { subject, at, slots, now: &moment.slots, seconds: 0.0, point, customer: &|| None };
    counted.add(plan, &mut decision.targets, &event);
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
