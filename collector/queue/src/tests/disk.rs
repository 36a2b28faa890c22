//! The queue with its thread.

use std::io::{self, IoSlice};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bellwether_core::queue::Queue;
use tokio::time::timeout;

use super::sim::Disk;
use super::{id, request, small};
use crate::files::{File, Files};
use crate::{DiskQueue, Log};

const LIMIT: Duration = Duration::from_secs(30);

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
    fn write(&mut self, offset: u64, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        self.0.write(offset, parts)
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
    let room = queue.reserve(8).unwrap();
    let mut append = queue.append(room, request(1, 0));
    let early = timeout(Duration::from_millis(100), &mut append).await;
    assert!(early.is_err(), "acknowledged without a sync: {early:?}");
    assert_eq!(queue.try_next(), None);
    disk.set_open(true);
    timeout(LIMIT, append).await.unwrap().unwrap();
    assert_eq!(id(&timeout(LIMIT, queue.next()).await.unwrap()), 1);
}
