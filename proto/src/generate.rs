//! Turns the registry into the files that are committed: Rust constants, the table of metrics and the docs page.

mod markdown;
mod rust;
mod table;

use std::path::{Path, PathBuf};

use crate::registry::{Error, Registry};

/// Holds one generated file.
#[derive(Debug)]
pub struct Generated {
    /// Where it belongs.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// Generates every file from the registry of the workspace at `root`, writing none.
///
/// # Errors
/// Tells what is wrong with the registry.
pub fn all(root: &Path) -> Result<Vec<Generated>, Error> {
    let registry = Registry::load(&root.join("proto/registry"))?;
    let constants = rust::constants(&registry);
    let file = |path: &str, text: &str| Generated { path: root.join(path), text: text.to_owned() };
    Ok(vec![
        file("proto/src/semconv.rs", &constants),
        // The library stands alone, so it carries its own copy.
        file("instrumentation/src/semconv.rs", &constants),
        file("proto/src/metrics.rs", &table::metrics(&registry)),
        file("docs/telemetry.md", &markdown::page(&registry)),
    ])
}

/// Returns the root of the workspace that this crate was compiled in.
pub fn workspace_root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
