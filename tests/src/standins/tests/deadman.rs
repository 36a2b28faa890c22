//! The dead-man's switch.

use std::time::Duration;

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, advance};

use crate::standins::Vendor;
use crate::standins::deadman::{Cause, Deadman, DeadmanConfig, Kind};

use super::support::{body, call, expect, now};

/// A switch that wants a ping every 10 s and waits 5 s longer, on tokio's clock.
fn switch() -> Deadman {
    let began = Instant::now();
    let clock = move || later(began.elapsed());
    let (period, grace) = (Duration::from_secs(10), Duration::from_secs(5));
    let id = "abc".to_owned();
    Deadman::new(DeadmanConfig { id, period, grace, clock: std::sync::Arc::new(clock) })
}

fn later(after: Duration) -> Timestamp {
    now() + SignedDuration::try_from(after).expect("a short time")
}

fn ping(switch: &Deadman, path: &str) {
    expect(switch, &call(Method::POST, path), 200);
}

#[tokio::test(start_paused = true)]
async fn it_alarms_when_silence_lasts_and_not_before_the_first_ping() {
    let switch = switch();
    advance(Duration::from_secs(60)).await;
    assert_eq!(switch.alarm(), None, "nothing was ever there");
    for _ in 0..3 {
        ping(&switch, "/ping/abc");
        advance(Duration::from_millis(14_999)).await;
        assert_eq!(switch.alarm(), None);
    }
    // looked at late, it still knows when
    advance(Duration::from_secs(20)).await;
    let alarm = switch.alarm().expect("an alarm");
    assert_eq!(
        (alarm.cause, alarm.raised),
        (Cause::Silence, later(Duration::from_secs(105)) - SignedDuration::from_millis(2))
    );

    ping(&switch, "/ping/abc");
    assert_eq!(switch.alarm(), None);
    assert!(switch.alarms()[0].ended.is_some(), "{:?}", switch.alarms());
    let before = Instant::now();
    let alarm = switch.until_alarm(Duration::from_secs(60)).await.expect("another alarm");
    assert_eq!((alarm.cause, before.elapsed()), (Cause::Silence, Duration::from_secs(15)));
    assert_eq!(switch.alarms().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_ping_may_say_that_something_is_wrong_and_remarks_count_as_nothing() {
    let switch = switch();
    ping(&switch, "/ping/abc");
    ping(&switch, "/ping/abc/fail");
    assert_eq!(switch.alarm().map(|it| it.cause), Some(Cause::Fail));
    ping(&switch, "/ping/abc");
    advance(Duration::from_secs(10)).await;
    ping(&switch, "/ping/abc/start");
    expect(&switch, &body(call(Method::POST, "/ping/abc/log"), "a remark"), 200);
    advance(Duration::from_secs(5)).await;
    assert_eq!(switch.alarm().map(|it| it.cause), Some(Cause::Silence));
    let pings = switch.pings();
    assert_eq!((pings.len(), pings[4].kind, pings[4].body.as_str()), (5, Kind::Log, "a remark"));
}

#[tokio::test(start_paused = true)]
async fn only_its_own_address_counts() {
    let switch = switch();
    for path in ["/", "/ping/abd", "/ping/abc/x", "/ping/abc/fail/x", "/abc"] {
        expect(&switch, &call(Method::GET, path), 404);
    }
    expect(&switch, &call(Method::DELETE, "/ping/abc"), 405);
    assert!(switch.pings().is_empty());
    for method in [Method::GET, Method::HEAD] {
        expect(&switch, &call(method, "/ping/abc"), 200);
    }
    assert!(switch.page().contains("up"), "{}", switch.page());
    assert_eq!(switch.state()["pings_seen"], 2);
}
