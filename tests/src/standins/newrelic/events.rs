//! New Relic's Event API: `POST /v1/accounts/{id}/events`.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::standins::{
    body::{Coding, InflateError, coding, inflate, media_type},
    lock,
    record::Verdict,
    vendor::{Answer, Call},
};

use super::{
    NewRelic, NrIntegrationError,
    intake::{PAYLOAD_LIMIT, SANITY_LIMIT},
    rules,
};

/// A custom event as stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomEvent {
    /// Value of `eventType`.
    pub event_type: String,
    /// Time of the event: its `timestamp`, or its receipt.
    pub at: Timestamp,
    /// When it came.
    pub received: Timestamp,
    /// All other attributes: strings and numbers only.
    pub attributes: Map<String, Value>,
}

impl NewRelic {
    /// Answers a success when headers and size are right; judges each event afterwards.
    pub(super) fn insert_events(&self, call: &Call, account: &str) -> Answer {
        if let Err((status, why)) = self.admit(call, account) {
            return refuse(status, why);
        }
        let plain = match plain(call) {
            Ok(plain) => plain,
            Err((status, why)) => return refuse(status, &why),
        };
        let uuid = Uuid::new_v4().to_string();
        let (mut stored, mut dropped, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        match serde_json::from_slice::<Value>(&plain) {
            Ok(body) => {
                let events = match body {
                    Value::Array(events) => events,
                    one => vec![one],
                };
                for event in &events {
                    match rules::check(event, call.now) {
                        Ok(checked) => {
                            stored.push(CustomEvent {
                                event_type: checked.event_type,
                                at: checked.at,
                                received: call.now,
                                attributes: checked.attributes,
                            });
                            warnings.extend(checked.warnings);
                        }
                        Err(why) => dropped.push(why),
                    }
                }
            }
            Err(error) => dropped.push(format!("payload is not JSON: {error}")),
        }
        let mut answer = Answer::json(StatusCode::OK, &json!({ "success": true, "uuid": uuid }))
            .about_body(&plain);
        answer.warnings = warnings;
        if !dropped.is_empty() {
            answer.verdict = Verdict::Partial;
            answer.reason = Some(format!("NrIntegrationError: {}", dropped.join("; ")));
        }
        self.keep(stored);
        self.report(dropped.into_iter().map(|message| error(&uuid, call.now, message)).collect());
        answer
    }

    fn keep(&self, events: Vec<CustomEvent>) {
        let mut kept = lock(&self.events);
        events.into_iter().for_each(|event| kept.push(event));
    }

    fn admit(&self, call: &Call, account: &str) -> Result<(), (StatusCode, &'static str)> {
        if call.method != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "only POST is allowed"));
        }
        if call.header("api-key") != Some(&self.config.license_key) {
            return Err((StatusCode::FORBIDDEN, "missing or wrong Api-Key"));
        }
        if account.parse::<u64>() != Ok(self.config.account_id) {
            return Err((StatusCode::FORBIDDEN, "the key is not for this account"));
        }
        if media_type(&call.headers).as_deref() != Some("application/json") {
            let why = "content-type must be application/json";
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        if call.body.is_empty() {
            return Err((StatusCode::BAD_REQUEST, "empty payload"));
        }
        if call.body.len() > PAYLOAD_LIMIT {
            let why = "payload is larger than 1,000,000 bytes";
            return Err((StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        Ok(())
    }
}

fn plain(call: &Call) -> Result<bytes::Bytes, (StatusCode, String)> {
    let coding = match coding(&call.headers) {
        Ok(coding) if coding != Coding::Zstd => coding,
        _ => {
            let why = "content-encoding must be gzip, deflate or identity".to_owned();
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
    };
    inflate(coding, &call.body, SANITY_LIMIT).map_err(|error| match error {
        InflateError::TooLarge => {
            let why = "payload is larger than 64 MiB after decompression".to_owned();
            (StatusCode::PAYLOAD_TOO_LARGE, why)
        }
        InflateError::Broken(why) => (StatusCode::BAD_REQUEST, why),
    })
}

fn refuse(status: StatusCode, why: &str) -> Answer {
    Answer::json(status, &json!({ "success": false, "error": why })).because(why)
}

fn error(uuid: &str, at: Timestamp, message: String) -> NrIntegrationError {
    NrIntegrationError {
        at,
        feature: "Event API",
        category: "EventApiException",
        request_id: Some(uuid.to_owned()),
        message,
    }
}
