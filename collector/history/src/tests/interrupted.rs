//! Compaction that is killed between any two of its statements, in both databases.

use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use bellwether_core::incident::IncidentStatus::Resolved;
use bellwether_core::settings::Secret;
use bellwether_core::state::ComponentState::MajorOutage;
use bellwether_core::store::{Addressed, Commit, Records, Retention, Span, Store};
use bellwether_core::time::Timestamp;

use crate::suite::retention::{compact, measured};
use crate::suite::samples::{at, incident, life, newest, notice, transition};
use crate::{History, Place};

const FOLDER: &str = "BELLWETHER_TEST_INTERRUPTED_FOLDER";
const POSTGRES: &str = "BELLWETHER_TEST_INTERRUPTED_POSTGRES";
const LEFT: &str = "BELLWETHER_TEST_INTERRUPTED_LEFT";
const NOW: i64 = 200 * 86_400;

/// What there is of everything: what is old, in several hours and days, and what is young.
fn everything() -> Commit {
    let mut old = incident("old", 10, Resolved);
    old.resolved_at = Some(at(20));
    Commit {
        observations: (0..60)
            .flat_map(|n| {
                ["a", "b"].map(|series| measured(series, i64::from(n) * 2_000, f64::from(n), true))
            })
            .chain([measured("a", NOW - 5, 7.0, false)])
            .collect(),
        transitions: vec![transition("admin", 10), transition("admin", NOW - 5)],
        lives: vec![life("r", 1, 10, Some(20)), life("r", 2, NOW - 5, None)],
        incidents: vec![old],
        // the second takes the place of the first, which is settled by it
        notices: vec![
            newest("datadog", "admin", MajorOutage, 10, 0),
            newest("datadog", "admin", MajorOutage, 20, 0),
            notice("datadog", "auth", MajorOutage, 10, 0),
        ],
        ..Commit::default()
    }
}

/// Everything that can be read, in a form that can be compared.
async fn whole(store: &History) -> String {
    let all = (at(0), Timestamp::from_nanos(i64::MAX));
    let mut text = String::new();
    for series in ["a", "b"] {
        text += &format!("{:?}\n", store.observations(series, all.0, all.1).await.unwrap());
        for span in [Span::Hour, Span::Day] {
            text += &format!("{:?}\n", store.summaries(series, span, all.0, all.1).await.unwrap());
        }
    }
    text += &format!("{:?}\n", store.transitions(99).await.unwrap());
    text += &format!("{:?}\n", store.alerts(99).await.unwrap());
    text += &format!("{:?}\n", store.incidents(99).await.unwrap());
    text + &format!("{:?}\n", store.notifications(&Addressed::default(), 99).await.unwrap())
}

/// Counts each observation once, whatever it has become.
async fn counted(store: &History, span: Span) -> u64 {
    let all = (at(0), Timestamp::from_nanos(i64::MAX));
    let mut count = 0;
    for series in ["a", "b"] {
        count += store.observations(series, all.0, all.1).await.unwrap().len() as u64;
        let left = store.summaries(series, span, all.0, all.1).await.unwrap();
        count += left.iter().map(|it| it.count).sum::<u64>();
    }
    count
}

/// Compacts until nothing is left to do, or until it is killed. Does nothing unless the tests
/// below start it.
#[tokio::test]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let postgres = std::env::var_os(POSTGRES).map(|it| Secret::new(it.to_string_lossy()));
    let left = std::env::var_os(LEFT).unwrap().to_string_lossy().parse().unwrap();
    let store = History::open(&Place { folder: folder.into(), postgres }).await.unwrap();
    crate::sql::kill::LEFT.store(left, Ordering::Relaxed);
    while store.compact(at(NOW), Retention::default()).await.unwrap() > 0 {}
    println!("undisturbed");
    std::process::exit(0);
}

/// Lets a process compact, which is killed before its statement of this number; returns whether
/// it was.
fn is_killed(place: &Place, left: usize) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "tests::interrupted::victim", "--nocapture"])
        .env(FOLDER, &place.folder)
        .env(LEFT, left.to_string())
        .stderr(Stdio::null());
    if let Some(url) = &place.postgres {
        command.env(POSTGRES, url.expose());
    }
    let ended = command.output().unwrap();
    let undisturbed = String::from_utf8_lossy(&ended.stdout).contains("undisturbed");
    assert_eq!(undisturbed, ended.status.success(), "{ended:?}");
    !undisturbed
}

async fn holds(place: impl AsyncFn() -> Place) {
    let undisturbed = {
        let store = History::open(&place().await).await.unwrap();
        store.commit(everything()).await.unwrap();
        compact(&store, NOW).await;
        let whole = whole(&store).await;
        store.close().await;
        whole
    };
    let mut kills = 0;
    loop {
        let place = place().await;
        let store = History::open(&place).await.unwrap();
        store.commit(everything()).await.unwrap();
        store.close().await;
        let killed = is_killed(&place, kills);
        let store = History::open(&place).await.unwrap();
        for span in [Span::Hour, Span::Day] {
            assert_eq!(counted(&store, span).await, 121, "killed before statement {kills}");
        }
        compact(&store, NOW).await;
        assert_eq!(whole(&store).await, undisturbed, "killed before statement {kills}");
        store.close().await;
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills > 15, "it was killed at {kills} points");
}

/// Scenario: a process that puts old records together is killed before its first statement, its second, and so on to
/// the commit.
/// Guarantee: each observation is counted once at any time, and the next process ends where an undisturbed one does.
#[tokio::test]
async fn compaction_that_is_killed_anywhere_goes_on_in_sqlite() {
    let folders = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicUsize::new(0);
    holds(async || Place {
        folder: folders.path().join(number.fetch_add(1, Ordering::Relaxed).to_string()),
        postgres: None,
    })
    .await;
}

/// Scenario: the same with PostgreSQL.
/// Guarantee: the same.
#[tokio::test]
async fn compaction_that_is_killed_anywhere_goes_on_in_postgresql() {
    let folders = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicUsize::new(0);
    holds(async || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        let url = super::postgres::schema(&format!("interrupted_{number}")).await;
        Place { folder: folders.path().join(number.to_string()), postgres: Some(Secret::new(url)) }
    })
    .await;
}
