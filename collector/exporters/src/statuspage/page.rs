//! The calls that Statuspage takes, and its rate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_core::ids::ComponentId;
use bellwether_core::incident::Incident;
use bellwether_core::notice::Body;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::story::Story;
use super::view::View;
use super::words::Words;
use super::{component, incident, maintenance};
use crate::call::{Answer, Call};
use crate::limiter::Rate;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, Settled, Step};
use crate::verdict::{Verdict, api_retryable, by_status};

/// How many incidents a search reads at once, the most that Statuspage gives.
pub(super) const PER_PAGE: usize = 100;

/// Why nothing goes on when the page itself answers 404.
pub(super) const NO_PAGE: &str = "the page is not there: correct `page_id`";

/// Which list of scheduled incidents is read. Statuspage does not say whether the first has what has
/// begun, too.
#[derive(Clone, Copy)]
pub(super) enum Schedule {
    /// What is scheduled.
    Planned,
    /// What is under way.
    Begun,
}

/// A page and how to reach it.
pub(super) struct Page {
    pub(super) base: String,
    pub(super) key: HeaderValue,
    pub(super) components: BTreeMap<ComponentId, String>,
    /// Whether a person opens incidents.
    pub(super) draft: bool,
    pub(super) words: Words,
    view: Mutex<View>,
}

impl Page {
    pub(super) fn new(
        base: String,
        key: HeaderValue,
        components: BTreeMap<ComponentId, String>,
        draft: bool,
        words: Words,
    ) -> Self {
        Self { base, key, components, draft, words, view: Mutex::default() }
    }

    /// Returns what is known of the page. Held for no longer than a statement.
    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn components(&self, page: u32) -> Call {
        let path = format!("/components?page={page}&per_page={PER_PAGE}");
        self.call("look at components", Method::GET, &path)
    }

    fn call(&self, what: &'static str, method: Method, path: &str) -> Call {
        Call::new(what, method, format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, self.key.clone())
    }

    pub(super) fn unresolved(&self, page: u32) -> Call {
        let path = format!("/incidents/unresolved?page={page}&per_page={PER_PAGE}");
        self.call("look for incident", Method::GET, &path)
    }

    pub(super) fn scheduled(&self, schedule: Schedule, page: u32) -> Call {
        let list = match schedule {
            Schedule::Planned => "scheduled",
            Schedule::Begun => "active_maintenance",
        };
        let path = format!("/incidents/{list}?page={page}&per_page={PER_PAGE}");
        self.call("look for maintenance", Method::GET, &path)
    }

    pub(super) fn incident(&self, id: &str) -> Call {
        self.call("check incident", Method::GET, &format!("/incidents/{id}"))
    }

    pub(super) fn create_incident(&self, incident: Value) -> Call {
        self.call("create incident", Method::POST, "/incidents")
            .json(&json!({ "incident": incident }))
    }

    pub(super) fn update_incident(&self, id: &str, incident: Value) -> Call {
        self.call("update incident", Method::PATCH, &format!("/incidents/{id}"))
            .json(&json!({ "incident": incident }))
    }

    pub(super) fn metrics(&self, page: u32) -> Call {
        let path = format!("/metrics?page={page}&per_page={PER_PAGE}");
        self.call("look at metrics", Method::GET, &path)
    }

    pub(super) fn add_points(&self, points: &Value) -> Call {
        self.call("add points to metrics", Method::POST, "/metrics/data").json(points)
    }

    pub(super) fn set_component(&self, id: &str, state: ComponentState) -> Call {
        self.call("set component", Method::PATCH, &format!("/components/{id}"))
            .json(&json!({ "component": { "status": state } }))
    }
}

/// Judges an answer; 404 and 422 are rejected, 420 means what 429 means elsewhere.
pub(super) fn judge(answer: &Answer) -> Verdict {
    by_status(answer, |status| status == 420 || api_retryable(status))
}

/// Returns what an answer lists, or what else to do: `what` says what was asked for.
pub(super) fn listed(answer: &Answer, what: &str) -> Result<Vec<Value>, Box<Step>> {
    taken(answer)?;
    match answer.json() {
        Some(Value::Array(all)) => Ok(all),
        _ => {
            let why = format!("the list of {what} is no list");
            Err(Box::new(Step::Retry { after: None, why }))
        }
    }
}

/// Returns the id of the incident that was created, or what else to do.
pub(super) fn created(answer: &Answer) -> Result<String, Box<Step>> {
    taken(answer)?;
    let id = answer.json().and_then(|json| Some(json.get("id")?.as_str()?.to_owned()));
    // without one it is there all the same: the next try finds it by its mark
    id.ok_or_else(|| {
        let why = "the answer to the new incident has no id".to_owned();
        Box::new(Step::Retry { after: None, why })
    })
}

/// Says what to do when a call about the page as a whole was not taken.
fn taken(answer: &Answer) -> Result<(), Box<Step>> {
    if answer.status == 404 {
        return Err(Box::new(Step::Pause { why: NO_PAGE.to_owned() }));
    }
    Step::unless_accepted(judge(answer)).map_or(Ok(()), |step| Err(Box::new(step)))
}

/// Renders states and incidents for a page.
pub(super) struct Statuspage {
    pub(super) page: Arc<Page>,
    pub(super) policy: NoticePolicy,
    /// Whether the page has metrics of ours.
    pub(super) measured: bool,
}

impl NoticeVendor for Statuspage {
    fn policy(&self) -> NoticePolicy {
        self.policy
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let page = Arc::clone(&self.page);
        match &due.owed.notice.body {
            Body::Incident { incident, .. } => {
                Box::new(incident::Tell::new(page, due, (**incident).clone()))
            }
            Body::Component { component, state } => component::tell(page, due, component, *state),
            Body::Maintenance { change, maintenance } => {
                maintenance::tell(page, due, *change, maintenance.clone())
            }
            Body::Deployment { .. } => {
                Box::new(Settled::skip("what services run is not told", Receipts::new()))
            }
        }
    }

    fn draft(&self, incident: &Incident) -> Option<(String, String)> {
        let at = incident.updated_at;
        let story = Story::new(Arc::clone(&self.page), at, &Receipts::new(), incident.clone());
        let waits = story.waits_for_a_person() && incident.is_open();
        (waits && story.concerns_customers()).then(|| story.draft())
    }

    fn rate(&self) -> Option<Rate> {
        // 60 a minute; a second is left for calls that are slow on their way
        // four for metrics: each minute makes one, or three where the page is asked which it has, and
        // wherever a window begins there are two minutes in it
        let calls = if self.measured { 56 } else { 60 };
        Some(Rate { calls, per: Duration::from_secs(61) })
    }

    fn probe(&self) -> Option<Call> {
        Some(self.page.call("list components", Method::GET, "/components?page=1&per_page=1"))
    }
}
