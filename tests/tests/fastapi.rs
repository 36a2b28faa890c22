//! A service that is not written in Rust takes part: the FastAPI example as a real process,
//! over the stock OpenTelemetry SDK for Python, and a collector.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_api::Snapshot;
use bellwether_api::view::Instance;
use bellwether_core::facts::{CheckOutcome, StartupOutcome};
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::process::{Process, Signal};
use bellwether_tests::harness::{http, wait};

const CATALOG: &str = include_str!("../../examples/fastapi/catalog.yaml");
const RULES: &str = "rules: {}";

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How the service leaves when it refuses to start.
const ABORTED: i32 = 78;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Starts an application of the example's Python with these variables, and no others.
fn spawn(
    application: &str,
    folder: &Path,
    collector: &Collector,
    version: &str,
    variables: &[(&str, &str)],
) -> anyhow::Result<Process> {
    let python = project().join(".cache/python/bin/python");
    let python = python.to_str().context("a folder with a readable name")?;
    let ready = Path::new(python).is_file();
    ensure!(ready, "the Python example's packages are missing: run `scripts/setup python`");
    let folder = folder.to_str().context("a folder with a readable name")?;
    // port 0: uvicorn takes any that is free, and says which
    let arguments = ["-m", "uvicorn", "--port", "0", "--app-dir", folder, application];
    let example = project().join("examples/fastapi").display().to_string();
    let own = [
        ("PYTHONPATH", example),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.otlp())),
        ("OTEL_RESOURCE_ATTRIBUTES", format!("service.version={version}")),
        // nobody wants to wait for the five seconds that are usual
        ("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let variables: Vec<_> = own.chain(given).collect();
    Process::start(python, &arguments.map(str::to_owned), &variables)
}

/// Starts the example; a password is all that it needs.
fn deploy(
    collector: &Collector,
    version: &str,
    variables: &[(&str, &str)],
) -> anyhow::Result<Process> {
    let folder = project().join("examples/fastapi");
    spawn("main:app", &folder, collector, version, variables)
}

const PASSWORD: (&str, &str) = ("MARKETEDGE_PASSWORD", "stripes");
const BROKEN: (&str, &str) = ("MARKETEDGE_BREAK_ADMIN", "1");

/// Waits until uvicorn listens, and returns the base URL.
async fn listening(process: &Process) -> anyhow::Result<String> {
    let url = |line: &str| {
        let (_, url) = line.split_once("Uvicorn running on ")?;
        url.split_whitespace().next().map(str::to_owned)
    };
    process.until_line("the service to listen", LIMIT, url).await
}

/// Tells a service to stop, and waits. uvicorn ends by the signal that it was sent.
async fn stop(mut process: Process) -> anyhow::Result<()> {
    process.signal(Signal::TERM)?;
    process.ended(LIMIT).await.map(drop)
}

async fn status_of(url: &str) -> anyhow::Result<u16> {
    Ok(http::client()?.get(url).send().await?.status().as_u16())
}

/// Waits until the collector knows a version with all checks of its startup.
async fn reported(collector: &Collector, version: &str) -> anyhow::Result<Instance> {
    wait::until(&format!("the checks of version {version}"), LIMIT, async || {
        let services = collector.snapshot().await?.services;
        let mut instances = services.into_iter().flat_map(|it| it.instances);
        let found = instances.find(|it| it.version.as_str() == version && it.checks.len() == 3);
        found.with_context(|| format!("version {version} has not reported three checks"))
    })
    .await
}

fn reasons(snapshot: &Snapshot, component: &str) -> Vec<String> {
    let components = snapshot.components.iter().filter(|it| it.id.as_str() == component);
    components.flat_map(|it| &it.reasons).map(|it| it.text.clone()).collect()
}

/// Scenario: version 1 of a FastAPI service is well, version 2 cannot import its admin router
/// and starts all the same with a `/health` that says 200, version 3 is mended.
/// Guarantee: the collector calls admin out and names the routes that are missing, the failed
/// check says why, authentication is not blamed, and with version 3 all is well.
#[tokio::test]
async fn a_python_router_that_fails_to_import_is_named() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;

    let one = deploy(&collector, "1", &[PASSWORD])?;
    listening(&one).await?;
    collector.until("admin", Operational).await?;
    let instance = reported(&collector, "1").await?;
    assert_eq!(instance.startup, Some(StartupOutcome::Ready));
    assert!(instance.checks.iter().all(|it| it.outcome == CheckOutcome::Passed));
    stop(one).await?;

    let two = deploy(&collector, "2", &[PASSWORD, BROKEN])?;
    let url = listening(&two).await?;
    assert_eq!(status_of(&format!("{url}/health")).await?, 200);
    assert_eq!(status_of(&format!("{url}/api/v1/admin/dashboard")).await?, 404);
    let snapshot = collector.until("admin", MajorOutage).await?;
    let why = reasons(&snapshot, "admin");
    let missing = "no longer serves 2 routes that version 1 served: \
                   GET /api/v1/admin/dashboard, GET /api/v1/admin/reports/{name}";
    assert!(why.iter().any(|it| it.contains(missing)), "{why:?}");
    assert_eq!(snapshot.incidents.len(), 1, "{:?}", snapshot.incidents);
    assert_eq!(snapshot.impact.revenue_at_risk[0].text(), "925,000 GBP");
    let instance = reported(&collector, "2").await?;
    assert_eq!(instance.startup, Some(StartupOutcome::Degraded));
    let failed = instance.checks.iter().find(|it| it.outcome == CheckOutcome::Failed);
    let failed = failed.context("a check that failed")?;
    assert_eq!(failed.name, "admin router");
    assert_eq!(failed.component.as_ref().map(|it| it.as_str()), Some("admin"));
    assert_eq!(failed.message, "ModuleNotFoundError: No module named 'cinema_analytics'");
    collector.until("auth", Operational).await?;
    stop(two).await?;

    let three = deploy(&collector, "3", &[PASSWORD])?;
    listening(&three).await?;
    let snapshot = collector.until("admin", Operational).await?;
    assert!(snapshot.incidents.is_empty(), "{:?}", snapshot.incidents);
    let instances = snapshot.services.iter().flat_map(|it| &it.instances);
    let earlier: Vec<_> = instances.filter(|it| it.version.as_str() != "3").collect();
    assert_eq!(earlier.len(), 2);
    assert!(earlier.iter().all(|it| it.stopped.is_some()), "each said that it stops");
    stop(three).await?;
    collector.stop().await
}

/// Scenario: a check of a FastAPI service fails, and was declared to abort the startup.
/// Guarantee: the process ends with code 78, and the collector knows why.
#[tokio::test]
async fn a_python_service_that_refuses_to_start_is_known() -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    let mut process = deploy(&collector, "1", &[])?;
    let ended = process.ended(LIMIT).await?;
    assert_eq!(ended.status.code(), Some(ABORTED), "{}", process.tail());
    let snapshot = collector.until("auth", MajorOutage).await?;
    let why = reasons(&snapshot, "auth");
    assert!(why.iter().any(|it| it.contains("refused to start: password: KeyError")), "{why:?}");
    let instance = reported(&collector, "1").await?;
    assert_eq!(instance.startup, Some(StartupOutcome::Aborted));
    assert!(!instance.running);
    collector.stop().await
}

/// Asks a service without any of our conventions for what the catalog declares.
async fn is_judged_by_its_traffic(conventions: &str) -> anyhow::Result<()> {
    let collector = Collector::start(CATALOG, RULES).await?;
    let folder = project().join("tests/tests/fastapi");
    let variables = [("OTEL_SEMCONV_STABILITY_OPT_IN", conventions)];
    let service = spawn("plain:app", &folder, &collector, "1", &variables)?;
    let url = listening(&service).await?;
    for _ in 0..2 {
        for path in ["/api/v1/admin/dashboard?tab=1", "/api/v1/auth/users/nobody"] {
            assert_eq!(status_of(&format!("{url}{path}")).await?, 404);
        }
    }
    let snapshot = collector.until("admin", MajorOutage).await?;
    let why = reasons(&snapshot, "admin");
    assert!(why[0].contains("2 requests for /api/v1/admin/** with 404 or 405"), "{why:?}");
    collector.until("auth", Operational).await?;
    stop(service).await?;
    collector.stop().await
}

/// Scenario: a service with stock instrumentation only, by the HTTP conventions from before
/// 1.23, answers a declared path with 404 because no route is there, and another one with a 404
/// of its own.
/// Guarantee: the first component is out, the second one is well.
#[tokio::test]
async fn server_spans_alone_tell_a_missing_route_by_the_old_conventions() -> anyhow::Result<()> {
    is_judged_by_its_traffic("").await
}

/// Scenario: the same by the stable HTTP conventions.
/// Guarantee: the same.
#[tokio::test]
async fn server_spans_alone_tell_a_missing_route_by_the_stable_conventions() -> anyhow::Result<()> {
    is_judged_by_its_traffic("http").await
}

/// Scenario: the page for people who copy the example is read.
/// Guarantee: its Python is the example's, word for word.
#[test]
fn the_page_quotes_the_example() -> anyhow::Result<()> {
    let page = std::fs::read_to_string(project().join("docs/any-language.md"))?;
    let example = project().join("examples/fastapi");
    let main = std::fs::read_to_string(example.join("main.py"))?;
    let conventions = std::fs::read_to_string(example.join("conventions.py"))?;
    let snippets: Vec<&str> = page
        .split("```python\n")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("```")?.0))
        .collect();
    assert_eq!(snippets.len(), 2, "one of main.py, one of conventions.py");
    assert!(main.ends_with(snippets[0]), "main.py is not {}", snippets[0]);
    assert!(conventions.ends_with(snippets[1]), "conventions.py is not {}", snippets[1]);
    Ok(())
}
