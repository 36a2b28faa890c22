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

    /// Gives a notice up.
    pub(crate) fn reject(why: String) -> Self {
        Self(Some(Step::Reject { why }))
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
    judge: fn(&Answer) -> Verdict,
}

impl Delivery for OneCall {
    fn next(&mut self, answer: Option<&Answer>) -> Step {
        let Some(answer) = answer else { return Step::Call(self.call.clone()) };
        Step::unless_accepted((self.judge)(answer))
            .unwrap_or_else(|| Step::Done(std::mem::take(&mut self.receipts)))
    }
}

/// Delivers with a call that says all there is to say.
pub(crate) fn call_once(call: Call, receipts: Receipts) -> Box<dyn Delivery> {
    let judge = |answer: &Answer| by_status(answer, api_retryable);
    Box::new(OneCall { call, receipts, judge })
}

/// Delivers a change of an incident with one call, and remembers its revision so that it is
/// not told twice when only our own store failed.
pub(crate) fn deliver_once(
    due: Due<'_>,
    render: impl FnOnce(Change, &Incident) -> Call,
) -> Box<dyn Delivery> {
    deliver_once_by(due, |answer| by_status(answer, api_retryable), render)
}

/// Delivers like [`deliver_once`] to a vendor whose answers are judged in a way of their own.
pub(crate) fn deliver_once_by(
    due: Due<'_>,
    judge: fn(&Answer) -> Verdict,
    render: impl FnOnce(Change, &Incident) -> Call,
) -> Box<dyn Delivery> {
    let (change, incident) = match already_told(due) {
        Ok(news) => news,
        Err(settled) => return settled,
    };
    let receipt = json!({ "revision": incident.revision });
    let receipts = Receipts::from([(due.owed.notice.subject.clone(), receipt)]);
    Box::new(OneCall { call: render(change, incident), receipts, judge })
}

/// Returns the change of an incident that has to be told; `Err` when there is nothing to tell.
pub(crate) fn already_told(due: Due<'_>) -> Result<(Change, &Incident), Box<dyn Delivery>> {
    let Body::Incident { change, incident, .. } = &due.owed.notice.body else {
        return Err(Box::new(Settled::skip("only incidents are told", Receipts::new())));
    };
    let subject = &due.owed.notice.subject;
    if let Some(receipt) = due.receipts.get(subject)
        && receipt.get("revision").and_then(Value::as_u64) >= Some(incident.revision)
    {
        // written again, in case the store lost it
        let receipts = Receipts::from([(subject.clone(), receipt.clone())]);
        return Err(Box::new(Settled::skip("already told", receipts)));
    }
    Ok((*change, incident))
}
