mod disk;
mod faults;
mod kill;
mod log;
mod real;
mod sim;
mod suite;
mod torture;

use std::time::Duration;

use bellwether_core::ingest::Signal;
use bellwether_core::queue::{Queued, Request};
use bellwether_core::time::Timestamp;
use bytes::Bytes;

use crate::{Policy, Settings};

/// Makes a request that can be told apart, with a body of at least 8 bytes.
fn request(id: u64, padding: usize) -> Request {
    let mut body = id.to_le_bytes().to_vec();
    // bytes that look like the end of a header must not lead a search astray
    body.extend(b"bw\x02".iter().cycle().take(padding));
    let signal = Signal::ALL[usize::try_from(id % 3).unwrap()];
    let at = Timestamp::from_secs(i64::try_from(id).unwrap());
    Request { signal, items: u32::try_from(id % 100).unwrap(), at, body: Bytes::from(body) }
}

fn id(queued: &Queued) -> u64 {
    let id = u64::from_le_bytes(*queued.request.body.first_chunk().unwrap());
    assert_eq!(queued.request, request(id, queued.request.body.len() - 8), "it came as it went");
    id
}

fn ids(batch: &[Queued]) -> Vec<u64> {
    batch.iter().map(id).collect()
}

/// Small segments and batches, so that little is enough to fill them.
fn small() -> Settings {
    let settings = Settings::new("test", 1 << 20, Policy::Block);
    Settings { segment: 4 << 10, memory: 2 << 10, batch: 4, pace: Duration::ZERO, ..settings }
}

/// Numbers that look random and are the same in every run (SplitMix64).
#[derive(Clone, Debug)]
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}
