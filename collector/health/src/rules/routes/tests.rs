use super::*;
use crate::testing::{ADMIN, AUTH, Book, catalog};

fn judge(component: &str, book: &Book) -> Verdict {
    let catalog = catalog();
    let rule = Routes { min_events: 2 };
    rule.verdict(catalog.component(&component.into()).unwrap(), &book.evidence, book.now)
}

fn state(verdict: &Verdict) -> Option<ComponentState> {
    if let Verdict::Bad { state, .. } = verdict { Some(*state) } else { None }
}

fn all() -> Vec<&'static str> {
    [AUTH, ADMIN].concat()
}

#[test]
fn without_a_manifest_nothing_is_known() {
    assert_eq!(judge("admin", &Book::default()), Verdict::Quiet);
}

#[test]
fn a_whole_router_that_vanished_is_a_major_outage() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    assert_eq!(judge("admin", &book), Verdict::Good);
    book.stopping("1", "a");
    assert_eq!(judge("admin", &book), Verdict::Quiet, "nobody runs, nobody is judged");
    book.advance(10);
    book.routes("2", "b", AUTH);
    let verdict = judge("admin", &book);
    assert_eq!(state(&verdict), Some(ComponentState::MajorOutage));
    let Verdict::Bad { reasons, fault_at, .. } = verdict else { panic!() };
    assert_eq!(fault_at, book.now);
    assert_eq!(
        reasons[0].to_string(),
        "api 2 (b) no longer serves 2 routes that version 1 served: \
         GET /api/v1/admin/dashboard, GET /api/v1/admin/users/{id}"
    );
    assert_eq!(judge("auth", &book), Verdict::Good);
}

#[test]
fn some_routes_that_vanished_are_a_partial_outage() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.stopping("1", "a");
    book.advance(10);
    book.routes("2", "b", &[AUTH, &ADMIN[..1]].concat());
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::PartialOutage));
}

#[test]
fn a_first_version_is_held_against_the_catalog() {
    let mut book = Book::default();
    book.routes("1", "a", AUTH);
    let verdict = judge("admin", &book);
    assert_eq!(state(&verdict), Some(ComponentState::MajorOutage));
    let Verdict::Bad { reasons, .. } = verdict else { panic!() };
    assert_eq!(
        reasons[0].to_string(),
        "api 1 (a) serves nothing under /api/v1/admin/**, which the catalog declares"
    );
}

#[test]
fn a_good_version_beside_it_does_not_hide_a_bad_one() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.advance(10);
    book.routes("2", "b", AUTH);
    book.routes("1", "a", &all());
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::MajorOutage));
    book.stopping("2", "b");
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn one_broken_replica_of_the_same_version_is_seen() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.advance(10);
    book.routes("1", "b", AUTH);
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::MajorOutage));
}

#[test]
fn a_route_that_is_missing_stays_missing_in_the_next_version() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.stopping("1", "a");
    for (version, instance) in [("2", "b"), ("3", "c")] {
        book.advance(10);
        book.routes(version, instance, AUTH);
        assert_eq!(state(&judge("admin", &book)), Some(ComponentState::MajorOutage));
        book.stopping(version, instance);
    }
    book.advance(10);
    book.routes("4", "d", &all());
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn a_rollback_is_not_held_against_what_came_later() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.stopping("1", "a");
    book.advance(10);
    book.routes("2", "b", &[all(), vec!["GET /api/v1/admin/reports"]].concat());
    book.stopping("2", "b");
    book.advance(10);
    book.routes("1", "c", &all());
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn an_instance_that_fell_silent_is_not_judged_for_ever() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.advance(10);
    book.routes("2", "b", AUTH);
    book.advance(180);
    book.routes("1", "a", &all());
    assert!(state(&judge("admin", &book)).is_some(), "three periods are not over");
    book.advance(10);
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn requests_that_no_route_answers_count_on_known_templates_only() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    for _ in 0..5 {
        book.not_found("1", "a", "GET", "/api/v1/admin/wp-login.php");
        book.not_found("1", "a", "POST", "/api/v1/admin/dashboard");
    }
    assert_eq!(judge("admin", &book), Verdict::Good, "strangers' paths are nobody's routes");
    book.not_found("1", "a", "GET", "/api/v1/admin/users/7");
    assert_eq!(judge("admin", &book), Verdict::Good, "a single one may be a stray");
    book.not_found("1", "a", "GET", "/api/v1/admin/users/8");
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::MajorOutage));
    book.answered("1", "a", "GET", "/api/v1/admin/dashboard");
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::PartialOutage));
    book.advance(1);
    book.answered("1", "a", "GET", "/api/v1/admin/users/{id}");
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn an_answer_counts_for_a_route_of_every_method_too() {
    let mut book = Book::default();
    book.routes("1", "a", &["ANY /api/v1/admin/{rest:path}", "GET /api/v1/auth/me"]);
    for path in ["/api/v1/admin/dashboard", "/api/v1/admin/users/7"] {
        book.not_found("1", "a", "GET", path);
    }
    assert!(state(&judge("admin", &book)).is_some());
    book.advance(1);
    book.answered("1", "a", "GET", "/api/v1/admin/{rest:path}");
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn a_service_without_manifests_is_held_against_the_catalog_by_its_traffic() {
    let mut book = Book::default();
    for path in ["/api/v1/admin/dashboard", "/api/v1/admin/users/7"] {
        book.not_found("1", "a", "GET", path);
    }
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::MajorOutage));
    assert_eq!(judge("auth", &book), Verdict::Quiet);
}

#[test]
fn what_an_old_version_met_says_nothing_once_it_is_gone() {
    let mut book = Book::default();
    book.routes("2", "b", &all());
    for id in ["7", "8"] {
        book.not_found("2", "b", "GET", &format!("/api/v1/admin/users/{id}"));
    }
    assert!(state(&judge("admin", &book)).is_some());
    book.stopping("2", "b");
    book.advance(1);
    book.routes("3", "c", &all());
    assert_eq!(judge("admin", &book), Verdict::Good);
}
