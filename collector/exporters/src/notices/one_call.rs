//! Deliveries of one call, for vendors that know updates by a key of ours.

use bellwether_core::incident::Incident;
use bellwether_core::notice::{Body, Change};
use bellwether_core::store::Receipts;
use serde_json::{Value, json};

use super::{Delivery, Due, Step};
use crate::call::{Answer, Call};
use crate::verdict::{Verdict, api_retryable, by_status};

/// Ends at its first step.
pub(crate) struct Settled(Option<Step>);

impl Settled {
    /// Skips a notice.
    pub(crate) fn skip(why: &'static str, receipts: Receipts) -> Self {
        Self(Some(Step::Skip { receipts, why }))
    }
}

impl Delivery for Settled {
    fn next(&mut self, _: Option<&Answer>) -> Step {
        self.0.take().unwrap_or_else(|| Step::Done(Receipts::new()))
    }
}

struct OneCall {
    call: Call,
    receipts: Receipts,
}

impl Delivery for OneCall {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        let Some(answer) = answer else { return Step::Call(self.call.clone()) };
        let verdict: Verdict = by_status(answer, api_retryable);
        Step::unless_accepted(verdict)
            .unwrap_or_else(|| Step::Done(std::mem::take(&mut self.receipts)))
    }
}

/// Delivers a change of an incident with one call, and remembers its revision so that it is
/// not told twice when only our own store failed.
pub(crate) fn deliver_once(
    due: Due<'_>,
    render: impl FnOnce(Change, &Incident) -> Call,
) -> Box<dyn Delivery> {
    let Body::Incident { change, incident } = &due.owed.notice.body else {
        return Box::new(Settled::skip("only incidents are told", Receipts::new()));
    };
    let subject = &due.owed.notice.subject;
    if let Some(receipt) = due.receipts.get(subject)
        && receipt.get("revision").and_then(Value::as_u64) >= Some(incident.revision)
    {
        // written again, in case the store lost it
        let receipts = Receipts::from([(subject.clone(), receipt.clone())]);
        return Box::new(Settled::skip("already told", receipts));
    }
    let receipt = json!({ "revision": incident.revision });
    let receipts = Receipts::from([(subject.clone(), receipt)]);
    Box::new(OneCall { call: render(*change, incident), receipts })
}
