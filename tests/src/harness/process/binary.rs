//! Where the workspace's programs are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// Finds a program of the workspace beside this one, wherever the target directory is.
///
/// # Errors
/// Says how to build it when it is not there.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("this program does not know where it is")?;
    let mut folder = own.parent().unwrap_or(Path::new("."));
    // tests are one folder below
    if folder.ends_with("deps") {
        folder = folder.parent().unwrap_or(folder);
    }
    let path = folder.join(name);
    ensure!(
        path.is_file(),
        "{} is not built: run `cargo build --workspace --bins`",
        path.display()
    );
    Ok(path)
}

/// Returns the folder of the example: catalog, rules and configurations.
pub fn example() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).join("examples/marketedge")
}
