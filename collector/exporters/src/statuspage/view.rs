//! The page's components as it last told, so that what a person has set is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::ids::IncidentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use serde_json::Value;

use super::page::{PER_PAGE, Page, listed};
use crate::call::{Answer, Call};
use crate::notices::Step;

/// How long what the page told is taken for true. Each look is a call of the sixty in a minute.
const FRESH: Duration = Duration::from_secs(60);
/// How many pages of components are read.
const MAX_PAGES: u32 = 50;

/// Who decides on a component's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// It is as we left it, or as nobody has ever touched it.
    Ours,
    /// It shows already what we would show.
    Same,
    /// Somebody else has set it.
    Theirs,
    /// The page has no such component.
    Nobody,
}

/// What the page has, and what we have asked of it without having heard that it was done.
#[derive(Default)]
pub(super) struct View {
    seen_at: Option<Timestamp>,
    /// The word for each component's state, by Statuspage's id.
    states: BTreeMap<String, String>,
    tried: BTreeMap<String, BTreeSet<&'static str>>,
    created: BTreeSet<IncidentId>,
}

impl View {
    /// Says whether the page was looked at lately.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.seen_at.is_some_and(|at| now.since(at) < FRESH)
    }

    /// Says who decides on a component that we last told `told` and would have show `next`. Without
    /// doubt it is somebody else when the page shows neither what we told nor what we tried to.
    pub(super) fn hand(
        &self,
        id: &str,
        told: Option<ComponentState>,
        next: ComponentState,
        doubtful: bool,
    ) -> Hand {
        let Some(shown) = self.states.get(id) else { return Hand::Nobody };
        let tried = self.tried.get(id).is_some_and(|it| it.contains(shown.as_str()));
        if shown == next.as_str() {
            Hand::Same
        } else if doubtful || tried || shown == told.unwrap_or(ComponentState::Operational).as_str()
        {
            Hand::Ours
        } else {
            Hand::Theirs
        }
    }

    /// Says whether a component shows that something is wrong.
    pub(super) fn is_unwell(&self, id: &str) -> bool {
        self.states.get(id).is_some_and(|it| it != ComponentState::Operational.as_str())
    }

    /// Notes that a component is about to be set.
    pub(super) fn setting(&mut self, id: &str, state: ComponentState) {
        self.tried.entry(id.to_owned()).or_default().insert(state.as_str());
    }

    /// Notes that a component was set.
    pub(super) fn set(&mut self, id: &str, state: ComponentState) {
        self.tried.remove(id);
        self.states.insert(id.to_owned(), state.as_str().to_owned());
    }

    /// Notes that an incident is about to be created.
    pub(super) fn creating(&mut self, id: &IncidentId) {
        self.created.insert(id.clone());
    }

    /// Notes that an incident is known.
    pub(super) fn created(&mut self, id: &IncidentId) {
        self.created.remove(id);
    }

    /// Says whether an incident may be on the page although we have not heard so.
    pub(super) fn may_have(&self, id: &IncidentId) -> bool {
        self.created.contains(id)
    }

    fn saw(&mut self, states: BTreeMap<String, String>, now: Timestamp) {
        self.states = states;
        self.seen_at = Some(now);
    }
}

/// Looks at all components of a page, a hundred at a time.
#[derive(Default)]
pub(super) struct Look {
    page: u32,
    found: BTreeMap<String, String>,
}

impl Look {
    /// Returns the call for the next hundred.
    pub(super) fn next(&mut self, page: &Page) -> Call {
        self.page += 1;
        page.components(self.page)
    }

    /// Takes an answer in. Returns what is next when that is another look or the end of the
    /// delivery.
    pub(super) fn take(&mut self, page: &Page, answer: &Answer, now: Timestamp) -> Option<Step> {
        let components = match listed(answer, "components") {
            Ok(components) => components,
            Err(step) => return Some(*step),
        };
        for it in &components {
            let text = |key: &str| it.get(key).and_then(Value::as_str).map(str::to_owned);
            if let (Some(id), Some(status)) = (text("id"), text("status")) {
                self.found.insert(id, status);
            }
        }
        if components.len() >= PER_PAGE && self.page < MAX_PAGES {
            return Some(Step::Call(self.next(page)));
        }
        page.view().saw(std::mem::take(&mut self.found), now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComponentState::{MajorOutage, Operational, PartialOutage};

    #[test]
    fn what_we_did_not_leave_so_is_somebody_elses() {
        let mut view = View::default();
        view.saw(
            BTreeMap::from([("c1".to_owned(), "partial_outage".to_owned())]),
            Timestamp::default(),
        );
        for (told, next, doubtful, hand) in [
            (None, MajorOutage, false, Hand::Theirs),
            (None, PartialOutage, false, Hand::Same),
            (None, MajorOutage, true, Hand::Ours),
            (Some(PartialOutage), Operational, false, Hand::Ours),
            (Some(MajorOutage), Operational, false, Hand::Theirs),
        ] {
            assert_eq!(view.hand("c1", told, next, doubtful), hand, "{told:?} {next} {doubtful}");
        }
        view.setting("c1", PartialOutage);
        assert_eq!(view.hand("c1", None, Operational, false), Hand::Ours, "we tried to");
        view.set("c1", Operational);
        assert_eq!(view.hand("c1", None, MajorOutage, false), Hand::Ours);
        assert_eq!(view.hand("c9", None, MajorOutage, false), Hand::Nobody);
    }
}
