//! Pages on which people act too.

use std::time::Duration;

use bellwether_core::incident::{Incident, IncidentStatus, Publication};
use bellwether_core::state::ComponentState;
use serde_json::json;

use super::{drafting, tell, tell_state};
use crate::tests::board::Page;
use crate::tests::samples::{about, incident, later, resolved};

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
    tokio::time::sleep(Duration::from_secs(5)).await;
    bench.run_notices();
    bench.until("settled", |it| it.outbox.waiting() == 0).await;
    assert_eq!(page.script.whats().last(), Some(&"check incident"));
    assert_eq!(bench.notices().skipped["not open on the page"], 1);
}

/// Opens an incident as a person does, on the page.
fn somebody_opens(page: &Page, component: &str, state: &str) {
    let mut board = page.board();
    let theirs = json!({
        "name": "We have a problem", "status": "investigating", "impact": "minor",
        "metadata": { "jira": { "key": "OPS-1" } }, "components": [{ "id": component }],
    });
    board.incidents.insert("h1".to_owned(), theirs.as_object().unwrap().clone());
    board.components.insert(component.to_owned(), state.to_owned());
}

/// Scenario: a person has opened an incident about a component before we do.
/// Guarantee: we go on with theirs, with its name, its impact and what others have noted; the
/// component that they set is left alone; and ending it stays theirs.
#[tokio::test(start_paused = true)]
async fn what_a_person_has_opened_is_gone_on_with() {
    let page = Page::new();
    somebody_opens(&page, "c2", "partial_outage");
    let mut bench = page.bench();
    bench.run_notices();
    let open = incident();
    tell(&bench, &open).await;
    tell_state(&bench, "admin", ComponentState::MajorOutage, 2).await;
    let identified = Incident { status: IncidentStatus::Identified, ..later(&open, 60) };
    tell(&bench, &identified).await;
    tell(&bench, &resolved(&identified, 120)).await;
    let board = page.board();
    assert_eq!(board.incidents.len(), 1);
    let theirs = &board.incidents["h1"];
    let shown = ["name", "status", "impact"].map(|it| theirs[it].as_str().unwrap());
    assert_eq!(shown, ["We have a problem", "monitoring", "minor"]);
    assert_eq!(theirs["metadata"]["jira"]["key"], "OPS-1");
    assert_eq!(theirs["metadata"]["bellwether"]["revision"], "3");
    assert_eq!(board.components["c2"], "partial_outage", "they set it");
    drop(board);
    assert_eq!(bench.notices().skipped["set by a person"], 1);
}

/// Scenario: a person sets a component while our incident lasts, and another one while all is well.
/// Guarantee: both stay as they were set, until they are as we left them again.
#[tokio::test(start_paused = true)]
async fn what_a_person_has_set_stays() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    tell(&bench, &incident()).await;
    let set =
        |id: &str, state: &str| page.board().components.insert(id.to_owned(), state.to_owned());
    set("c2", "under_maintenance");
    set("c1", "degraded_performance");
    tokio::time::sleep(Duration::from_secs(61)).await;
    tell(&bench, &resolved(&incident(), 61)).await;
    tell_state(&bench, "admin", ComponentState::Operational, 61).await;
    tell_state(&bench, "auth", ComponentState::MajorOutage, 61).await;
    assert_eq!(page.statuses(), ["resolved"]);
    let states = |ids: [&str; 2]| ids.map(|it| page.component(it));
    assert_eq!(states(["c2", "c1"]), ["under_maintenance", "degraded_performance"]);
    set("c2", "major_outage");
    set("c1", "operational");
    tokio::time::sleep(Duration::from_secs(61)).await;
    tell_state(&bench, "admin", ComponentState::Operational, 122).await;
    tell_state(&bench, "auth", ComponentState::PartialOutage, 122).await;
    assert_eq!(states(["c2", "c1"]), ["operational", "partial_outage"]);
}

/// Scenario: incidents are only drafted, and a person opens one of them.
/// Guarantee: nothing is opened by us, the draft is kept for people, and what they open is gone on
/// with.
#[tokio::test(start_paused = true)]
async fn a_draft_is_opened_by_a_person() {
    let page = Page::new();
    let mut bench = drafting(&page);
    bench.run_notices();
    tell(&bench, &incident()).await;
    assert!(page.statuses().is_empty());
    let settled = format!("{:?}", bench.outbox.settled());
    assert!(
        settled.contains("draft, to be published by a person") && settled.contains("Admin panel"),
        "{settled}"
    );
    somebody_opens(&page, "c2", "operational");
    let identified = Incident { status: IncidentStatus::Identified, ..later(&incident(), 60) };
    tell(&bench, &identified).await;
    assert_eq!(page.statuses(), ["identified"]);
}

/// Scenario: incidents are only drafted. Somebody has one published in other words, its answer is
/// lost, and it changes and ends.
/// Guarantee: the page has it once, in those words, and goes on in the usual ones under the headline
/// that it was given; what was published is not said again.
#[tokio::test(start_paused = true)]
async fn a_draft_is_published_as_a_person_wants_it() {
    let page = Page::new();
    let mut bench = drafting(&page);
    bench.run_notices();
    tell(&bench, &incident()).await;
    assert!(page.statuses().is_empty());
    page.loses_answer("create incident");
    let mut published = later(&incident(), 60);
    published.response.published = Some(Publication {
        at: published.updated_at,
        by: "ann".to_owned(),
        headline: Some("Trouble with the panel".to_owned()),
        text: Some("We are on it.".to_owned()),
    });
    tell(&bench, &published).await;
    let field = |key: &str| page.board().incidents["i1"][key].clone();
    assert_eq!(page.statuses(), ["investigating"]);
    assert_eq!(
        (field("name"), field("body")),
        (json!("Trouble with the panel"), json!("We are on it."))
    );
    let identified = Incident { status: IncidentStatus::Identified, ..later(&published, 120) };
    tell(&bench, &identified).await;
    assert_eq!(
        (page.statuses(), field("name")),
        (vec!["identified".into()], json!("Trouble with the panel"))
    );
    assert!(field("body").as_str().unwrap().contains("found the cause"), "{}", field("body"));
    let mut more = later(&identified, 180);
    let words = more.response.published.as_mut().unwrap();
    (words.at, words.text) = (more.updated_at, Some("An hour more.".to_owned()));
    tell(&bench, &more).await;
    assert_eq!(
        (field("body"), field("deliver_notifications")),
        (json!("An hour more."), json!(true))
    );
    tell(&bench, &resolved(&more, 240)).await;
    assert_eq!(page.statuses(), ["resolved"]);
    assert!(field("body").as_str().unwrap().contains("works normally again"));
}
