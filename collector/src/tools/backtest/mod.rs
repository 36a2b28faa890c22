//! `bellwether backtest`: what would the rules have said?

mod labels;
mod progress;
mod report;
mod score;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use bellwether_core::time::Timestamp;

use self::labels::Label;
use self::progress::Progress;
use self::report::Report;
use self::score::Score;
use super::ToolError;
use super::files::{self, Item, Merge};
use super::replay::{Eye, Judge, Slice};
use crate::config;

/// Requests, and slices, that are handed on together: to wake another thread costs more than most
/// of them.
const TOGETHER: usize = 32;

/// So many times that may wait between two threads.
const WAITING: usize = 4;

/// What to hold against what.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The configuration with the catalog and the rules; the defaults hold without one.
    pub config: Option<&'a Path>,
    /// Files and folders with OTLP.
    pub from: &'a [PathBuf],
    /// A file that says when what was really out.
    pub labels: Option<&'a Path>,
    /// How long after the last signal the rules are still evaluated.
    pub after: Duration,
    /// Whether each line is a JSON document.
    pub json: bool,
    /// Whether somebody looks on.
    pub progress: bool,
}

/// Holds rules against files, and writes every change of state, every alert and every incident.
///
/// # Errors
/// Says which file cannot be read or has mistakes, and where.
pub fn run(request: &Request<'_>, out: &mut impl Write) -> Result<(), ToolError> {
    let config = config::load(request.config)?;
    let labels = match request.labels {
        Some(file) => labels::read(file, &config.catalog)?,
        None => Vec::new(),
    };
    let mut merge = Merge::open(&files::find(request.from)?)?;
    let nothing = || ToolError::Other("the files hold no signals".to_owned());
    let first = merge.next()?.ok_or_else(nothing)?;
    let every = config.evaluate_every;
    let (mut judge, eye) = Judge::new(config, first.at.plus(every));
    let mut report = Report::new(out, request.json);
    let score = Score::new(first.at, labels);
    let counts = Counts::default();
    let mut progress = Progress::new(request.progress, merge.total);

    let (items, seen) = sync_channel(WAITING);
    let (slices, cut) = sync_channel(WAITING);
    let judged = std::thread::scope(|threads| {
        let counts = &counts;
        // each thread owns its end: when one has gone the others are at their end, too
        let reading = threads.spawn(move || read(first, merge, items, counts));
        let looking = threads.spawn(move || look(eye, seen, slices, request.after, counts));
        let judged = follow(&mut judge, cut, &mut report, score, |at| progress.show(counts, at));
        // what waits for room has nobody left to wait for
        let read = reading.join().unwrap_or_else(|_| Err(broken()));
        looking.join().map_err(|_| broken())?;
        read?;
        judged
    })?;
    progress.clear();
    report.close(&judged, request.labels.is_some())?;
    Ok(())
}

/// What has been read and seen so far.
#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    items: AtomicU64,
}

fn broken() -> ToolError {
    ToolError::Other("the backtest broke: this is a mistake of this program".to_owned())
}

/// Reads requests and hands them on, until nobody wants them.
fn read(
    first: Item,
    mut merge: Merge,
    items: SyncSender<Vec<Item>>,
    counts: &Counts,
) -> Result<(), ToolError> {
    let mut items = Batch::new(items);
    let mut next = Some(first);
    while let Some(item) = next {
        counts.bytes.fetch_add(item.taken, Ordering::Relaxed);
        if !items.give(item) {
            break;
        }
        next = merge.next()?;
    }
    Ok(())
}

/// What is handed on together.
struct Batch<T> {
    waiting: Vec<T>,
    to: SyncSender<Vec<T>>,
}

impl<T> Batch<T> {
    fn new(to: SyncSender<Vec<T>>) -> Self {
        Self { waiting: Vec::with_capacity(TOGETHER), to }
    }

    /// Hands one on, by and by; says whether anybody is left who wants it.
    fn give(&mut self, one: T) -> bool {
        self.waiting.push(one);
        self.waiting.len() < TOGETHER || self.flush()
    }

    fn flush(&mut self) -> bool {
        self.to.send(std::mem::replace(&mut self.waiting, Vec::with_capacity(TOGETHER))).is_ok()
    }
}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Looks at requests and hands on what was seen, and goes on for a while after the last.
fn look(
    mut eye: Eye,
    items: Receiver<Vec<Item>>,
    slices: SyncSender<Vec<Slice>>,
    after: Duration,
    counts: &Counts,
) {
    let mut newest = Timestamp::default();
    let mut slices = Batch::new(slices);
    // who takes slices has gone only after an error, which is told
    let mut give = |slice| {
        slices.give(slice);
    };
    for item in items.into_iter().flatten() {
        newest = newest.max(item.at);
        eye.look(item.signal, &item.body, newest, &mut give);
        counts.items.store(eye.items, Ordering::Relaxed);
    }
    eye.wait(newest.plus(after), &mut give);
    give(eye.cut());
}

/// Judges slices and writes what comes of them.
fn follow(
    judge: &mut Judge,
    slices: Receiver<Vec<Slice>>,
    report: &mut Report<'_, impl Write>,
    mut score: Score,
    mut show: impl FnMut(Timestamp),
) -> Result<Score, ToolError> {
    for slice in slices.into_iter().flatten() {
        let at = slice.at;
        if let Some(moment) = judge.judge(slice) {
            report.tell(&moment)?;
            score.count(&moment);
        }
        score.reach(at);
        show(at);
    }
    Ok(score)
}

/// When something was really out.
pub(crate) type Labels = Vec<Label>;

#[cfg(test)]
mod tests;
