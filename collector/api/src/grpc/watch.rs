use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::access::{Door, Who};
use crate::api::Api;
use crate::view::Snapshot;

/// How often it is looked at without a new snapshot, and said again.
const BEAT: Duration = Duration::from_secs(5);

/// Watches how something stands, until it is ended or nobody reads any more. What is not read is
/// not kept: who is slow gets the newest.
pub(super) struct Watch<V, L, M> {
    api: Api,
    door: Door,
    who: Who,
    view: V,
    is_like: L,
    /// Whether it is said again when nothing has changed.
    repeats: bool,
    last: Option<M>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    beat: Interval,
    stop: CancellationToken,
    ended: bool,
    /// One of the places that sockets have, too.
    _place: OwnedSemaphorePermit,
}

impl<V: Fn(&Snapshot) -> M, L: Fn(&M, &M) -> bool, M: Clone> Watch<V, L, M> {
    pub(super) fn new(
        api: &Api,
        door: &Door,
        who: &Who,
        view: V,
        is_like: L,
    ) -> Result<Self, Status> {
        let place = Arc::clone(door.sockets()).try_acquire_owned();
        let full = "there are as many streams and sockets as there may be: ask again later";
        let place = place.map_err(|_| Status::resource_exhausted(full))?;
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            api: api.clone(),
            door: door.clone(),
            who: who.clone(),
            view,
            is_like,
            repeats: true,
            last: None,
            snapshots: api.snapshots(),
            beat,
            stop: door.stop().clone(),
            ended: false,
            _place: place,
        })
    }

    /// Says only what has changed.
    pub(super) fn quiet(self) -> Self {
        Self { repeats: false, ..self }
    }

    pub(super) fn stream(self) -> impl Stream<Item = Result<M, Status>> {
        stream::unfold(Some(self), async |watch| {
            let mut watch = watch?;
            match watch.next().await {
                Ok(message) => Some((Ok(message), Some(watch))),
                Err(status) => Some((Err(status), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<M, Status> {
        let mut again = false;
        loop {
            let now = (self.view)(&self.api.snapshot());
            let is_same = self.last.as_ref().is_some_and(|it| (self.is_like)(it, &now));
            if !is_same || again {
                self.last = Some(now.clone());
                return Ok(now);
            }
            tokio::select! {
                () = self.stop.cancelled() => {
                    return Err(Status::unavailable("the collector stops or listens elsewhere"));
                }
                changed = self.snapshots.changed(), if !self.ended => {
                    self.ended = changed.is_err();
                }
                _ = self.beat.tick() => {
                    if !self.door.holds(&self.who) {
                        return Err(Status::unauthenticated("the token was revoked, or the session is over"));
                    }
                    again = self.repeats;
                }
            }
        }
    }
}
