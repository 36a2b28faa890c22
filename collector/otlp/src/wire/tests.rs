use super::*;

fn problem(bytes: &[u8]) -> Option<(usize, Problem)> {
    Fields::new(bytes).find_map(Result::err).map(|e| (e.offset, e.problem))
}

fn values(bytes: &[u8]) -> Vec<(u32, Value<'_>)> {
    Fields::new(bytes).map(|f| f.expect("sound")).map(|f| (f.number, f.value)).collect()
}

#[test]
fn every_wire_type_is_read() {
    assert_eq!(values(&[0x08, 0x96, 0x01]), [(1, Value::Varint(150))]);
    assert_eq!(values(&[0x11, 1, 0, 0, 0, 0, 0, 0, 0]), [(2, Value::Fixed64(1))]);
    assert_eq!(values(&[0x1a, 2, b'h', b'i']), [(3, Value::Bytes(b"hi"))]);
    assert_eq!(values(&[0x25, 2, 0, 0, 0]), [(4, Value::Fixed32(2))]);
    assert_eq!(values(&[0x2b, 0x08, 0x01, 0x2c]), [(5, Value::Group)]);
    assert_eq!(values(&[]), []);
}

#[test]
fn positions_frame_the_field() {
    let bytes = [0x08, 0x01, 0x1a, 0x02, b'h', b'i'];
    let spans: Vec<_> =
        Fields::new(&bytes).map(|f| f.expect("sound")).map(|f| (f.start, f.end)).collect();
    assert_eq!(spans, [(0, 2), (2, 6)]);
}

#[test]
fn faults_are_named_with_their_place() {
    let cases: [(&[u8], usize, Problem); 12] = [
        (&[0x08], 1, Problem::Truncated),
        (&[0x08, 0x80], 1, Problem::Truncated),
        (&[0x08, 0x01, 0x11, 0, 0], 3, Problem::Truncated),
        (&[0x1a, 3, b'h', b'i'], 1, Problem::Truncated),
        (&[0x25, 0], 1, Problem::Truncated),
        (&[0x00, 0x01], 0, Problem::FieldNumber),
        (&[0x80, 0x80, 0x80, 0x80, 0x10, 0x01], 0, Problem::FieldNumber),
        (&[0x0f], 0, Problem::UnknownWireType),
        (&[0x0c], 0, Problem::UnbalancedGroup),
        (&[0x0b, 0x14], 1, Problem::UnbalancedGroup),
        (&[0x0b, 0x08, 0x01], 3, Problem::Truncated),
        (
            &[0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            1,
            Problem::Truncated,
        ),
    ];
    for (bytes, offset, expected) in cases {
        assert_eq!(problem(bytes), Some((offset, expected)), "{bytes:x?}");
    }
}

#[test]
fn a_varint_holds_64_bits_and_not_one_more() {
    let nine = [0xff; 9];
    let with = |last: u8| [&nine[..], &[last]].concat();
    assert_eq!(varint(&with(1), 0), Ok((u64::MAX, 10)));
    assert_eq!(varint(&with(2), 0).map_err(|e| e.problem), Err(Problem::LongVarint));
    assert_eq!(varint(&[0x80; 11], 0).map_err(|e| e.problem), Err(Problem::LongVarint));
    assert_eq!(varint(&[0x80, 0x00], 0), Ok((0, 2)), "padding is legal");
    assert_eq!(varint(&[], 5).map_err(|e| e.problem), Err(Problem::Truncated));
}

#[test]
fn a_scan_ends_at_its_first_fault() {
    let mut fields = Fields::new(&[0x0f, 0x08, 0x01]);
    assert!(fields.next().is_some_and(|f| f.is_err()));
    assert_eq!(fields.next(), None);
}

#[test]
fn groups_nest_no_deeper_than_messages() {
    let nested = |depth: usize| [vec![0x0b; depth], vec![0x0c; depth]].concat();
    assert_eq!(problem(&nested(99)), None);
    assert_eq!(problem(&nested(100_000)).map(|p| p.1), Some(Problem::TooDeep));
}
