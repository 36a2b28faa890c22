//! The queue with its thread.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bellwether_core::queue::{Left, NotQueued, Queue};
use tokio::time::timeout;

use super::sim::Disk;
use super::{id, request, small};
use crate::files::{File, Files};
use crate::{DiskQueue, Log, Settings};

const LIMIT: Duration = Duration::from_secs(30);

fn start(disk: &Disk, settings: Settings) -> Arc<DiskQueue> {
    Arc::new(DiskQueue::start(Log::open(Box::new(disk.clone()), settings).unwrap()).unwrap())
}

#[tokio::test]
async fn many_append_and_one_takes() {
    let queue = start(&Disk::new(1), small());
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..20_u64 {
        let queue = Arc::clone(&queue);
        senders.spawn(async move {
            for number in 0..25 {
                queue.append(request(sender * 100 + number, 200)).await.unwrap();
            }
        });
    }
    let mut newest = [None; 20];
    for _ in 0..500 {
        let front = timeout(LIMIT, queue.front()).await.unwrap();
        assert_eq!(queue.try_front(), Some(front.clone()), "it stays until it is done");
        let (sender, number) = (usize::try_from(id(&front) / 100).unwrap(), id(&front) % 100);
        assert!(newest[sender] < Some(number), "in order for each sender");
        newest[sender] = Some(number);
        queue.done(front.seq);
    }
    senders.join_all().await;
    assert_eq!(newest, [Some(24); 20]);
    assert_eq!(queue.close().await, Left::default());
    assert_eq!(queue.append(request(1, 0)).await, Err(NotQueued::Closed));
    assert_eq!(queue.close().await, Left::default());
}

#[tokio::test]
async fn waiting_may_be_given_up_and_closing_keeps_what_waits() {
    let disk = Disk::new(1);
    let queue = start(&disk, small());
    for _ in 0..10 {
        assert!(timeout(Duration::from_millis(1), queue.front()).await.is_err());
    }
    for id in 1..=10 {
        queue.append(request(id, 0)).await.unwrap();
        // a look that nobody waits for must not swallow anything
        let _ = timeout(Duration::ZERO, queue.front()).await;
    }
    assert_eq!(queue.depth().requests, 10);
    let front = timeout(LIMIT, queue.front()).await.unwrap();
    assert_eq!(id(&front), 1);
    queue.done(front.seq);
    assert_eq!(queue.close().await, Left { kept: 9, lost: 0 });
    let queue = start(&disk, small());
    for expected in 2..=10 {
        let front = timeout(LIMIT, queue.front()).await.unwrap();
        assert_eq!(id(&front), expected);
        queue.done(front.seq);
    }
}

/// A disk whose syncs wait until they are let through.
#[derive(Clone)]
struct Gated(Disk, Arc<(Mutex<bool>, Condvar)>);

impl Gated {
    fn set_open(&self, open: bool) {
        *self.1.0.lock().unwrap() = open;
        self.1.1.notify_all();
    }
}

struct GatedFile(Box<dyn File>, Gated);

impl Files for Gated {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        Ok(Box::new(GatedFile(self.0.create(name)?, self.clone())))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        Ok(Box::new(GatedFile(self.0.open(name)?, self.clone())))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }
    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}

impl File for GatedFile {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        self.0.read(offset, length)
    }
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write(offset, bytes)
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.0.cut(length)
    }
    fn sync(&mut self) -> io::Result<()> {
        let (open, changed) = &*self.1.1;
        drop(changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
        self.0.sync()
    }
}

/// Scenario: the disk takes its time to sync, on a runtime with one thread.
/// Guarantee: an append is not acknowledged before the sync has ended, nothing is handed out,
/// and the runtime is not held up meanwhile.
#[tokio::test]
async fn an_append_waits_for_its_sync_and_holds_up_nobody() {
    let disk = Gated(Disk::new(1), Arc::default());
    disk.set_open(true);
    let log = Log::open(Box::new(disk.clone()), small()).unwrap();
    let queue = DiskQueue::start(log).unwrap();
    disk.set_open(false);
    let mut append = queue.append(request(1, 0));
    let early = timeout(Duration::from_millis(100), &mut append).await;
    assert!(early.is_err(), "acknowledged without a sync: {early:?}");
    assert_eq!(queue.try_front(), None);
    disk.set_open(true);
    timeout(LIMIT, append).await.unwrap().unwrap();
    assert_eq!(id(&timeout(LIMIT, queue.front()).await.unwrap()), 1);
}
