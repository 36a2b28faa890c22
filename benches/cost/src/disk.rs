//! What a disk gets to do so that a kill costs nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use bellwether_core::store::{Commit, Store};
use bellwether_history::{History, Place};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::groups::{Case, median};
use crate::plane::Plane;

/// What it costs to store what evaluations write down.
pub(crate) struct Cost {
    /// How long it takes to commit an evaluation.
    pub(crate) page: Duration,
    /// How long it takes to commit one that writes down all that is known.
    pub(crate) all: Duration,
    /// How many bytes go to the disk in a minute.
    pub(crate) written_a_minute: usize,
    /// How many bytes the folder has after the first minute,
    pub(crate) folder_at_first: usize,
    /// and at the end.
    pub(crate) folder: usize,
}

/// A history in a folder of its own.
pub(crate) struct Disk {
    runtime: Runtime,
    history: History,
    folder: TempDir,
}

impl Disk {
    pub(crate) fn open() -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let folder = tempfile::tempdir()?;
        let place = Place { folder: folder.path().to_owned(), postgres: None };
        let history = runtime.block_on(History::open(&place))?;
        Ok(Self { runtime, history, folder })
    }

    /// Commits, and returns how long that took.
    pub(crate) fn commit(&self, commit: Commit) -> anyhow::Result<Duration> {
        let began = Instant::now();
        self.runtime.block_on(self.history.commit(commit))?;
        Ok(began.elapsed())
    }
}

/// Evaluates a rule with so many groups every second for some minutes, and stores what comes of it.
pub(crate) fn measure(groups: usize, minutes: usize) -> anyhow::Result<Cost> {
    let disk = Disk::open()?;
    let case = Case::all().into_iter().next().context("there are no cases")?;
    let mut plane: Plane = case.plane()?;
    case.fill(&mut plane, groups);
    let (mut pages, mut all, mut sizes) = (Vec::new(), Duration::ZERO, Vec::new());
    let before = written()?;
    for _ in 0..minutes {
        for _ in 0..60 {
            let requests = case.requests(&plane, groups);
            let (_, evaluation) = plane.second(&requests);
            let writes_all = evaluation.commit.snapshots.iter().any(|it| it.name == "journal");
            let took = disk.commit(evaluation.commit)?;
            if writes_all {
                all = all.max(took);
            } else {
                pages.push(took);
            }
        }
        sizes.push(size(disk.folder.path())?);
    }
    let written_a_minute = (written()? - before) / minutes.max(1);
    disk.runtime.block_on(disk.history.close());
    Ok(Cost {
        page: median(pages.into_iter()),
        all,
        written_a_minute,
        folder_at_first: sizes.first().copied().unwrap_or_default(),
        folder: sizes.last().copied().unwrap_or_default(),
    })
}

/// Returns how many bytes this process had written to disks.
fn written() -> anyhow::Result<usize> {
    let told = std::fs::read_to_string("/proc/self/io")?;
    let line = told.lines().find_map(|it| it.strip_prefix("write_bytes: "));
    Ok(line.context("/proc/self/io does not say what was written")?.parse()?)
}

fn size(folder: &Path) -> anyhow::Result<usize> {
    let mut size = 0;
    for file in std::fs::read_dir(folder)? {
        size += usize::try_from(file?.metadata()?.len())?;
    }
    Ok(size)
}
