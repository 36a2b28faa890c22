//! An allocator that knows how much is in use.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; it only counts and hands on")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Returns how many bytes are in use, with what glibc's allocator needs besides: eight bytes
/// each, in steps of 16, 32 at least.
pub(crate) fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Begins to look for the most anew.
pub(crate) fn forget_peak() {
    PEAK.store(live(), Ordering::Relaxed);
}

/// Returns how many bytes were in use at most since then.
pub(crate) fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Returns how often memory was asked for.
pub(crate) fn calls() -> usize {
    CALLS.load(Ordering::Relaxed)
}

fn taken(size: usize) -> usize {
    ((size + 8).next_multiple_of(16)).max(32)
}

fn add(size: usize) {
    let live = LIVE.fetch_add(taken(size), Ordering::Relaxed) + taken(size);
    PEAK.fetch_max(live, Ordering::Relaxed);
    CALLS.fetch_add(1, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator with the arguments as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(taken(layout.size()), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(taken(layout.size()), Ordering::Relaxed);
        add(size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
