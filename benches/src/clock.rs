//! CPU clocks: what was worked, not what was waited.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns the CPU time of the current thread.
pub(crate) fn thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Returns the CPU time of the process: the thread that serves, those that export, and all others.
pub(crate) fn process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
