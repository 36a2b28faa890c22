//! What every queue does, wherever it keeps what waits.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::queue::{NotQueued, Note, Queue, Request};
use bytes::Bytes;
use tokio::time::timeout;

use super::sim::Disk;
use super::{id, request, small};
use crate::{DiskQueue, Log, MemoryQueue, Policy, Settings};

const LIMIT: Duration = Duration::from_secs(30);

/// Takes room and appends.
pub(super) async fn push(queue: &dyn Queue, request: Request) -> Result<(), NotQueued> {
    queue.append(queue.reserve(request.body.len())?, request).await
}

async fn next(queue: &dyn Queue) -> (u64, u64) {
    let queued = timeout(LIMIT, queue.next()).await.expect("something waits");
    (queued.seq, id(&queued))
}

/// The kinds of queues; each test runs with all of them.
fn kinds(size: u64, policy: Policy) -> Vec<(&'static str, Arc<dyn Queue>)> {
    let settings = Settings { size, policy, ..small() };
    let log = Log::open(Box::new(Disk::new(1)), settings).unwrap();
    vec![
        ("disk", Arc::new(DiskQueue::start(log).unwrap())),
        ("memory", Arc::new(MemoryQueue::new("test", size, policy))),
    ]
}

#[tokio::test]
async fn many_append_and_one_takes_in_order() {
    for (kind, queue) in kinds(1 << 20, Policy::Block) {
        let mut senders = tokio::task::JoinSet::new();
        for sender in 0..20_u64 {
            let queue = Arc::clone(&queue);
            senders.spawn(async move {
                for number in 0..25 {
                    push(queue.as_ref(), request(sender * 100 + number, 200)).await.unwrap();
                }
            });
        }
        let mut newest = [None; 20];
        let mut last = 0;
        for taken in 0..500 {
            let (seq, id) = next(queue.as_ref()).await;
            assert!(seq > last, "{kind}: numbers rise");
            last = seq;
            let (sender, number) = (usize::try_from(id / 100).unwrap(), id % 100);
            assert!(newest[sender] < Some(number), "{kind}: in order for each sender");
            newest[sender] = Some(number);
            // several are in flight at once
            if taken % 7 == 0 {
                queue.done(seq);
            }
        }
        senders.join_all().await;
        queue.done(last);
        assert_eq!(newest, [Some(24); 20], "{kind}");
        let left = queue.close().await;
        assert_eq!((left.kept, left.lost), (0, 0), "{kind}");
    }
}

#[tokio::test]
async fn each_is_handed_out_once_and_counts_until_it_is_done() {
    for (kind, queue) in kinds(1 << 20, Policy::Block) {
        for id in 1..=5 {
            push(queue.as_ref(), request(id, 0)).await.unwrap();
            // a look that nobody waits for must not swallow anything
            drop(queue.next());
        }
        let taken = [next(queue.as_ref()).await, next(queue.as_ref()).await];
        assert_eq!(taken.map(|it| it.1), [1, 2], "{kind}");
        let depth = queue.depth();
        assert_eq!((depth.requests, depth.items, depth.bytes), (5, 15, 5 * 48), "{kind}");
        assert_eq!(depth.oldest.map(|it| it.secs()), Some(1), "{kind}");
        queue.done(taken[1].0);
        assert_eq!(next(queue.as_ref()).await.1, 3, "{kind}");
        for id in [4, 5] {
            assert_eq!(next(queue.as_ref()).await.1, id, "{kind}");
        }
        assert_eq!(queue.try_next(), None, "{kind}");
        let waiting = timeout(Duration::from_millis(20), queue.next()).await;
        assert!(waiting.is_err(), "{kind}: {waiting:?}");
    }
}

#[tokio::test]
async fn a_full_queue_refuses_before_anything_is_appended() {
    for (kind, queue) in kinds(200, Policy::Block) {
        let first = queue.reserve(52).unwrap();
        let second = queue.reserve(60).unwrap();
        assert_eq!(queue.reserve(0).unwrap_err(), NotQueued::Full, "{kind}");
        drop(second);
        queue.append(first, request(1, 44)).await.unwrap();
        assert!(queue.reserve(68).is_ok(), "{kind}: room that was not used is free again");
        assert_eq!(queue.reserve(69).unwrap_err(), NotQueued::Full, "{kind}");
        assert_eq!(queue.depth().refused, 2, "{kind}");
        let (seq, _) = next(queue.as_ref()).await;
        assert_eq!(queue.reserve(69).unwrap_err(), NotQueued::Full, "{kind}: not done yet");
        queue.done(seq);
        timeout(LIMIT, async {
            while queue.reserve(10_000).is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{kind}: an empty queue takes anything"));
    }
}

#[tokio::test]
async fn the_oldest_make_room_where_that_is_asked_for() {
    for (kind, queue) in kinds(20_000, Policy::DropOldest) {
        for id in 1..=100 {
            push(queue.as_ref(), request(id, 452)).await.unwrap();
        }
        let depth = queue.depth();
        assert!(depth.bytes <= 20_000 && depth.requests >= 20, "{kind}: {depth:?}");
        assert_eq!(depth.dropped["queue_full"] + depth.requests, 100, "{kind}");
        assert_eq!(depth.refused, 0, "{kind}");
        let mut last = 0;
        while last < 100 {
            let (seq, id) = next(queue.as_ref()).await;
            assert!(id > last, "{kind}");
            last = id;
            queue.done(seq);
        }
    }
}

#[tokio::test]
async fn a_closed_queue_takes_nothing_and_says_what_is_left() {
    for (kind, queue) in kinds(1 << 20, Policy::Block) {
        let room = queue.reserve(8).unwrap();
        for id in 1..=10 {
            push(queue.as_ref(), request(id, 0)).await.unwrap();
        }
        let (seq, _) = next(queue.as_ref()).await;
        queue.done(seq);
        let left = queue.close().await;
        let expected = if kind == "disk" { (9, 0) } else { (0, 9) };
        assert_eq!((left.kept, left.lost), expected, "{kind}");
        assert_eq!(queue.append(room, request(11, 0)).await, Err(NotQueued::Closed), "{kind}");
        assert_eq!(queue.reserve(0).unwrap_err(), NotQueued::Closed, "{kind}");
        let again = queue.close().await;
        assert_eq!((again.kept, again.lost), (0, 0), "{kind}");
    }
}

#[tokio::test]
async fn notes_say_what_is_done() {
    for (kind, queue) in kinds(1 << 20, Policy::Block) {
        for id in 1..=4 {
            push(queue.as_ref(), request(id, 0)).await.unwrap();
        }
        let seqs = [next(queue.as_ref()).await.0, next(queue.as_ref()).await.0];
        let note = |seq| Note { seq, body: Bytes::from_static(b"note") };
        assert_eq!(queue.keep(vec![note(seqs[0])], true).await, Ok(()), "{kind}");
        assert_eq!(queue.keep(vec![note(seqs[1])], false).await, Ok(()), "{kind}");
        assert_eq!(queue.depth().requests, 2, "{kind}");
        assert_eq!(queue.kept(), [], "{kind}: only what was there before");
    }
}
