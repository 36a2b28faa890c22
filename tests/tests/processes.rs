//! The harness itself: when a process does not do what a test waits for, the test says why.

use std::time::Duration;

use bellwether_tests::harness::process::{Deployment, Process, Signal, StandinsProcess};

/// Scenario: a program ends instead of becoming ready.
/// Guarantee: the wait ends at once, and the error shows what the program said.
#[tokio::test]
async fn a_program_that_ends_early_is_quoted() {
    let version = Deployment::new("1", "sqlite::memory:", "http://127.0.0.1:1");
    let error = version.listening_on("nowhere").start().await.err().expect("it cannot listen");
    let text = format!("{error:#}");
    assert!(text.contains("waited for the service to listen, but marketedge ended"), "{text}");
    assert!(text.contains("invalid value 'nowhere'"), "{text}");
}

/// Scenario: a program of the workspace was not built.
/// Guarantee: the error says how to build it.
#[tokio::test]
async fn a_program_that_is_not_built_is_explained() {
    let error = Process::start("no-such-program", &[], &[]).err().expect("there is none");
    let text = format!("{error:#}");
    assert!(text.contains("no-such-program is not built: run `cargo build"), "{text}");
}

/// Scenario: a program is frozen and does not become what a test waits for.
/// Guarantee: the wait ends at its limit, and the program can still be killed.
#[tokio::test]
async fn a_frozen_program_cannot_hold_a_test_up() {
    let arguments = ["--statuspage-components".to_owned(), "admin".to_owned()];
    let mut process = Process::start("standins", &arguments, &[]).expect("it starts");
    process.signal(Signal::STOP).expect("it runs");
    let limit = Duration::from_millis(100);
    let error = process.until_line("a word", limit, |line| line.find("never")).await;
    let text = format!("{:#}", error.expect_err("nobody says so"));
    assert!(text.contains("waited 100ms for a word"), "{text}");
    assert!(process.ended(limit).await.is_err(), "it is frozen");
    process.kill().await.expect("SIGKILL reaches it all the same");
}

/// Scenario: a program is told to stop.
/// Guarantee: it does, in good order.
#[tokio::test]
async fn the_standins_stop_when_told() -> anyhow::Result<()> {
    let standins = StandinsProcess::start().await?;
    assert_eq!(standins.addresses().statuspage_components.len(), 3);
    standins.stop().await
}
