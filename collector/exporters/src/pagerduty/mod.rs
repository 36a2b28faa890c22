//! PagerDuty: each incident as an alert of Events API v2, told apart by its dedup key; deployments as
//! change events, where asked for.

mod change;
mod event;
mod settings;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bellwether_core::deployment::Deployment;
use bellwether_core::notice::Body;
use bellwether_core::store::Receipts;
use http::Method;
use serde_json::json;

use crate::call::Call;
use crate::limiter::Rate;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, Settled, call_once, deliver_once};

pub use settings::{Region, Settings};

/// Renders incidents and deployments for PagerDuty.
struct Events {
    url: String,
    /// Where change events go; absent where none are asked for.
    changes: Option<String>,
    routing_key: String,
    external_url: String,
}

impl NoticeVendor for Events {
    fn policy(&self) -> NoticePolicy {
        // a second trigger of an alert that is open pages nobody
        let mut key = DefaultHasher::new();
        (&self.url, &self.routing_key).hash(&mut key);
        let once = Some(key.finish());
        let follows_deployments = self.changes.is_some();
        NoticePolicy {
            follows_incidents: true,
            follows_deployments,
            once,
            ..NoticePolicy::default()
        }
    }

    /// The same key updates the alert that is open and pages nobody, so that a change that is told
    /// twice is one.
    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        if let Body::Deployment { deployment } = &due.owed.notice.body {
            return self.change(due, deployment);
        }
        deliver_once(due, |change, incident| {
            let event = event::event(change, incident, &self.routing_key, &self.external_url);
            Call::new("send event", Method::POST, self.url.clone()).json(&event)
        })
    }

    /// No key tells a change event from one that was sent before.
    fn hears_twice(&self, about: &Body) -> bool {
        matches!(about, Body::Deployment { .. })
    }

    /// PagerDuty takes about 120 events a minute for each integration.
    fn rate(&self) -> Option<Rate> {
        Some(Rate { calls: 100, per: Duration::from_secs(60) })
    }
}

impl Events {
    fn change(&self, due: Due<'_>, deployment: &Deployment) -> Box<dyn Delivery> {
        let subject = &due.owed.notice.subject;
        let receipt = json!({ "version": deployment.version, "at": deployment.at });
        let receipts = Receipts::from([(subject.clone(), receipt.clone())]);
        if due.receipts.get(subject) == Some(&receipt) {
            return Box::new(Settled::skip("already told", receipts));
        }
        let Some(url) = &self.changes else {
            return Box::new(Settled::skip("change events are not asked for", Receipts::new()));
        };
        let event = change::event(deployment, &self.routing_key, &self.external_url);
        let call = Call::new("send change event", Method::POST, url.clone()).json(&event);
        call_once(call, receipts)
    }
}
