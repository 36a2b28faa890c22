//! Replays what fuzzing found worth keeping; `make fuzz` finds more.

use std::fs;
use std::path::Path;

use super::{Plan, compare, edit, json, walk_unchecked};

/// Hands every file of a target to `check`.
fn replay(target: &str, check: impl Fn(&[u8]) -> Result<(), String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files: Vec<_> =
        fs::read_dir(&folder).expect("the corpus").map(|it| it.expect("a file").path()).collect();
    assert!(files.len() >= 100, "{} files in {}", files.len(), folder.display());
    for file in files {
        let input = fs::read(&file).expect("a file");
        check(&input).unwrap_or_else(|difference| panic!("{}: {difference}", file.display()));
    }
}

#[test]
fn views_of_the_corpus_read_the_same() {
    replay("views", |bytes| {
        walk_unchecked(bytes);
        compare(bytes).map(drop)
    });
}

#[test]
fn json_of_the_corpus_is_translated_soundly() {
    replay("json", json);
}

#[test]
fn edits_of_the_corpus_are_those_of_what_was_decoded() {
    replay("edit", |input| match input.split_first_chunk() {
        Some((keys, bytes)) => edit(bytes, &Plan::new(*keys)),
        None => Ok(()),
    });
}
