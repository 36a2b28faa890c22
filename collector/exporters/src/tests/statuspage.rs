//! Whole lives of incidents on a page.

use std::sync::atomic::Ordering;

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::{ComponentState, Severity};
use serde_json::{Map, json};

use super::bench::{Bench, Script, answer};
use super::board::Page;
use super::samples::{about, incident, later, resolved, state};

async fn tell(bench: &Bench, incident: &Incident) {
    bench.outbox.push(about("statuspage", incident));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}

async fn tell_state(bench: &Bench, component: &str, told: ComponentState, secs: u64) {
    bench.outbox.push(state("statuspage", component, told, secs));
    bench.until("told", |it| it.outbox.waiting() == 0).await;
}

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
        ["look for incident", "create incident", "update incident", "update incident"]
    );
    let skipped = bench.notices().skipped;
    assert_eq!(skipped["page already shows it"], 2);
    assert_eq!(skipped["nothing changed that customers see"], 1);
}

/// Scenario: the answer to the new incident never comes, though the page has it.
/// Guarantee: the next try finds it by its mark and creates no second one, nor a second mail.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_incident() {
    let page = Page::new();
    page.board().lose_answers.push_back("create incident");
    let mut bench = page.bench();
    bench.run_notices();
    tell(&bench, &incident()).await;
    assert_eq!(page.statuses().len(), 1);
    assert_eq!(page.script.whats(), ["look for incident", "create incident", "look for incident"]);
    assert_eq!(bench.outbox.all_receipts()["incident:inc-4f1c"]["id"], "i1");
}

/// Scenario: the process dies between the page's answer and our own note of it, for each change.
/// Guarantee: after the restart there is one incident, and it is resolved.
#[tokio::test(start_paused = true)]
async fn a_crash_before_the_note_makes_no_second_incident() {
    let page = Page::new();
    let mut bench = page.bench();
    let open = incident();
    let worse = Incident { severity: Severity::Emergency, ..later(&open, 1) };
    for change in [open.clone(), worse.clone(), resolved(&worse, 2)] {
        let before = page.script.calls().len();
        bench.outbox.push(about("statuspage", &change));
        bench.outbox.dies_at_settle.store(true, Ordering::SeqCst);
        bench.run_notices();
        let reads = ["look for incident", "check incident"];
        let writes = |whats: &[&str]| whats.iter().filter(|it| !reads.contains(it)).count();
        bench.until("written", |_| writes(&page.script.whats()[before..]) == 1).await;
        bench.kill().await;
        assert_eq!(bench.outbox.waiting(), 1);

        bench.outbox.dies_at_settle.store(false, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        bench.run_notices();
        bench.until("noted", |it| it.outbox.waiting() == 0).await;
        bench.kill().await;
        assert_eq!(writes(&page.script.whats()[before..]), 1, "told twice");
    }
    assert_eq!(page.statuses(), ["resolved"]);
    assert_eq!(page.component("c2"), "operational");
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
    assert_eq!(page.script.whats(), ["look for incident"]);
    assert_eq!(bench.notices().skipped["not open on the page"], 1);
}

/// Scenario: somebody deletes our incident on the page.
/// Guarantee: an open one is told anew, a resolved one is left alone.
#[tokio::test(start_paused = true)]
async fn a_deleted_incident_is_told_anew_only_while_it_lasts() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let open = incident();
    tell(&bench, &open).await;
    page.board().incidents.clear();
    let identified = Incident { status: IncidentStatus::Identified, ..later(&open, 1) };
    tell(&bench, &identified).await;
    assert_eq!(page.statuses(), ["identified"]);
    page.board().incidents.clear();
    tell(&bench, &resolved(&identified, 2)).await;
    assert!(page.statuses().is_empty());
}

/// Scenario: somebody resolves our incident on the page, and our own resolving is in doubt.
/// Guarantee: it is not resolved again, so nobody gets a second mail.
#[tokio::test(start_paused = true)]
async fn what_somebody_has_resolved_is_left_alone_when_in_doubt() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    tell(&bench, &incident()).await;
    page.board().incidents.get_mut("i1").unwrap().insert("status".to_owned(), json!("resolved"));
    bench.kill().await;
    bench.outbox.push(about("statuspage", &resolved(&incident(), 0)));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.script.whats().last(), Some(&"check incident"));
    assert_eq!(bench.notices().skipped["not open on the page"], 1);
}

/// Scenario: our incident stands on the third page of unresolved ones, and our receipts are lost.
/// Guarantee: it is found there.
#[tokio::test(start_paused = true)]
async fn the_search_goes_through_all_pages() {
    let page = Page::new();
    let mut bench = page.bench();
    for number in 100..320 {
        let mut other = Map::new();
        other.insert("status".to_owned(), json!("investigating"));
        let mark = if number == 300 {
            json!({ "bellwether": { "incident": "inc-4f1c", "revision": "1" } })
        } else {
            json!({ "other": {} })
        };
        other.insert("metadata".to_owned(), mark);
        page.board().incidents.insert(format!("h{number}"), other);
    }
    bench.run_notices();
    tell(&bench, &resolved(&incident(), 1)).await;
    assert_eq!(page.board().incidents["h300"]["status"], "resolved");
    assert_eq!(
        page.script.whats(),
        [vec!["look for incident"; 3], vec!["update incident"]].concat()
    );
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

/// Scenario: the page does not exist.
/// Guarantee: nothing is lost; the destination is paused and says what to correct.
#[tokio::test(start_paused = true)]
async fn a_wrong_page_pauses() {
    let script = Script::of([answer(404, "")]);
    let mut bench = Bench::new("statuspage", &script);
    bench.outbox.push(about("statuspage", &incident()));
    bench.run_notices();
    bench.until("paused", |it| format!("{:?}", it.notices().health).contains("page_id")).await;
    assert_eq!(bench.outbox.waiting(), 1);
}
