//! Damage, disks without room, failing syncs.

use bellwether_core::queue::{NotQueued, Note};

use super::log::{append, drain};
use super::sim::Disk;
use super::{request, small};
use crate::{Files, Log, Settings, record};

fn open(disk: &Disk) -> Log {
    Log::open(Box::new(disk.clone()), small()).unwrap()
}

/// Scenario: the power is cut right after an append was acknowledged, and the disk keeps
/// nothing that was not synced.
/// Guarantee: the request is there, so the sync came before the acknowledgement.
#[test]
fn the_sync_comes_before_the_acknowledgement() {
    let mut disk = Disk::new(1);
    for round in 1..=50 {
        let mut log = open(&disk);
        append(&mut log, [round], 900);
        disk = disk.cut_power(true);
        assert_eq!(open(&disk).depth().requests, round);
    }
    assert_eq!(drain(&mut open(&disk)), (1..=50).collect::<Vec<_>>());
}

#[test]
fn a_segment_is_removed_only_after_the_cursor_is_durable() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=40, 500);
    let before = disk.names();
    let gone = || before.iter().filter(|it| !disk.names().contains(it)).count();
    // four may be done without a sync: `small` says so
    for expected in 1..=27 {
        let seq = log.read(1)[0].seq;
        log.done(seq);
        log.tidy();
        assert_eq!(gone() as u64, expected / 4 * 4 / 7, "after {expected}");
    }
    let mut log = open(&disk.cut_power(true));
    assert_eq!(drain(&mut log), (25..=40).collect::<Vec<_>>());
    assert_eq!(log.depth().dropped.len(), 0);
}

#[test]
fn a_damaged_record_costs_itself_alone_and_its_segment_is_kept() {
    // the length, the checksum, the number, the mark, the body
    for at in [1, 4, 9, 30, 200] {
        let disk = Disk::new(1);
        let mut log = open(&disk);
        append(&mut log, 1..=30, 500);
        drop(log);
        let names = disk.names();
        let segments: Vec<&String> = names.iter().filter(|it| it.ends_with(".seg")).collect();
        // the third record of the second segment
        disk.spoil(segments[1], 2 * 548 + at);
        let mut log = open(&disk);
        assert_eq!(log.depth().dropped["damaged"], 1, "byte {at}");
        assert_eq!(log.depth().requests, 29);
        let broken = 10;
        let left: Vec<u64> = (1..=30).filter(|it| *it != broken).collect();
        assert_eq!(drain(&mut log), left, "byte {at}");
        let kept = segments[1].replace(".seg", ".damaged");
        assert!(disk.names().contains(&kept), "{:?}", disk.names());
        append(&mut log, [31], 0);
        assert_eq!(drain(&mut log), [31]);
        assert_eq!(open(&disk).depth().dropped.len(), 0, "told once");
    }
}

#[test]
fn damage_that_comes_while_it_runs_is_found_when_it_is_read() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=30, 500);
    let names = disk.names();
    let segments: Vec<&String> = names.iter().filter(|it| it.ends_with(".seg")).collect();
    let (middle, end) = (segments[1], segments[2]);
    disk.spoil(middle, 2 * 548 + 100);
    // the last record of a segment: nothing behind it shows where it would end
    disk.spoil(end, 6 * 548 + 2);
    let left: Vec<u64> = (1..=30).filter(|it| ![10, 21].contains(it)).collect();
    assert_eq!(drain(&mut log), left);
    let depth = log.depth();
    assert_eq!((depth.requests, depth.bytes, depth.dropped["damaged"]), (0, 0, 2));
    assert_eq!(disk.names().iter().filter(|it| it.ends_with(".damaged")).count(), 2);
}

#[test]
fn a_cursor_that_cannot_be_read_sends_again_and_loses_nothing() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=10, 500);
    for _ in 0..2 {
        let batch = log.read(1_000);
        log.done(batch.last().unwrap().seq);
    }
    log.flush();
    drop(log);
    disk.spoil("cursor", 3);
    disk.spoil("cursor", 4096 + 3);
    let mut log = open(&disk);
    let again = drain(&mut log);
    assert_eq!(again.last(), Some(&10));
    assert!(again.len() >= 2);
    assert_eq!(log.depth().dropped.len(), 0);
}

/// Scenario: what is appended is taken at once, over many segments, on a disk that has no more room
/// once there are two files.
/// Guarantee: they are written over in turn, and what they held before never comes again, neither
/// after a power cut nor after a kill.
#[test]
fn segments_that_are_done_are_written_over() {
    let mut disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=14, 500);
    assert_eq!(drain(&mut log), (1..=14).collect::<Vec<_>>());
    append(&mut log, [15], 500);
    assert_eq!(drain(&mut log), [15]);
    assert!(disk.names().contains(&"spare".to_owned()), "{:?}", disk.names());
    disk.set_room(Some(0));
    for id in 16..=60 {
        append(&mut log, [id], 480);
        assert_eq!(drain(&mut log), [id]);
    }
    append(&mut log, 61..=63, 480);
    // killed: what lies behind the last record is no part of the segment, and no damage
    drop(log);
    let mut log = open(&disk);
    assert_eq!(drain(&mut log), [61, 62, 63]);
    assert!(disk.names().iter().all(|it| !it.contains("damaged")), "{:?}", disk.names());
    disk.set_room(None);
    append(&mut log, 64..=70, 10);
    disk = disk.cut_power(true);
    assert_eq!(drain(&mut open(&disk)), (64..=70).collect::<Vec<_>>());
}

#[test]
fn a_segment_that_a_write_failed_in_is_not_written_over() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, [1], 500);
    disk.set_sync_fails(Some(1));
    // numbers 2 and 3 are in that file now, and are used again
    assert!(log.append(&[request(2, 500), request(3, 500)]).iter().all(Result::is_err));
    disk.set_sync_fails(None);
    assert_eq!(drain(&mut log), [1]);
    log.flush();
    append(&mut log, [4], 20);
    let mut log = open(&disk);
    assert_eq!(drain(&mut log), [4], "nothing else counts as number 2 or 3");
}

/// Scenario: a process is killed in the middle of a write over a segment that was done, anywhere.
/// Guarantee: that is no damage, and what the file held before does not come again.
#[test]
fn an_unfinished_write_over_a_spare_is_no_damage() {
    // as large as what was there before, and larger
    let small = [0, 1, 39, 40].map(|it| (500, it));
    for (padding, length) in
        small.into_iter().chain([0, 39, 40, 41, 200, 1_295].map(|it| (600, it)))
    {
        let disk = Disk::new(1);
        let mut log = open(&disk);
        append(&mut log, 1..=15, 500);
        assert_eq!(drain(&mut log), (1..=15).collect::<Vec<_>>());
        append(&mut log, 16..=22, 500);
        drop(log);
        let names = disk.names();
        let newest = names.iter().rfind(|it| it.ends_with(".seg")).unwrap();
        let two = [request(23, padding), request(24, padding)];
        let written = two
            .iter()
            .zip(23..)
            .flat_map(|(it, seq)| [&record::header(seq, 15, it), it.body.as_ref()].concat());
        let torn: Vec<u8> = written.take(length).collect();
        // behind the last record of the segment
        let mut file = Files::open(&disk, newest).unwrap();
        file.write(548, &mut [std::io::IoSlice::new(&torn)]).unwrap();
        let mut log = open(&disk);
        let whole = length as u64 / 648;
        assert_eq!(drain(&mut log), (16..=22 + whole).collect::<Vec<_>>(), "{length}");
        assert!(
            disk.names().iter().all(|it| !it.contains("damaged")),
            "{length}: {:?}",
            disk.names()
        );
        assert_eq!(log.depth().dropped.len(), 0);
    }
}

/// Scenario: the disk has no room, and has room again later.
/// Guarantee: meanwhile appends are refused and nothing acknowledged is touched; afterwards they
/// are taken again, without a restart.
#[test]
fn a_full_disk_refuses_and_recovers() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=5, 500);
    disk.set_room(Some(700));
    let results = log.append(&[request(6, 500), request(7, 500)]);
    assert!(
        results.iter().all(|it| matches!(it, Err(NotQueued::Storage(_)))),
        "one sync, one answer: {results:?}"
    );
    assert_eq!(log.depth().requests, 5);
    assert_eq!(log.depth().refused, 2);
    append(&mut log, [8], 300);
    assert!(log.append(&[request(9, 500)])[0].is_err());
    disk.set_room(None);
    append(&mut log, [10], 500);
    drop(log);
    let mut log = open(&disk.cut_power(true));
    assert_eq!(log.depth().dropped.len(), 0, "a failed write is no damage");
    assert_eq!(drain(&mut log), [1, 2, 3, 4, 5, 8, 10]);
}

#[test]
fn what_a_failed_sync_left_behind_is_not_delivered_as_something_else() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, [1], 50);
    disk.set_sync_fails(Some(1));
    assert!(log.append(&[request(2, 50)])[0].is_err());
    disk.set_sync_fails(None);
    append(&mut log, [3], 50);
    let batch = log.read(u64::MAX);
    assert_eq!(batch.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2], "its number is used");
    drop(log);
    let mut log = open(&disk);
    assert_eq!(drain(&mut log), [1, 3]);
}

#[test]
fn files_of_others_are_left_alone_and_empty_segments_go() {
    use crate::files::Files;
    let disk = Disk::new(1);
    for name in ["notes.txt", "1.seg", "0000000000000000000x.seg", "00000000000000000007.seg"] {
        drop(disk.create(name).unwrap());
    }
    let log = Log::open(Box::new(disk.clone()), Settings { batch: 1, ..small() }).unwrap();
    assert_eq!(log.depth().requests, 0);
    assert_eq!(disk.names(), ["0000000000000000000x.seg", "1.seg", "cursor", "notes.txt"]);
}

#[test]
fn an_end_that_was_written_and_cannot_be_read_is_kept_and_told() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=3, 500);
    drop(log);
    let aside = |disk: &Disk| disk.names().iter().filter(|it| it.ends_with(".end.damaged")).count();
    let names = disk.names();
    let segment = names.iter().find(|it| it.ends_with(".seg")).unwrap();
    // the body of the last record
    disk.spoil(segment, 2 * 548 + 100);
    let mut log = open(&disk);
    assert_eq!(aside(&disk), 1);
    assert_eq!(drain(&mut log), [1, 2]);
    append(&mut log, [4], 0);
    assert_eq!(drain(&mut log), [4]);

    // a write that was not finished is no damage
    let disk = Disk::new(1);
    append(&mut open(&disk), 1..=3, 500);
    let names = disk.names();
    let segment = names.iter().find(|it| it.ends_with(".seg")).unwrap();
    Files::open(&disk, segment).unwrap().cut(3 * 548 - 100).unwrap();
    assert_eq!(open(&disk).depth().requests, 2);
    assert_eq!(aside(&disk), 0);
}

fn note(seq: u64) -> Note {
    Note { seq, body: seq.to_string().into() }
}

/// Keeps notes, each with everything before it done.
fn keep(log: &mut Log, seqs: &[u64], anew: bool) -> std::io::Result<()> {
    let notes: Vec<Note> = seqs.iter().copied().map(note).collect();
    log.keep(&notes, anew)
}

#[test]
fn notes_are_there_after_a_power_cut_and_say_where_the_queue_is() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=9, 500);
    while !log.read(1 << 20).is_empty() {}
    assert!(keep(&mut log, &[1], false).is_err(), "behind nothing");
    keep(&mut log, &[1], true).unwrap();
    keep(&mut log, &[2, 3], false).unwrap();
    let cut = disk.cut_power(true);
    let mut again = open(&cut);
    assert_eq!(again.take_kept(), [note(1), note(2), note(3)]);
    assert_eq!(again.take_kept(), [], "once");
    assert_eq!(drain(&mut again), (4..=9).collect::<Vec<_>>());
    keep(&mut again, &[9], true).unwrap();
    keep(&mut again, &[9], true).unwrap();
    // older records lie behind this beginning
    assert_eq!(open(&cut.cut_power(true)).take_kept(), [note(9)]);
}

#[test]
fn numbers_go_on_behind_notes_whatever_else_is_lost() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=3, 0);
    log.read(1 << 20);
    keep(&mut log, &[3], true).unwrap();
    log.flush();
    drop(log);
    for at in [0, 4096] {
        disk.spoil("cursor", at);
    }
    for name in disk.names().iter().filter(|it| it.ends_with(".seg")) {
        Files::remove(&disk, name).unwrap();
    }
    let mut log = open(&disk);
    assert_eq!(log.append(&[request(4, 0)]), [Ok(4)]);
    assert_eq!(log.take_kept(), [note(3)]);
}

#[test]
fn notes_need_no_room_and_after_a_failure_a_new_beginning() {
    let disk = Disk::new(1);
    let mut log = open(&disk);
    append(&mut log, 1..=9, 0);
    log.read(1 << 20);
    disk.set_room(Some(0));
    assert!(keep(&mut log, &[1], true).is_err(), "no room for the files");
    disk.set_room(None);
    keep(&mut log, &[1], true).unwrap();
    disk.set_room(Some(0));
    keep(&mut log, &[2], false).unwrap();
    keep(&mut log, &[3], true).unwrap();
    let large = Note { seq: 4, body: vec![7; 5_000].into() };
    assert!(log.keep(&[large], false).is_err(), "more than the files were made for");
    assert!(keep(&mut log, &[4], false).is_err(), "nobody knows what that left");
    assert_eq!(open(&disk).take_kept(), [note(3)]);
    keep(&mut log, &[5], true).unwrap();
    keep(&mut log, &[6], false).unwrap();
    assert_eq!(open(&disk.cut_power(true)).take_kept(), [note(5), note(6)]);
}
