//! Tells the page the state of one component.

use std::sync::Arc;

use bellwether_core::ids::ComponentId;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;

use super::page::{Page, judge};
use super::receipts::{Told, told, write};
use super::view::{Hand, Look};
use crate::call::Answer;
use crate::notices::{Delivery, Due, Settled, Step};

/// What the last call was.
enum Asked {
    Nothing,
    Look(Look),
    Set,
}

struct SetState {
    page: Arc<Page>,
    component: ComponentId,
    id: String,
    before: Option<ComponentState>,
    next: Told,
    doubtful: bool,
    now: Timestamp,
    asked: Asked,
}

/// Begins to tell the state of a component, unless there is nothing to tell.
pub(super) fn tell(
    page: Arc<Page>,
    due: Due<'_>,
    component: &ComponentId,
    state: ComponentState,
) -> Box<dyn Delivery> {
    let skip = |why| Box::new(Settled::skip(why, Receipts::new()));
    let Some(id) = page.components.get(component).cloned() else {
        return skip("component not on the page");
    };
    // a page that knows nothing new keeps what it shows; it never turns green by ignorance
    if state == ComponentState::Unknown {
        return skip("unknown is not shown");
    }
    let at = due.owed.notice.at;
    let last = told(due.receipts, component);
    match last {
        Some(last) if last.at > at => return skip("newer state already told"),
        Some(last) if last.state == state => return skip("page already shows it"),
        _ => {}
    }
    Box::new(SetState {
        page,
        component: component.clone(),
        id,
        before: last.map(|it| it.state),
        next: Told { state, at },
        doubtful: due.doubtful,
        now: due.now,
        asked: Asked::Nothing,
    })
}

impl SetState {
    fn begin(&mut self) -> Step {
        if self.page.view().is_fresh(self.now) {
            return self.decide();
        }
        let mut look = Look::default();
        let call = look.next(&self.page);
        self.asked = Asked::Look(look);
        Step::Call(call)
    }

    fn decide(&mut self) -> Step {
        let next = self.next.state;
        let hand = self.page.view().hand(&self.id, self.before, next, self.doubtful);
        match hand {
            Hand::Ours => {
                self.asked = Asked::Set;
                self.page.view().setting(&self.id, next);
                Step::Call(self.page.set_component(&self.id, next))
            }
            Hand::Same => Step::Skip { receipts: self.receipts(), why: "page already shows it" },
            Hand::Theirs => Step::Skip { receipts: Receipts::new(), why: "set by a person" },
            Hand::Nobody => self.nobody(),
        }
    }

    fn nobody(&self) -> Step {
        let component = &self.component;
        let why = format!(
            "component `{component}` is not on the page: correct `components.{component}` or `page_id`"
        );
        Step::Reject { why }
    }

    fn receipts(&self) -> Receipts {
        let mut receipts = Receipts::new();
        write(&mut receipts, Notice::component_subject(&self.component), self.next);
        receipts
    }
}

impl Delivery for SetState {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        match (&mut self.asked, answer) {
            (Asked::Nothing, _) | (_, None) => self.begin(),
            (Asked::Look(look), Some(answer)) => {
                look.take(&self.page, answer, self.now).unwrap_or_else(|| self.decide())
            }
            (Asked::Set, Some(answer)) if answer.status == 404 => self.nobody(),
            (Asked::Set, Some(answer)) => {
                Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
                    self.page.view().set(&self.id, self.next.state);
                    Step::Done(self.receipts())
                })
            }
        }
    }
}
