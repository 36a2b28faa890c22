//! The suite on PostgreSQL, and what only a server far away can get wrong.
//!
//! `BELLWETHER_TEST_POSTGRES_URL` names the server; `make test` starts one and sets the variable.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bellwether_core::settings::Secret;
use sqlx::PgConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::*;

#[expect(
    clippy::disallowed_methods,
    reason = "a test without its server must fail and say how to get one"
)]
fn server() -> String {
    std::env::var("BELLWETHER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "this test needs a PostgreSQL server: run `make test` or `scripts/with-postgres cargo test ...`, or set \
             BELLWETHER_TEST_POSTGRES_URL to postgres://user:password@host:port/database"
        )
    })
}

/// Adds a parameter to a URL.
fn with(url: &str, parameter: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{parameter}")
}

/// Makes a schema of a name of its own, and returns the URL that leads to it.
pub(super) async fn schema(name: &str) -> String {
    let name = format!("{name}_{}", std::process::id());
    let mut conn = PgConnection::connect(&server()).await.unwrap();
    let make = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
    sqlx::query(make).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    with(&server(), &format!("options=-c%20search_path%3D{name}"))
}

/// A schema of its own in the test's server.
struct Schema {
    name: String,
    folder: TempDir,
}

impl Schema {
    /// Returns the URL that leads to the schema.
    fn url(&self) -> String {
        with(&server(), &format!("options=-c%20search_path%3D{}", self.name))
    }

    async fn run(&self, sql: &str) {
        let mut conn = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    async fn through(&self, url: &str) -> Result<History, OpenError> {
        self.run(&format!("CREATE SCHEMA IF NOT EXISTS {}", self.name)).await;
        let postgres = Some(Secret::new(url));
        History::open(&Where { folder: self.folder.path().to_owned(), postgres }).await
    }
}

conformance!(Schema);

impl Place for Schema {
    type Store = History;

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let name = format!("history_{}", name.trim_start_matches(".tmp").to_ascii_lowercase());
        Self { name: format!("{name}_{}", std::process::id()), folder }
    }

    async fn open(&self) -> History {
        self.through(&self.url()).await.unwrap()
    }

    async fn close(&self, store: History) {
        store.close().await;
    }

    async fn poison(&self) {
        self.run(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'poison'; END $$; \
             CREATE TRIGGER poison BEFORE INSERT ON incidents FOR EACH ROW \
             WHEN (NEW.id = 'poison') EXECUTE FUNCTION poison()",
        )
        .await;
    }
}

/// What the way to the database does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Every connection is cut, old and new.
    Cut,
    /// A commit arrives, and the connection is cut before its answer comes back.
    LosesAnswers,
    /// The connection is cut before a commit arrives.
    LosesCommits,
}

/// Stands between a history and its database.
struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let open = Arc::clone(&way);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, open.subscribe()));
            }
        });
        Self { address, way, _tasks: tasks }
    }

    /// Returns a URL that leads through it.
    fn url(&self, to: &str) -> String {
        to.replace(&authority(), &self.address.to_string())
    }
}

/// Returns the server's `host:port`.
fn authority() -> String {
    let url = server();
    let after = url.split("://").nth(1).unwrap();
    after.split(['/', '?']).next().unwrap().rsplit('@').next().unwrap().to_owned()
}

async fn carry(client: TcpStream, way: watch::Receiver<Way>) {
    let Ok(server) = TcpStream::connect(authority()).await else { return };
    let ((mut asks, mut hears), (mut answers, mut real)) =
        (client.into_split(), server.into_split());
    let (mut cut, committing) = (way.clone(), AtomicBool::new(false));
    let there = async {
        let mut part = vec![0; 65_536];
        while let Ok(read @ 1..) = asks.read(&mut part).await {
            let is_commit = part[..read].windows(6).any(|it| it == b"COMMIT");
            match *way.borrow() {
                Way::LosesCommits if is_commit => break,
                Way::LosesAnswers => committing.store(is_commit, Ordering::Relaxed),
                _ => {}
            }
            if real.write_all(&part[..read]).await.is_err() {
                break;
            }
        }
    };
    let back = async {
        let mut part = vec![0; 65_536];
        while let Ok(read @ 1..) = answers.read(&mut part).await {
            if committing.load(Ordering::Relaxed) || hears.write_all(&part[..read]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
        _ = cut.wait_for(|way| *way == Way::Cut) => {}
    }
}

fn commit(number: i64) -> Commit {
    Commit { transitions: vec![samples::transition("admin", number)], ..Commit::default() }
}

async fn seconds(store: &History) -> Vec<i64> {
    let transitions = store.transitions(1_000).await.unwrap();
    transitions.iter().rev().map(|it| it.at.secs()).collect()
}

/// Scenario: the connections to PostgreSQL break between two commits, and it is away for a while.
/// Guarantee: what is written meanwhile fails and says why; afterwards it goes on, without a restart.
#[tokio::test]
async fn a_server_that_was_away_is_found_again() {
    let (place, proxy) = (Schema::new(), Proxy::start().await);
    let store = place.through(&proxy.url(&place.url())).await.unwrap();
    store.commit(commit(1)).await.unwrap();
    proxy.way.send_replace(Way::Cut);
    let error = store.commit(commit(2)).await.unwrap_err();
    assert!(told(&error).starts_with("store: commit: "), "{}", told(&error));
    let at_once = store.commit(commit(3)).await.unwrap_err();
    assert!(told(&at_once).starts_with("store: commit: "), "{}", told(&at_once));
    proxy.way.send_replace(Way::Open);
    while store.commit(commit(4)).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(seconds(&store).await, [1, 4]);
    store.close().await;
}

/// Scenario: the connection breaks while a transaction is being committed: after the server has committed and before
/// it can say so, or before it hears of it.
/// Guarantee: the caller is told what is true, and what was written is there once, though a caller who is told that it
/// was not tries again.
#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_there_once() {
    let (place, proxy) = (Schema::new(), Proxy::start().await);
    let store = place.through(&proxy.url(&place.url())).await.unwrap();
    store.commit(commit(1)).await.unwrap();
    proxy.way.send_replace(Way::LosesAnswers);
    store.commit(commit(2)).await.unwrap();
    proxy.way.send_replace(Way::LosesCommits);
    // made anew after the first break, and broken again by the second
    let lost = tokio::time::timeout(Duration::from_secs(60), store.commit(commit(3)));
    let lost = lost.await.expect("it is found out").unwrap_err();
    assert!(told(&lost).starts_with("store: commit: "), "{}", told(&lost));
    proxy.way.send_replace(Way::Open);
    while store.commit(commit(3)).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(seconds(&store).await, [1, 2, 3]);
    store.close().await;
}

#[tokio::test]
async fn a_second_collector_is_told_who_writes_to_the_database() {
    let place = Schema::new();
    let store = Place::open(&place).await;
    let other = Schema { name: place.name.clone(), folder: tempfile::tempdir().unwrap() };
    let error = other.through(&other.url()).await.unwrap_err();
    assert!(matches!(error, OpenError::Taken { .. }), "{}", told(&error));
    assert!(told(&error).contains("another collector (process "), "{}", told(&error));
    store.close().await;
    other.through(&other.url()).await.unwrap().close().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_without_its_password() {
    let place = Schema::new();
    let open = async |url: &str| {
        let postgres = Some(Secret::new(url));
        let folder = place.folder.path().to_owned();
        told(&History::open(&Where { folder, postgres }).await.unwrap_err())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gone = open(&format!("postgres://user:s3cret@{address}/shop")).await;
    let expected =
        format!("history: postgres at {address}, database shop cannot be reached: start it");
    assert!(gone.starts_with(&expected), "{gone}");
    assert!(!gone.contains("s3cret"), "{gone}");

    let server = server();
    let base = server.split('?').next().unwrap().rsplit_once('/').unwrap().0;
    let missing = open(&format!("{base}/no_such_database")).await;
    assert!(missing.contains("refuses: create the database, or correct its name"), "{missing}");
    let no_schema = open(&place.url()).await;
    assert!(
        no_schema.contains("refuses: create the schema that the search_path names"),
        "{no_schema}"
    );
    assert!(open("s3cret").await.contains("is no address of PostgreSQL"));
    assert!(!open("s3cret").await.contains("s3cret"));
}

#[tokio::test]
async fn a_newer_schema_of_a_server_is_left_to_the_version_that_wrote_it() {
    let place = Schema::new();
    Place::open(&place).await.close().await;
    place
        .run(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (7, 'later', true, '', 0)",
        )
        .await;
    let text = told(&place.through(&place.url()).await.unwrap_err());
    assert!(text.contains("has schema 7, and this version knows up to "), "{text}");
}

#[tokio::test]
async fn what_telemetry_calls_itself_may_hold_what_a_text_cannot() {
    let place = Schema::new();
    let store = Place::open(&place).await;
    let odd = ["a\0b", "a\u{fffd}b", "a\u{fffd}0b"].map(|name| samples::instance(name, 10, None));
    store.commit(Commit { instances: odd.to_vec(), ..Commit::default() }).await.unwrap();
    assert_eq!(store.restore().await.unwrap().instances.len(), odd.len());
    store.close().await;
}
