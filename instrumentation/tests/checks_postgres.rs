//! The `postgres` check against a real server.
//!
//! `BELLWETHER_TEST_POSTGRES_URL` names it; `make test` starts one and sets the variable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bellwether::checks::{Check, CheckResult, postgres};
use bellwether::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};

#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test without its server must fail and say how to get one"
)]
fn server() -> String {
    std::env::var("BELLWETHER_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "this test needs a PostgreSQL server: run `make test`, or set BELLWETHER_TEST_POSTGRES_URL \
             to postgres://user:password@host:port/database"
        )
    })
}

async fn run(url: &str) -> CheckResult {
    postgres(url).run().await
}

#[tokio::test]
async fn a_server_that_answers_passes() {
    assert_eq!(run(&server()).await, Ok(()));
}

#[tokio::test]
async fn a_database_that_does_not_exist_fails_with_its_name() {
    let server = server();
    let (base, _) = server.split_once('?').unwrap_or((&server, ""));
    let (base, _) = base.rsplit_once('/').expect("the URL ends with /database");
    let error = run(&format!("{base}/no_such_database")).await.unwrap_err();
    assert!(error.message().contains("\"no_such_database\" does not exist"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_is_refused_without_telling_the_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = run(&format!("postgres://user:s3cret@127.0.0.1:{port}/shop")).await.unwrap_err();
    let message = error.message();
    let place = format!("postgres at 127.0.0.1:{port}, database shop: ");
    assert!(message.starts_with(&place), "{message}");
    assert!(message.contains("refused"), "{message}");
    assert!(!message.contains("s3cret"), "{message}");
}

#[tokio::test]
async fn something_that_is_no_database_url_fails() {
    let error = run("s3cret").await.unwrap_err();
    assert_eq!(error.message(), "the database URL cannot be read");
}

/// Makes a schema of its own for one test and returns a URL that uses it.
async fn schema(name: &str, statements: &[&str]) -> String {
    use sqlx::{AssertSqlSafe, Connection};
    let server = server();
    let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
    let own = [
        format!("DROP SCHEMA IF EXISTS {name} CASCADE"),
        format!("CREATE SCHEMA {name}"),
        format!("SET search_path TO {name}"),
    ];
    for statement in own.into_iter().chain(statements.iter().map(|it| (*it).to_owned())) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    }
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}options=-c%20search_path%3D{name}")
}

const TABLE: &str =
    "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, success BOOLEAN NOT NULL)";

#[tokio::test]
async fn migrations_are_applied_far_enough_or_the_message_says_how_far() {
    let none = schema("checks_none", &[]).await;
    let error = postgres(&none).migrated_to(2).run().await.unwrap_err();
    assert!(error.message().ends_with("is not migrated at all, but 2 is needed"), "{error}");

    let one = schema("checks_one", &[TABLE, "INSERT INTO _sqlx_migrations VALUES (1, true)"]).await;
    assert_eq!(postgres(&one).migrated_to(1).run().await, Ok(()));
    let error = postgres(&one).migrated_to(2).run().await.unwrap_err();
    assert!(error.message().ends_with("is migrated to 1, but 2 is needed"), "{error}");

    let insert = "INSERT INTO _sqlx_migrations VALUES (1, true), (2, false), (3, true)";
    let half = schema("checks_half", &[TABLE, insert]).await;
    let error = postgres(&half).migrated_to(1).run().await.unwrap_err();
    assert!(error.message().ends_with("migration 2 was applied only halfway"), "{error}");
}

#[tokio::test]
async fn a_query_returns_a_row_and_changes_nothing() {
    let url = schema("checks_query", &["CREATE TABLE plans (active BOOLEAN)"]).await;
    assert_eq!(postgres(&url).query("SELECT 1").run().await, Ok(()));
    let empty = postgres(&url).query("SELECT 1 FROM plans").run().await.unwrap_err();
    assert!(empty.message().ends_with("the query of the check returned no row"), "{empty}");
    let writes = postgres(&url).query("INSERT INTO plans VALUES (true) RETURNING 1").run().await;
    assert!(writes.unwrap_err().message().contains("read-only transaction"));
    let wrong = postgres(&url).query("SELECT 1 FROM plan").run().await.unwrap_err();
    assert!(wrong.message().contains("relation \"plan\" does not exist"), "{wrong}");
}

#[tokio::test]
async fn room_for_connections_is_counted() {
    assert_eq!(postgres(server()).room_for(5).run().await, Ok(()));
    let error = postgres(server()).room_for(100_000).run().await.unwrap_err();
    assert!(error.message().contains("connections are free, but 100000 are needed"), "{error}");
}

/// Scenario: somebody takes the connection and never answers; a real server's query goes on and on.
/// Guarantee: the check times out in its own time.
#[tokio::test]
async fn a_server_that_hangs_times_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = format!("postgres://user@{}/shop", listener.local_addr().unwrap());
    let own = std::time::Duration::from_millis(300);
    let report = Startup::new(&bellwether::Telemetry::disabled())
        .check("hangs", "database", Degrade, postgres(hangs))
        .timeout(own)
        .check("query", "database", Degrade, postgres(server()).query("SELECT pg_sleep(3600)"))
        .timeout(own)
        .run()
        .await;
    for check in report.checks() {
        assert_eq!(check.outcome(), CheckOutcome::TimedOut, "{report}");
    }
}

/// Scenario: as above, with nothing said about the time of the check.
/// Guarantee: the budget of all checks bounds it.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_waited_for_no_longer_than_the_budget() {
    // Its backlog takes the connection.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs = format!("postgres://user@{}/shop", listener.local_addr().unwrap());
    let report = Startup::new(&bellwether::Telemetry::disabled())
        .in_tasks()
        .check("hangs", "database", Degrade, postgres(hangs))
        .run()
        .await;
    assert_eq!(report.checks()[0].outcome(), CheckOutcome::TimedOut, "{report}");
    assert!(report.took() <= CHECK_BUDGET, "{report}");
}

#[tokio::test]
async fn a_query_that_takes_a_while_passes_and_is_given_up_where_nobody_waits() {
    let slow = postgres(server()).query("SELECT 1 FROM pg_sleep(0.7)");
    assert_eq!(slow.run().await, Ok(()));
    let bounded = "SELECT 1 WHERE current_setting('statement_timeout') = '1min'";
    assert_eq!(postgres(server()).query(bounded).run().await, Ok(()));
}

#[tokio::test]
async fn somebody_who_speaks_something_else_and_a_user_that_is_not_there_are_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let strange = run(&format!("postgres://user:s3cret@{address}/shop")).await.unwrap_err();
    let place = format!("postgres at {address}, database shop: ");
    assert!(strange.message().starts_with(&place), "{strange}");
    assert!(!strange.message().contains("s3cret"), "{strange}");

    let nobody = server().replace("postgres://bellwether@", "postgres://nobody:s3cret@");
    let nobody = run(&nobody).await.unwrap_err();
    assert!(nobody.message().contains("role \"nobody\" does not exist"), "{nobody}");
    assert!(!nobody.message().contains("s3cret"), "{nobody}");
}
