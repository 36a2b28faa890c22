//! Checks that a disk has room.

use std::path::PathBuf;

use super::{Check, CheckKind, CheckResult, NotPassed};

/// Checks that at least this many bytes are free, for users without privileges, on the file system that holds `path`.
///
/// ```
/// let uploads = bellwether::checks::disk("/var/lib/marketedge", 2 * 1024 * 1024 * 1024);
/// ```
pub fn disk(path: impl Into<PathBuf>, free: u64) -> Disk {
    Disk { path: path.into(), free }
}

/// Checks the space on a disk; comes from [`disk`].
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
    free: u64,
}

impl Check for Disk {
    fn kind(&self) -> CheckKind {
        CheckKind::Disk
    }

    async fn run(&self) -> CheckResult {
        let place = self.path.display();
        // Blocks while a network file system does not answer; a check may.
        let found = rustix::fs::statvfs(&self.path).map_err(|error| {
            NotPassed::failed(format!("{place}: {}", std::io::Error::from(error)))
                .advice("create the folder, or mount the file system that holds it")
                .error_type("path_unreadable")
        })?;
        if found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
            return Err(NotPassed::failed(format!("{place}: the file system is read-only"))
                .advice("see the kernel's log: file systems turn read-only when their disk breaks")
                .error_type("read_only"));
        }
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < self.free {
            return Err(NotPassed::failed(format!(
                "{place}: {} free, which is less than {}",
                size(free),
                size(self.free)
            ))
            .advice("make room on this file system, or give it more")
            .error_type("disk_full"));
        }
        Ok(())
    }
}

/// Writes a number of bytes for a person.
fn size(bytes: u64) -> String {
    let units = ["GiB", "MiB", "KiB"];
    for (unit, power) in units.into_iter().zip([30_u32, 20, 10]) {
        if bytes >> power > 0 {
            // Tenths, in whole numbers.
            let tenths = (u128::from(bytes) * 10) >> power;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_measured() {
        let here = std::env::temp_dir();
        assert_eq!(disk(&here, 0).run().await, Ok(()));
        let error = disk(&here, u64::MAX).run().await.unwrap_err();
        assert!(error.message().contains("free, which is less than 17179869183.9 GiB"), "{error}");
        assert_eq!(error.error_type, "disk_full");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_told() {
        let error = disk("/nowhere/at/all", 1).run().await.unwrap_err();
        assert_eq!(error.message(), "/nowhere/at/all: No such file or directory (os error 2)");
    }

    #[test]
    fn sizes_are_for_people() {
        for (bytes, text) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
