//! What `scripts/setup` has installed.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// Returns the folder of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns what a part of `scripts/setup` has put into the cache.
///
/// # Errors
/// Says how to install what is missing.
pub fn cached(path: &str, part: &str) -> anyhow::Result<String> {
    let place = project().join(".cache").join(path);
    ensure!(place.exists(), "{} is missing: run `scripts/setup {part}`", place.display());
    Ok(place.display().to_string())
}

/// Returns Node, where the system has it.
///
/// # Errors
/// Says how to install it.
pub fn node() -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "node is where the system has it")]
    let path = std::env::var("PATH").context("no PATH")?;
    let mut places = path.split(':').map(|folder| Path::new(folder).join("node"));
    let found = places.find(|it| it.is_file());
    Ok(found.context("node is missing: run `scripts/setup clients`")?.display().to_string())
}
