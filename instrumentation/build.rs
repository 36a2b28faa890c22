//! Takes down the version of the compiler, which telemetry names as `process.runtime.version`.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    // `rustc 1.95.0 (… date)`
    if let Some(version) = text.unwrap_or_default().split(' ').nth(1) {
        println!("cargo:rustc-env=BELLWETHER_RUSTC={version}");
    }
}
