//! A collector that is killed loses nothing that it acknowledged.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use bellwether_core::state::ComponentState::MajorOutage;
use bellwether_core::store::{Commit, Outbox, Store};

use crate::suite::samples::{at, instance, notice};

const FOLDER: &str = "BELLWETHER_TEST_CRASH_FOLDER";
const ROUNDS: usize = 5;

fn commit(number: i64) -> Commit {
    let name = format!("n-{number}");
    Commit {
        instances: vec![instance(&name, number, None)],
        notices: vec![notice("datadog", &name, MajorOutage, number, 0)],
        ..Commit::default()
    }
}

/// Writes until it is killed, in several commits at a time, and says which were acknowledged.
/// Does nothing unless the test below starts it.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = super::open(Path::new(&folder)).await.unwrap();
    let first = store.restore().await.unwrap().instances.len() as i64;
    for number in (first + 1..).step_by(3) {
        let (a, b, c) = tokio::join!(
            store.commit(commit(number)),
            store.commit(commit(number + 1)),
            store.commit(commit(number + 2)),
        );
        a.and(b).and(c).unwrap();
        println!("acknowledged {}", number + 2);
    }
}

/// Scenario: a process commits without a pause and is killed (SIGKILL), five times over the
/// same folder.
/// Guarantee: what it said was acknowledged is there, each commit is there whole or not at
/// all, and none is there that was not next.
#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::crash::victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let number = |line: String| line.strip_prefix("acknowledged ")?.parse::<i64>().ok();
        let some = lines.by_ref().map_while(Result::ok).filter_map(number).nth(round * 7);
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines.map_while(Result::ok).filter_map(number).last().or(some).unwrap();

        let store = super::open(folder.path()).await.unwrap();
        let mut numbers: Vec<i64> =
            store.restore().await.unwrap().instances.iter().map(|it| it.last_seen.secs()).collect();
        numbers.sort_unstable();
        let newest = *numbers.last().unwrap();
        assert!(newest >= acknowledged, "{newest} is there, {acknowledged} was acknowledged");
        assert_eq!(numbers, (1..=newest).collect::<Vec<_>>());
        let owed =
            store.due(&"datadog".into(), at(i64::MAX / 2_000_000_000), u32::MAX).await.unwrap();
        let owed: Vec<i64> = owed.iter().map(|it| it.notice.at.secs()).collect();
        assert_eq!(owed, numbers, "each fact with its notice");
    }
}
