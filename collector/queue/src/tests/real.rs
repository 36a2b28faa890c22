//! The real file system.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::log::{append, drain};
use super::{request, small};
use crate::{Folder, Log, Policy, Settings};

fn open(folder: &Path) -> Log {
    Log::open(Box::new(Folder::open(folder).unwrap()), small()).unwrap()
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|it| it.extension().is_some_and(|it| it == "seg")).collect();
    paths.sort();
    paths
}

#[test]
fn it_works_on_real_files_and_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue/otlphttp%2Fa");
    let mut log = open(&path);
    append(&mut log, 1..=50, 500);
    let second = Folder::open(&path).unwrap_err();
    assert_eq!(second.to_string(), "another process uses it");
    drop(log);
    let mut log = open(&path);
    assert_eq!(drain(&mut log), (1..=50).collect::<Vec<_>>());
    log.flush();
    assert!(segments(&path).len() <= 1);
}

#[test]
fn a_file_cut_anywhere_loses_what_was_cut_and_no_more() {
    let record = 548_u64;
    for cut in [1, 39, 40, 41, 547, 548, 549, 1_000, 3 * 548] {
        let folder = tempfile::tempdir().unwrap();
        let mut log = open(folder.path());
        append(&mut log, 1..=5, 500);
        drop(log);
        let last = segments(folder.path()).pop().unwrap();
        let file = fs::OpenOptions::new().write(true).open(last).unwrap();
        file.set_len(5 * record - cut).unwrap();
        let mut log = open(folder.path());
        let left = (5 * record - cut) / record;
        append(&mut log, [9], 10);
        assert_eq!(drain(&mut log), (1..=left).chain([9]).collect::<Vec<_>>(), "cut {cut}");
    }
}

#[test]
fn a_segment_in_the_middle_that_was_cut_or_lost_is_counted() {
    for remove in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut log = open(folder.path());
        append(&mut log, 1..=30, 500);
        drop(log);
        let second = &segments(folder.path())[1];
        if remove {
            fs::remove_file(second).unwrap();
        } else {
            fs::OpenOptions::new().write(true).open(second).unwrap().set_len(5 * 548).unwrap();
        }
        let mut log = open(folder.path());
        let lost = if remove { 8..15 } else { 13..15 };
        assert_eq!(log.depth().dropped["damaged"], lost.end - lost.start);
        let left: Vec<u64> = (1..=30).filter(|it| !lost.contains(it)).collect();
        assert_eq!(drain(&mut log), left);
    }
}

#[test]
fn rubbish_in_any_file_is_no_panic() {
    for seed in 0..100 {
        let mut random = super::Seeded(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut log = open(folder.path());
        append(&mut log, 1..=30, 500);
        drop(log);
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            for _ in 0..random.below(40) {
                let length = bytes.len() as u64;
                if let Some(at) = usize::try_from(random.below(length + 1)).ok()
                    && let Some(byte) = bytes.get_mut(at)
                {
                    *byte = random.below(256) as u8;
                }
            }
            fs::write(&path, bytes).unwrap();
        }
        let mut log = open(folder.path());
        append(&mut log, [31], 10);
        let left = drain(&mut log);
        assert_eq!(left.last(), Some(&31), "seed {seed}");
        assert!(left.is_sorted());
        assert_eq!(log.depth().requests, 0);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(Folder::open(&file.join("queue")).is_err(), "a file is no folder");
    let path = folder.path().join("queue");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o500)).unwrap();
    let opened = Folder::open(&path);
    // root may write everywhere
    if fs::write(path.join("probe"), "").is_err() {
        assert_eq!(opened.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_folder_that_vanishes_refuses_and_does_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path());
    append(&mut log, 1..=20, 500);
    fs::remove_dir_all(folder.path()).unwrap();
    let results: Vec<_> = (21..=40).flat_map(|it| log.append(&[request(it, 500)])).collect();
    assert!(results.iter().any(Result::is_err));
    drop(drain(&mut log));
    assert_eq!(log.depth().requests, 0);
}

#[test]
fn the_smallest_sizes_work() {
    for policy in [Policy::Block, Policy::DropOldest] {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            Settings { segment: 1, memory: 0, batch: 1, ..Settings::new("t", 1, policy) };
        let mut log = Log::open(Box::new(Folder::open(folder.path()).unwrap()), settings).unwrap();
        append(&mut log, [1], 100);
        let second = log.append(&[request(2, 0)]);
        assert_eq!(second[0].is_ok(), policy == Policy::DropOldest);
        assert_eq!(drain(&mut log), [if policy == Policy::Block { 1 } else { 2 }]);
        append(&mut log, [3], 100);
        assert_eq!(drain(&mut log), [3]);
    }
}
