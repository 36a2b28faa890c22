//! Whole lives of incidents on a page: a small model of Statuspage, with the faults of the way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::{ComponentState, Severity};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::bench::{Bench, Reply, Script, answer};
use super::samples::{about, incident, later, resolved, state};
use crate::call::{Answer, Call};

/// A page as Statuspage keeps it.
#[derive(Default)]
struct Board {
    incidents: BTreeMap<String, Map<String, Value>>,
    components: BTreeMap<String, String>,
    /// What happens to the next calls of this name, after the page has taken them.
    lose_answers: VecDeque<&'static str>,
}

/// The page and everything that was asked of it.
struct Page {
    board: Arc<Mutex<Board>>,
    script: Arc<Script>,
}

fn ok(status: u16, body: &Value) -> Reply {
    Reply::Answer(Answer { status, body: Bytes::from(body.to_string()), ..Answer::default() })
}

impl Board {
    fn take(&mut self, call: &Call) -> Reply {
        let path = call.url.strip_prefix("https://api.statuspage.io/v1/pages/p1").unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let reply = match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["incidents", "unresolved"]) => self.unresolved(query),
            ("POST", ["incidents"]) => {
                let id = format!("i{}", self.incidents.len() + 1);
                self.incidents.insert(id.clone(), Map::new());
                self.change(&id, &body["incident"]);
                ok(201, &json!({ "id": id }))
            }
            ("PATCH", ["incidents", id]) if self.incidents.contains_key(*id) => {
                self.change(id, &body["incident"]);
                ok(200, &json!({ "id": id }))
            }
            ("PATCH", ["components", id]) => {
                let state = body["component"]["status"].as_str().unwrap();
                self.components.insert((*id).to_owned(), state.to_owned());
                ok(200, &json!({ "id": id }))
            }
            _ => answer(404, ""),
        };
        if self.lose_answers.front() == Some(&call.what) {
            self.lose_answers.pop_front();
            return Reply::Silence;
        }
        reply
    }

    fn unresolved(&self, query: &str) -> Reply {
        let page: usize =
            query.split('&').find_map(|it| it.strip_prefix("page=")).unwrap().parse().unwrap();
        let open = self.incidents.iter().filter(|(_, it)| it["status"] != "resolved");
        let list: Vec<Value> = open
            .skip((page - 1) * 100)
            .take(100)
            .map(|(id, fields)| {
                let mut fields = fields.clone();
                fields.insert("id".to_owned(), json!(id));
                Value::Object(fields)
            })
            .collect();
        ok(200, &json!(list))
    }

    fn change(&mut self, id: &str, fields: &Value) {
        let fields = fields.as_object().unwrap();
        assert!(fields["deliver_notifications"].is_boolean());
        for (component, state) in fields["components"].as_object().unwrap() {
            self.components.insert(component.clone(), state.as_str().unwrap().to_owned());
        }
        let incident = self.incidents.get_mut(id).unwrap();
        incident.extend(fields.clone());
        incident.insert("impact".to_owned(), fields["impact_override"].clone());
    }
}

impl Page {
    fn new() -> Self {
        let board = Arc::new(Mutex::new(Board::default()));
        let shared = Arc::clone(&board);
        Self { board, script: Script::by(move |call| shared.lock().unwrap().take(call)) }
    }

    fn bench(&self) -> Bench {
        Bench::new("statuspage", &self.script)
    }

    /// Returns the statuses of all incidents that the page ever had.
    fn statuses(&self) -> Vec<String> {
        let board = self.board.lock().unwrap();
        board.incidents.values().map(|it| it["status"].as_str().unwrap().to_owned()).collect()
    }

    fn component(&self, id: &str) -> String {
        self.board.lock().unwrap().components.get(id).cloned().unwrap_or_default()
    }
}

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
    page.board.lock().unwrap().lose_answers.push_back("create incident");
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
        let writes = |whats: &[&str]| whats.iter().filter(|it| !it.starts_with("look")).count();
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
    page.board.lock().unwrap().incidents.clear();
    let identified = Incident { status: IncidentStatus::Identified, ..later(&open, 1) };
    tell(&bench, &identified).await;
    assert_eq!(page.statuses(), ["identified"]);
    page.board.lock().unwrap().incidents.clear();
    tell(&bench, &resolved(&identified, 2)).await;
    assert!(page.statuses().is_empty());
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
        page.board.lock().unwrap().incidents.insert(format!("h{number}"), other);
    }
    bench.run_notices();
    tell(&bench, &resolved(&incident(), 1)).await;
    assert_eq!(page.board.lock().unwrap().incidents["h300"]["status"], "resolved");
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
    let board = page.board.lock().unwrap();
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
