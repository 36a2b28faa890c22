//! What probes find, against real listeners; when they ask, under a paused clock.

mod listeners;
mod real;
mod rhythm;
mod written;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bellwether_core::BoxFuture;
use bellwether_core::ingest::{Accepted, Ingest, Refusal, Signal};
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;
use tokio::time::Instant;

use crate::{Around, Urgency};

/// One span that was told: when, its attributes, and its status message.
#[derive(Clone, Debug)]
struct Told {
    at: Instant,
    name: String,
    attributes: BTreeMap<String, String>,
    message: String,
}

impl Told {
    fn get(&self, key: &str) -> &str {
        self.attributes.get(key).map_or("", String::as_str)
    }
}

/// Takes what probes tell.
#[derive(Clone, Default)]
struct Ear {
    told: Arc<Mutex<Vec<Told>>>,
    /// How many requests find no room.
    full: Arc<Mutex<u32>>,
}

impl Ingest for Ear {
    fn ingest(&self, signal: Signal, body: Bytes) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        assert_eq!(signal, Signal::Traces);
        let mut full = self.full.lock().unwrap();
        if *full > 0 {
            *full -= 1;
            let retry_after = std::time::Duration::from_millis(100);
            return Box::pin(async move { Err(Refusal::Overloaded { retry_after }) });
        }
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        let resources = request.resource_spans.into_iter();
        for span in resources.flat_map(|it| it.scope_spans).flat_map(|it| it.spans) {
            let text = |value: Value| match value {
                Value::StringValue(text) => text,
                Value::IntValue(number) => number.to_string(),
                other => panic!("{other:?}"),
            };
            let attributes = span.attributes.into_iter();
            let attributes = attributes
                .map(|it| (it.key, text(it.value.and_then(|it| it.value).unwrap())))
                .collect();
            self.told.lock().unwrap().push(Told {
                at: Instant::now(),
                name: span.name,
                attributes,
                message: span.status.map(|it| it.message).unwrap_or_default(),
            });
        }
        Box::pin(async { Ok(Accepted::default()) })
    }
}

impl Ear {
    fn around(&self, urgency: &Urgency) -> Around {
        Around {
            ingest: Arc::new(self.clone()),
            now: Arc::new(|| Timestamp::from_secs(1_000)),
            urgency: urgency.clone(),
        }
    }

    fn all(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }
}
