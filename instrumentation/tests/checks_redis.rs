//! The `redis` check against a real server.
//!
//! `BELLWETHER_TEST_REDIS_URL` names it; `make test` starts one and sets the variable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::time::Duration;

use bellwether::checks::{Check, CheckResult, redis};
use bellwether::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "a test without its server must fail and say how to get one"
)]
fn server() -> String {
    std::env::var("BELLWETHER_TEST_REDIS_URL").unwrap_or_else(|_| {
        panic!(
            "this test needs a Redis server: run `make test` or `scripts/with-redis cargo test ...`, or set \
             BELLWETHER_TEST_REDIS_URL to redis://host:port/0"
        )
    })
}

async fn command(parts: &[&str]) -> Result<(), redis::RedisError> {
    let client = redis::Client::open(server()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::cmd(parts[0]);
    parts[1..].iter().for_each(|part| {
        command.arg(*part);
    });
    command.exec_async(&mut connection).await
}

fn as_user(user: &str, password: &str) -> String {
    server().replace("redis://", &format!("redis://{user}:{password}@"))
}

async fn message(check: impl Check) -> String {
    check.run().await.unwrap_err().message().to_owned()
}

#[tokio::test]
async fn a_server_that_keeps_sessions_passes() {
    assert_eq!(redis(server()).run().await, Ok(()));
    assert_eq!(redis(server()).keeps_sessions().run().await, Ok(()));
}

#[tokio::test]
async fn the_eviction_policy_is_compared() {
    assert_eq!(redis(server()).eviction_policy("noeviction").run().await, Ok(()));
    let error = message(redis(server()).eviction_policy("volatile-lru")).await;
    assert!(error.starts_with("redis at 127.0.0.1:"), "{error}");
    assert!(error.ends_with(": maxmemory-policy is noeviction instead of volatile-lru"), "{error}");
}

#[tokio::test]
async fn a_user_who_may_not_is_told_without_the_password() {
    let wrong = redis(as_user("nobody", "s3cret")).run().await.unwrap_err();
    assert!(wrong.message().contains("authentication failed"), "{wrong}");
    assert!(!wrong.message().contains("s3cret"), "{wrong}");

    command(&[
        "ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "&*", "+@read", "+ping", "+select",
    ])
    .await
    .unwrap();
    let reader = as_user("reader", "s3cret");
    assert_eq!(redis(&reader).run().await, Ok(()));
    let denied = message(redis(&reader).keeps_sessions()).await;
    assert!(
        denied.to_ascii_lowercase().contains("no permissions") || denied.contains("NOPERM"),
        "{denied}"
    );
    let report = startup(redis(&reader).eviction_policy("noeviction")).await;
    assert_eq!(report.0, CheckOutcome::Skipped, "{}", report.1);
    assert!(report.1.contains("does not say its maxmemory-policy"), "{}", report.1);
}

async fn startup(check: impl Check) -> (CheckOutcome, String) {
    let report = Startup::new(&bellwether::Telemetry::disabled())
        .check("redis", "auth", Degrade, check)
        .timeout(Duration::from_millis(700))
        .run()
        .await;
    (report.checks()[0].outcome(), report.to_string())
}

#[tokio::test]
async fn servers_that_are_gone_hang_or_speak_something_else_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("redis://user:s3cret@127.0.0.1:{port}/3");
    let (outcome, text) = startup(redis(&url)).await;
    assert_eq!(outcome, CheckOutcome::TimedOut, "{text}");

    drop(listener);
    let gone: CheckResult = redis(&url).run().await;
    let gone = gone.unwrap_err();
    assert!(
        gone.message().starts_with(&format!("redis at 127.0.0.1:{port}, database 3: ")),
        "{gone}"
    );
    assert!(gone.message().contains("refused") && !gone.message().contains("s3cret"), "{gone}");
    assert_eq!(message(redis("s3cret")).await, "the Redis URL cannot be read");
}

/// Takes connections and treats each as a function says, until it is dropped.
async fn server_that<F: Future<Output = ()> + Send + 'static>(
    treats: impl Fn(TcpStream) -> F + Send + 'static,
) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/0", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(treats(stream));
        }
    });
    (url, tasks)
}

/// Scenario: the way to a real server takes its time, longer than the client would wait by itself.
/// Guarantee: the check passes, because only its own time and the budget bound it.
#[tokio::test]
async fn a_slow_server_passes() {
    let (url, _tasks) = server_that(|client| async move {
        let address = server().replace("redis://", "");
        let real = TcpStream::connect(address.trim_end_matches("/0")).await.unwrap();
        let ((mut questions, mut asks), (mut answers, mut real)) =
            (client.into_split(), real.into_split());
        tokio::join!(
            async {
                let _ = tokio::io::copy(&mut questions, &mut real).await;
            },
            async {
                let mut part = vec![0; 4096];
                while let Ok(read @ 1..) = answers.read(&mut part).await {
                    tokio::time::sleep(Duration::from_millis(600)).await;
                    if asks.write_all(&part[..read]).await.is_err() {
                        break;
                    }
                }
            }
        );
    })
    .await;
    assert_eq!(redis(url).run().await, Ok(()));
}

/// Scenario: a server takes the connection and never answers, with nothing said about the time of the check.
/// Guarantee: the budget of all checks bounds it.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_waited_for_no_longer_than_the_budget() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/0", listener.local_addr().unwrap());
    let report = Startup::new(&bellwether::Telemetry::disabled())
        .in_tasks()
        .check("hangs", "auth", Degrade, redis(url))
        .run()
        .await;
    assert_eq!(report.checks()[0].outcome(), CheckOutcome::TimedOut, "{report}");
    assert!(report.took() <= CHECK_BUDGET, "{report}");
}

/// Scenario: a server speaks HTTP; another says yes to every write and keeps nothing.
/// Guarantee: both fail, with what is wrong.
#[tokio::test]
async fn wrong_answers_are_told() {
    let (url, _tasks) = server_that(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let strange = message(redis(&url)).await;
    assert!(strange.starts_with("redis at 127.0.0.1:"), "{strange}");

    let (url, _tasks) = server_that(|mut stream| async move {
        let mut part = vec![0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut part).await {
            let asked = String::from_utf8_lossy(&part[..read]).to_ascii_uppercase();
            let answers = asked.split("\r\n").filter_map(|word| match word {
                "PING" => Some("+PONG\r\n"),
                "SET" | "CLIENT" => Some("+OK\r\n"),
                "GET" => Some("$-1\r\n"),
                "PTTL" => Some(":-2\r\n"),
                "DEL" => Some(":0\r\n"),
                _ => None,
            });
            let answers: String = answers.collect();
            if stream.write_all(answers.as_bytes()).await.is_err() {
                break;
            }
        }
    })
    .await;
    assert_eq!(redis(&url).run().await, Ok(()));
    let lost = message(redis(&url).keeps_sessions()).await;
    assert!(lost.ends_with("what was written could not be read back"), "{lost}");
}
