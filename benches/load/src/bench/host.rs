//! Where queues were kept, and the versions of what was measured.

use std::path::Path;
use std::process::Command;

use super::peer::Programs;

/// Returns the file system and device that a folder is on.
pub(crate) fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_default();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (device, place, kind) = (words.next()?, words.next()?, words.next()?);
            folder.starts_with(place).then(|| (place.len(), format!("{kind} on {device}")))
        })
        .max();
    mount.map_or("an unknown file system".to_owned(), |(_, name)| name)
}

/// Lists the versions of what was measured.
pub(crate) fn versions(programs: &Programs) -> String {
    let ask = |program: &Path| {
        let output = Command::new(program).arg("--version").output();
        let text = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
        text.unwrap_or_else(|_| format!("{}: unknown version", program.display()))
    };
    [&programs.otelcol, &programs.rotel, &programs.ours].map(|it| ask(it)).join(", ")
}
