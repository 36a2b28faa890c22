//! An incoming webhook: one message for each change; nothing can be changed afterwards.

use std::time::Duration;

use bellwether_core::notice::Body;
use http::Method;

use super::blocks::{Style, message_of};
use crate::call::{Answer, Call};
use crate::limiter::Rate;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, deliver_once_by};
use crate::verdict::{Verdict, api_retryable, by_status};

/// Renders incidents for an incoming webhook.
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) style: Style,
}

impl NoticeVendor for Webhook {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy { follows_incidents: true, ..NoticePolicy::default() }
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let offers = due.offers(&self.style.external_url, due.whoever_reads());
        deliver_once_by(due, judge, |change, incident| {
            let message = message_of(change, incident, &self.style, &offers);
            Call::new("post message", Method::POST, self.url.clone()).json(&message)
        })
    }

    fn hears_twice(&self, _: &Body) -> bool {
        true
    }

    fn rate(&self) -> Option<Rate> {
        Some(Rate { calls: 1, per: Duration::from_secs(1) })
    }
}

/// Judges an answer: only 200 with the text `ok` says that the message was posted.
fn judge(answer: &Answer) -> Verdict {
    match by_status(answer, api_retryable) {
        Verdict::Accepted if answer.status != 200 || answer.body.trim_ascii() != b"ok" => {
            Verdict::Reject { why: answer.explain() }
        }
        verdict => verdict,
    }
}
