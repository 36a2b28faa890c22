use bellwether_core::catalog::Catalog;
use bellwether_otlp::rewrite::{Digest, logs, metrics, traces};
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord as Record, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data,
};
use opentelemetry_proto::tonic::resource::v1::Resource as Source;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Spans};
use prost::Message;

use super::*;

fn catalog() -> Catalog {
    let raw = serde_json::json!({
        "components": {
            "admin": { "criticality": "high", "services": ["api"], "routes": ["/admin/**"] },
            "auth": { "criticality": "critical", "services": ["api"], "routes": ["/auth/**"], "revenue_per_hour": "1200 GBP" },
        },
        "customers": { "zebra": { "name": "Zebra Associates" } },
        "opportunities": {
            "cinema": { "customer": "zebra", "amount": "925000.00 GBP", "requires": ["admin"], "at_risk_from": "partial_outage" },
        },
    });
    Catalog::check(serde_json::from_value(raw).expect("a catalog")).expect("no flaws")
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    let pair = |(key, value): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(Any { value: Some(any_value::Value::StringValue((*value).to_owned())) }),
        ..KeyValue::default()
    };
    pairs.iter().map(pair).collect()
}

fn texts(attributes: &[KeyValue]) -> Vec<(&str, &str)> {
    let text = |pair: &KeyValue| match &pair.value {
        Some(Any { value: Some(any_value::Value::StringValue(text)) }) => text.clone(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|it| (it.key.as_str(), &*text(it).leak())).collect()
}

fn api() -> Option<Source> {
    let attributes = pairs(&[("service.name", "api"), ("host.name", "h")]);
    Some(Source { attributes, ..Source::default() })
}

fn of_spans(attributes: &[(&str, &str)]) -> Bytes {
    of_all(vec![Spans { attributes: pairs(attributes), ..Spans::default() }])
}

fn of_all(spans: Vec<Spans>) -> Bytes {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource = ResourceSpans { resource: api(), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec().into()
}

fn of_logs(attributes: &[(&str, &str)]) -> Bytes {
    let log_records = vec![Record { attributes: pairs(attributes), ..Record::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource = ResourceLogs { resource: api(), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![resource] }.encode_to_vec().into()
}

fn tags(unwell: &[(&str, ComponentState)], after: &Redaction) -> Tags {
    let catalog = catalog();
    let unwell = unwell.iter().map(|(id, state)| (ComponentId::new(id), *state)).collect();
    Tags::new(&catalog, Arc::new(Matcher::new(&catalog)), &unwell, after, 2)
}

static NOTHING: std::sync::LazyLock<Redaction> = std::sync::LazyLock::new(Redaction::default);

/// Tells a span with these attributes whose it is, and returns what it says then.
fn told(tags: &Tags, attributes: &[(&str, &str)]) -> Vec<(&'static str, &'static str)> {
    let span = Spans { attributes: pairs(attributes), ..Spans::default() };
    told_to(tags, vec![span]).remove(0)
}

/// Tells spans of one request whose they are, and returns what each says then.
fn told_to(tags: &Tags, spans: Vec<Spans>) -> Vec<Vec<(&'static str, &'static str)>> {
    let body = of_all(spans);
    let told = traces(&body, &mut Editing::new(Some(tags), &NOTHING, &NOTHING)).unwrap_or(body);
    let mut request = ExportTraceServiceRequest::decode(told).expect("sound");
    let spans = request.resource_spans.remove(0).scope_spans.remove(0).spans;
    spans.into_iter().map(|it| texts(Vec::leak(it.attributes))).collect()
}

#[test]
fn a_span_is_told_whose_it_is() {
    let tags = tags(&[], &NOTHING);
    let route = ("http.route", "/admin/users");
    assert_eq!(
        told(&tags, &[route, ("business.customer.id", "zebra")]),
        [
            route,
            ("business.customer.id", "zebra"),
            ("business.component", "admin"),
            ("service.criticality", "high"),
            ("business.customer", "zebra"),
        ]
    );
    // what it says itself and is so stays where it is; what is not so is corrected
    let said = [("business.component", "admin"), route, ("service.criticality", "low")];
    let corrected = [("business.component", "admin"), route, ("service.criticality", "high")];
    assert_eq!(told(&tags, &said), corrected);
}

/// What was found out for one span is used for the next that looks alike, and for no other.
#[test]
fn the_same_is_told_to_all_who_look_alike_and_to_nobody_else() {
    let tags = tags(&[], &NOTHING);
    let routes = ["/admin/users", "/auth/login", "/other", "/admin/users/{id}"];
    let customers = ["zebra", "zebr", "zebra ", ""];
    let of = |route: &str| match route.split('/').nth(1) {
        Some(of @ ("admin" | "auth")) => Some(of.to_owned()),
        _ => None,
    };
    for _ in 0..2 {
        for (route, customer) in routes.iter().flat_map(|it| customers.map(|other| (*it, other))) {
            for said in [None, Some(("business.component", "admin"))] {
                let mut span = vec![("http.route", route), ("business.customer.id", customer)];
                span.extend(said);
                let told = told(&tags, &span);
                let get = |key| told.iter().find(|it| it.0 == key).map(|it| it.1.to_owned());
                let component = said.map_or_else(|| of(route), |it| Some(it.1.to_owned()));
                assert_eq!(get("business.component"), component, "{span:?}");
                let is = (customer == "zebra").then(|| "zebra".to_owned());
                assert_eq!(get("business.customer"), is, "{span:?}");
            }
        }
    }
}

/// Without a route the path of a request that was served tells, for each by itself.
#[test]
fn requests_that_look_alike_but_for_their_path_are_told_apart() {
    let tags = tags(&[], &NOTHING);
    let of = |path: &str, kind: i32| {
        let span = Spans { attributes: pairs(&[("url.path", path)]), kind, ..Spans::default() };
        let told = told_to(&tags, vec![span]).remove(0);
        told.iter().find(|it| it.0 == "business.component").map(|it| it.1)
    };
    for _ in 0..2 {
        assert_eq!(of("/admin/users/7", 2), Some("admin"));
        assert_eq!(of("/auth/login", 2), Some("auth"));
        assert_eq!(of("/other", 2), None);
        assert_eq!(of("/admin/users/7", 3), None, "it asked somebody else");
    }
}

/// Of made-up customers and routes no more is remembered than has room.
#[test]
fn what_is_remembered_is_bounded() {
    let tags = tags(&[], &NOTHING);
    for n in 0..1_100 {
        let span = |i| {
            let made_up = format!("{n}-{i}");
            let said = [("http.route", &*made_up), ("business.customer.id", &*made_up)];
            Spans { attributes: pairs(&said), ..Spans::default() }
        };
        let told = told_to(&tags, (0..20).map(span).collect());
        assert!(told.iter().all(|it| it.len() == 2), "{told:?}");
    }
    assert!(tags.answers.each().all(|it| it.len() <= 2 * 10_000));
    let told = told(&tags, &[("http.route", "/admin/users"), ("business.customer.id", "zebra")]);
    assert_eq!(told.len(), 5);
}

#[test]
fn what_is_at_risk_is_told_while_its_component_is_unwell() {
    let unwell = [("admin", ComponentState::MajorOutage), ("auth", ComponentState::MajorOutage)];
    let tags = tags(&unwell, &NOTHING);
    assert_eq!(
        told(&tags, &[("http.route", "/admin/users")])[3..],
        [
            ("component.state", "major_outage"),
            ("business.revenue_at_risk", "925000"),
            ("business.currency", "GBP"),
        ]
    );
    assert_eq!(
        told(&tags, &[("http.route", "/auth/login")])[4],
        ("business.revenue_at_risk", "1200")
    );
    let degraded = self::tags(&[("admin", ComponentState::DegradedPerformance)], &NOTHING);
    let said = told(&degraded, &[("http.route", "/admin/users")]);
    assert_eq!(said[3..], [("component.state", "degraded_performance")], "nothing is at risk yet");
}

#[test]
fn what_is_of_nobody_is_not_touched() {
    let tags = tags(&[("admin", ComponentState::MajorOutage)], &NOTHING);
    let editing = || Editing::new(Some(&tags), &NOTHING, &NOTHING);
    assert_eq!(traces(&of_spans(&[("http.route", "/other")]), &mut editing()), None);
    assert_eq!(logs(&of_logs(&[("k", "v")]), &mut editing()), None);
}

#[test]
fn a_log_record_is_told_too_and_a_data_point_is_not() {
    let tags = tags(&[], &NOTHING);
    let body = of_logs(&[("business.component", "auth")]);
    let told = logs(&body, &mut Editing::new(Some(&tags), &NOTHING, &NOTHING)).expect("changed");
    let mut request = ExportLogsServiceRequest::decode(told).expect("sound");
    let record = request.resource_logs.remove(0).scope_logs.remove(0).log_records.remove(0);
    let said = [("business.component", "auth"), ("service.criticality", "critical")];
    assert_eq!(texts(&record.attributes), said);

    let attributes = pairs(&[("business.component", "auth")]);
    let data_points = vec![NumberDataPoint { attributes, ..NumberDataPoint::default() }];
    let data = Some(Data::Gauge(Gauge { data_points }));
    let scope_metrics = vec![ScopeMetrics {
        metrics: vec![Metric { data, ..Metric::default() }],
        ..ScopeMetrics::default()
    }];
    let resource = ResourceMetrics { resource: api(), scope_metrics, ..ResourceMetrics::default() };
    let body = ExportMetricsServiceRequest { resource_metrics: vec![resource] }.encode_to_vec();
    let mut editing = Editing::new(Some(&tags), &NOTHING, &NOTHING);
    assert_eq!(metrics(&body.into(), &mut editing), None);
}

#[test]
fn what_is_told_can_be_taken_out_again() {
    let mut after = Redaction::default();
    after.delete("service.criticality");
    let digest: Digest = Arc::new(|_| [0x5a; 16]);
    after.hash("business.customer", digest);
    let tags = tags(&[], &after);
    let route = ("http.route", "/admin/users");
    let said = told(&tags, &[route, ("business.customer.id", "zebra")]);
    let hashed = ("business.customer", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
    assert_eq!(said[2..], [("business.component", "admin"), hashed]);
}

#[test]
fn resources_and_items_are_redacted_apart() {
    let (mut items, mut resources) = (Redaction::default(), Redaction::default());
    items.delete("user.email");
    resources.delete("host.name");
    let body = of_spans(&[("user.email", "a@b.example"), ("host.name", "of the span")]);
    let changed = traces(&body, &mut Editing::new(None, &items, &resources)).expect("changed");
    let mut request = ExportTraceServiceRequest::decode(changed).expect("sound");
    let mut resource = request.resource_spans.remove(0);
    let span = resource.scope_spans.remove(0).spans.remove(0);
    assert_eq!(texts(&span.attributes), [("host.name", "of the span")]);
    let resource = resource.resource.expect("a resource");
    assert_eq!(texts(&resource.attributes), [("service.name", "api")]);
}

#[test]
fn several_currencies_are_told_as_one_or_not_at_all() {
    let mut raw = serde_json::json!({
        "components": { "a": { "revenue_per_hour": "10 EUR" } },
        "customers": { "c": {} },
        "opportunities": { "o": { "customer": "c", "amount": "100 GBP", "requires": ["a"] } },
    });
    let said = |raw: &serde_json::Value| {
        let catalog = serde_json::from_value(raw.clone()).expect("a catalog");
        let catalog = Catalog::check(catalog).expect("no flaws");
        let unwell = Unwell::from([(ComponentId::new("a"), ComponentState::MajorOutage)]);
        let tags = Tags::new(&catalog, Arc::new(Matcher::new(&catalog)), &unwell, &NOTHING, 1);
        told(&tags, &[("business.component", "a")])[3..].to_vec()
    };
    assert_eq!(said(&raw), []);
    raw["exchange_rates"] = serde_json::json!({ "base": "GBP", "rates": { "EUR": "0.8" } });
    assert_eq!(said(&raw), [("business.revenue_at_risk", "108"), ("business.currency", "GBP")]);
}
