//! What the system knows of this process; nothing where there is no /proc.

use bellwether_proto::metrics::{
    COLLECTOR_FILE_DESCRIPTORS, PROCESS_CPU_TIME, PROCESS_MEMORY_USAGE,
};
use bellwether_proto::semconv::CPU_MODE;

use super::metric::Reading;

/// In which Linux counts a process's CPU time for everybody, whatever it does inside.
const TICKS: f64 = 100.0;

pub(super) fn read(reading: &mut Reading) {
    if let Some((user, system)) =
        std::fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu)
    {
        reading.add(&PROCESS_CPU_TIME, &[(CPU_MODE, "user")], user);
        reading.add(&PROCESS_CPU_TIME, &[(CPU_MODE, "system")], system);
    }
    if let Some(bytes) =
        std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident)
    {
        reading.add(&PROCESS_MEMORY_USAGE, &[], bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // the folder itself is open while it is read
        let count = open.count().saturating_sub(1) as u64;
        reading.add(&COLLECTOR_FILE_DESCRIPTORS, &[], count);
    }
}

/// Finds the seconds in user mode and in the system.
fn cpu(stat: &str) -> Option<(f64, f64)> {
    // the name in brackets may hold anything
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / TICKS);
    Some((seconds()?, seconds()?))
}

/// Finds the bytes of memory.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 75 0 0 20 0 3 0 100 1 1";
        assert_eq!(cpu(stat), Some((2.5, 0.75)));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    20 kB\n"), Some(20_480));
        assert_eq!((cpu("nonsense"), resident("")), (None, None));
    }
}
