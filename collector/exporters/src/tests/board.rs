//! A small model of Statuspage, with the faults of the way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::bench::{Bench, Reply, Script, answer};
use crate::call::{Answer, Call};

/// A page as Statuspage keeps it.
#[derive(Default)]
pub(crate) struct Board {
    pub(crate) incidents: BTreeMap<String, Map<String, Value>>,
    pub(crate) components: BTreeMap<String, String>,
    /// What happens to the next calls of this name, after the page has taken them.
    pub(crate) lose_answers: VecDeque<&'static str>,
}

/// The page and everything that was asked of it.
pub(crate) struct Page {
    board: Arc<Mutex<Board>>,
    pub(crate) script: Arc<Script>,
}

fn ok(status: u16, body: &Value) -> Reply {
    let body = Bytes::from(body.to_string());
    Reply::Answer(Box::new(Answer { status, body, ..Answer::default() }))
}

fn page_of(query: &str) -> usize {
    query.split('&').find_map(|it| it.strip_prefix("page=")).unwrap().parse().unwrap()
}

impl Board {
    fn take(&mut self, call: &Call) -> Reply {
        let path = call.url.strip_prefix("https://api.statuspage.io/v1/pages/p1").unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let body: Value = serde_json::from_slice(&call.body.to_bytes()).unwrap_or_default();
        let reply = match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["incidents", "unresolved"]) => self.unresolved(query),
            ("GET", ["components"]) => self.listed(query),
            ("GET", ["incidents", id]) if self.incidents.contains_key(*id) => {
                ok(200, &self.show(id, &self.incidents[*id]))
            }
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

    fn listed(&self, query: &str) -> Reply {
        let page = page_of(query);
        let all = self.components.iter().skip((page - 1) * 100).take(100);
        let list: Vec<Value> = all.map(|(id, it)| json!({ "id": id, "status": it })).collect();
        ok(200, &json!(list))
    }

    fn unresolved(&self, query: &str) -> Reply {
        let page = page_of(query);
        let open = self.incidents.iter().filter(|(_, it)| it["status"] != "resolved");
        let list: Vec<Value> = open
            .skip((page - 1) * 100)
            .take(100)
            .map(|(id, fields)| self.show(id, fields))
            .collect();
        ok(200, &json!(list))
    }

    fn show(&self, id: &str, fields: &Map<String, Value>) -> Value {
        let mut fields = fields.clone();
        fields.insert("id".to_owned(), json!(id));
        Value::Object(fields)
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
    pub(crate) fn new() -> Self {
        Self::with(["c1", "c2", "c3"].map(str::to_owned))
    }

    /// Returns a page with these components, all well.
    pub(crate) fn with(ids: impl IntoIterator<Item = String>) -> Self {
        let components = ids.into_iter().map(|id| (id, "operational".to_owned())).collect();
        let board = Arc::new(Mutex::new(Board { components, ..Board::default() }));
        let shared = Arc::clone(&board);
        Self { board, script: Script::by(move |call| shared.lock().unwrap().take(call)) }
    }

    pub(crate) fn bench(&self) -> Bench {
        Bench::new("statuspage", &self.script)
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap()
    }

    /// Returns the statuses of all incidents that the page ever had.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let board = self.board.lock().unwrap();
        board.incidents.values().map(|it| it["status"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn component(&self, id: &str) -> String {
        self.board.lock().unwrap().components.get(id).cloned().unwrap_or_default()
    }
}
