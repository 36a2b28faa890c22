use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use super::*;

fn catalog() -> Catalog {
    let raw = serde_json::json!({
        "components": { "admin": { "routes": ["/admin/**"] } },
        "customers": { "zebra": {} },
        "opportunities": { "cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["admin"] } },
    });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<KeyValue> {
    let value = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.into())) };
    let pair = |(key, text): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(value(text)),
        ..KeyValue::default()
    };
    pairs.iter().map(pair).collect()
}

const ROUTE: (&str, &str) = ("http.route", "/admin/users");
const CUSTOMER: (&str, &str) = ("business.customer.id", "zebra");

fn request() -> Bytes {
    let span = Span { attributes: pairs(&[ROUTE, CUSTOMER]), ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let attributes = pairs(&[("service.name", "api"), ("host.name", "h")]);
    let resource = Some(Resource { attributes, ..Resource::default() });
    let resource = ResourceSpans { resource, scope_spans: vec![scope], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource] }.encode_to_vec().into()
}

/// Returns the attributes of the span and of the resource after a treatment.
fn after(treatment: &Treatment) -> [Vec<(String, String)>; 2] {
    let treated = treatment.treat(Signal::Traces, &request());
    let mut request = ExportTraceServiceRequest::decode(treated).unwrap();
    let mut resource = request.resource_spans.remove(0);
    let span = resource.scope_spans.remove(0).spans.remove(0);
    [span.attributes, resource.resource.unwrap().attributes].map(|attributes| {
        let text = |pair: KeyValue| match pair.value.and_then(|it| it.value) {
            Some(any_value::Value::StringValue(text)) => (pair.key, text),
            other => panic!("{other:?}"),
        };
        attributes.into_iter().map(text).collect()
    })
}

fn keys(treatment: &Treatment) -> Vec<String> {
    let [span, _] = after(treatment);
    span.into_iter().map(|(key, _)| key).collect()
}

fn delete(key: &str) -> Actions {
    Actions { delete: [key.to_owned()].into(), ..Actions::default() }
}

fn treatment(processors: &[Processor]) -> Treatment {
    Treatment::new(processors, &catalog(), true)
}

/// Guarantee: what nobody asked to change goes on as it came, in the same memory.
#[test]
fn what_nothing_touches_is_the_same_memory() {
    let body = request();
    let empty = Catalog::default();
    for treatment in [
        Treatment::new(&[], &catalog(), true),
        Treatment::new(&[Processor::Health], &catalog(), false),
        Treatment::new(&[Processor::Health], &empty, true),
    ] {
        assert!(treatment.is_nothing());
        for signal in Signal::ALL {
            assert_eq!(treatment.treat(signal, &body).as_ptr(), body.as_ptr());
        }
    }
    // one that does something, but not with this
    let other = treatment(&[Processor::Attributes(delete("absent"))]);
    assert!(!other.is_nothing());
    assert_eq!(other.treat(Signal::Traces, &body).as_ptr(), body.as_ptr());
}

#[test]
fn states_are_told_while_they_last() {
    let treatment = treatment(&[Processor::Health]);
    let well = ["http.route", "business.customer.id", "business.component", "service.criticality"];
    let customer = ["business.customer"];
    assert_eq!(keys(&treatment), [&well[..], &customer].concat());
    let state = |state| BTreeMap::from([(ComponentId::new("admin"), state)]);
    treatment.learn(&state(ComponentState::MajorOutage));
    let unwell = ["component.state", "business.revenue_at_risk", "business.currency"];
    assert_eq!(keys(&treatment), [&well[..], &unwell, &customer].concat());
    treatment.learn(&state(ComponentState::Operational));
    assert_eq!(keys(&treatment), [&well[..], &customer].concat());
}

#[test]
fn what_stands_behind_health_takes_out_what_health_adds() {
    let takes = || Processor::Attributes(delete("business.customer"));
    let has = |processors: &[Processor]| {
        keys(&treatment(processors)).contains(&"business.customer".to_owned())
    };
    assert!(has(&[takes(), Processor::Health]));
    assert!(!has(&[Processor::Health, takes()]));
}

#[test]
fn values_are_hashed_with_the_secret() {
    let hash = |secret: &str| {
        let hash_key = Some(Secret::new(secret));
        let hash = ["business.customer.id".to_owned()].into();
        let [span, _] = after(&Treatment::new(
            &[Processor::Attributes(Actions { hash, hash_key, ..Actions::default() })],
            &catalog(),
            true,
        ));
        span[1].1.clone()
    };
    // the first half of HMAC-SHA256, as any other program computes it
    assert_eq!(hash("pepper"), "9a15fe94ee7822b20bf66389b17fa6d5");
    assert_ne!(hash("salt"), hash("pepper"));
}

#[test]
fn resources_have_actions_of_their_own() {
    let [span, resource] = after(&treatment(&[Processor::Resource(delete("host.name"))]));
    assert_eq!(span.len(), 2);
    assert_eq!(resource, [("service.name".to_owned(), "api".to_owned())]);
}
