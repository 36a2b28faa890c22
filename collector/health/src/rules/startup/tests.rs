use bellwether_core::ingest::Signal;
use serde_json::json;

use super::*;
use crate::testing::otlp::{event, records_of, spans_of, startup};
use crate::testing::play::Play;
use crate::testing::{Book, catalog};

fn judge(component: &str, book: &Book) -> Verdict {
    let catalog = catalog();
    let rule = Startup {
        outcome_within: Duration::from_secs(60),
        restarts: 3,
        restarts_within: HumanDuration::new(Duration::from_secs(900)),
    };
    rule.verdict(Seen {
        component: catalog.component(&component.into()).unwrap(),
        evidence: &book.evidence,
        watched_since: Timestamp::default(),
        now: book.now,
    })
}

fn state(verdict: &Verdict) -> Option<ComponentState> {
    if let Verdict::Bad { state, .. } = verdict { Some(*state) } else { None }
}

#[test]
fn nobody_reported_anything() {
    assert_eq!(judge("database", &Book::default()), Verdict::Quiet);
}

#[test]
fn an_abort_takes_down_what_its_check_guards_and_nothing_else() {
    let mut book = Book::default();
    book.check("1", "a", "database", "failed", Some("database"));
    book.startup("1", "a", "aborted");
    let verdict = judge("database", &book);
    assert_eq!(state(&verdict), Some(ComponentState::MajorOutage));
    let Verdict::Bad { reasons, .. } = verdict else { panic!() };
    assert_eq!(reasons[0].to_string(), "api 1 (a) refused to start: database: it broke");
    assert_eq!(judge("admin", &book), Verdict::Quiet);
}

#[test]
fn an_abort_beside_a_running_instance_is_partial_and_ends_with_time() {
    let mut book = Book::default();
    book.startup("1", "a", "ready");
    book.advance(10);
    book.check("2", "b", "database", "failed", Some("database"));
    book.startup("2", "b", "aborted");
    assert_eq!(state(&judge("database", &book)), Some(ComponentState::PartialOutage));
    book.advance(16 * 60);
    book.startup("1", "a", "ready");
    assert_eq!(judge("database", &book), Verdict::Good);
}

#[test]
fn a_later_start_that_succeeds_mends_it() {
    let mut book = Book::default();
    book.check("1", "a", "database", "failed", Some("database"));
    book.startup("1", "a", "aborted");
    book.advance(5);
    book.check("1", "b", "database", "passed", Some("database"));
    book.startup("1", "b", "ready");
    assert_eq!(judge("database", &book), Verdict::Good);
}

#[test]
fn a_degraded_start_degrades_what_its_failed_check_guards() {
    let mut book = Book::default();
    book.check("1", "a", "login", "failed", Some("auth"));
    book.check("1", "a", "database", "passed", Some("database"));
    book.startup("1", "a", "degraded");
    assert_eq!(state(&judge("auth", &book)), Some(ComponentState::DegradedPerformance));
    assert_eq!(judge("database", &book), Verdict::Good);
}

#[test]
fn a_failure_that_names_nobody_concerns_every_component_of_the_service() {
    let mut book = Book::default();
    book.startup("1", "a", "aborted");
    for component in ["auth", "admin", "database"] {
        assert_eq!(state(&judge(component, &book)), Some(ComponentState::MajorOutage));
    }
}

#[test]
fn a_degraded_instance_that_is_gone_says_nothing() {
    let mut book = Book::default();
    book.check("1", "a", "login", "failed", Some("auth"));
    book.startup("1", "a", "degraded");
    book.stopping("1", "a");
    assert_eq!(judge("auth", &book), Verdict::Quiet);
}

/// Rule kind `startup`: an instance that "never reported its outcome in time".
#[test]
fn a_start_that_never_tells_how_it_ended_is_as_bad_as_one_that_was_refused() {
    let mut book = Book::default();
    book.check("1", "a", "database", "passed", Some("database"));
    book.advance(60);
    assert_eq!(judge("auth", &book), Verdict::Quiet, "it still has time");
    book.advance(1);
    let verdict = judge("auth", &book);
    assert_eq!(state(&verdict), Some(ComponentState::MajorOutage));
    let Verdict::Bad { reasons, .. } = verdict else { panic!() };
    let told = "api 1 (a) began to start at 1970-01-01T00:16:40.000Z and never told how that ended";
    assert_eq!(reasons[0].to_string(), told);
    // it says so late
    book.startup("1", "a", "ready");
    assert_eq!(judge("auth", &book), Verdict::Good);
    // another version hangs beside it, and after a while somebody knows
    book.check("2", "b", "database", "passed", None);
    book.advance(100);
    book.routes("1", "a", &["GET /x"]);
    assert_eq!(state(&judge("auth", &book)), Some(ComponentState::PartialOutage));
    book.advance(15 * 60);
    book.routes("1", "a", &["GET /x"]);
    assert_eq!(judge("auth", &book), Verdict::Good);
}

#[test]
fn who_reports_no_checks_need_not_tell_how_its_start_ended() {
    let mut book = Book::default();
    book.routes("1", "a", &["GET /x"]);
    book.add("1", "b", crate::testing::manifest(&[]));
    book.advance(100);
    assert_eq!(judge("auth", &book), Verdict::Good);
}

/// An instance that is ready at once, and that is killed or stops some seconds later.
struct Service {
    play: Play,
    started: u32,
}

impl Service {
    fn new() -> Self {
        let rules =
            [("loops", json!({ "kind": "startup" })), ("gone", json!({ "kind": "instance_gone" }))];
        Self { play: Play::new(&rules), started: 0 }
    }

    /// Starts one under a name, and lets it live for so many seconds.
    fn starts(&mut self, id: &str, lives: u64) {
        self.started += 1;
        let second = self.play.second();
        self.play.send(Signal::Traces, &spans_of("api", id, vec![startup(second, "ready")]));
        let record = crate::testing::otlp::manifest(second, &["GET /x"], Some(15));
        self.play.send(Signal::Logs, &records_of("api", id, vec![record]));
        self.play.pass(lives);
    }

    fn stops(&mut self, id: &str) {
        let record = event("service.stopping", self.play.second());
        self.play.send(Signal::Logs, &records_of("api", id, vec![record]));
    }

    /// Starts them one after the other, each with a name of its own or all with the same.
    fn crashes(&mut self, times: u32, lives: u64, name: impl Fn(u32) -> String) {
        for _ in 0..times {
            self.starts(&name(self.started), lives);
        }
    }
}

/// Rule kind `startup`: an instance that "restarts in a loop".
#[test]
fn a_service_that_dies_soon_after_each_start_restarts_in_a_loop() {
    for name in [|it: u32| format!("i-{it}"), |_| "pod-0".to_owned()] {
        let mut service = Service::new();
        service.crashes(3, 30, name);
        assert!(!service.play.fires("loops"), "two have ended so far");
        // the third has ended, and with a name of its own it has to be silent for long enough
        service.crashes(3, 30, name);
        assert!(service.play.fires("loops"), "{:?}", service.play.reason("loops"));
        let told = service.play.reason("loops");
        assert!(told.starts_with("api restarts in a loop: "), "{told}");
        assert_eq!(service.play.state("a"), ComponentState::PartialOutage);
        // one stays
        for _ in 0..100 {
            let record =
                crate::testing::otlp::manifest(service.play.second(), &["GET /x"], Some(15));
            service.play.send(Signal::Logs, &records_of("api", &name(5), vec![record]));
            service.play.pass(10);
        }
        assert_eq!(service.play.active(), [""; 0]);
        assert_eq!(service.play.state("a"), ComponentState::Operational);
    }
}

#[test]
fn what_stops_in_order_or_lived_for_long_is_no_loop() {
    let mut service = Service::new();
    for it in 0..10 {
        service.starts(&format!("i-{it}"), 20);
        service.stops(&format!("i-{it}"));
    }
    service.play.pass(100);
    assert!(!service.play.fires("loops"), "{}", service.play.reason("loops"));
    // three that ran for an hour are replaced by force
    let mut service = Service::new();
    for minute in 0..60 {
        for it in ["a", "b", "c"] {
            if minute == 0 {
                service.starts(it, 0);
            }
            let record =
                crate::testing::otlp::manifest(service.play.second(), &["GET /x"], Some(15));
            service.play.send(Signal::Logs, &records_of("api", it, vec![record]));
        }
        service.play.skip(15);
        service.play.skip(15);
        service.play.skip(15);
    }
    service.play.pass(100);
    assert!(service.play.fires("gone"));
    assert!(!service.play.fires("loops"), "{}", service.play.reason("loops"));
}
