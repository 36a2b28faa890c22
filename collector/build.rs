//! Links the program so that little of it is resident at rest.

use std::env;
use std::process::Command;

/// The first glibc whose loader reads packed relocations, as major and minor version.
const PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // pages come with those beside them: what is hardly ever run lies apart from what is
    if env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|it| it == "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,keep-text-section-prefix");
    }
    // a program that stands at any address has a table of its pointers, all of which is read at
    // the start: packed it has bits for each in the place of 24 bytes
    if is_for_this_machine() && glibc().is_some_and(|it| it >= PACKED) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

fn is_for_this_machine() -> bool {
    let [host, target] = ["HOST", "TARGET"].map(|name| env::var_os(name).unwrap_or_default());
    host == target && target.to_string_lossy().ends_with("-linux-gnu")
}

/// Returns the version of this machine's glibc, if it has one.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
