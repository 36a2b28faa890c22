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
    let versions = [&programs.otelcol, &programs.rotel, &programs.ours].map(|it| ask(it));
    // what decides besides how ours was built, where that was not left as Cargo.toml has it
    let lto = option_env!("CARGO_PROFILE_RELEASE_LTO").unwrap_or("thin");
    let units = option_env!("CARGO_PROFILE_RELEASE_CODEGEN_UNITS").unwrap_or("1");
    format!("{}; ours is a release build, LTO {lto}, {units} codegen units", versions.join(", "))
}
