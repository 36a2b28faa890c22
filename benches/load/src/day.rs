//! A day of spans as the OpenTelemetry Collector's file exporter writes them.

use std::io::Write;

use anyhow::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::spans::{self, Shape};

/// A day, in seconds.
const DAY: u64 = 86_400;

/// From one request to the next, in seconds: what SDKs gather before they send.
const EVERY: u64 = 5;

/// When it begins: a Monday.
const BEGIN: u64 = 1_767_571_200;

/// Requests that differ; the day goes through them again and again.
const DIFFERENT: usize = 64;

/// What a day looks like.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// All its spans, about; they come evenly.
    pub spans: usize,
    /// How many services send them.
    pub services: usize,
    /// Whether each request is a line of JSON; else protobuf behind its length.
    pub json: bool,
}

impl Day {
    /// Writes it, always the same one, and returns how many spans it has.
    ///
    /// # Errors
    /// Fails when it cannot be written.
    pub fn write(&self, out: &mut impl Write) -> anyhow::Result<u64> {
        let requests = DAY / EVERY;
        let each = self.spans.div_ceil(usize::try_from(requests)?).max(1);
        let shape = Shape { spans: each, services: self.services, ..Shape::default() };
        let templates = spans::templates(shape, DIFFERENT);
        let mut written = 0;
        for (number, template) in (0..requests).zip(templates.iter().cycle()) {
            let at = (BEGIN + (number + 1) * EVERY) * 1_000_000_000;
            let ready = template.fresh(number, at);
            let body = ready.body();
            if self.json {
                let request = ExportTraceServiceRequest::decode(body.clone())?;
                serde_json::to_writer(&mut *out, &request)?;
                out.write_all(b"\n")?;
            } else {
                let length = u32::try_from(body.len()).context("a request of less than 4 GiB")?;
                out.write_all(&length.to_be_bytes())?;
                out.write_all(&body)?;
            }
            written += ready.spans;
        }
        out.flush()?;
        Ok(written)
    }
}

/// Returns a catalog with a component for each service, each of which earns and stands on the
/// one before it.
pub fn catalog(services: usize) -> String {
    let component = |index: usize| {
        let name = spans::service(index);
        let below = match index.checked_sub(1) {
            Some(below) => format!(", depends_on: [{}]", spans::service(below)),
            None => String::new(),
        };
        format!(
            "  {name}: {{ criticality: high, services: [{name}], routes: [\"/api/v1/**\"], revenue_per_hour: 1000 GBP{below} }}\n"
        )
    };
    let components: String = (0..services).map(component).collect();
    format!("components:\n{components}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_spans_within_the_day() {
        let day = Day { spans: 50_000, services: 10, json: false };
        let mut bytes = Vec::new();
        assert_eq!(day.write(&mut bytes).unwrap(), 17_280 * 3);
        let (mut requests, mut rest) = (0, bytes.as_slice());
        let (mut oldest, mut newest) = (u64::MAX, 0);
        while let Some((length, after)) = rest.split_first_chunk() {
            let (body, after) = after.split_at(u32::from_be_bytes(*length) as usize);
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|it| it.scope_spans);
            for span in scopes.flat_map(|it| it.spans) {
                oldest = oldest.min(span.end_time_unix_nano);
                newest = newest.max(span.end_time_unix_nano);
            }
            requests += 1;
            rest = after;
        }
        assert_eq!(requests, 17_280);
        let begin = BEGIN * 1_000_000_000;
        assert!(oldest > begin && newest <= begin + DAY * 1_000_000_000);
    }
}
