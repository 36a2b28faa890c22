use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Any, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as Spans};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::differential::generate::{Entropy, REQUESTS};
use crate::differential::tests::entropy;
use crate::differential::{Plan, edit};
use crate::validate::schema::{Kind, Schema};
use crate::wire::{Fields, Value};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn an_edit_is_that_of_what_was_decoded(entropy in entropy(), keys in any::<[u8; 3]>()) {
        let plan = Plan::new(keys);
        for schema in REQUESTS {
            let bytes = Entropy::new(&entropy).well_formed(schema);
            edit(&bytes, &plan).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn edits_of_any_bytes_end(entropy in entropy(), bytes: Vec<u8>, keys in any::<[u8; 3]>()) {
        let plan = Plan::new(keys);
        for schema in REQUESTS {
            edit(&Entropy::new(&entropy).odd(schema), &plan).map_err(TestCaseError::fail)?;
        }
        edit(&bytes, &plan).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn unknown_fields_stay(entropy in entropy()) {
        // sets only what no request has, so that nothing is removed
        let plan = Plan::new([0b10_0000, 0, 0]);
        let schema = REQUESTS[0];
        let bytes = Bytes::from(Entropy::new(&entropy).well_formed(schema));
        if let Some(edited) = traces(&bytes, &mut &plan) {
            let unknown = |bytes: &[u8]| {
                let mut found = Vec::new();
                unknown(bytes, schema, &mut found);
                found
            };
            prop_assert_eq!(unknown(&edited), unknown(&bytes));
        }
    }
}

/// Collects the bytes of fields that no decoder knows.
fn unknown(bytes: &[u8], schema: &Schema, found: &mut Vec<Vec<u8>>) {
    for field in Fields::new(bytes).map(|it| it.expect("sound")) {
        match (schema.field(field.number).map(|it| it.kind), field.value) {
            (Some(Kind::Message(inner)), Value::Bytes(bytes)) => unknown(bytes, inner, found),
            (Some(_), _) => {}
            (None, _) => found.push(bytes[field.start..field.end].to_vec()),
        }
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(Any { value: Some(any_value::Value::StringValue(value.into())) });
    KeyValue { key: key.into(), value, ..KeyValue::default() }
}

fn request(attributes: Vec<KeyValue>) -> Bytes {
    let span = Spans { name: "n".into(), attributes, ..Spans::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    let resource_spans =
        vec![ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec().into()
}

fn attributes(request: &Bytes) -> Vec<KeyValue> {
    let mut request = ExportTraceServiceRequest::decode(request.clone()).expect("sound");
    request.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0).attributes
}

/// Does the same with every span.
struct Always<'e>(&'e [Attribute], Option<&'e Redaction>);

impl<'e> Editor<'_, 'e> for Always<'e> {
    fn span(&mut self, _: &[u8], edit: &mut Edit<'e>) {
        self.0.iter().for_each(|it| edit.set(it));
        self.1.into_iter().for_each(|it| edit.redact(it));
    }
}

fn redaction(delete: &[&str], hash: &[&str]) -> Redaction {
    let digest: Digest = std::sync::Arc::new(|bytes: &[u8]| {
        let mut digest = [0xa5; 16];
        digest[0] = bytes.len() as u8;
        digest[1..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        digest
    });
    let mut redaction = Redaction::default();
    delete.iter().for_each(|key| redaction.delete(key));
    hash.iter().for_each(|key| redaction.hash(key, digest.clone()));
    redaction
}

#[test]
fn an_attribute_that_is_there_is_replaced() {
    let before = request(vec![text("k", "old"), text("other", "x"), text("k", "older")]);
    let twice = request(vec![text("k", "new"), text("other", "x"), text("k", "new")]);
    let set = [Attribute::string("k", "new"), Attribute::int("n", -1)];
    let after = traces(&before, &mut Always(&set, None)).expect("changed");
    let minus_one = Some(Any { value: Some(any_value::Value::IntValue(-1)) });
    let number = KeyValue { key: "n".into(), value: minus_one, ..KeyValue::default() };
    assert_eq!(attributes(&after), [text("other", "x"), text("k", "new"), number]);
    let once = traces(&twice, &mut Always(&set[..1], None)).expect("changed");
    assert_eq!(attributes(&once), [text("k", "new"), text("other", "x")]);
    assert_eq!(traces(&after, &mut Always(&set, None)), None, "it says so already");
}

/// Adds a run to everything.
struct Appends<'e>(&'e Run, &'e Run);

impl<'e> Editor<'_, 'e> for Appends<'e> {
    fn span(&mut self, _: &[u8], edit: &mut Edit<'e>) {
        edit.append(self.0);
    }

    fn log_record(&mut self, _: &LogRecord<'_>, edit: &mut Edit<'e>) {
        edit.append(self.1);
    }
}

/// Sets attributes on everything.
struct Sets<'e>(&'e [Attribute]);

impl<'e> Editor<'_, 'e> for Sets<'e> {
    fn span(&mut self, _: &[u8], edit: &mut Edit<'e>) {
        self.0.iter().for_each(|it| edit.set(it));
    }

    fn log_record(&mut self, _: &LogRecord<'_>, edit: &mut Edit<'e>) {
        self.0.iter().for_each(|it| edit.set(it));
    }
}

proptest! {
    #[test]
    fn what_is_not_there_is_appended_as_it_would_be_set(entropy in entropy(), long in 0_usize..300) {
        // a request that is made up has no such key
        let all = [Attribute::string("surely.not.there", &"v".repeat(long)), Attribute::int("nor.this", 7)];
        let (span, record) = (Run::of_span(&all), Run::of_log_record(&all));
        let bytes = Bytes::from(Entropy::new(&entropy).well_formed(REQUESTS[0]));
        prop_assert_eq!(traces(&bytes, &mut Appends(&span, &record)), traces(&bytes, &mut Sets(&all)));
        let bytes = Bytes::from(Entropy::new(&entropy).well_formed(REQUESTS[2]));
        prop_assert_eq!(logs(&bytes, &mut Appends(&span, &record)), logs(&bytes, &mut Sets(&all)));
    }
}

#[test]
fn where_nothing_changes_nothing_is_written() {
    let before = request(vec![text("k", "v")]);
    let absent = redaction(&["absent"], &["not there"]);
    assert_eq!(traces(&before, &mut Always(&[], Some(&absent))), None);
    assert_eq!(traces(&before, &mut Always(&[], None)), None);
    assert_eq!(traces(&Bytes::new(), &mut Always(&[], None)), None);
    let set = [Attribute::string("k", "v")];
    assert_eq!(logs(&before, &mut Always(&set, None)), None, "no log record asks for anything");
}

#[test]
fn values_are_hashed_by_what_they_say() {
    let seven = Some(Any { value: Some(any_value::Value::IntValue(7)) });
    let number = KeyValue { key: "id".into(), value: seven, ..KeyValue::default() };
    let before = request(vec![text("id", "7"), number, text("gone", "x"), text("stays", "y")]);
    let rules = redaction(&["gone", "absent"], &["id", "gone"]);
    let after = traces(&before, &mut Always(&[], Some(&rules))).expect("changed");
    let hashed = text("id", "0137a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
    assert_eq!(attributes(&after), [hashed.clone(), hashed, text("stays", "y")]);
    let shown = r#"{"gone": "delete", "absent": "delete", "id": "hash"}"#;
    assert_eq!(format!("{rules:?}"), shown);
}
