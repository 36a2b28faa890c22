use super::*;
use crate::testing::{Book, catalog};

fn judge(component: &str, book: &Book) -> Verdict {
    let catalog = catalog();
    verdict(catalog.component(&component.into()).unwrap(), &book.evidence, book.now)
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
