//! How every part is, in the shape of the OpenTelemetry Collector's `healthcheckv2` extension.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::view::{Destination, Snapshot, Stream, StreamState, Time};

/// How the whole is, and every part of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Parts {
    start_time: Time,
    #[serde(flatten)]
    whole: Part,
    /// Whether telemetry is taken, judged and kept; not part of the answer's body.
    #[serde(skip)]
    pub(crate) ready: bool,
}

/// How a part is.
#[derive(Debug, Serialize, JsonSchema)]
struct Part {
    healthy: bool,
    status: Status,
    /// Why it is not healthy, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Since when that is so.
    status_time: Time,
    /// What waits for a destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Queue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: BTreeMap<String, Self>,
}

/// The words of `healthcheckv2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PartStatus")]
enum Status {
    #[serde(rename = "StatusOK")]
    Ok,
    /// It is tried again.
    #[serde(rename = "StatusRecoverableError")]
    Recoverable,
    /// Somebody has to do something.
    #[serde(rename = "StatusPermanentError")]
    Permanent,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Queue {
    requests: u64,
    items: u64,
    bytes: u64,
    /// For how long the oldest request waits.
    age_seconds: f64,
}

impl Part {
    fn of(status: Status, status_time: Time, error: Option<String>) -> Self {
        let healthy = status == Status::Ok;
        let components = BTreeMap::new();
        Self { healthy, status, error, status_time, queue: None, address: None, components }
    }

    /// Returns a part that is well unless there is an error that mends itself.
    fn unless(error: Option<String>, status_time: Time) -> Self {
        let status = if error.is_none() { Status::Ok } else { Status::Recoverable };
        Self::of(status, status_time, error)
    }
}

impl Parts {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let collector = &snapshot.collector;
        let mut parts = BTreeMap::new();
        for receiver in &snapshot.receivers {
            let part = Part::unless(None, collector.started_at);
            let part = Part { address: Some(receiver.address.clone()), ..part };
            parts.insert(format!("receiver:{}", receiver.name), part);
        }
        // a snapshot is made with every evaluation
        parts.insert("processor:health".to_owned(), Part::unless(None, collector.now));
        let store = Part::unless(collector.store_error.clone(), collector.now);
        parts.insert("extension:storage".to_owned(), store);
        if let Some(heartbeat) = &collector.heartbeat {
            let withheld = heartbeat.withheld.join("; ");
            let withheld = (!withheld.is_empty()).then(|| format!("withheld: {withheld}"));
            let at = heartbeat.last_sent.unwrap_or(collector.started_at);
            let part = Part::unless(withheld.or_else(|| heartbeat.failing.clone()), at);
            parts.insert("extension:heartbeat".to_owned(), part);
        }
        parts.insert("configuration".to_owned(), configuration(snapshot));
        for it in &snapshot.destinations {
            parts.insert(format!("exporter:{}", it.name), destination(it, snapshot));
        }
        Self {
            start_time: collector.started_at,
            whole: whole(parts, snapshot),
            ready: collector.ready,
        }
    }
}

/// A collector that is not ready is worse than any of its parts.
fn whole(components: BTreeMap<String, Part>, snapshot: &Snapshot) -> Part {
    let collector = &snapshot.collector;
    let unwell =
        |(name, part): (&String, &Part)| part.error.as_ref().map(|why| format!("{name}: {why}"));
    let (status, why) = if collector.ready {
        let worst = components.values().map(|it| it.status).max_by_key(|it| *it as u8);
        (worst.unwrap_or(Status::Ok), components.iter().filter_map(unwell).collect())
    } else if collector.problems.is_empty() {
        (Status::Recoverable, vec!["nothing was evaluated yet".to_owned()])
    } else {
        (Status::Recoverable, collector.problems.clone())
    };
    let error = (!why.is_empty()).then(|| why.join("; "));
    Part { components, ..Part::of(status, collector.now, error) }
}

fn configuration(snapshot: &Snapshot) -> Part {
    let collector = &snapshot.collector;
    let loaded_at = collector.configuration.loaded_at.unwrap_or(collector.started_at);
    match &collector.configuration.refused {
        None => Part::unless(None, loaded_at),
        Some(refused) => {
            let why = format!("refused, the one before goes on: {}", refused.problems.join("; "));
            Part::of(Status::Permanent, refused.at, Some(why))
        }
    }
}

fn destination(it: &Destination, snapshot: &Snapshot) -> Part {
    let streams = [("signals", &it.signals), ("notices", &it.notices), ("metrics", &it.metrics)];
    let streams = streams.into_iter().filter_map(|(name, it)| Some((name, it.as_ref()?)));
    let components: BTreeMap<String, Part> =
        streams.map(|(name, it)| (name.to_owned(), stream(it, snapshot))).collect();
    let worst = components.values().max_by_key(|it| it.status as u8);
    let (status, at, error) = match worst {
        Some(part) => (part.status, part.status_time, part.error.clone()),
        None => (Status::Ok, snapshot.collector.started_at, None),
    };
    Part { components, ..Part::of(status, at, error) }
}

fn stream(stream: &Stream, snapshot: &Snapshot) -> Part {
    let collector = &snapshot.collector;
    let status = match stream.state {
        StreamState::Healthy => Status::Ok,
        StreamState::Retrying => Status::Recoverable,
        // another key, or other data, is not what waiting brings
        StreamState::Refusing | StreamState::Paused => Status::Permanent,
    };
    let at = stream.since.or(stream.last_sent).unwrap_or(collector.started_at);
    let age = |oldest: Time| oldest.age(collector.now).as_secs_f64();
    let queue = Queue {
        requests: stream.queued,
        items: stream.queued_items,
        bytes: stream.queued_bytes,
        age_seconds: stream.oldest.map_or(0.0, age),
    };
    Part { queue: Some(queue), ..Part::of(status, at, stream.why.clone()) }
}
