//! What the collector says about itself: metrics, events and traces, through its own pipelines
//! and to whoever asks.

mod backlog;
mod destinations;
mod encode;
mod ended;
mod events;
mod judged;
mod metric;
mod process;
mod prometheus;
mod source;
mod tally;
mod trace;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bellwether_core::incident::Incident;
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;
use bellwether_core::witness::{Delivery, Witness};
use bellwether_exporters::status::DestinationStatus;
use bellwether_health::Engine;
use bellwether_proto::metrics::{
    COLLECTOR_CONFIGURATION_REFUSED, COLLECTOR_HEARTBEAT_FAILING, COLLECTOR_HEARTBEAT_SENT,
    COLLECTOR_READY, COLLECTOR_RECEIVER_IN_FLIGHT_SIZE, COLLECTOR_TELEMETRY_DROPPED,
    PROCESS_UPTIME,
};
use bellwether_proto::semconv::{
    RECEIVER, SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, SIGNAL, signal,
};
use bellwether_receivers::Admission;
use tokio::sync::watch;

use self::backlog::Backlog;
use self::encode::Times;
use self::events::Event;
use self::judged::Judged;
use self::metric::{Labels, Reading};
pub(super) use self::source::Source;
pub(super) use self::tally::Tally;
use self::trace::Span;
use super::board::Board;
use super::clock::Clock;
use super::heartbeat::Pulse;
use super::plane::Stand;
use super::reload::Standing;

/// The name under which the collector speaks of itself.
const SERVICE: &str = "bellwether";

/// Everything that the collector knows about itself.
pub(super) struct Own {
    clock: Clock,
    started_at: Timestamp,
    /// Which process it is.
    resource: Labels,
    rooms: watch::Receiver<BTreeMap<String, Admission>>,
    receivers: Mutex<BTreeMap<String, Arc<Tally>>>,
    judged: Mutex<Judged>,
    events: Backlog<Event>,
    spans: Backlog<Span>,
    statuses: watch::Receiver<Vec<Arc<DestinationStatus>>>,
    snapshots: watch::Receiver<Arc<bellwether_api::Snapshot>>,
    pulse: watch::Receiver<Pulse>,
    standing: watch::Receiver<Standing>,
}

impl Own {
    pub(super) fn new(board: &Board, clock: Clock) -> Self {
        let resource = vec![
            (SERVICE_NAME, SERVICE.to_owned()),
            (SERVICE_VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (SERVICE_INSTANCE_ID, instance_id()),
        ];
        Self {
            started_at: clock.now(),
            clock,
            resource,
            rooms: board.rooms.subscribe(),
            receivers: Mutex::default(),
            judged: Mutex::default(),
            events: Backlog::default(),
            spans: Backlog::default(),
            statuses: board.statuses.subscribe(),
            snapshots: board.snapshots.subscribe(),
            pulse: board.pulse.subscribe(),
            standing: board.standing.subscribe(),
        }
    }

    /// Returns the counts of a receiver, which go on when it is exchanged.
    pub(super) fn tally(&self, receiver: &str) -> Arc<Tally> {
        Arc::clone(lock(&self.receivers).entry(receiver.to_owned()).or_default())
    }

    /// Takes in an evaluation, and tells what changed.
    pub(super) fn judged(&self, engine: &Engine, stand: &Stand) {
        lock(&self.judged).take(engine, stand);
        let commit = &stand.evaluation.commit;
        commit.transitions.iter().for_each(|it: &Transition| {
            self.events.push(Event::state_changed(it));
        });
        stand.told.iter().for_each(|it: &Incident| {
            if it.opened_at == stand.at {
                self.spans.push(trace::detection(it));
            }
            self.events.push(Event::incident(it));
        });
    }

    /// Tells that another configuration was gone over to, or refused, since `began`.
    pub(super) fn reloaded(&self, began: Timestamp, error: Option<String>) {
        self.spans.push(trace::reload(began, self.clock.now(), error));
    }

    /// Says whether events and spans go anywhere; they are not kept for nobody.
    pub(super) fn want(&self, wanted: bool) {
        self.events.want(wanted);
        self.spans.want(wanted);
    }

    /// Writes all metrics in Prometheus's text format.
    pub(super) fn prometheus(&self) -> String {
        prometheus::text(&self.read().0, &self.resource)
    }

    /// Reads all metrics.
    fn read(&self) -> (Reading, Times) {
        let now = self.clock.now();
        let mut reading = Reading::default();
        reading.add(&PROCESS_UPTIME, &[], now.since(self.started_at).as_secs_f64());
        process::read(&mut reading);
        reading.add(&COLLECTOR_READY, &[], self.snapshots.borrow().collector.ready);
        let refused = self.standing.borrow().is_refused();
        reading.add(&COLLECTOR_CONFIGURATION_REFUSED, &[], refused);
        let pulse = self.pulse.borrow().clone();
        reading.add(&COLLECTOR_HEARTBEAT_SENT, &[], pulse.count);
        reading.add(&COLLECTOR_HEARTBEAT_FAILING, &[], !pulse.is_well());
        for (signal, dropped) in
            [(signal::LOGS, self.events.dropped()), (signal::TRACES, self.spans.dropped())]
        {
            reading.add(&COLLECTOR_TELEMETRY_DROPPED, &[(SIGNAL, signal)], dropped);
        }
        for (name, room) in self.rooms.borrow().iter() {
            let labels = [(RECEIVER, name.as_str())];
            reading.add(&COLLECTOR_RECEIVER_IN_FLIGHT_SIZE, &labels, room.in_flight());
        }
        for (name, tally) in lock(&self.receivers).iter() {
            tally.read(name, &mut reading);
        }
        for status in self.statuses.borrow().iter() {
            destinations::read(&status.snapshot(), now, &mut reading);
        }
        lock(&self.judged).read(&mut reading, now);
        (reading, Times { start: self.started_at, now })
    }
}

impl Witness for Own {
    fn delivery(&self, delivery: Delivery<'_>) {
        self.spans.push(trace::delivery(delivery));
    }
}

/// Makes an id that no other process has: a random UUID.
fn instance_id() -> String {
    let (high, low) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
    let bits = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76 | 0x3 << 62);
    let hex = format!("{:032x}", bits | 0x4 << 76 | 0x2 << 62);
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // what is behind it are counts, of which each is whole
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
