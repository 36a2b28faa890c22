//! Measures what it costs to check spans, to find whose they are, and to tell them.
//!
//!     cargo run --release -p bellwether-health --example enrich
//!
//! CPU time of the process, on Linux; requests of 100 spans with 10 attributes each.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use bellwether_core::catalog::{Catalog, Matcher};
use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_health::enrich::{Editing, Tags, Unwell};
use bellwether_otlp::rewrite::{Digest, Redaction, traces};
use bellwether_otlp::{TraceRequest, validate};
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

const REQUESTS: u32 = 2_000;
const SPANS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = catalog()?;
    let matcher = Arc::new(Matcher::new(&catalog));
    let nothing = Redaction::default();
    let well = Tags::new(&catalog, Arc::clone(&matcher), &Unwell::new(), &nothing, 1);
    let states = (0..30).map(|n| (ComponentId::new(&format!("c{n}")), ComponentState::MajorOutage));
    let unwell = Tags::new(&catalog, matcher, &states.collect(), &nothing, 1);
    let mut redaction = Redaction::default();
    redaction.delete("user_agent.original");
    let digest: Digest = Arc::new(|bytes| [bytes.len() as u8; 16]);
    redaction.hash("enduser.id", digest);

    let body = Bytes::from(request().encode_to_vec());
    println!("{} bytes a span; nanoseconds of CPU for each", body.len() / SPANS);
    measure("check", || {
        let _ = black_box(validate::traces(&body));
    })?;
    measure("views of all spans", || {
        let request = TraceRequest::assume_valid(&body);
        let scopes = request.resource_spans().flat_map(|it| it.scope_spans());
        scopes.flat_map(|it| it.spans()).for_each(|span| {
            black_box(span.kind());
        });
    })?;
    let edit = |what: &str, tags: Option<&Tags>, items: &Redaction| {
        measure(what, || {
            drop(black_box(traces(&body, &mut Editing::new(tags, items, &nothing))));
        })
    };
    edit("nothing to do", None, &nothing)?;
    edit("two attributes and the customer", Some(&well), &nothing)?;
    edit("five attributes and the customer", Some(&unwell), &nothing)?;
    edit("one removed, one hashed", None, &redaction)?;
    edit("all of it", Some(&unwell), &redaction)
}

/// Prints how much CPU `work` takes for each span: the least of five times.
fn measure(what: &str, mut work: impl FnMut()) -> Result<(), Box<dyn Error>> {
    let mut least = u64::MAX;
    for _ in 0..5 {
        let before = cpu()?;
        (0..REQUESTS).for_each(|_| work());
        least = least.min(cpu()? - before);
    }
    let spans = u64::from(REQUESTS) * SPANS as u64;
    println!("{:>6}  {what}", least / spans);
    Ok(())
}

/// Returns the CPU time of this thread in nanoseconds.
fn cpu() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split(' ').next().unwrap_or_default().parse()?)
}

/// Makes a catalog in which every span is a component's.
fn catalog() -> Result<Catalog, Box<dyn Error>> {
    let components: serde_json::Map<String, serde_json::Value> = (0..30)
        .map(|n| {
            let routes = format!("/api/v1/part{n}/**");
            let component =
                serde_json::json!({ "routes": [routes], "revenue_per_hour": "1200 GBP" });
            (format!("c{n}"), component)
        })
        .collect();
    let raw = serde_json::json!({ "components": components, "customers": { "zebra": {} } });
    Catalog::check(serde_json::from_value(raw)?).map_err(|flaws| format!("{flaws:?}").into())
}

fn request() -> ExportTraceServiceRequest {
    let text = |key: &str, value: String| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(value)) }),
        ..KeyValue::default()
    };
    let attributes = |n: usize| {
        vec![
            text("http.request.method", "GET".to_owned()),
            text("url.path", format!("/api/v1/part{}/{n}", n % 30)),
            text("http.route", format!("/api/v1/part{}/{{id}}", n % 30)),
            text("server.address", "api.marketedge.example".to_owned()),
            text("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
            text("network.peer.address", "10.1.2.3".to_owned()),
            text("business.customer.id", "zebra".to_owned()),
            text("enduser.id", format!("user-{n}")),
            text("thread.name", "worker".to_owned()),
            text("url.scheme", "https".to_owned()),
        ]
    };
    let span = |n: usize| Span {
        trace_id: vec![n as u8; 16],
        span_id: vec![n as u8; 8],
        name: "GET /api".to_owned(),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_100_000_000,
        attributes: attributes(n),
        ..Span::default()
    };
    let spans = (0..SPANS).map(span).collect();
    let resource = Some(Resource {
        attributes: vec![text("service.name", "api".to_owned()), text("host.name", "h".to_owned())],
        ..Resource::default()
    });
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}
