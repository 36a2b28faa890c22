//! Reports the route manifest: at once, again until acknowledged, and then every 15 s.

use tokio::sync::watch;

use super::{Event, PERIOD, RETRY, State, Transport};

/// Sends the route report for as long as it runs; a change of the state is sent at once.
pub(crate) async fn report(transport: &dyn Transport, mut state: watch::Receiver<State>) {
    let mut reachable = None;
    loop {
        let now = state.borrow_and_update().clone();
        let wait = if now.manifest.is_none() || now.validating {
            None
        } else {
            let sent = transport.send_event(Event::Routes(now)).await;
            tell(&mut reachable, &sent);
            Some(if sent.is_ok() { PERIOD } else { RETRY })
        };
        let changed = match wait {
            Some(wait) => match tokio::time::timeout(wait, state.changed()).await {
                Ok(changed) => changed,
                Err(_elapsed) => continue,
            },
            None => state.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Logs a change between reachable and not, so that a broken way to the collector is said once and not every 2 s.
fn tell(reachable: &mut Option<bool>, sent: &Result<(), String>) {
    let before = reachable.replace(sent.is_ok());
    match sent {
        Ok(()) if before != Some(true) => {
            tracing::info!("the collector has the route manifest");
        }
        Err(error) if before != Some(false) => {
            tracing::warn!(
                %error,
                "the collector cannot be reached; telemetry waits and the route manifest is tried again every 2 s"
            );
        }
        _ => {}
    }
}
