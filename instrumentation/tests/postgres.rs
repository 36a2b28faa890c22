//! The `postgres` check against a real server.
//!
//! `BELLWETHER_TEST_POSTGRES_URL` names it; `make test` starts one and sets the variable.

use bellwether::checks::{Check, CheckResult, postgres};

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
