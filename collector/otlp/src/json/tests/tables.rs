//! The tables of JSON declare what the tables of validation declare.

use std::collections::BTreeSet;

use super::super::schema::{How, LOGS_REQUEST, METRICS_REQUEST, Schema, TRACE_REQUEST, Type};
use crate::validate::schema::{self as wire, Kind};

#[test]
fn every_field_is_there_under_its_name_with_its_wire_type() {
    let mut seen = BTreeSet::new();
    compare(&TRACE_REQUEST, &wire::TRACE_REQUEST, &mut seen);
    compare(&METRICS_REQUEST, &wire::METRICS_REQUEST, &mut seen);
    compare(&LOGS_REQUEST, &wire::LOGS_REQUEST, &mut seen);
    assert_eq!(seen.len(), 34, "every message was met: {seen:?}");
}

fn compare(ours: &'static Schema, wire: &'static wire::Schema, seen: &mut BTreeSet<&'static str>) {
    assert_eq!(ours.name, wire.name);
    if !seen.insert(ours.name) {
        return;
    }
    assert_eq!(ours.fields.len(), wire.fields.len(), "{}", ours.name);
    for (ours, wire) in ours.fields.iter().zip(wire.fields) {
        let snake = wire.path.rsplit('.').next().unwrap();
        assert_eq!((ours.number, ours.name), (wire.number, camel(snake).as_str()), "{}", wire.path);
        let repeated = ours.how == How::Repeated;
        let same = match (ours.holds, wire.kind) {
            (Type::Message(inner), Kind::Message(below)) => {
                compare(inner, below, seen);
                ours.how != How::Default
            }
            (Type::String, Kind::String) | (Type::Id(_) | Type::Base64, Kind::Bytes) => true,
            (Type::Fixed32, Kind::Fixed32) => !repeated,
            (Type::Fixed64 | Type::Sfixed64 | Type::Double, Kind::Fixed64) => !repeated,
            (Type::Fixed64 | Type::Double, Kind::Fixed64s) => repeated,
            (Type::Uint64, Kind::Varints) => repeated,
            (
                Type::Bool | Type::Enum | Type::Int32 | Type::Uint32 | Type::Sint32 | Type::Int64,
                Kind::Varint,
            ) => !repeated,
            _ => false,
        };
        assert!(same, "{}: {ours:?} is not {:?}", wire.path, wire.kind);
    }
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        camel.push_str(&word[..1].to_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}
