//! Attributes of OTLP as conditions and the catalog's matcher look at them.

use bellwether_core::attribute::Value;
use bellwether_otlp::{AnyValue, Attributes};

/// Iterates over attributes as a [`Matcher`](bellwether_core::catalog::Matcher) takes them:
/// values are read only when they are looked at.
pub fn attributes<'a>(
    attributes: &Attributes<'a>,
) -> impl Iterator<Item = (&'a [u8], impl FnOnce() -> Value<'a> + use<'a>)> + use<'a> {
    attributes.lazy().map(|(key, read)| (key, move || value(&read())))
}

/// Returns a value as conditions look at it.
pub(crate) fn value<'a>(value: &AnyValue<'a>) -> Value<'a> {
    match value {
        AnyValue::Str(text) => Value::Str(text),
        AnyValue::Bool(truth) => Value::Bool(*truth),
        AnyValue::Int(number) => Value::Int(*number),
        AnyValue::Double(number) => Value::Double(*number),
        AnyValue::Empty | AnyValue::Bytes(_) | AnyValue::Array(_) | AnyValue::KvList(_) => {
            Value::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::catalog::{Catalog, Matcher};
    use bellwether_otlp::TraceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use prost::Message;

    use super::*;

    fn pair(key: &str, value: any_value::Value) -> KeyValue {
        let value = Some(AnyValue { value: Some(value) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    fn text(key: &str, value: &str) -> KeyValue {
        pair(key, any_value::Value::StringValue(value.to_owned()))
    }

    #[test]
    fn a_matcher_finds_the_component_of_a_span() {
        let raw = serde_json::json!({
            "components": { "admin": { "services": ["api"], "routes": ["/admin/**"], "spans": { "retry": true, "tier": 2 } } },
            "customers": { "zebra": {} },
        });
        let catalog = Catalog::check(serde_json::from_value(raw).unwrap()).unwrap();
        let matcher = Matcher::new(&catalog);
        let span = |attributes| Span { attributes, ..Span::default() };
        let spans = vec![
            span(vec![text("http.route", "/admin/{id}"), text("business.customer.id", "zebra")]),
            span(vec![
                pair("retry", any_value::Value::BoolValue(true)),
                pair("tier", any_value::Value::DoubleValue(2.0)),
            ]),
            span(vec![text("http.route", "/other")]),
        ];
        let resource =
            Resource { attributes: vec![text("service.name", "api")], ..Resource::default() };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(resource),
                scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }],
        };
        let bytes = request.encode_to_vec();
        let request = TraceRequest::parse(&bytes).unwrap();
        let resource = request.resource_spans().next().unwrap();
        let matched =
            matcher.service("api").resource(attributes(&resource.resource().attributes()));
        let found: Vec<(bool, Option<String>)> = resource
            .scope_spans()
            .flat_map(|scope| scope.spans())
            .map(|span| {
                let found = matched.find(true, attributes(&span.attributes()));
                (found.component.is_some(), found.customer.map(ToString::to_string))
            })
            .collect();
        assert_eq!(found, [(true, Some("zebra".to_owned())), (true, None), (false, None)]);
    }
}
