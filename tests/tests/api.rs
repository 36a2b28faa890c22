//! The API of a real collector: who may ask, and what the OpenAPI document promises.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::otlp::Sender;
use bellwether_tests::harness::process::{Setup, binary};
use bellwether_tests::harness::{http, wait};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Makes a token with the program, as an administrator does.
async fn token(setup: &Setup, role: &str) -> anyhow::Result<String> {
    let made = bellwether(setup, &["create", "--role", role, "--name", role]).await?;
    Ok(made.trim().to_owned())
}

async fn bellwether(setup: &Setup, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(binary("bellwether")?)
        .arg("token")
        .args(arguments)
        .arg("--storage")
        .arg(setup.data())
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{told}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Scenario: a collector asks for tokens; they are made, used, listed and revoked with the
/// program while it runs.
/// Guarantee: each counts from its making to its end, without a restart.
#[tokio::test]
async fn tokens_are_made_and_revoked_while_the_collector_runs() -> anyhow::Result<()> {
    let setup = Setup::alone()?.asking_for_tokens()?;
    let collector = setup.start().await?;
    let client = http::client()?;
    let status = async |token: &str, path: &str| -> anyhow::Result<u16> {
        let request = client.get(format!("{}{path}", collector.base())).bearer_auth(token);
        Ok(request.send().await?.status().as_u16())
    };
    assert_eq!(status("bellwether_0", "/api/v1/status").await?, 401);
    let (viewer, admin) = (token(&setup, "viewer").await?, token(&setup, "admin").await?);
    assert_eq!(status(&viewer, "/api/v1/status").await?, 200);
    assert_eq!(status(&viewer, "/api/v1/audit").await?, 403);
    assert_eq!(status(&admin, "/api/v1/audit").await?, 200);
    let list = bellwether(&setup, &["list"]).await?;
    ensure!(!list.contains(&viewer) && !list.contains(&admin), "{list}");
    let line = list.lines().find(|it| it.contains("viewer")).context("a line")?;
    bellwether(&setup, &["revoke", line.split(' ').next().unwrap_or_default()]).await?;
    assert_eq!(status(&viewer, "/api/v1/status").await?, 401);
    assert_eq!(status(&admin, "/api/v1/status").await?, 200);
    collector.stop().await
}

/// Scenario: somebody has the program print what this month came to, as JSON and as a page, and
/// asks for a month that has not begun.
/// Guarantee: the report names the month and every component; for the other the program fails, and
/// says why.
#[tokio::test]
async fn a_month_is_reported_on_the_command_line() -> anyhow::Result<()> {
    let setup = Setup::alone()?;
    let collector = setup.start().await?;
    let now = collector.status().await?.collector.now.to_string();
    let month = now.get(..7).context("a month")?;
    let report = async |arguments: &[&str]| {
        let mut program = Command::new(binary("bellwether")?);
        program.arg("report").args(arguments).args(["--url", collector.base()]);
        anyhow::Ok(program.kill_on_drop(true).output().await?)
    };
    let json = report(&[month]).await?;
    let told: Value = serde_json::from_slice(&json.stdout)?;
    assert_eq!((&told["period"]["name"], &told["period"]["over"]), (&month.into(), &false.into()));
    let components = collector.status().await?.components.len();
    assert_eq!(told["components"].as_array().map(Vec::len), Some(components));
    let page = String::from_utf8(report(&[month, "--format", "html"]).await?.stdout)?;
    ensure!(
        page.starts_with("<!doctype html>") && page.contains(&format!("Month {month}")),
        "{page}"
    );
    let later = report(&["2199-01"]).await?;
    let why = String::from_utf8(later.stderr)?;
    ensure!(!later.status.success() && why.contains("`2199-01` has not begun"), "{why}");
    collector.stop().await
}

/// Scenario: schemathesis asks a real collector whatever the committed document allows, and much
/// that it does not.
/// Guarantee: nothing ends in a server error, and every answer is as the document says.
#[tokio::test]
async fn the_collector_keeps_what_its_document_promises() -> anyhow::Result<()> {
    let program = project().join(".cache/api/bin/schemathesis");
    ensure!(program.is_file(), "schemathesis is missing: run `scripts/setup api`");
    let setup = Setup::alone()?.asking_for_tokens()?;
    let collector = setup.start().await?;
    let admin = token(&setup, "admin").await?;
    // something to act on
    let sender = Sender::connect(setup.otlp(), "marketedge-api", "2.0.0", "i-2").await?;
    sender.manifest(&["GET /api/v1/auth/login"]).await?;
    let client = http::client()?;
    let incident = wait::until("an incident", LIMIT, async || {
        let request = client.get(format!("{}/api/v1/incidents", collector.base()));
        let all: Value = request.bearer_auth(&admin).send().await?.json().await?;
        let id = all.pointer("/incidents/0/id").and_then(Value::as_str);
        anyhow::Ok(id.context("none is open")?.to_owned())
    });
    std::fs::write(
        setup.folder().join("schemathesis.toml"),
        format!("[parameters]\n\"path.id\" = \"{}\"\n", incident.await?),
    )?;
    let fuzz = async |methods: &str, left_out: &str| {
        let run = Command::new(&program)
            .arg("run")
            .arg(project().join("docs/openapi.json"))
            .args(["--url", collector.base()])
            .args(["--header", &format!("Authorization: Bearer {admin}")])
            .args([methods, "GET", "--checks", "all", "--exclude-checks", left_out])
            .args(["--phases", "examples,coverage,fuzzing"])
            // a WebSocket takes an upgrade, which it cannot ask for
            .args(["--exclude-path", "/api/v1/live"])
            .args(["--max-examples", "50", "--seed", "1", "--workers", "2", "--no-color"])
            .args(["--request-timeout", "10", "--output-sanitize", "true"])
            .current_dir(setup.folder())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let run = timeout(LIMIT, run).await.context("schemathesis does not end")?;
        let run = run.context("schemathesis is not there: run scripts/setup api")?;
        let told = String::from_utf8_lossy(&run.stdout);
        ensure!(run.status.success(), "{told}\n{}", String::from_utf8_lossy(&run.stderr));
        anyhow::Ok(())
    };
    // too many wrong tokens are slowed down, as they should be, which it takes for a mistake
    fuzz("--include-method", "ignored_auth").await?;
    // an act may be refused although its body is as documented: who ends what has ended
    fuzz("--exclude-method", "ignored_auth,positive_data_acceptance").await?;
    collector.ready().await?;
    let audit = client.get(format!("{}/api/v1/audit", collector.base()));
    let audit: Value = audit.bearer_auth(&admin).send().await?.json().await?;
    let done = audit["audit"].as_array().context("a list")?;
    ensure!(done.iter().any(|it| it["outcome"] == "done"), "no act was done: {audit}");
    collector.stop().await
}

/// Scenario: somebody generates a client from the committed `.proto` with gRPC's own compiler, in
/// Python, and asks a real collector.
/// Guarantee: our messages, which are written by hand, are those of the file.
#[tokio::test]
async fn a_generated_client_of_another_language_understands_the_collector() -> anyhow::Result<()> {
    let python = project().join(".cache/api/bin/python");
    ensure!(python.is_file(), "gRPC for Python is missing: run `scripts/setup api`");
    let setup = Setup::alone()?.asking_for_tokens()?;
    let collector = setup.start().await?;
    let viewer = token(&setup, "viewer").await?;
    let address = collector.base().trim_start_matches("http://").to_owned();
    let run = Command::new(python)
        .arg(project().join("tests/clients/api/health.py"))
        .arg(project().join("proto"))
        .args([&address, &viewer])
        .current_dir(setup.folder())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let run = timeout(LIMIT, run).await.context("the client does not end")??;
    let told = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "{told}");
    let told: Value = serde_json::from_slice(&run.stdout)?;
    let request = http::client()?.get(format!("{}/api/v1/components", collector.base()));
    let ours: Value = request.bearer_auth(&viewer).send().await?.json().await?;
    let components: Vec<Value> = ours["components"]
        .as_array()
        .context("a list")?
        .iter()
        .map(|it| {
            serde_json::json!({
                "id": it["id"], "name": it["name"], "criticality": it["criticality"],
                "own": it["own"], "effective": it["effective"],
            })
        })
        .collect();
    ensure!(components.len() > 2, "{ours}");
    assert_eq!(told["components"], Value::Array(components));
    assert_eq!(told["ready"], true);
    assert_eq!(told["watched"], 2, "the same is said again after 5 s");
    assert_eq!(told["without_token"], "UNAUTHENTICATED");
    assert_eq!(told["health"], "SERVING");
    collector.stop().await
}
