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
    /// What goes wrong with the next calls of these names, in their order.
    pub(crate) faults: VecDeque<Fault>,
    /// What changed something of an incident: each of these is a mail to whoever reads the page.
    pub(crate) written: Vec<&'static str>,
}

/// What goes wrong with a call.
pub(crate) struct Fault {
    /// What the call does.
    pub(crate) what: &'static str,
    /// What is answered in the place of what the page says.
    pub(crate) reply: Option<Reply>,
    /// Whether the page takes the call all the same.
    pub(crate) taken: bool,
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
        match self.faults.pop_front_if(|it| it.what == call.what) {
            Some(Fault { reply: Some(reply), taken: false, .. }) => reply,
            Some(Fault { reply, .. }) => {
                let answer = self.answer(call);
                reply.unwrap_or(answer)
            }
            None => self.answer(call),
        }
    }

    fn answer(&mut self, call: &Call) -> Reply {
        let path = call.url.strip_prefix("https://api.statuspage.io/v1/pages/p1").unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let body: Value = serde_json::from_slice(&call.body.to_bytes()).unwrap_or_default();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["incidents", "unresolved"]) => self.incidents(query, |it| {
                !it.contains_key("scheduled_for") && it["status"] != "resolved"
            }),
            // it may mean what is over, too, or only what has not begun: the narrower is taken
            ("GET", ["incidents", "scheduled"]) => {
                self.incidents(query, |it| it["status"] == "scheduled")
            }
            ("GET", ["incidents", "active_maintenance"]) => {
                self.incidents(query, |it| it["status"] == "in_progress")
            }
            ("GET", ["components"]) => self.listed(query),
            ("GET", ["incidents", id]) if self.incidents.contains_key(*id) => {
                ok(200, &self.show(id, &self.incidents[*id]))
            }
            ("POST", ["incidents"]) => {
                let id = format!("i{}", self.incidents.len() + 1);
                self.incidents.insert(id.clone(), Map::new());
                self.written.push(call.what);
                self.change(&id, &body["incident"]);
                ok(201, &json!({ "id": id }))
            }
            ("PATCH", ["incidents", id]) if self.incidents.contains_key(*id) => {
                self.written.push(call.what);
                self.change(id, &body["incident"]);
                ok(200, &json!({ "id": id }))
            }
            ("PATCH", ["components", id]) => {
                let state = body["component"]["status"].as_str().unwrap();
                self.components.insert((*id).to_owned(), state.to_owned());
                ok(200, &json!({ "id": id }))
            }
            _ => answer(404, ""),
        }
    }

    fn listed(&self, query: &str) -> Reply {
        let page = page_of(query);
        let all = self.components.iter().skip((page - 1) * 100).take(100);
        let list: Vec<Value> = all.map(|(id, it)| json!({ "id": id, "status": it })).collect();
        ok(200, &json!(list))
    }

    fn incidents(&self, query: &str, wanted: fn(&Map<String, Value>) -> bool) -> Reply {
        let page = page_of(query);
        let found = self.incidents.iter().filter(|(_, it)| wanted(it));
        let list: Vec<Value> = found
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
        for (component, state) in
            fields.get("components").and_then(Value::as_object).into_iter().flatten()
        {
            self.components.insert(component.clone(), state.as_str().unwrap().to_owned());
        }
        let incident = self.incidents.get_mut(id).unwrap();
        incident.extend(fields.clone());
        if let Some(impact) = fields.get("impact_override") {
            incident.insert("impact".to_owned(), impact.clone());
        }
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

    /// Lets the page take the next call of this name, and its answer never come.
    pub(crate) fn loses_answer(&self, what: &'static str) {
        self.fails(what, Reply::Silence, true);
    }

    /// Lets something go wrong with the next call of this name.
    pub(crate) fn fails(&self, what: &'static str, reply: Reply, taken: bool) {
        self.board().faults.push_back(Fault { what, reply: Some(reply), taken });
    }

    /// Lets the next call of this name pass, whatever goes wrong with the one after it.
    pub(crate) fn passes(&self, what: &'static str) {
        self.board().faults.push_back(Fault { what, reply: None, taken: true });
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
