use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::Admission;

const MOST: usize = 1 << 20;

fn pack(coding: Coding, plain: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Identity => plain.to_vec(),
        Coding::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(plain).expect("packed");
            encoder.finish().expect("packed")
        }
        Coding::Zstd => zstd::encode_all(plain, 1).expect("packed"),
    }
}

fn read(
    coding: Coding,
    announced: Option<usize>,
    pieces: &[&[u8]],
    room: &Admission,
) -> Result<Bytes, Refused> {
    let mut body = Body::new(coding, announced, MOST, room.share().admit()?)?;
    for piece in pieces {
        body.push(Bytes::copy_from_slice(piece))?;
    }
    let (bytes, hold) = body.finish()?;
    assert!(room.in_flight() >= bytes.len() as u64, "what lies in memory is counted");
    drop(hold);
    Ok(bytes)
}

fn room() -> Admission {
    Admission::new(16 << 20)
}

const CODINGS: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Zstd];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// Scenario: a body comes in pieces of any sizes, packed in any way, in one part or two.
    /// Guarantee: it is put together as it was, and no room is kept.
    #[test]
    fn any_pieces_make_the_whole(
        plain in prop::collection::vec(any::<u8>(), 0..2_000),
        times in 1..200_usize,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        which in 0..3_usize,
        parts in 1..3_usize,
    ) {
        let (coding, plain) = (CODINGS[which], plain.repeat(times));
        let packed = pack(coding, &plain).repeat(parts);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(packed.len() + 1)).collect();
        cuts.extend([0, packed.len()]);
        cuts.sort_unstable();
        let mut pieces: Vec<&[u8]> = cuts.windows(2).map(|it| &packed[it[0]..it[1]]).collect();
        // pieces of nothing, at the end too
        pieces.extend([&b""[..], b""]);
        let room = room();
        prop_assert_eq!(read(coding, None, &pieces, &room).expect("sound"), plain.repeat(parts));
        prop_assert_eq!(room.in_flight(), 0);
    }

    /// Scenario: any bytes are said to be packed.
    /// Guarantee: they are refused or taken, with no harm, and no room is kept.
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..500), which in 1..3_usize) {
        let room = room();
        drop(read(CODINGS[which], None, &[&bytes], &room));
        prop_assert_eq!(room.in_flight(), 0);
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_whole() {
    let room = room();
    for (length, fits) in [(MOST, true), (MOST + 1, false), (8 * MOST, false)] {
        for coding in CODINGS {
            let outcome = read(coding, None, &[&pack(coding, &vec![b'x'; length])], &room);
            match outcome {
                Ok(bytes) => assert!(fits && bytes.len() == length, "{coding:?}"),
                Err(Refused::TooLarge(MOST)) => assert!(!fits, "{coding:?} {length}"),
                Err(why) => panic!("{coding:?} {length}: {why:?}"),
            }
        }
    }
    let announced = read(Coding::Gzip, Some(MOST + 1), &[], &room);
    assert!(matches!(announced, Err(Refused::TooLarge(MOST))), "before a byte of it has come");
    assert_eq!(room.in_flight(), 0);
}

#[test]
fn what_ends_early_is_refused() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let packed = pack(coding, b"some telemetry");
        for end in 1..packed.len() {
            let outcome = read(coding, None, &[&packed[..end]], &room());
            assert!(matches!(outcome, Err(Refused::Broken(_))), "{coding:?} {end}: {outcome:?}");
        }
        assert_eq!(read(coding, None, &[], &room()).expect("nothing is nothing"), "");
    }
}

#[test]
fn room_is_asked_for_before_it_is_used() {
    let plain = vec![b'x'; MOST];
    for coding in CODINGS {
        let room = Admission::new(256 << 10);
        let outcome = read(coding, None, &[&pack(coding, &plain)], &room);
        assert!(matches!(outcome, Err(Refused::TooLargeForAll(_))), "{coding:?} {outcome:?}");

        let room = Admission::new(3 << 20);
        let mut other = room.share().admit().expect("room");
        other.cover((3 << 20) - (256 << 10)).expect("room");
        let outcome = read(coding, None, &[&pack(coding, &plain)], &room);
        assert!(matches!(outcome, Err(Refused::Overloaded(_))), "{coding:?} {outcome:?}");
        drop(other);
        assert_eq!(room.in_flight(), 0);
    }
}

/// Scenario: a body comes in one piece, as it was announced, or with more behind it.
/// Guarantee: a large one is not copied, a small one is, and nothing is lost of either.
#[test]
fn a_large_body_in_one_piece_stays_where_it_is() {
    for (length, kept) in [(KEPT, true), (KEPT - 1, false)] {
        let room = room();
        let piece = Bytes::from(vec![b'x'; length]);
        let begin = || {
            let hold = room.share().admit().expect("room");
            Body::new(Coding::Identity, Some(length), MOST, hold).expect("room")
        };
        let mut body = begin();
        body.push(piece.clone()).expect("room");
        let (whole, hold) = body.finish().expect("sound");
        assert_eq!(whole.as_ptr() == piece.as_ptr(), kept);
        assert_eq!(whole, piece);
        assert!(room.in_flight() >= length as u64);
        drop(hold);

        let mut body = begin();
        for piece in [piece.clone(), Bytes::from_static(b"abc")] {
            body.push(piece).expect("room");
        }
        let (whole, _hold) = body.finish().expect("sound");
        assert_eq!(whole, [&piece[..], b"abc"].concat());
    }
}

/// Scenario: a sender announces a megabyte and sends a few bytes.
/// Guarantee: it holds the room of those bytes.
#[test]
fn who_only_announces_holds_up_nobody() {
    let room = room();
    let hold = room.share().admit().expect("room");
    let mut body = Body::new(Coding::Identity, Some(MOST), MOST, hold).expect("room");
    body.push(Bytes::from_static(b"abc")).expect("room");
    assert_eq!(room.in_flight(), STEP as u64);
}

/// Scenario: a request of the largest size that is allowed unless set otherwise, in small pieces.
/// Guarantee: the room that there is unless set otherwise is enough for it while it grows, and in
/// the end it holds its own size.
#[test]
fn the_largest_request_fits_into_the_usual_room() {
    let (largest, piece) = (64 << 20, Bytes::from(vec![b'x'; 16 << 10]));
    let room = Admission::new(72 << 20);
    let hold = room.share().admit().expect("room");
    let mut body = Body::new(Coding::Identity, Some(largest), largest, hold).expect("room");
    for _ in 0..largest / piece.len() {
        body.push(piece.clone()).expect("room");
    }
    let (bytes, _hold) = body.finish().expect("sound");
    assert_eq!((bytes.len(), room.in_flight()), (largest, largest as u64));
}

/// Scenario: a frame of zstd asks for a window of 4 MiB and holds a few bytes.
/// Guarantee: the window is counted while it is there.
#[test]
fn the_window_of_zstd_is_counted() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.window_log(22).expect("a window");
    encoder.write_all(b"abc").expect("packed");
    let packed = encoder.finish().expect("packed");
    let room = room();
    let mut body = Body::new(Coding::Zstd, None, MOST, room.share().admit().expect("room"));
    body.as_mut().expect("room").push(packed.into()).expect("sound");
    assert!(room.in_flight() > 4 << 20, "{}", room.in_flight());
    let (bytes, _hold) = body.expect("room").finish().expect("sound");
    assert_eq!(bytes, "abc");
    assert!(room.in_flight() < 1 << 20, "{}", room.in_flight());
}
