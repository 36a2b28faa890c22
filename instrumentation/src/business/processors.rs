//! Puts the tags of a request on the spans and logs that are made within it.

use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord};
use opentelemetry::trace::Span as _;
use opentelemetry::{Context, InstrumentationScope, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use opentelemetry_sdk::trace::Span;

use super::tags::Tags;

/// Tags a span that begins within a request or operation.
pub(crate) fn tag_span(span: &mut Span, parent: &Context) {
    if let Some(tags) = parent.get::<Tags>() {
        for attribute in tags.attributes() {
            span.set_attribute(attribute);
        }
    }
}

/// Tags the log records that are made within a request or operation.
#[derive(Debug)]
pub(crate) struct TagLogs;

impl LogProcessor for TagLogs {
    fn emit(&self, record: &mut SdkLogRecord, _scope: &InstrumentationScope) {
        Context::map_current(|context| {
            let Some(tags) = context.get::<Tags>() else { return };
            for attribute in tags.attributes() {
                let value = match attribute.value {
                    Value::String(text) => AnyValue::String(text),
                    other => AnyValue::from(other.as_str().into_owned()),
                };
                record.add_attribute(attribute.key, value);
            }
        });
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
