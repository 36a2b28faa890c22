//! The suite on SQLite, and what only a database in a folder can get wrong.

mod crash;
mod interrupted;
mod postgres;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bellwether_core::store::{Commit, Outbox, Records, Store};
use bellwether_core::time::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::suite::{Place, conformance, samples};
use crate::{History, OpenError, Place as Where};

/// Opens a history in SQLite.
async fn open(folder: &Path) -> Result<History, OpenError> {
    History::open(&Where { folder: folder.to_owned(), postgres: None }).await
}

/// A folder of its own, which goes with the test.
struct Folder(TempDir);

impl Folder {
    fn path(&self) -> &Path {
        self.0.path()
    }
}

conformance!(Folder);

impl Place for Folder {
    type Store = History;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> History {
        open(self.path()).await.unwrap()
    }

    async fn close(&self, store: History) {
        store.close().await;
    }

    async fn poison(&self) {
        run(
            self.path(),
            "CREATE TRIGGER poison BEFORE INSERT ON incidents WHEN NEW.id = 'poison' \
             BEGIN SELECT RAISE(ABORT, 'poison'); END",
        )
        .await;
    }
}

/// Runs a statement from outside, as an operator with a shell would.
async fn run(folder: &Path, sql: &str) {
    let file = SqliteConnectOptions::new().filename(folder.join("bellwether.db"));
    let mut conn: SqliteConnection = file.connect().await.unwrap();
    sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// Returns an error with all its sources in one line, as a log shows it.
fn told(error: &dyn Error) -> String {
    let source = error.source().map(|it| format!(": {}", told(it)));
    format!("{error}{}", source.unwrap_or_default())
}

async fn refusal(folder: &Path) -> OpenError {
    open(folder).await.unwrap_err()
}

#[tokio::test]
async fn dropping_without_closing_loses_nothing() {
    let place = Folder::new();
    for n in 0..5_i64 {
        let store = Place::open(&place).await;
        assert_eq!(store.restore().await.unwrap().instances.len() as i64, n);
        let instance = samples::instance(&format!("i-{n}"), 10, None);
        store.commit(Commit { instances: vec![instance], ..Commit::default() }).await.unwrap();
        drop(store);
    }
}

#[tokio::test]
async fn a_closed_history_says_so() {
    let place = Folder::new();
    let store = Place::open(&place).await;
    store.close().await;
    store.close().await;
    let error = store.commit(samples::everything()).await.unwrap_err();
    assert_eq!(told(&error), "store: commit: the history is closed: the history is closed");
    assert!(store.restore().await.is_err());
    assert!(store.due(&"datadog".into(), samples::at(1), 1).await.is_err());
}

#[tokio::test]
async fn a_write_outlives_the_caller_that_asked_for_it() {
    let place = Folder::new();
    let store = Place::open(&place).await;
    // looked at once, which hands it over, and then dropped
    let commit = store.commit(samples::everything());
    assert!(tokio::time::timeout(Duration::ZERO, commit).await.is_err());
    store.close().await;
    let store = Place::open(&place).await;
    assert_eq!(store.incidents(10).await.unwrap(), samples::everything().incidents);
}

#[tokio::test]
async fn a_second_collector_is_told_who_uses_the_folder() {
    let place = Folder::new();
    let store = Place::open(&place).await;
    let error = refusal(place.path()).await;
    let text = told(&error);
    assert!(matches!(error, OpenError::InUse { .. }), "{text}");
    assert!(
        text.contains(&format!("another collector (process {})", std::process::id())),
        "{text}"
    );
    drop(store);
    Place::open(&place).await;
}

#[tokio::test]
async fn a_missing_folder_is_made() {
    let place = Folder::new();
    let folder = place.path().join("a/b");
    open(&folder).await.unwrap();
    assert!(folder.join("bellwether.db").is_file());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_touched() {
    let place = Folder::new();
    let file = place.path().join("bellwether.db");
    let text = "these are not the records you are looking for\n".repeat(200);
    fs::write(&file, &text).unwrap();
    let error = refusal(place.path()).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{}", told(&error));
    assert!(told(&error).contains("is not a SQLite database, or it is damaged"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_not_taken_for_an_empty_one() {
    let place = Folder::new();
    let store = Place::open(&place).await;
    store.commit(samples::everything()).await.unwrap();
    store.close().await;
    let file = place.path().join("bellwether.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100..].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let error = refusal(place.path()).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{}", told(&error));
}

#[tokio::test]
async fn a_newer_schema_is_left_to_the_version_that_wrote_it() {
    let place = Folder::new();
    Place::open(&place).await.close().await;
    run(
        place.path(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'later', 1, x'00', 0)",
    )
    .await;
    let text = told(&refusal(place.path()).await);
    assert!(text.contains("has schema 999, and this version knows up to "), "{text}");
}

#[tokio::test]
async fn another_builds_schema_is_left_alone() {
    let place = Folder::new();
    Place::open(&place).await.close().await;
    run(place.path(), "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let text = told(&refusal(place.path()).await);
    assert!(text.contains("another build whose schema 1 differs"), "{text}");
}

/// `/sys` refuses even root, under which tests may run.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let error = refusal(Path::new("/sys/bellwether")).await;
    let text = told(&error);
    assert!(matches!(error, OpenError::NotWritable { .. }), "{text}");
    assert!(text.contains("/sys/bellwether is not writable: give this user the right"), "{text}");
}

#[tokio::test]
async fn a_file_in_the_place_of_the_folder_is_named() {
    let place = Folder::new();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let text = told(&refusal(&file).await);
    assert!(text.contains("cannot open") && text.contains("file"), "{text}");
}

/// What a proof writes reaches the file, and one that cannot be written is told.
#[tokio::test]
async fn a_proof_reaches_the_file() {
    let place = Folder::new();
    let store = Place::open(&place).await;
    let size = || fs::metadata(place.path().join("bellwether.db-wal")).unwrap().len();
    store.prove(Timestamp::from_secs(1)).await.unwrap();
    let before = size();
    store.prove(Timestamp::from_secs(2)).await.unwrap();
    assert!(size() > before, "the log of the database grew from {before} bytes");
    store.close().await;
    let error = store.prove(Timestamp::from_secs(3)).await.unwrap_err();
    assert!(error.to_string().contains("write a proof that it can"), "{error}");
}
