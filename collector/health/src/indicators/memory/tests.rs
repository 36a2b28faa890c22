use std::time::Duration;

use bellwether_core::trace::TraceId;
use proptest::prelude::*;

use super::super::window::Grain;
use super::super::{Amount, Count, Distribution, Example, Rhythm, Summary};
use super::*;
use crate::archive;
use crate::observe::points::{Exponents, Totals};
use crate::observe::{Growth, PointValue, Series};

const WINDOWS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(3_600)];

fn empty<S: Slot>() -> Groups<S> {
    Groups::new(&WINDOWS, Grain::FINEST, 1_000, Duration::from_secs(600))
}

/// What comes of a group: which, when, what value.
fn came() -> impl Strategy<Value = Vec<(u8, u32, f64)>> {
    let value = prop_oneof![prop::num::f64::NORMAL, Just(0.0), -1e3..1e3];
    prop::collection::vec((any::<u8>(), 0_u32..8_000, value), 0..200)
}

/// Has groups take in what comes, and says whether they are the same when they are read back.
fn survives<S>(came: &[(u8, u32, f64)], slot: impl Fn(f64, Timestamp) -> S) -> bool
where
    S: Slot<Line: Serialize + DeserializeOwned> + PartialEq,
{
    let (mut groups, mut other) = (empty::<S>(), empty::<S>());
    for (group, second, value) in came {
        let at = Timestamp::from_nanos(i64::from(*second) * 1_000_000_000 + 7);
        groups.touch(&[*group], at);
        groups.add_slot(&[*group], *second, &slot(*value, at));
    }
    let mut records = Vec::new();
    for (key, group) in groups.iter() {
        archive::write(&(Bytes(key), group), &mut records);
    }
    let mut reader = Reader::new(&records);
    while read(&mut other, &mut reader).is_some() {}
    let sorted = |it: &Groups<S>| {
        let mut all: Vec<_> = it.iter().map(|it| (it.0.to_vec(), it.1.clone())).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    sorted(&groups) == sorted(&other)
}

proptest! {
    #[test]
    fn groups_of_every_kind_are_read_back(came in came()) {
        let count = |value: f64, _| Count { total: value.abs() as u32, bad: value as u32 };
        prop_assert!(survives(&came, count));
        let amount = |value: f64, _| Amount { total: value, bad: -value };
        prop_assert!(survives(&came, amount));
        // nothing is known of it but how many there were, so that its extremes are infinite
        let unknown = |at| Summary { count: 2, last_at: at, ..Summary::default() };
        let summary = |value: f64, at| {
            let mut it = if value < 0.0 { unknown(at) } else { Summary::default() };
            it.add(value, at);
            it
        };
        prop_assert!(survives(&came, summary));
        let distribution = |value: f64, at| {
            let mut it = Distribution { summary: summary(value, at), ..Distribution::default() };
            it.sketch.add(value, 1 + u64::from(value > 10.0));
            it
        };
        prop_assert!(survives(&came, distribution));
    }

    #[test]
    fn series_are_read_back(key: u128, secs in 0..i64::MAX / 2_000_000_000, sum: f64) {
        let of = Totals { count: 3, sum, min: f64::INFINITY, max: f64::NEG_INFINITY };
        let value = PointValue::Histogram { of, bounds: vec![1.0, f64::INFINITY], counts: vec![1] };
        let at = Timestamp::from_secs(secs);
        let series = Series { key, start: at };
        let group = [].into();
        let point = Growth { query: QueryId(3), group, slot: 0, at, bad: false, series, value };
        let mut book = SeriesBook::new(Timestamp::default());
        book.add(&point);
        let mut packer = Packer::new().unwrap();
        let mut parts = Parts::new(&mut packer, SERIES.to_owned(), at);
        book.write(&mut parts, |id| Some(u64::from(id.0) + 100));
        let parts = parts.finish();
        let mut other = SeriesBook::new(Timestamp::default());
        let records = unpack(parts[0].body.as_deref()).unwrap();
        other.read(&mut Reader::new(&records), &HashMap::from([(103, QueryId(8))]));
        let newest = |it: &SeriesBook| format!("{:?}", it.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>());
        prop_assert_eq!(newest(&book), newest(&other));
        prop_assert_eq!(other.iter().next().map(|it| it.0), Some(QueryId(8)));
    }

    /// What is checked was written by this program; but a program may have a fault.
    #[test]
    fn records_that_make_no_sense_are_read_without_a_panic(records: Vec<u8>) {
        let mut reader = Reader::new(&records);
        while read(&mut empty::<Count>(), &mut reader).is_some() {}
        let mut reader = Reader::new(&records);
        while read(&mut empty::<Distribution>(), &mut reader).is_some() {}
        let mut reader = Reader::new(&records);
        SeriesBook::new(Timestamp::default()).read(&mut reader, &HashMap::new());
    }
}

#[test]
fn what_is_cut_into_other_windows_is_not_taken_over() {
    let mut groups: Groups<Count> = empty();
    groups.touch(b"x", Timestamp::from_secs(1));
    let mut records = Vec::new();
    for (key, group) in groups.iter() {
        archive::write(&(Bytes(key), group), &mut records);
    }
    let mut other: Groups<Count> =
        Groups::new(&WINDOWS[..1], Grain::FINEST, 1_000, Duration::from_secs(600));
    assert!(read(&mut other, &mut Reader::new(&records)).is_some());
    assert_eq!(other.len(), 0);
}

fn hex(record: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    archive::write(record, &mut bytes);
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn laid_out<S: Slot<Line: Serialize>>(slots: &[S]) -> String {
    let at = Timestamp::from_nanos(300);
    let mut groups = Groups::<S>::new(&WINDOWS[..1], Grain::FINEST, 1, Duration::from_secs(600));
    groups.touch(b"k", at);
    slots.iter().for_each(|it| groups.add_slot(b"k", 6, it));
    let group = groups.iter().next().map(|it| (What::Group, Bytes(it.0), it.1));
    hex(&group.unwrap())
}

/// When this fails, `VERSION` in `archive.rs` has to rise.
#[test]
fn records_are_laid_out_as_this_version_lays_them_out() {
    let at = Timestamp::from_nanos(300);
    let summary = Summary { count: 1, sum: 1.0, min: 1.0, max: 1.0, last: 1.0, last_at: at };
    let mut distribution = Distribution::default();
    distribution.add(1.0, super::super::code(1.0), at);
    let rhythm = hex(&(What::Rhythm, Bytes(b"k"), Rhythm::new(at)));
    let (head, tail) = (&rhythm[..30], &rhythm[rhythm.len() - 30..]);
    let of = Totals { count: 3, sum: 1.0, min: 1.0, max: 1.0 };
    let exponents = Exponents { offset: -1, counts: vec![1] };
    let (positive, negative) = (exponents.clone(), exponents);
    let values = [
        PointValue::Number { value: 1.0, adds: true },
        PointValue::Histogram { of, bounds: vec![1.0], counts: vec![2] },
        PointValue::Exponential { of, scale: -2, zero: 4, positive, negative },
        PointValue::Summary { of, quantiles: vec![(1.0, 1.0)] },
    ];
    let mut all = vec![
        laid_out(&[Count { total: 1, bad: 0 }]),
        laid_out(&[Amount { total: 1.0, bad: 0.0 }]),
        laid_out(&[summary]),
        laid_out(&[distribution.clone(), distribution]),
        format!("{head}..{}..{tail}", rhythm.len()),
        hex(&(What::Unit, "ms")),
    ];
    all.extend(values.iter().map(hex));
    let trace = TraceId::read(&[1; 16]).unwrap();
    all.push(hex(&Example { trace, at, weight: 1.0 }));
    let wanted = [
        "00016b0103040100000000010100d804d80400",
        "00016b010301000000000000f03f0000000000000000d804d80400",
        "00016b01030101000000000000f03fd804d804d80400",
        "00016b01030102020000000000000040000000000000f03f000000000000f03f000000000000f03fd80401feff0702d804d80400",
        "01016ba80100000000000000000000..3060..0000000000000000000000d804d804",
        "02026d73",
        "00000000000000f03f01",
        "0103000000000000f03f000000000000f03f000000000000f03f01000000000000f03f0102",
        "0203000000000000f03f000000000000f03f000000000000f03f0304010101010101",
        "0303000000000000f03f000000000000f03f000000000000f03f01000000000000f03f000000000000f03f",
        "203031303130313031303130313031303130313031303130313031303130313031d804000000000000f03f",
    ];
    assert_eq!(all, wanted);
}
