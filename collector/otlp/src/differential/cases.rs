//! Cases that chance would seldom find.

mod metrics;
mod usual;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;

use super::generate::{REQUESTS, delimited, key};
use super::{compare, ours};
use crate::validate::schema::{Kind, Schema};
use crate::{AnyValue as View, LogsRequest, Problem, TraceRequest};

/// Puts a message into a log record's body of a request.
fn request_with_body(body: &[u8]) -> Vec<u8> {
    // LogRecord.body, ScopeLogs.log_records, ResourceLogs.scope_logs, resource_logs
    [5, 2, 2, 1].iter().fold(body.to_vec(), |inner, number| wrap(*number, &inner))
}

fn wrap(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    delimited(&mut out, number, bytes);
    out
}

fn body(request: &[u8]) -> Option<View<'_>> {
    let request = LogsRequest::parse(request).expect("sound");
    let record = request.resource_logs().next()?.scope_logs().next()?.log_records().next()?;
    Some(record.body())
}

#[test]
fn nesting_ends_at_the_same_level() {
    // What may lie at the bottom: nothing, a known scalar, an unknown one, a group.
    let bottoms: [&[u8]; 4] = [&[], &[0x10, 0x01], &[0x98, 0x06, 0x01], &[0x9b, 0x06, 0x9c, 0x06]];
    let mut seen = [0; 2];
    for bottom in bottoms {
        for lists in 0..110 {
            let mut inner = bottom.to_vec();
            for _ in 0..lists / 2 {
                inner = wrap(5, &wrap(1, &inner)); // array_value, values
            }
            let bytes = request_with_body(&inner);
            compare(&bytes).expect("the same");
            let inner = if lists % 2 == 0 { inner } else { wrap(5, &inner) };
            let bytes = request_with_body(&inner);
            compare(&bytes).expect("the same");
            seen[usize::from(ours::logs(&bytes).is_ok())] += 1;
        }
    }
    assert!(seen[0] > 10 && seen[1] > 10, "both sides of the limit were met: {seen:?}");
}

#[test]
fn groups_nest_to_the_same_level() {
    let bottoms: [&[u8]; 4] = [&[], &[0x10, 0x01], &[0x12, 0x00], &[0x15, 0, 0, 0, 0]];
    for message_levels in [0, 20, 43] {
        for groups in 0..110 {
            for bottom in bottoms {
                let mut inner = Vec::new();
                (0..groups).for_each(|_| key(&mut inner, 99, 3));
                inner.extend(bottom);
                (0..groups).for_each(|_| key(&mut inner, 99, 4));
                for _ in 0..message_levels {
                    inner = wrap(5, &wrap(1, &inner));
                }
                compare(&request_with_body(&inner)).expect("the same");
                compare(&inner).expect("the same");
            }
        }
    }
}

/// Every field number of every message, with every wire type and contents of many shapes: the
/// tables know each field that a decoder knows, with its type, and no other.
#[test]
fn the_tables_are_complete() {
    let mut seen = Vec::new();
    for request in REQUESTS {
        visit(request, &mut Vec::new(), &mut seen);
    }
    assert_eq!(seen.len(), 34, "messages: {seen:?}");
}

fn visit(schema: &'static Schema, path: &mut Vec<u32>, seen: &mut Vec<&'static str>) {
    if seen.contains(&schema.name) {
        return;
    }
    seen.push(schema.name);
    let request =
        |field: &[u8]| path.iter().rev().fold(field.to_vec(), |inner, n| wrap(*n, &inner));
    let shapes: [&[u8]; 7] = [&[], &[0], &[0xff], &[0x80, 0x01], &[1; 7], &[0xfe; 8], b"abcd"];
    for number in 1..=24 {
        let mut fields: Vec<Vec<u8>> = shapes.iter().map(|shape| wrap(number, shape)).collect();
        for (wire_type, rest) in [(0, &[7][..]), (1, &[7; 8]), (3, &[]), (5, &[7; 4])] {
            let mut field = Vec::new();
            key(&mut field, number, wire_type);
            field.extend(rest);
            if wire_type == 3 {
                key(&mut field, number, 4);
            }
            fields.push(field);
        }
        for field in fields {
            compare(&request(&field)).expect("the same");
        }
    }
    for field in schema.fields {
        if let Kind::Message(inner) = field.kind {
            path.push(field.number);
            visit(inner, path, seen);
            path.pop();
        }
    }
}

#[test]
fn a_million_levels_end_without_harm() {
    let bytes = vec![0x0b; 1_000_000];
    assert_eq!(TraceRequest::parse(&bytes).map_err(|e| e.problem).err(), Some(Problem::TooDeep));
    compare(&bytes).expect("the same");
}

#[test]
fn parts_of_a_singular_message_merge() {
    let string = |text: &str| AnyValue { value: Some(any_value::Value::StringValue(text.into())) };
    let array =
        |values| AnyValue { value: Some(any_value::Value::ArrayValue(ArrayValue { values })) };
    let first = array(vec![string("a"), string("b")]).encode_to_vec();
    let second = array(vec![string("c")]).encode_to_vec();
    let number = AnyValue { value: Some(any_value::Value::IntValue(7)) }.encode_to_vec();

    // Two bodies of a record, each with a list: one list.
    let record = [wrap(5, &first), wrap(5, &second)].concat();
    let bytes = wrap(1, &wrap(2, &wrap(2, &record)));
    compare(&bytes).expect("the same");
    let Some(View::Array(list)) = body(&bytes) else { panic!("a list") };
    let texts: Vec<_> = list.iter().filter_map(|value| value.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);

    // A number between them replaces the first list.
    let record = [wrap(5, &first), wrap(5, &number), wrap(5, &second)].concat();
    let bytes = wrap(1, &wrap(2, &wrap(2, &record)));
    compare(&bytes).expect("the same");
    let Some(View::Array(list)) = body(&bytes) else { panic!("a list") };
    assert_eq!(list.iter().count(), 1);
}

#[test]
fn a_flood_of_parts_costs_no_more_than_its_bytes() {
    // Half a million resources in one ResourceLogs, each with one attribute.
    let attribute = KeyValue { key: "k".into(), ..KeyValue::default() }.encode_to_vec();
    let parts = wrap(1, &wrap(1, &attribute)).repeat(500_000);
    let bytes = wrap(1, &parts);
    let request = LogsRequest::parse(&bytes).expect("sound");
    let resource = request.resource_logs().next().expect("one").resource();
    assert_eq!(resource.attributes().iter().count(), 500_000);
}

#[test]
fn faults_are_told_with_their_place() {
    let record = LogRecord { event_name: "service.routes".into(), ..LogRecord::default() };
    let scope = ScopeLogs { log_records: vec![record], ..ScopeLogs::default() };
    let resource = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    let mut bytes = ExportLogsServiceRequest { resource_logs: vec![resource] }.encode_to_vec();
    let at = bytes.len() - 3;
    bytes[at] = 0xff;
    let told = LogsRequest::parse(&bytes).expect_err("not UTF-8").to_string();
    assert_eq!(told, format!("string that is not UTF-8 at byte {at} in LogRecord.event_name"));

    let told = TraceRequest::parse(&[0x08, 0x01]).expect_err("wrong type").to_string();
    let place = "ExportTraceServiceRequest.resource_spans";
    assert_eq!(told, format!("wrong wire type at byte 0 in {place}"));

    let told = TraceRequest::parse(&bytes[..9]).expect_err("cut").to_string();
    assert_eq!(told, "truncated field at byte 1 in ExportTraceServiceRequest");
}

#[test]
fn an_empty_request_is_sound() {
    assert_eq!(compare(&[]).expect("the same"), 3);
}
