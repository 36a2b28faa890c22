use std::sync::Mutex;

use bellwether_core::BoxFuture;
use bellwether_core::queue::{Account, Depth, Left, Queued};
use bellwether_core::time::Timestamp;
use bellwether_queue::{MemoryQueue, Policy};
use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::Notify;

use super::*;

/// A queue whose appends fail, or wait until they are let go; it writes down that they began.
#[derive(Debug)]
struct Odd {
    name: &'static str,
    fails: bool,
    go: Option<Arc<Notify>>,
    account: Arc<Account>,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl Queue for Odd {
    fn reserve(&self, bytes: usize) -> Result<Room, NotQueued> {
        self.account.reserve(bytes as u64).map_err(|_| NotQueued::Full)
    }
    fn is_failing(&self) -> bool {
        self.fails
    }
    fn append(&self, _: Room, _: Request) -> BoxFuture<'_, Result<(), NotQueued>> {
        self.log.lock().unwrap().push(self.name);
        Box::pin(async {
            if let Some(go) = &self.go {
                go.notified().await;
            }
            if self.fails { Err(NotQueued::Storage("no room".to_owned())) } else { Ok(()) }
        })
    }
    fn next(&self) -> BoxFuture<'_, Queued> {
        Box::pin(std::future::pending())
    }
    fn try_next(&self) -> Option<Queued> {
        None
    }
    fn has_more(&self) -> bool {
        false
    }
    fn done(&self, _: u64) {}
    fn close(&self) -> BoxFuture<'_, Left> {
        Box::pin(async { Left::default() })
    }
    fn depth(&self) -> Depth {
        Depth::default()
    }
}

fn request(bytes: usize) -> Request {
    let body = Bytes::from(vec![0; bytes]);
    Request { signal: Signal::Traces, items: 1, at: Timestamp::default(), body }
}

fn lane(queues: Vec<Arc<dyn Queue>>) -> Lane {
    Lane { observed: false, queues }
}

/// Guarantee: a request that one queue has no room for is in none, and takes no room from those
/// that have some, so that its sender's next try makes no duplicates.
#[test]
fn a_full_queue_refuses_before_another_has_the_request() {
    let small = Arc::new(MemoryQueue::new("small", 200, Policy::Block));
    let large = Arc::new(MemoryQueue::new("large", 400, Policy::Block));
    let lane = lane(vec![large.clone(), small.clone()]);
    let put = || {
        let rooms = lane.reserve(100)?;
        lane.append(rooms, request(100)).now_or_never().expect("memory takes no time")
    };
    assert_eq!(put(), Ok(()));
    for _ in 0..10 {
        assert_eq!(put(), Err(NotQueued::Full));
    }
    assert_eq!((small.depth().requests, large.depth().requests), (1, 1));
    let front = small.try_next().unwrap();
    small.done(front.seq);
    assert_eq!(put(), Ok(()), "what was promised and not used is free again");
    assert_eq!((small.depth().requests, large.depth().requests), (1, 2));
}

/// Guarantee: a destination that drops its oldest never refuses for the others.
#[test]
fn a_queue_that_drops_makes_nobody_wait() {
    let drops = Arc::new(MemoryQueue::new("drops", 200, Policy::DropOldest));
    let keeps = Arc::new(MemoryQueue::new("keeps", 4_000, Policy::Block));
    let lane = lane(vec![drops.clone(), keeps.clone()]);
    for _ in 0..10 {
        let rooms = lane.reserve(100).unwrap();
        lane.append(rooms, request(100)).now_or_never().unwrap().unwrap();
    }
    assert_eq!((drops.depth().requests, drops.depth().dropped["queue_full"]), (1, 9));
    assert_eq!(keeps.depth().requests, 10);
}

/// Guarantee: all queues are written at the same time, and the acknowledgement waits for all.
#[test]
fn queues_are_written_together_and_all_are_waited_for() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let go = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let odd = |name, at: usize| -> Arc<dyn Queue> {
        let (account, log, go) = (Account::new(None), Arc::clone(&log), go.get(at).cloned());
        Arc::new(Odd { name, fails: false, go, account, log })
    };
    let lane = lane(vec![odd("a", 0), odd("b", 1)]);
    let rooms = lane.reserve(1).unwrap();
    let mut append = Box::pin(lane.append(rooms, request(1)));
    assert_eq!((&mut append).now_or_never(), None);
    assert_eq!(*log.lock().unwrap(), ["a", "b"]);
    go[1].notify_one();
    assert_eq!((&mut append).now_or_never(), None, "one of two");
    go[0].notify_one();
    assert_eq!((&mut append).now_or_never(), Some(Ok(())));
}

/// Guarantee: while the disk of one queue fails, the others do not fill up with copies of what
/// is refused.
#[test]
fn a_queue_that_fails_is_tried_before_the_others() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let odd = |name, fails| -> Arc<dyn Queue> {
        let (account, log) = (Account::new(None), Arc::clone(&log));
        Arc::new(Odd { name, fails, go: None, account, log })
    };
    let lane = lane(vec![odd("well", false), odd("failing", true)]);
    let rooms = lane.reserve(1).unwrap();
    let refused = lane.append(rooms, request(1)).now_or_never().unwrap();
    assert_eq!(refused, Err(NotQueued::Storage("no room".to_owned())));
    assert_eq!(*log.lock().unwrap(), ["failing"]);
}
