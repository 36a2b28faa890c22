use super::*;
use bellwether_core::facts::{Hit, NoRemoval, Removal, Traffic};

use crate::testing::{ADMIN, AUTH, Book, catalog, source};

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

/// The manifest may come before the requests or behind them.
#[test]
fn requests_are_held_against_the_catalog_for_a_service_with_a_manifest_too() {
    for manifest_first in [true, false] {
        let mut book = Book::default();
        let report = |book: &mut Book| book.routes("1", "a", AUTH);
        if manifest_first {
            report(&mut book);
        }
        for path in ["/api/v1/admin/dashboard", "/api/v1/admin/users/7"] {
            book.not_found("1", "a", "GET", path);
        }
        if !manifest_first {
            report(&mut book);
        }
        let Verdict::Bad { reasons, .. } = judge("admin", &book) else { panic!() };
        let told: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        let met = "answered 2 requests for /api/v1/admin/** with 404 or 405";
        assert!(told.iter().any(|it| it.contains(met)), "{manifest_first}: {told:?}");
    }
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

/// A service without the library: its routes are those that answered.
#[test]
fn what_answered_before_and_answers_404_since_is_missing() {
    let mut book = Book::default();
    book.answered("1", "a", "GET", "/api/v1/admin/users/{id}");
    book.answered("1", "a", "GET", "/api/v1/admin/dashboard");
    book.advance(10);
    for id in ["7", "8"] {
        book.not_found("2", "b", "GET", &format!("/api/v1/admin/users/{id}"));
        book.not_found("2", "b", "GET", "/api/v1/admin/wp-login.php");
    }
    let Verdict::Bad { state, reasons, .. } = judge("admin", &book) else { panic!() };
    assert_eq!(state, ComponentState::MajorOutage, "nothing of it answers in version 2");
    let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    let users = "api 2 (b) answered 2 requests for GET /api/v1/admin/users/{id} with 404 or 405, \
                 and no route matched";
    assert_eq!(told, [users], "strangers' paths are nobody's routes");
    book.advance(10);
    book.answered("2", "b", "GET", "/api/v1/admin/users/{id}");
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn what_is_learnt_of_routes_is_told_once_and_is_bounded() {
    let mut book = Book::default();
    let mut answered = |route: &str| {
        let hit = Hit::Answered { method: "GET".into(), route: route.into() };
        let traffic = Traffic { source: source("1", "a"), hit, count: 1, at: book.now };
        book.evidence.count(&traffic, &catalog())
    };
    assert!(answered("/x"));
    assert!(!answered("/x"));
    for id in 0..3_000 {
        answered(&format!("/users/{id}"));
    }
    let service = book.evidence.service(&"api".into()).unwrap();
    assert_eq!(service.answered.len(), 2_000);
    // a service that reports what it serves is taken by its word
    book.routes("1", "a", &all());
    let hit = Hit::Answered { method: "GET".into(), route: "/new".into() };
    let traffic = Traffic { source: source("1", "a"), hit, count: 1, at: book.now };
    assert!(!book.evidence.count(&traffic, &catalog()));
}

#[test]
fn what_was_taken_away_on_purpose_is_not_missed() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.stopping("1", "a");
    book.advance(10);
    book.routes("2", "b", &[AUTH, &ADMIN[..1]].concat());
    let catalog = catalog();
    let mut admin = catalog.component(&"admin".into()).unwrap().clone();
    let rule = Routes { min_events: 2 };
    assert!(state(&rule.verdict(&admin, &book.evidence, book.now)).is_some());
    admin.removed_routes = vec![ADMIN[1].parse().unwrap()];
    assert_eq!(rule.verdict(&admin, &book.evidence, book.now), Verdict::Good);
}

/// Says that routes are gone on purpose, as somebody does now.
fn accept(book: &mut Book, pattern: &str) -> Result<usize, NoRemoval> {
    let removal = Removal {
        service: "api".into(),
        routes: vec![pattern.parse().unwrap()],
        by: "jane".to_owned(),
        why: "moved".to_owned(),
    };
    let (record, routes) = book.evidence.without(&removal, book.now)?;
    book.evidence.keep(record);
    Ok(routes.len())
}

/// Rule kind `routes`: "A removal on purpose is said in the catalog or by `bellwether routes
/// accept`".
#[test]
fn what_is_gone_on_purpose_is_missed_no_more_until_a_later_version_has_it() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.advance(10);
    book.routes("2", "b", &[AUTH, &ADMIN[..1]].concat());
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::PartialOutage));
    book.advance(10);
    assert_eq!(accept(&mut book, ADMIN[1]), Ok(1));
    assert_eq!(judge("admin", &book), Verdict::Good);
    // the version before it still runs, and still has it
    book.routes("1", "a", &all());
    book.stopping("1", "a");
    assert_eq!(judge("admin", &book), Verdict::Good);
    book.stopping("2", "b");
    book.advance(10);
    book.routes("3", "c", &[AUTH, &ADMIN[..1]].concat());
    assert_eq!(judge("admin", &book), Verdict::Good, "nor does the next one need it");
    book.stopping("3", "c");
    book.advance(10);
    book.routes("4", "d", &all());
    book.stopping("4", "d");
    book.advance(10);
    book.routes("5", "e", &[AUTH, &ADMIN[..1]].concat());
    let found = state(&judge("admin", &book));
    assert_eq!(found, Some(ComponentState::PartialOutage), "it was there again");
}

#[test]
fn it_may_be_said_before_the_route_is_gone() {
    let mut book = Book::default();
    book.routes("1", "a", &all());
    book.advance(10);
    assert_eq!(accept(&mut book, "GET /api/v1/admin/users/*"), Ok(1));
    assert_eq!(judge("admin", &book), Verdict::Good);
    book.stopping("1", "a");
    book.advance(10);
    book.routes("2", "b", &[AUTH, &ADMIN[..1]].concat());
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn requests_for_what_is_gone_on_purpose_are_no_failures() {
    let mut book = Book::default();
    book.answered("1", "a", "GET", "/api/v1/admin/dashboard");
    book.answered("1", "a", "GET", "/api/v1/admin/users");
    book.advance(10);
    book.not_found("1", "a", "GET", "/api/v1/admin/users");
    book.not_found("1", "a", "GET", "/api/v1/admin/users");
    assert_eq!(state(&judge("admin", &book)), Some(ComponentState::PartialOutage));
    assert_eq!(accept(&mut book, "/api/v1/admin/users"), Ok(1));
    assert_eq!(judge("admin", &book), Verdict::Good);
}

#[test]
fn only_what_was_there_can_be_gone() {
    let mut book = Book::default();
    let error = accept(&mut book, "/x").unwrap_err();
    assert_eq!(error.to_string(), "no service `api` is known: nothing came of any yet");
    book.routes("1", "a", &all());
    let error = accept(&mut book, "/x").unwrap_err();
    assert_eq!(error.to_string(), "`api` never served a route that fits `/x`");
}
