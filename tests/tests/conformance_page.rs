//! The page about OTLP names tests; each of them exists.

use std::path::{Path, PathBuf};

use anyhow::ensure;

/// Returns every Rust file below a folder.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, into)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// Says whether a word in the page is the name of a test: such have three words at least.
fn is_test(word: &str) -> bool {
    let letters =
        word.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    letters && word.matches('_').count() >= 2 && !word.ends_with('_')
}

/// Guarantee: what `docs/otlp.md` says holds a line of the specification is there, under that
/// name, and so are the files that it names.
#[test]
fn every_test_that_the_page_names_exists() -> anyhow::Result<()> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(project.join("docs/otlp.md"))?;
    let (_, page) = page.split_once("## Conformance today").unwrap_or_default();
    let mut files = Vec::new();
    for folder in ["collector", "tests/tests"] {
        sources(&project.join(folder), &mut files)?;
    }
    let texts = files.iter().map(std::fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
    let mut tests = 0;
    // what stands between backticks
    for word in page.split('`').skip(1).step_by(2) {
        if word.contains('/') && word.ends_with(".rs") {
            ensure!(files.iter().any(|it| it.ends_with(place(word))), "no file {word}");
        } else if is_test(word) && !["partial_success", "grpc_encoding"].contains(&word) {
            let defined = format!("fn {word}(");
            ensure!(texts.iter().any(|it| it.contains(&defined)), "no test {word}");
            tests += 1;
        }
    }
    ensure!(tests > 40, "the page names {tests} tests");
    Ok(())
}

/// Returns where a file is that the page names in short.
fn place(word: &str) -> PathBuf {
    let folders = [
        ("grpc/", "collector/receivers/src/grpc/tests/"),
        ("http/", "collector/receivers/src/http/tests/"),
        ("json/", "collector/otlp/src/json/tests/"),
    ];
    let short = folders.iter().find_map(|(short, whole)| {
        word.strip_prefix(short).map(|rest| PathBuf::from(format!("{whole}{rest}")))
    });
    short.unwrap_or_else(|| word.into())
}
