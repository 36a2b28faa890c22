//! Webhooks: each change of an incident, in the shape that Alertmanager posts, signed.

mod alertmanager;
mod cloudevents;
mod settings;
mod signature;

use bellwether_core::incident::Incident;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ring::hmac;

use crate::call::Call;
use crate::notices::{Delivery, Due, NoticePolicy, NoticeVendor, Templates, deliver_once};

pub use settings::{Format, Settings};

/// Renders incidents for a webhook.
struct Webhook {
    url: String,
    headers: HeaderMap,
    format: Format,
    signing_key: Option<hmac::Key>,
    external_url: String,
    templates: Templates,
}

impl NoticeVendor for Webhook {
    fn policy(&self) -> NoticePolicy {
        NoticePolicy { follows_incidents: true, ..NoticePolicy::default() }
    }

    fn begin(&self, due: Due<'_>) -> Box<dyn Delivery> {
        let (notice, now) = (&due.owed.notice, due.now);
        deliver_once(due, |change, incident| {
            let receiver = notice.destination.as_str();
            let message = alertmanager::message(
                change,
                incident,
                receiver,
                &self.external_url,
                &self.templates,
            );
            let call = Call::new("post notice", Method::POST, self.url.clone());
            let mut call = match self.format {
                Format::Alertmanager => call.json(&message),
                Format::Cloudevents => {
                    let event = cloudevents::event(change, incident, notice.at, message);
                    call.body(cloudevents::STRUCTURED, Bytes::from(event.to_string()))
                }
            };
            call.headers.extend(self.headers.clone());
            let call = call.header(IDEMPOTENCY_KEY, key(incident));
            match &self.signing_key {
                Some(key) => {
                    let value = signature::sign(key, now, &call.body.to_bytes());
                    call.header(SIGNATURE, value)
                }
                None => call,
            }
        })
    }
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");

/// Tells a notice from every other: whoever gets it again may forget it.
fn key(incident: &Incident) -> HeaderValue {
    let key = format!("{}/{}", incident.id, incident.revision);
    // ids are made by us, of letters and digits
    HeaderValue::from_str(&key).unwrap_or_else(|_| HeaderValue::from(incident.revision))
}
