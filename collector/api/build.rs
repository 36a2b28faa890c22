//! Takes the dashboard into the program, where `scripts/web build` made one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the built dashboard is. The folder above it is always there: cargo would take one that
/// is missing for one that changed, and build anew each time.
const BUILT: &str = "../../dashboards/web/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={BUILT}");
    // asked when it runs: a target folder that was copied has a program of another tree's
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("run by cargo"))?;
    let built = Path::new(&here).join(BUILT).join("app");
    let mut files = Vec::new();
    if built.is_dir() {
        collect(&built, &mut files)?;
    }
    files.sort();
    let mut code = String::from("&[\n");
    for file in files.iter().filter(|it| it.extension().is_none_or(|it| it != "gz")) {
        let name = file.strip_prefix(&built).map_err(io::Error::other)?.display().to_string();
        let packed = PathBuf::from(format!("{}.gz", file.display()));
        let packed = if packed.is_file() { some(&packed) } else { "None".to_owned() };
        // writing to text cannot fail
        let _ =
            writeln!(code, "File {{ name: {name:?}, plain: {}, packed: {packed} }},", bytes(file));
    }
    code.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets no OUT_DIR"))?;
    fs::write(Path::new(&out).join("dashboard.rs"), code)
}

fn bytes(file: &Path) -> String {
    format!("include_bytes!({:?})", file.display().to_string())
}

fn some(file: &Path) -> String {
    format!("Some({})", bytes(file))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            // what the build keeps for itself
        } else if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
