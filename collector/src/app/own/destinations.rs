//! What is known of destinations, as metrics.

use bellwether_core::time::Timestamp;
use bellwether_exporters::status::{DestinationSnapshot, Health, LaneSnapshot};
use bellwether_proto::metrics::{
    COLLECTOR_DESTINATION_ACCEPTED_REQUESTS, COLLECTOR_DESTINATION_DROPPED_REQUESTS,
    COLLECTOR_DESTINATION_FAILING_DURATION, COLLECTOR_DESTINATION_HEALTHY,
    COLLECTOR_DESTINATION_LEFT_OUT_ITEMS, COLLECTOR_DESTINATION_QUEUED_AGE,
    COLLECTOR_DESTINATION_QUEUED_ITEMS, COLLECTOR_DESTINATION_QUEUED_REQUESTS,
    COLLECTOR_DESTINATION_QUEUED_SIZE, COLLECTOR_DESTINATION_REFUSED_REQUESTS,
    COLLECTOR_DESTINATION_REJECTED_ITEMS, COLLECTOR_DESTINATION_REPEATED_REQUESTS,
    COLLECTOR_DESTINATION_SENT_ITEMS, COLLECTOR_DESTINATION_SENT_REQUESTS,
    COLLECTOR_DESTINATION_SKIPPED_REQUESTS,
};
use bellwether_proto::semconv::{DESTINATION, REASON, STREAM, stream};

use super::metric::Reading;

pub(super) fn read(status: &DestinationSnapshot, now: Timestamp, reading: &mut Reading) {
    let name = status.destination.as_str();
    if let Some(lane) = &status.signals {
        let labels = [(DESTINATION, name), (STREAM, stream::SIGNALS)];
        both(lane, &labels, now, reading);
        for (metric, count) in [
            (&COLLECTOR_DESTINATION_ACCEPTED_REQUESTS, lane.accepted),
            (&COLLECTOR_DESTINATION_REFUSED_REQUESTS, lane.refused),
            (&COLLECTOR_DESTINATION_QUEUED_ITEMS, lane.queued_items),
            (&COLLECTOR_DESTINATION_QUEUED_SIZE, lane.queued_bytes),
            (&COLLECTOR_DESTINATION_SENT_ITEMS, lane.sent_items),
            (&COLLECTOR_DESTINATION_REJECTED_ITEMS, lane.refused_items),
        ] {
            reading.add(metric, &labels, count);
        }
    }
    if let Some(lane) = &status.notices {
        let labels = [(DESTINATION, name), (STREAM, stream::NOTICES)];
        both(lane, &labels, now, reading);
        reading.add(&COLLECTOR_DESTINATION_REPEATED_REQUESTS, &labels, lane.repeated);
    }
    if let Some(lane) = &status.metrics {
        both(lane, &[(DESTINATION, name), (STREAM, stream::METRICS)], now, reading);
    }
}

fn both(
    lane: &LaneSnapshot,
    labels: &[(&'static str, &str); 2],
    now: Timestamp,
    reading: &mut Reading,
) {
    let age = |since: Option<Timestamp>| since.map_or(0.0, |it| now.since(it).as_secs_f64());
    let failing = match lane.health {
        Health::Healthy => None,
        Health::Retrying { since, .. }
        | Health::Refusing { since, .. }
        | Health::Paused { since, .. } => Some(since),
    };
    reading.add(&COLLECTOR_DESTINATION_HEALTHY, labels, failing.is_none());
    reading.add(&COLLECTOR_DESTINATION_FAILING_DURATION, labels, age(failing));
    reading.add(&COLLECTOR_DESTINATION_QUEUED_REQUESTS, labels, lane.queued);
    reading.add(&COLLECTOR_DESTINATION_QUEUED_AGE, labels, age(lane.oldest));
    reading.add(&COLLECTOR_DESTINATION_SENT_REQUESTS, labels, lane.sent);
    let [name, stream] = *labels;
    for (metric, counts) in [
        (&COLLECTOR_DESTINATION_DROPPED_REQUESTS, &lane.dropped),
        (&COLLECTOR_DESTINATION_SKIPPED_REQUESTS, &lane.skipped),
        (&COLLECTOR_DESTINATION_LEFT_OUT_ITEMS, &lane.left_out),
    ] {
        for (why, count) in counts {
            reading.add(metric, &[name, stream, (REASON, why)], *count);
        }
    }
}
