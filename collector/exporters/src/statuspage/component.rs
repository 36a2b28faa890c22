//! Tells the page the state of one component.

use std::sync::Arc;

use bellwether_core::ids::ComponentId;
use bellwether_core::notice::Notice;
use bellwether_core::state::ComponentState;
use bellwether_core::store::Receipts;

use super::page::{Page, judge};
use super::receipts::{Told, told, write};
use crate::call::{Answer, Call};
use crate::notices::{Delivery, Due, Settled, Step};

struct SetState {
    call: Call,
    component: ComponentId,
    told: Told,
}

/// Begins to tell the state of a component, unless there is nothing to tell.
pub(super) fn tell(
    page: Arc<Page>,
    due: Due<'_>,
    component: &ComponentId,
    state: ComponentState,
) -> Box<dyn Delivery> {
    let skip = |why| Box::new(Settled::skip(why, Receipts::new()));
    let Some(id) = page.components.get(component) else {
        return skip("component not on the page");
    };
    // a page that knows nothing new keeps what it shows; it never turns green by ignorance
    if state == ComponentState::Unknown {
        return skip("unknown is not shown");
    }
    let at = due.owed.notice.at;
    match told(due.receipts, component) {
        Some(last) if last.at > at => return skip("newer state already told"),
        Some(last) if last.state == state => return skip("page already shows it"),
        _ => {}
    }
    let call = page.set_component(id, state);
    Box::new(SetState { call, component: component.clone(), told: Told { state, at } })
}

impl Delivery for SetState {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        let Some(answer) = answer else { return Step::Call(self.call.clone()) };
        if answer.status == 404 {
            let why = format!(
                "component `{}` is not on the page: correct `components.{}` or `page_id`",
                self.component, self.component
            );
            return Step::Reject { why };
        }
        Step::unless_accepted(judge(answer)).unwrap_or_else(|| {
            let mut receipts = Receipts::new();
            write(&mut receipts, Notice::component_subject(&self.component), self.told);
            Step::Done(receipts)
        })
    }
}
