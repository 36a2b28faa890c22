use proptest::prelude::*;

use super::*;

fn packed(records: &[u8]) -> Vec<u8> {
    Packer::new().unwrap().pack(records).unwrap()
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(
        records in prop::collection::vec((any::<u64>(), any::<f64>(), any::<Vec<u8>>()), 0..40),
    ) {
        let mut bytes = Vec::new();
        for (number, real, key) in &records {
            write(&(number, real, Bytes(key)), &mut bytes);
        }
        let bytes = unpack(Some(&packed(&bytes))).unwrap();
        let mut reader = Reader::new(&bytes);
        for (number, real, key) in &records {
            let (a, b, Bytes(c)): (u64, f64, _) = reader.next().unwrap();
            prop_assert_eq!((a, b.to_bits(), c), (*number, real.to_bits(), &**key));
        }
        prop_assert_eq!(reader.next::<u8>(), None);
    }

    #[test]
    fn what_is_damaged_is_refused_whole(
        records: Vec<u8>,
        at: prop::sample::Index,
        bit in 0..8_u32,
        cut: bool,
    ) {
        let whole = packed(&records);
        let mut body = whole.clone();
        let at = at.index(body.len());
        if cut {
            body.truncate(at);
        } else {
            body[at] ^= 1 << bit;
        }
        let read = unpack(Some(&body));
        prop_assert!(read.is_none() || read == Some(records), "{body:?}");
    }

    #[test]
    fn what_nobody_wrote_is_no_reason_to_fail(body: Vec<u8>) {
        unpack(Some(&body));
        unpack(Some(&[&[VERSION], &*body].concat()));
    }
}

#[test]
fn what_another_version_wrote_is_refused() {
    let mut body = packed(b"records");
    assert_eq!(unpack(Some(&body)).as_deref(), Some(&b"records"[..]));
    body[0] += 1;
    assert_eq!(unpack(Some(&body)), None);
    assert_eq!(unpack(Some(b"{\"groups\":[]}")), None);
    assert_eq!(unpack(None), None);
}

#[test]
fn what_claims_to_be_huge_is_not_unpacked() {
    let huge = zstd::encode_all(&vec![0; MOST as usize + 1][..], 1).unwrap();
    assert_eq!(
        unpack(Some(&[&[VERSION], &*huge].concat())),
        None,
        "it does not say how long it is"
    );
    let huge = zstd::bulk::compress(&vec![0; MOST as usize + 1], 1).unwrap();
    assert_eq!(unpack(Some(&[&[VERSION], &*huge].concat())), None);
}

#[test]
fn many_records_are_written_in_parts() {
    let mut packer = Packer::new().unwrap();
    let mut parts = Parts::new(&mut packer, "x:".to_owned(), Timestamp::from_secs(1));
    for number in 0..100_u32 {
        parts.put(&(number, Bytes(&[7; 50_000])));
    }
    let parts = parts.finish();
    let names: Vec<&str> = parts.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["x:0", "x:1", "x:2", "x:3", "x:4"]);
    let mut found = Vec::new();
    for part in &parts {
        let records = unpack(part.body.as_deref()).unwrap();
        assert!(records.len() < PART + 60_000);
        let mut reader = Reader::new(&records);
        while let Some((number, Bytes(_))) = reader.next() {
            let number: u32 = number;
            found.push(number);
        }
    }
    assert_eq!(found, (0..100).collect::<Vec<_>>());
    assert_eq!(Parts::new(&mut packer, "y:".to_owned(), Timestamp::from_secs(1)).finish(), []);
}
