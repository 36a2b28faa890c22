//! Power cuts at any call, over and over, on a disk that forgets, tears and reorders.

use std::collections::BTreeSet;

use bellwether_core::queue::Note;
use bytes::Bytes;

use super::sim::Disk;
use super::{Seeded, id, ids, request, small};
use crate::{Log, Settings};

/// What a run saw.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: BTreeSet<u64>,
    delivered: BTreeSet<u64>,
    /// Delivered again.
    duplicates: u64,
    power_cuts: u64,
    /// The highest that was done when something was synced last: nothing up to it may come
    /// again.
    settled: u64,
    /// The highest that a note which was kept says is done.
    noted: u64,
    notes: u64,
    next_id: u64,
    refused: u64,
}

impl Seen {
    /// Takes a batch, which must go on where the one before it ended.
    fn batch(&mut self, batch: &[u64], last: &mut u64, context: &str) {
        for id in batch {
            assert!(*id > *last, "{context}: {id} after {last}");
            *last = *id;
            self.duplicates += u64::from(!self.delivered.insert(*id));
        }
    }
}

/// Takes notes that were found, which must say at least what was kept.
fn found(notes: &[Note], seen: &mut Seen, context: &str) {
    let ids = notes.iter().map(|it| u64::from_le_bytes(*it.body.first_chunk().unwrap()));
    let ids: Vec<u64> = ids.collect();
    assert!(ids.is_sorted(), "{context}: {ids:?}");
    let newest = ids.last().copied().unwrap_or_default();
    assert!(newest >= seen.noted, "{context}: {newest} is noted, {} was", seen.noted);
    // nothing that a note says is done may come again
    seen.noted = newest;
    seen.settled = seen.settled.max(newest);
}

/// Uses a queue until the power goes, or for some time.
fn use_queue(
    log: &mut Log,
    disk: &Disk,
    seen: &mut Seen,
    random: &mut Seeded,
    syncs_fail: bool,
    context: &str,
) {
    let kept = log.take_kept();
    found(&kept, seen, context);
    let mut last = seen.settled;
    let mut done = seen.settled;
    let mut anew = kept.is_empty();
    let mut in_hand: Vec<(u64, u64)> = Vec::new();
    for _ in 0..random.below(60) {
        match random.below(6) {
            0 | 1 => {
                let from = seen.next_id;
                seen.next_id += 1 + random.below(6);
                let size = if random.one_in(10) { 6_000 } else { 600 };
                let requests: Vec<_> = (from..seen.next_id)
                    .map(|id| request(id, usize::try_from(random.below(size)).unwrap()))
                    .collect();
                for (id, result) in (from..).zip(log.append(&requests)) {
                    match result {
                        Ok(_) => {
                            seen.acknowledged.insert(id);
                            // what is synced says what was done
                            seen.settled = done;
                        }
                        Err(_) => seen.refused += 1,
                    }
                }
            }
            2 => {
                let batch = log.read(random.below(3_000));
                seen.batch(&ids(&batch), &mut last, context);
                in_hand.extend(batch.iter().map(|it| (it.seq, id(it))));
            }
            3 => log.tidy(),
            4 => {
                log.flush();
                // a cursor that cannot be synced is told, and costs duplicates, never a loss
                if !syncs_fail && !disk.has_crashed() {
                    seen.settled = done;
                }
            }
            _ if !in_hand.is_empty() => {
                let upto = usize::try_from(random.below(in_hand.len() as u64)).unwrap();
                let (seq, id) = in_hand[upto];
                in_hand.drain(..=upto);
                if random.one_in(2) {
                    log.done(seq);
                    done = id;
                } else {
                    anew |= random.one_in(4);
                    let body = Bytes::from([id.to_le_bytes(), random.0.to_le_bytes()].concat());
                    anew = match log.keep(&[Note { seq, body }], anew) {
                        Ok(()) => {
                            (done, seen.noted, seen.settled) = (id, id, id);
                            seen.notes += 1;
                            false
                        }
                        Err(_) => true,
                    };
                }
            }
            _ => {}
        }
        if disk.has_crashed() {
            return;
        }
    }
}

/// Runs one seed: several lives with a power cut in each, and a last one that takes everything.
fn run(seed: u64, syncs_fail: bool) -> Seen {
    let mut random = Seeded(seed);
    let mut seen = Seen { next_id: 1, ..Seen::default() };
    let settings = Settings {
        segment: 1 + random.below(8 << 10),
        memory: random.below(4 << 10),
        batch: 1 + random.below(8),
        size: 20_000 + random.below(50_000),
        ..small()
    };
    let mut disk = Disk::new(seed);
    for life in 0..2 + random.below(6) {
        let context = format!("seed {seed}, life {life}");
        disk.crash_after(random.below(150));
        if syncs_fail && random.one_in(2) {
            disk.set_sync_fails(Some(6));
        }
        if random.one_in(3) {
            disk.set_room(Some(random.below(20_000)));
        }
        if let Ok(mut log) = Log::open(Box::new(disk.clone()), settings.clone()) {
            use_queue(&mut log, &disk, &mut seen, &mut random, syncs_fail, &context);
        }
        disk = disk.cut_power(false);
        seen.power_cuts += 1;
    }
    let context = format!("seed {seed}, end");
    let mut log = Log::open(Box::new(disk.clone()), settings).unwrap();
    found(&log.take_kept(), &mut seen, &context);
    let mut last = seen.settled;
    loop {
        let batch = log.read(1_000);
        let Some(end) = batch.last() else { break };
        seen.batch(&ids(&batch), &mut last, &context);
        log.done(end.seq);
    }
    let lost: Vec<_> = seen.acknowledged.difference(&seen.delivered).collect();
    assert!(lost.is_empty(), "{context}: lost {lost:?}");
    let depth = log.depth();
    assert_eq!((depth.requests, depth.items, depth.bytes), (0, 0, 0), "{context}");
    seen
}

/// Returns how many seeds to run: few in a test, `QUEUE_SEEDS` of them by `make torture`.
fn seeds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is said from outside")]
    let asked = std::env::var("QUEUE_SEEDS").ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(200)
}

fn run_all(syncs_fail: bool) {
    let (mut cuts, mut acknowledged, mut duplicates, mut refused) = (0, 0, 0, 0);
    let mut notes = 0;
    for seed in 0..seeds() {
        let seen = run(seed, syncs_fail);
        cuts += seen.power_cuts;
        acknowledged += seen.acknowledged.len();
        duplicates += seen.duplicates;
        refused += seen.refused;
        notes += seen.notes;
    }
    let seeds = seeds();
    println!(
        "{seeds} seeds, {cuts} power cuts, {acknowledged} acknowledged, 0 lost, \
         {duplicates} delivered again, {refused} refused, {notes} notes kept; \
         syncs fail: {syncs_fail}"
    );
    assert!(acknowledged > 0 && duplicates > 0 && notes > 0);
}

/// Scenario: power cuts at any call to a disk that keeps any part of what was not synced, in
/// any order, with torn pages, and now and then has no room.
/// Guarantee: every acknowledged request is delivered, in order; what comes twice was done after
/// the last sync before the cut. Notes that were kept are there, and nothing that a note says is
/// done comes again.
#[test]
fn power_cuts_lose_nothing_acknowledged() {
    run_all(false);
}

/// Scenario: the same, on a disk whose syncs fail now and then and then forget what they were
/// asked to keep.
/// Guarantee: the same.
#[test]
fn failing_syncs_lose_nothing_acknowledged() {
    run_all(true);
}
