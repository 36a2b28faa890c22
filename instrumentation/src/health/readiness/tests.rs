use super::*;
use crate::checks::environment;
use crate::monitors::Monitor;

const SECOND: Duration = Duration::from_secs(1);

fn monitor(reach: Reach) -> Monitor {
    Monitor::new("database", "database", environment(["UNUSED"])).gates_readiness(reach)
}

/// Judges readiness with nothing wrong but what is given.
fn ready(monitors: &[MonitorStatus], work: Work, outcomes: Outcomes, now: Instant) -> Status {
    let startup = startup::Status::Ready;
    let evidence = Evidence { startup: Some(&startup), monitors, work, outcomes, hold: HOLD };
    Status::worst(voices(&evidence, now).iter().map(|voice| voice.status))
}

fn by_monitor(reach: Reach, letters: &str, later: u32) -> Status {
    let start = Instant::now();
    let status = MonitorStatus::after(&monitor(reach), letters, start);
    ready(&[status], Work::default(), Outcomes::default(), start + SECOND * later)
}

#[test]
fn the_startup_comes_first() {
    for (status, expected) in [
        (startup::Status::NotValidated, Status::Fail),
        (startup::Status::Validating, Status::Fail),
        (startup::Status::Aborted, Status::Fail),
        (startup::Status::Degraded(Vec::new()), Status::Warn),
        (startup::Status::Ready, Status::Pass),
    ] {
        assert_eq!(of_startup(&status).status, expected, "{status:?}");
    }
}

#[test]
fn what_only_this_instance_has_takes_it_out_at_once() {
    assert_eq!(by_monitor(Reach::Instance, "p", 1), Status::Pass);
    assert_eq!(by_monitor(Reach::Instance, "pf", 31), Status::Warn);
    assert_eq!(by_monitor(Reach::Instance, "pff", 61), Status::Fail);
    assert_eq!(by_monitor(Reach::Instance, "pffppp", 151), Status::Pass);
}

/// The database fails for all replicas: none is taken out before the hold is over, and all come back when it does.
#[test]
fn what_all_replicas_have_holds_the_last_known_good_for_a_bounded_time() {
    assert_eq!(by_monitor(Reach::Shared, "pff", 61), Status::Warn);
    assert_eq!(by_monitor(Reach::Shared, "pffff", 60 + 119), Status::Warn);
    assert_eq!(by_monitor(Reach::Shared, "pffffff", 60 + 121), Status::Fail);
    assert_eq!(by_monitor(Reach::Shared, "pffffffppp", 271), Status::Pass);
}

/// A result that is no longer known is held as long as one that is known to be bad.
#[test]
fn a_stale_gate_is_held_and_then_fails() {
    assert_eq!(by_monitor(Reach::Shared, "p", 89), Status::Pass);
    assert_eq!(by_monitor(Reach::Shared, "p", 91), Status::Warn);
    assert_eq!(by_monitor(Reach::Shared, "p", 90 + 121), Status::Fail);
    assert_eq!(by_monitor(Reach::Instance, "p", 91), Status::Fail);
}

#[test]
fn stuck_requests_take_the_instance_out_unless_a_shared_dependency_explains_them() {
    let start = Instant::now();
    let stuck = |stuck, seconds| Work { stuck, oldest: SECOND * seconds, ..Work::default() };
    let none = Outcomes::default();
    assert_eq!(ready(&[], stuck(STUCK_REQUESTS - 1, 500), none, start), Status::Pass);
    assert_eq!(ready(&[], stuck(STUCK_REQUESTS, 31), none, start), Status::Fail);
    let failing = [MonitorStatus::after(&monitor(Reach::Shared), "pf", start)];
    let now = start + SECOND * 31;
    assert_eq!(ready(&failing, stuck(STUCK_REQUESTS, 31), none, now), Status::Warn);
    assert_eq!(ready(&failing, stuck(STUCK_REQUESTS, 151), none, now), Status::Fail);
}

#[test]
fn failing_requests_are_held_before_they_take_anybody_out() {
    let start = Instant::now();
    let mut samples = Samples::default();
    let mut at = |second: u32, requests, failures| {
        let work = Work { requests, failures, ..Work::default() };
        let now = start + SECOND * second;
        ready(&[], work, samples.take(work, now), now)
    };
    assert_eq!(at(0, 1000, 900), Status::Pass, "what was before nobody looked says nothing");
    assert_eq!(at(10, 1100, 900), Status::Pass);
    assert_eq!(at(20, 1110, 910), Status::Pass, "a tenth of them failed");
    assert_eq!(at(80, 1210, 1005), Status::Warn, "nearly all failed in the last minute");
    assert_eq!(at(140, 1310, 1105), Status::Warn);
    assert_eq!(at(199, 1410, 1205), Status::Warn);
    assert_eq!(at(201, 1420, 1215), Status::Fail);
    assert_eq!(at(262, 1425, 1216), Status::Pass, "too few to tell, so it is tried again");
}

#[test]
fn samples_are_bounded_however_often_somebody_asks() {
    let start = Instant::now();
    let mut samples = Samples::default();
    for ms in 0..200_000 {
        samples.take(Work::default(), start + Duration::from_millis(ms));
    }
    assert!(samples.taken.len() <= 62, "{}", samples.taken.len());
}
