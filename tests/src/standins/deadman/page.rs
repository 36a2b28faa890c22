//! The human page: whether it alarms, what it alarmed about, the last pings.

use crate::standins::html::{badge, clock, escape, table};

use super::{Cause, Kind, watch::Watch};

/// How many rows each table shows.
const SHOWN: usize = 50;

/// Renders the inside of the page.
pub(super) fn render(watch: &Watch) -> String {
    let (pings, alarms) = (watch.pings(), watch.alarms());
    let state = match alarms.last() {
        Some(alarm) if alarm.ended.is_none() => badge("bad", "alarm"),
        _ if pings.is_empty() => badge("none", "waits for a first ping"),
        _ => badge("good", "up"),
    };
    let alarms: Vec<Vec<String>> = alarms
        .iter()
        .rev()
        .take(SHOWN)
        .map(|alarm| {
            let cause = match alarm.cause {
                Cause::Silence => "silence",
                Cause::Fail => "a ping said so",
            };
            let ended = alarm.ended.as_ref().map_or_else(|| badge("bad", "open"), clock);
            vec![clock(&alarm.raised), cause.to_owned(), ended]
        })
        .collect();
    let pings: Vec<Vec<String>> = pings
        .iter()
        .rev()
        .take(SHOWN)
        .map(|ping| {
            let kind = match ping.kind {
                Kind::Success => badge("good", "success"),
                Kind::Fail => badge("bad", "fail"),
                Kind::Start => badge("info", "start"),
                Kind::Log => badge("none", "log"),
            };
            vec![clock(&ping.at), kind, escape(&ping.body)]
        })
        .collect();
    format!(
        "<p>{state}</p><h2>Alarms</h2>{}<h2>Pings</h2>{}",
        table(&["raised", "why", "ended"], &alarms),
        table(&["time", "kind", "body"], &pings),
    )
}
