//! The queues of a destination: on disk, or in memory.
//!
//! A queue on disk is a folder of segments, `<number of its first record>.seg`, and a `cursor` that says
//! up to where the destination has taken them. A request is acknowledged after it was synced;
//! requests that come at the same time share one sync. `docs/queue.md` tells the format and what
//! survives what.
//!
//! [`Log`] is the queue without threads and time; [`DiskQueue`] runs one on a thread of its own
//! and is what the collector uses. Files are reached through [`Files`], so that tests can have a
//! disk that forgets, tears and reorders what was not synced.

mod cursor;
mod disk;
mod files;
mod log;
mod memory;
mod notes;
mod ready;
mod record;
mod segment;
mod thread;
mod writer;

pub use disk::DiskQueue;
pub use files::{Disk, File, Files, Folder, RealDisk};
pub use log::{Log, OpenError, Policy, Settings};
pub use memory::MemoryQueue;

#[cfg(test)]
mod tests;
