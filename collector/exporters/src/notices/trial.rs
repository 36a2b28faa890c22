//! A test message: told once, by hand, with everything that the destination said.

use bellwether_core::links::NoLinks;
use bellwether_core::notice::{Change, Owed};
use bellwether_core::store::Receipts;

use super::{Due, NoticeVendor, Step};
use crate::call::{Answer, Call};
use crate::link::Link;

/// More steps than any delivery needs, so that a confused one ends.
const MAX_STEPS: usize = 100;

/// What became of a test message.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What was told; absent when it was only asked whether we are let in.
    pub change: Option<Change>,
    /// What was asked, in order.
    pub asked: Vec<Asked>,
    /// Why the destination does not want to know of it; absent when it does.
    pub skipped: Option<&'static str>,
    /// Why it was not taken, without secrets.
    pub end: Result<(), String>,
}

/// One thing that was asked of a destination.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What, such as `send event`.
    pub what: &'static str,
    /// Whom.
    pub host: String,
    /// What the answer was, without secrets; or why there was none.
    pub answer: String,
}

/// Tells a destination of a change, and once only.
pub(crate) async fn tell(
    link: &mut Link,
    vendor: &dyn NoticeVendor,
    change: Change,
    owed: &Owed,
    receipts: &mut Receipts,
) -> Trial {
    let now = link.now();
    // what never was is not acted on
    let due = Due { owed, receipts, now, since: now, doubtful: false, links: &NoLinks };
    let mut delivery = vendor.begin(due);
    let mut trial = Trial { change: Some(change), asked: Vec::new(), skipped: None, end: Ok(()) };
    let mut answer = None;
    for _ in 0..MAX_STEPS {
        let (end, new) = match delivery.next(answer.as_ref()) {
            Step::Call(call) => match ask(link, call, &mut trial.asked).await {
                Ok(got) => {
                    answer = Some(got);
                    continue;
                }
                Err(why) => (Err(why), Receipts::new()),
            },
            Step::Done(new) => (Ok(()), new),
            Step::Skip { why, .. } => {
                trial.skipped = Some(why);
                (Ok(()), Receipts::new())
            }
            Step::Held { .. } => (Ok(()), Receipts::new()),
            Step::Partly { why, receipts, .. } => (Err(why), receipts),
            Step::Retry { why, .. } | Step::Reject { why } | Step::Pause { why } => {
                (Err(why), Receipts::new())
            }
        };
        receipts.extend(new);
        trial.end = end.map_err(|why| link.clean(&why));
        return trial;
    }
    trial.end = Err(format!("no end after {MAX_STEPS} calls"));
    trial
}

/// Asks a destination whether it lets us in; absent when it cannot be asked.
pub(crate) async fn probe(link: &mut Link, vendor: &dyn NoticeVendor) -> Option<Trial> {
    let call = vendor.probe()?;
    let mut asked = Vec::new();
    let end = match ask(link, call, &mut asked).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(link.clean(&answer.explain())),
        Err(why) => Err(link.clean(&why)),
    };
    Some(Trial { change: None, asked, skipped: None, end })
}

async fn ask(link: &Link, call: Call, asked: &mut Vec<Asked>) -> Result<Answer, String> {
    let (what, host) = (call.what, call.host().to_owned());
    let is_mail = call.url.starts_with("smtp:");
    let result = link.send(call).await;
    let said = match &result {
        Ok(answer) if is_mail => crate::smtp::explain(answer),
        Ok(answer) => answer.explain(),
        Err(why) => why.clone(),
    };
    asked.push(Asked { what, host, answer: link.clean(&said) });
    result
}
