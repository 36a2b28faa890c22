//! Whole lives of incidents on a page, when all goes well.

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::ComponentState;
use serde_json::json;

use super::{tell, tell_state};
use crate::tests::bench::Bench;
use crate::tests::board::Page;
use crate::tests::samples::{about, incident, later, resolved, settings};

/// Scenario: an incident opens, changes and ends, with the states of its component.
/// Guarantee: one incident, three calls for it, and no call for what the page already shows.
#[tokio::test(start_paused = true)]
async fn the_life_of_an_incident() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let open = incident();
    tell(&bench, &open).await;
    tell_state(&bench, "admin", ComponentState::MajorOutage, 1).await;
    assert_eq!(
        (page.statuses(), page.component("c2")),
        (vec!["investigating".into()], "major_outage".into())
    );

    let same = later(&open, 10);
    tell(&bench, &same).await;
    let monitoring = Incident { status: IncidentStatus::Monitoring, ..later(&same, 20) };
    tell(&bench, &monitoring).await;
    assert_eq!(page.statuses(), ["monitoring"]);

    tell(&bench, &resolved(&monitoring, 30)).await;
    tell_state(&bench, "admin", ComponentState::Operational, 30).await;
    assert_eq!(
        (page.statuses(), page.component("c2")),
        (vec!["resolved".into()], "operational".into())
    );
    assert_eq!(
        page.script.whats(),
        ["look at components", "create incident", "update incident", "update incident"]
    );
    let skipped = bench.notices().skipped;
    assert_eq!(skipped["page already shows it"], 2);
    assert_eq!(skipped["nothing changed that customers see"], 1);
}

/// Scenario: an incident ends before its opening was ever told.
/// Guarantee: the page never hears of it.
#[tokio::test(start_paused = true)]
async fn what_was_never_told_needs_no_end() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.outbox.push(about("statuspage", &incident()));
    bench.outbox.push(about("statuspage", &resolved(&incident(), 5)));
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    assert!(page.script.calls().is_empty());
    assert_eq!(bench.notices().skipped["never told"], 1);
}

/// Scenario: an incident's notice is delayed, and a newer state of its component goes first.
/// Guarantee: the older state that travels with the incident does not overwrite the newer one.
#[tokio::test(start_paused = true)]
async fn an_older_state_never_overwrites_a_newer_one() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    tell_state(&bench, "admin", ComponentState::PartialOutage, 50).await;
    tell(&bench, &incident()).await;
    assert_eq!((page.statuses().len(), page.component("c2")), (1, "partial_outage".into()));
    tell_state(&bench, "admin", ComponentState::MajorOutage, 40).await;
    assert_eq!(page.component("c2"), "partial_outage");
}

/// Scenario: components that are not on the page, and states that are not known.
/// Guarantee: no call at all, with the reason counted.
#[tokio::test(start_paused = true)]
async fn what_customers_do_not_know_is_not_shown() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let mut hidden = incident();
    hidden.component = "sessions".into();
    hidden.affected = [("sessions".into(), ComponentState::MajorOutage)].into();
    tell(&bench, &hidden).await;
    tell_state(&bench, "sessions", ComponentState::MajorOutage, 1).await;
    tell_state(&bench, "admin", ComponentState::Unknown, 1).await;
    assert!(page.script.calls().is_empty());
    let skipped = bench.notices().skipped;
    assert_eq!(skipped["no component of the incident is on the page"], 1);
    assert_eq!(skipped["component not on the page"], 1);
    assert_eq!(skipped["unknown is not shown"], 1);

    // a cause that customers do not know, with effects that they do
    hidden.id = "inc-2".into();
    hidden.component_name = "Session cluster blue-7".to_owned();
    hidden.affected.insert("auth".into(), ComponentState::DegradedPerformance);
    tell(&bench, &hidden).await;
    let board = page.board();
    let told = serde_json::to_string(&board.incidents["i1"]).unwrap();
    assert!(told.contains("our service has been working worse than it should"), "{told}");
    for inside in ["blue-7", "sessions", "/api/", "i-1", "GBP", "925", "Zebra", "marketedge"] {
        assert!(!told.contains(inside), "{inside}: {told}");
    }
}

/// Scenario: while an incident lasts it is no longer known how its component is.
/// Guarantee: the page keeps what it shows, and says so once, without a mail; later it takes it back.
#[tokio::test(start_paused = true)]
async fn what_is_not_known_freezes_the_page_with_a_note() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let open = incident();
    tell(&bench, &open).await;
    let mut blind = later(&open, 30);
    blind.affected.insert("admin".into(), ComponentState::Unknown);
    tell(&bench, &blind).await;
    tell_state(&bench, "admin", ComponentState::Unknown, 30).await;
    let said = |page: &Page| page.board().incidents["i1"]["body"].as_str().unwrap().to_owned();
    assert!(
        said(&page).ends_with("what is shown here is how it was last seen."),
        "{}",
        said(&page)
    );
    assert_eq!(page.board().incidents["i1"]["deliver_notifications"], false);
    assert_eq!(page.component("c2"), "major_outage");
    let calls = page.script.calls().len();
    tell(&bench, &later(&blind, 40)).await;
    assert_eq!(page.script.calls().len(), calls, "once");
    let mut seen = later(&blind, 50);
    seen.revision += 1;
    seen.affected.insert("admin".into(), ComponentState::MajorOutage);
    tell(&bench, &seen).await;
    assert!(!said(&page).contains("cannot measure"), "{}", said(&page));
}

/// Scenario: the page has words of its own for some of what is said.
/// Guarantee: they are said, and the usual ones for the rest.
#[tokio::test(start_paused = true)]
async fn a_page_has_words_of_its_own() {
    let page = Page::new();
    let mut own = settings("statuspage");
    own["templates"] = json!({
        "headline": "Trouble with {{ component }}",
        "resolved": "{{ component | upper }} was away since {{ since }}, and is back since {{ resolved_at }}.",
    });
    let mut bench = Bench::with("statuspage", own, &page.script);
    bench.run_notices();
    tell(&bench, &incident()).await;
    let said = |key: &str| page.board().incidents["i1"][key].as_str().unwrap().to_owned();
    assert_eq!(said("name"), "Trouble with Admin panel");
    assert!(said("body").contains("We are investigating"), "{}", said("body"));
    tell(&bench, &resolved(&incident(), 60)).await;
    let expected = "ADMIN PANEL was away since 23 November, 10:02 UTC, and is back since 23 November, 10:03 UTC.";
    assert_eq!(said("body"), expected);
}
