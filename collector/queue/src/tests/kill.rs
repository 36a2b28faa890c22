//! `kill -9` of a process that appends: this test binary, run again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use bellwether_core::queue::Queue;

use super::log::drain;
use super::suite::push;
use super::{Seeded, id, request, small};
use crate::{DiskQueue, Folder, Log, RealDisk, Settings};

/// Names the folder to the child.
const FOLDER: &str = "QUEUE_KILL_FOLDER";

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "what a test is told from outside")]
    std::env::var(name).ok()
}

fn settings() -> Settings {
    Settings { size: 64 << 20, ..small() }
}

/// Appends and takes until it is killed, and says what was acknowledged and what was done.
#[tokio::test]
async fn child() {
    let Some(folder) = variable(FOLDER).map(PathBuf::from) else { return };
    let queue = DiskQueue::open(&RealDisk, &folder, settings()).unwrap();
    let taking = async {
        loop {
            let front = queue.next().await;
            // said first: a kill in between must not look like a loss
            writeln!(std::io::stdout(), "\ndone {}", id(&front)).unwrap();
            queue.done(front.seq);
        }
    };
    let appending = async {
        // numbers rise from one life to the next
        let mut next: u64 = variable("QUEUE_KILL_FIRST").unwrap().parse().unwrap();
        loop {
            let appends = (next..next + 8).map(|id| {
                let queue = &queue;
                async move { push(queue, request(id, 700)).await.map(|()| id) }
            });
            let appends: Vec<_> = appends.map(Box::pin).collect();
            for append in appends {
                let id = append.await.unwrap();
                writeln!(std::io::stdout(), "\nacknowledged {id}").unwrap();
            }
            next += 8;
        }
    };
    tokio::select! { () = taking => {}, () = appending => {} }
}

/// Scenario: a process that appends and takes is killed at a random moment, several times.
/// Guarantee: what it was told is queued was taken or is there, in order, and of what was taken
/// at most the last 40 are there again.
#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    let mut random = Seeded(4);
    let (mut acknowledged, mut done) = (Vec::new(), Vec::new());
    let kills = variable("QUEUE_KILLS").and_then(|it| it.parse().ok()).unwrap_or(20_u64);
    for life in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::kill::child", "--nocapture"])
            .env(FOLDER, &path)
            .env("QUEUE_KILL_FIRST", (1 + life * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 1 + random.below(200);
        let moment = Duration::from_micros(random.below(3_000));
        for line in lines.map_while(Result::ok) {
            let number = |word| line.strip_prefix(word).and_then(|it| it.trim().parse().ok());
            if let Some(id) = number("acknowledged ") {
                acknowledged.push(id);
                if left == 0 {
                    // written before it was gone
                    continue;
                }
                left -= 1;
                if left == 0 {
                    // the moment is the scenario
                    std::thread::sleep(moment);
                    child.kill().unwrap();
                }
            } else if let Some(id) = number("done ") {
                done.push(id);
            }
        }
        // killed already, unless it ended by itself
        let _ = child.kill();
        child.wait().unwrap();
    }
    let mut log = Log::open(Box::new(Folder::open(&path).unwrap()), settings()).unwrap();
    let rest = drain(&mut log);
    let delivered: BTreeSet<u64> = done.iter().chain(&rest).copied().collect();
    let lost: Vec<&u64> = acknowledged.iter().filter(|it| !delivered.contains(it)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(acknowledged.len() as u64 >= kills, "{} acknowledged", acknowledged.len());
    let twice = done.len() + rest.len() - delivered.len();
    println!("{kills} kills, {} acknowledged, 0 lost, {twice} delivered again", acknowledged.len());
    // what was taken and not noted before the kill
    assert!(twice as u64 <= 40 * kills, "{twice} came twice");
    assert!(rest.is_sorted());
    assert_eq!(log.depth().dropped.len(), 0);
}
