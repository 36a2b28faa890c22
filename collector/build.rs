//! Links the program so that little of it is resident at rest.

use std::env;
use std::path::Path;
use std::process::Command;

/// The first glibc whose loader reads packed relocations, as major and minor version.
const PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // pages come with those beside them: what is hardly ever run lies apart from what is
    if env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|it| it == "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,keep-text-section-prefix");
    }
    if env::var_os("PROFILE").is_some_and(|it| it == "release") && reads_scripts() {
        let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        let script = Path::new(&folder).join("later.ld");
        println!("cargo::rerun-if-changed=later.ld");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    }
    // a program that stands at any address has a table of its pointers, all of which is read at
    // the start: packed it has bits for each in the place of 24 bytes
    if is_for_this_machine() && glibc().is_some_and(|it| it >= PACKED) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Returns whether the linker understands scripts: those of GNU and LLVM do, mold does not.
fn reads_scripts() -> bool {
    let flags = env::var_os("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_elf = env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|it| it == "linux");
    is_elf && !flags.to_string_lossy().contains("mold")
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
