//! One socket of somebody who looks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::access::{Door, Who};
use crate::api::Api;
use crate::error::ApiError;

/// How often the other side is asked whether it is there, and whether it still may look.
const BEAT: Duration = Duration::from_secs(5);

/// Who says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(20);

/// Who takes longer over one message is let go.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nobody has much to say: what is read is kept in no more than this, a socket.
const HEARD: usize = 4 * 1_024;

/// Where to go on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The number of the newest message that is known.
    after: Option<u64>,
}

/// Opens a socket.
pub(crate) async fn open(
    State(api): State<Api>,
    Extension(door): Extension<Door>,
    Extension(who): Extension<Who>,
    query: Result<Query<From>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let Query(From { after }) = query.map_err(|error| ApiError::query(error.body_text()))?;
    let upgrade = upgrade.map_err(|_| ApiError::no_socket())?;
    let place = Arc::clone(door.sockets()).try_acquire_owned();
    let place = place.map_err(|_| ApiError::too_many_sockets())?;
    let upgrade = upgrade.read_buffer_size(HEARD).max_message_size(HEARD).max_frame_size(HEARD);
    // the task is axum's; the place, which the server waits for at its end, is its owner
    Ok(upgrade.write_buffer_size(0).on_upgrade(async move |socket| {
        let stop = door.stop().clone();
        Socket { socket, api, stop, may: || door.holds(&who) }.serve(after).await;
        drop(place);
    }))
}

/// A socket, whose it is.
pub(super) struct Socket<S, M> {
    pub(super) socket: S,
    pub(super) api: Api,
    pub(super) stop: CancellationToken,
    /// Whether they still may look.
    pub(super) may: M,
}

/// The other side is gone, or too slow.
struct Gone;

impl<S, M, E> Socket<S, M>
where
    S: Stream<Item = Result<Message, E>> + Sink<Message> + Unpin,
    M: Fn() -> bool,
{
    /// Sends what changes until somebody ends it.
    pub(super) async fn serve(mut self, after: Option<u64>) {
        if let Ok((code, reason)) = self.send_changes(after).await {
            let frame = CloseFrame { code, reason: reason.into() };
            // whoever is gone already needs no goodbye
            let _ = self.send(Message::Close(Some(frame))).await;
        }
    }

    async fn send_changes(&mut self, after: Option<u64>) -> Result<(u16, &'static str), Gone> {
        let mut snapshots = self.api.snapshots();
        let mut known = after;
        let mut heard = Instant::now();
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        let mut ended = false;
        loop {
            while let Some((text, seq)) = self.api.live(known) {
                self.send(Message::Text(text)).await?;
                known = Some(seq);
            }
            tokio::select! {
                () = stop.cancelled() => {
                    return Ok((close_code::AWAY, "the collector stops or listens elsewhere"));
                }
                changed = snapshots.changed(), if !ended => ended = changed.is_err(),
                _ = beat.tick() => {
                    if !(self.may)() {
                        return Ok((close_code::POLICY, "the token was revoked, or the session is over"));
                    }
                    if heard.elapsed() > SILENCE {
                        return Err(Gone);
                    }
                    self.send(Message::Ping(Vec::new().into())).await?;
                }
                said = self.socket.next() => match said {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => heard = Instant::now(),
                    Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                        return Ok((close_code::UNSUPPORTED, "nothing is taken here"));
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                },
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}
