//! What breaks off: answers that are lost, a process that dies, a page that is not there.

use std::time::Duration;

use bellwether_core::incident::Incident;
use bellwether_core::state::Severity;
use serde_json::{Map, json};

use super::{tell, tell_through_a_crash};
use crate::tests::bench::{Bench, Script, answer};
use crate::tests::board::Page;
use crate::tests::samples::{about, incident, later, resolved};

/// Scenario: the answer to the new incident never comes, though the page has it.
/// Guarantee: the next try finds it by its mark and creates no second one, nor a second mail.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_incident() {
    let page = Page::new();
    page.loses_answer("create incident");
    let mut bench = page.bench();
    bench.run_notices();
    tell(&bench, &incident()).await;
    assert_eq!(page.statuses().len(), 1);
    let whats = page.script.whats();
    assert_eq!(whats, ["look at components", "create incident", "look for incident"]);
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
        let reads = ["look for incident", "check incident", "look at components"];
        let writes = |whats: &[&str]| whats.iter().filter(|it| !reads.contains(it)).count();
        let written = || writes(&page.script.whats()[before..]) == 1;
        tell_through_a_crash(&mut bench, about("statuspage", &change), written).await;
        assert!(written(), "told twice");
    }
    assert_eq!(page.statuses(), ["resolved"]);
    assert_eq!(page.component("c2"), "operational");
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
    // the process that told of it was another one
    tokio::time::sleep(Duration::from_secs(5)).await;
    bench.run_notices();
    tell(&bench, &resolved(&incident(), 1)).await;
    assert_eq!(page.board().incidents["h300"]["status"], "resolved");
    assert_eq!(
        page.script.whats(),
        [vec!["look at components"], vec!["look for incident"; 3], vec!["update incident"]]
            .concat()
    );
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
