//! Whole lives of incidents on a page.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bellwether_core::incident::{Incident, IncidentStatus, Publication};
use bellwether_core::state::{ComponentState, Severity};
use serde_json::{Map, Value, json};

use super::bench::{Bench, Script, answer};
use super::board::Page;
use super::samples::{START, about, incident, later, resolved, settings, state};

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
        ["look at components", "create incident", "update incident", "update incident"]
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
        bench.outbox.push(about("statuspage", &change));
        bench.outbox.dies_at_settle.store(true, Ordering::SeqCst);
        bench.run_notices();
        let reads = ["look for incident", "check incident", "look at components"];
        let writes = |whats: &[&str]| whats.iter().filter(|it| !reads.contains(it)).count();
        bench.until("written", |_| writes(&page.script.whats()[before..]) == 1).await;
        bench.kill().await;
        assert_eq!(bench.outbox.waiting(), 1);

        bench.outbox.dies_at_settle.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(5)).await;
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
    assert!(page.script.calls().is_empty());
    assert_eq!(bench.notices().skipped["never told"], 1);
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
    tokio::time::sleep(Duration::from_secs(5)).await;
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
    let mut draft = settings("statuspage");
    draft["incidents"] = json!("draft");
    let mut bench = Bench::with("statuspage", draft, &page.script);
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
    let mut draft = settings("statuspage");
    draft["incidents"] = json!("draft");
    let mut bench = Bench::with("statuspage", draft, &page.script);
    bench.run_notices();
    tell(&bench, &incident()).await;
    assert!(page.statuses().is_empty());
    page.board().lose_answers.push_back("create incident");
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

/// Scenario: a component fails and recovers 25 times in ten minutes, each time with an incident and
/// with the page's default holds.
/// Guarantee: at most four calls, looks at the page included; one change to bad and one to good.
#[tokio::test(start_paused = true)]
async fn a_flapping_component_makes_four_calls() {
    let page = Page::new();
    let mut bench = page.bench();
    bench.run_notices();
    let (open_after, resolve_after) = (Duration::from_secs(60), Duration::from_secs(120));
    for n in 0..25_u64 {
        let began = 24 * n;
        let mut open = incident();
        open.id = format!("inc-{n}").as_str().into();
        open.opened_at = START.plus(Duration::from_secs(began));
        open.updated_at = open.opened_at;
        for (unwell, at, told) in
            [(true, began, open.clone()), (false, began + 12, resolved(&open, began + 12))]
        {
            let hold = if unwell { open_after } else { resolve_after };
            let shown =
                if unwell { ComponentState::MajorOutage } else { ComponentState::Operational };
            let mut notices = [about("statuspage", &told), state("statuspage", "admin", shown, at)];
            for notice in &mut notices {
                notice.not_before = notice.at.plus(hold);
            }
            notices.into_iter().for_each(|it| bench.outbox.push(it));
            tokio::time::sleep(Duration::from_secs(12)).await;
        }
    }
    bench.until("all is told", |it| it.outbox.waiting() == 0).await;
    let whats = page.script.whats();
    assert!(whats.len() <= 4, "{whats:?}");
    assert_eq!(whats.iter().filter(|it| **it == "set component").count(), 2, "{whats:?}");
    assert_eq!(page.component("c2"), "operational");
    assert!(page.statuses().iter().all(|it| it == "resolved"));
}

/// Scenario: 200 components fail at once, each with an incident, and recover half an hour later.
/// Guarantee: never more than 60 calls in a minute; the page has each incident once, in the right
/// state, and each component as it is.
#[tokio::test(start_paused = true)]
async fn two_hundred_components_stay_within_the_rate_and_end_right() {
    let page = Page::with((0..200).map(|n| format!("c{n}")));
    let mut many = settings("statuspage");
    let ids: Map<String, Value> =
        (0..200).map(|n| (format!("part-{n}"), json!(format!("c{n}")))).collect();
    many["components"] = Value::Object(ids);
    let mut bench = Bench::with("statuspage", many, &page.script);
    bench.run_notices();
    let open: Vec<Incident> = (0..200)
        .map(|n| {
            let mut open = incident();
            open.id = format!("inc-{n}").as_str().into();
            open.component = format!("part-{n}").as_str().into();
            open.affected = [(open.component.clone(), ComponentState::MajorOutage)].into();
            open
        })
        .collect();
    let all_show = |state: &str| {
        let board = page.board();
        (0..200).all(|n| board.components[&format!("c{n}")] == state)
    };
    for it in &open {
        bench.outbox.push(about("statuspage", it));
        bench.outbox.push(state(
            "statuspage",
            it.component.as_str(),
            ComponentState::MajorOutage,
            1,
        ));
    }
    bench.until("all is told", |it| it.outbox.waiting() == 0).await;
    assert!(all_show("major_outage"));
    assert_eq!(page.statuses(), vec!["investigating"; 200]);
    let half_an_hour = START.plus(Duration::from_secs(1_800));
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    for it in &open {
        let mut over = resolved(it, 1_800);
        over.updated_at = half_an_hour;
        bench.outbox.push(about("statuspage", &over));
        bench.outbox.push(state(
            "statuspage",
            it.component.as_str(),
            ComponentState::Operational,
            1_800,
        ));
    }
    bench.until("all is over", |it| it.outbox.waiting() == 0).await;
    assert!(all_show("operational"));
    assert_eq!(page.statuses(), vec!["resolved"; 200]);
    let seconds: Vec<u64> = page.script.calls().iter().map(|(at, _)| *at).collect();
    for start in &seconds {
        let window = seconds.iter().filter(|at| (*start..start + 60).contains(*at)).count();
        assert!(window <= 60, "{window} calls within a minute of {start}");
    }
    // each incident twice, and the looks at the page in between
    assert!(seconds.len() <= 400 + 3 * 10, "{} calls", seconds.len());
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
