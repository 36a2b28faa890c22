//! The queue without threads, on a kind disk.

use bellwether_core::queue::NotQueued;

use super::sim::Disk;
use super::{id, ids, request, small};
use crate::{Log, Policy, Settings};

fn open(disk: &Disk, settings: Settings) -> Log {
    Log::open(Box::new(disk.clone()), settings).unwrap()
}

/// Takes everything that is left, batch by batch.
pub(super) fn drain(log: &mut Log) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let batch = log.read(1_000);
        let Some(last) = batch.last() else { return all };
        all.extend(ids(&batch));
        log.done(last.seq);
        log.tidy();
    }
}

pub(super) fn append(log: &mut Log, ids: impl IntoIterator<Item = u64>, padding: usize) {
    for id in ids {
        let results = log.append(&[request(id, padding)]);
        assert!(results[0].is_ok(), "{id}: {results:?}");
    }
}

#[test]
fn what_goes_in_comes_out_in_order_from_memory_and_from_segments() {
    let disk = Disk::new(1);
    let mut log = open(&disk, small());
    append(&mut log, 1..=100, 300);
    assert!(disk.names().len() > 5, "there are several segments: {:?}", disk.names());
    let depth = log.depth();
    assert_eq!((depth.requests, depth.bytes), (100, 100 * 348));
    assert_eq!(depth.items, (1..=100_u64).map(|it| it % 100).sum::<u64>());
    assert_eq!(depth.oldest.map(|it| it.secs()), Some(1));
    let first = log.read(4 * 348);
    assert_eq!(ids(&first), [1, 2, 3, 4]);
    log.done(first[1].seq);
    assert_eq!(log.depth().requests, 98);
    assert_eq!(log.depth().oldest.map(|it| it.secs()), Some(3));
    // what was handed out is not handed out again while this log lives
    assert_eq!(drain(&mut log), (5..=100).collect::<Vec<_>>());
    assert_eq!(log.depth().requests, 0);
    append(&mut log, 101..=102, 0);
    assert_eq!(drain(&mut log), [101, 102]);
    let names = disk.names();
    assert!(names.len() <= 3, "the cursor, the segment that is written, a spare: {names:?}");
}

#[test]
fn it_goes_on_behind_what_is_done() {
    let disk = Disk::new(1);
    let mut log = open(&disk, small());
    append(&mut log, 1..=30, 500);
    let batch = log.read(4_000);
    log.done(batch[2].seq);
    log.tidy();
    drop(log);
    // a process that was killed: everything written is there, synced or not
    let mut log = open(&disk, small());
    assert_eq!(log.depth().requests, 27);
    append(&mut log, 31..=31, 0);
    assert_eq!(drain(&mut log), (4..=31).collect::<Vec<_>>());
    drop(log);
    let mut log = open(&disk, small());
    assert_eq!(log.depth().requests, 0);
    append(&mut log, 32..=33, 0);
    let batch = log.read(u64::MAX);
    assert_eq!(batch.iter().map(|it| it.seq).collect::<Vec<_>>(), [32, 33], "numbers go on");
}

#[test]
fn a_full_queue_refuses_until_there_is_room() {
    let disk = Disk::new(1);
    let mut log = open(&disk, Settings { size: 1_000, ..small() });
    append(&mut log, [1], 452);
    append(&mut log, [2], 452);
    assert_eq!(log.append(&[request(3, 0)]), [Err(NotQueued::Full)]);
    assert_eq!(log.depth().refused, 1);
    let batch = log.read(u64::MAX);
    assert_eq!(log.append(&[request(3, 0)]), [Err(NotQueued::Full)], "handed out is not done");
    log.done(batch[0].seq);
    append(&mut log, [3], 0);
    log.done(batch[1].seq);
    assert_eq!(drain(&mut log), [3]);
    // one that is larger than the whole queue is let in alone, or it could never leave
    append(&mut log, [4], 100_000);
    assert_eq!(log.append(&[request(5, 0)]), [Err(NotQueued::Full)]);
    assert_eq!(drain(&mut log), [4]);
    assert!(log.depth().dropped.is_empty());
}

#[test]
fn a_full_queue_drops_the_oldest_where_that_is_asked_for() {
    let disk = Disk::new(1);
    let settings = Settings { size: 10_000, segment: 2_000, policy: Policy::DropOldest, ..small() };
    let mut log = open(&disk, settings.clone());
    append(&mut log, 1..=100, 460);
    let depth = log.depth();
    assert!(depth.bytes <= 10_000 && depth.requests >= 12, "{depth:?}");
    assert_eq!(depth.dropped["queue_full"] + depth.requests, 100);
    let left: Vec<u64> = (101 - depth.requests..=100).collect();
    drop(log);
    let mut log = open(&disk, settings);
    assert_eq!(log.depth().dropped.len(), 0, "what was dropped is no damage");
    assert_eq!(drain(&mut log), left);
    // more than fits at once, and larger than all of it
    let many: Vec<_> =
        (200..300).map(|id| request(id, 460)).chain([request(300, 20_000)]).collect();
    assert!(log.append(&many).iter().all(Result::is_ok));
    assert_eq!(drain(&mut log), [300]);
}

#[test]
fn dropping_what_was_handed_out_confuses_nobody() {
    let disk = Disk::new(1);
    let settings = Settings { size: 5_000, segment: 1_000, policy: Policy::DropOldest, ..small() };
    let mut log = open(&disk, settings);
    append(&mut log, 1..=8, 460);
    let batch = log.read(4 * 508);
    assert_eq!(id(&batch[0]), 1);
    append(&mut log, 9..=20, 460);
    // delivered although it was dropped
    log.done(batch[3].seq);
    let depth = log.depth();
    let left = drain(&mut log);
    assert_eq!(left.len() as u64, depth.requests);
    assert_eq!(left.last(), Some(&20));
    assert_eq!(log.depth().bytes, 0);
}

#[test]
fn requests_that_come_together_share_a_sync() {
    let disk = Disk::new(1);
    let mut log = open(&disk, Settings { segment: 1 << 20, ..small() });
    append(&mut log, [1], 0);
    let before = disk.syncs();
    let many: Vec<_> = (2..=200).map(|id| request(id, 10)).collect();
    assert!(log.append(&many).iter().all(Result::is_ok));
    assert_eq!(disk.syncs() - before, 1);
}
