//! PagerDuty: each incident as an alert of Events API v2, told apart by its dedup key.

mod event;
mod settings;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use http::Method;

use crate::call::Call;
use crate::limiter::Rate;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, deliver_once};

pub use settings::{Region, Settings};

/// Renders incidents for PagerDuty.
struct Events {
    url: String,
    routing_key: String,
    external_url: String,
}

impl NoticeVendor for Events {
    fn policy(&self) -> NoticePolicy {
        // a second trigger of an alert that is open pages nobody
        let mut key = DefaultHasher::new();
        (&self.url, &self.routing_key).hash(&mut key);
        let once = Some(key.finish());
        NoticePolicy { follows_incidents: true, once, ..NoticePolicy::default() }
    }

    /// The same key updates the alert that is open and pages nobody, so that a change that is told
    /// twice is one.
    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        deliver_once(due, |change, incident| {
            let event = event::event(change, incident, &self.routing_key, &self.external_url);
            Call::new("send event", Method::POST, self.url.clone()).json(&event)
        })
    }

    /// PagerDuty takes about 120 events a minute for each integration.
    fn rate(&self) -> Option<Rate> {
        Some(Rate { calls: 100, per: Duration::from_secs(60) })
    }
}
