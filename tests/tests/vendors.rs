//! What leaves for Datadog, held against what is Datadog's own: its OpenAPI documents and its test
//! agent.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_tests::harness::collector::Collector;
use bellwether_tests::harness::process::reserve;
use bellwether_tests::harness::schemas::refused;
use bellwether_tests::harness::wait;
use serde_json::{Value, json};
use tokio::process::Command;

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the body of a request as the golden files have it.
fn golden(name: &str) -> anyhow::Result<Value> {
    let folder = project().join("collector/exporters/src/tests/snapshots");
    let file = folder.join(format!("bellwether_exporters__tests__golden__{name}.snap"));
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let request = text.splitn(3, "---\n").nth(2).context("a head and a body")?;
    let mut request: Value = serde_json::from_str(request)?;
    Ok(request["body"].take())
}

/// Scenario: the requests of the golden files, as they leave: events that open and end an incident, and
/// a service check; and the same with a mistake in each.
/// Guarantee: Datadog's own OpenAPI documents take the first and refuse the others.
#[tokio::test]
async fn events_and_checks_are_as_datadogs_openapi_has_them() -> anyhow::Result<()> {
    const EVENT: &str = "EventCreateRequestPayload";
    const CHECKS: &str = "ServiceChecks";
    let (opened, resolved) = (golden("opened_datadog")?, golden("resolved_datadog")?);
    let check = golden("component_datadog")?;
    let good = [(EVENT, opened.clone()), (EVENT, resolved), (CHECKS, check.clone())];
    let found = refused(&good).await?;
    assert_eq!(found, vec![None; 3]);
    let changed = |document: &Value, at: &str, to: Value| {
        let mut document = document.clone();
        if let Some(place) = document.pointer_mut(at) {
            *place = to;
        }
        document
    };
    let attributes = "/data/attributes";
    let bad = [
        (EVENT, changed(&opened, &format!("{attributes}/attributes/priority"), json!(2))),
        (EVENT, changed(&opened, &format!("{attributes}/category"), json!("alarm"))),
        (EVENT, changed(&opened, &format!("{attributes}/title"), json!("x".repeat(501)))),
        (CHECKS, changed(&check, "/0/status", json!(4))),
        (CHECKS, changed(&check, "/0/host_name", Value::Null)),
    ];
    let found = refused(&bad).await?;
    assert!(found.iter().all(Option::is_some), "{found:?}");
    Ok(())
}

/// Datadog's test agent. It ends when dropped.
struct Agent {
    otlp: u16,
    _child: tokio::process::Child,
}

impl Agent {
    async fn start() -> anyhow::Result<Self> {
        let program = project().join(".cache/testagent/bin/ddapm-test-agent");
        ensure!(program.is_file(), "the test agent is missing: run `scripts/setup testagent`");
        // the client below wants one; another test may have been first
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ports = [reserve()?, reserve()?, reserve()?];
        let port = |n: usize| ports[n].port().to_string();
        let child = Command::new(program)
            .args(["--port", &port(0), "--otlp-http-port", &port(1), "--otlp-grpc-port", &port(2)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let agent = Self { otlp: ports[1].port(), _child: child };
        wait::until("the test agent", LIMIT, async || agent.session("traces").await).await?;
        Ok(agent)
    }

    /// Returns what came of a signal.
    async fn session(&self, signal: &str) -> anyhow::Result<Value> {
        let url = format!("http://127.0.0.1:{}/test/session/{signal}", self.otlp);
        Ok(reqwest::get(url).await?.error_for_status()?.json().await?)
    }
}

/// Scenario: a service sends traces, metrics and logs, and the collector forwards them to Datadog,
/// in whose place stands Datadog's own test agent.
/// Guarantee: it takes all three and has read them as OTLP.
#[tokio::test]
async fn datadogs_test_agent_takes_our_otlp() -> anyhow::Result<()> {
    let agent = Agent::start().await?;
    let exporters = format!(
        "{{ datadog: {{ api: {{ key: fake-datadog-api-key }}, incidents: off, \
         endpoints: {{ otlp: \"http://127.0.0.1:{}\" }} }} }}",
        agent.otlp
    );
    let collector = Collector::leading_to(&exporters).await?;
    let resource = json!({ "attributes": [
        { "key": "service.name", "value": { "stringValue": "checkout" } },
    ] });
    let now = "1795428131000000000";
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
        "name": "GET /pay", "startTimeUnixNano": now, "endTimeUnixNano": now,
    });
    let point = json!({ "timeUnixNano": now, "asDouble": 0.5 });
    let metric = json!({ "name": "load", "gauge": { "dataPoints": [point] } });
    let record = json!({ "timeUnixNano": now, "body": { "stringValue": "paid" } });
    let sent = [
        (
            "traces",
            json!({ "resourceSpans": [{
            "resource": resource, "scopeSpans": [{ "spans": [span] }],
        }] }),
        ),
        (
            "metrics",
            json!({ "resourceMetrics": [{
            "resource": resource, "scopeMetrics": [{ "metrics": [metric] }],
        }] }),
        ),
        (
            "logs",
            json!({ "resourceLogs": [{
            "resource": resource, "scopeLogs": [{ "logRecords": [record] }],
        }] }),
        ),
    ];
    for (signal, body) in sent {
        let url = format!("http://{}/v1/{signal}", collector.otlp_http());
        reqwest::Client::new().post(url).json(&body).send().await?.error_for_status()?;
    }
    for (signal, part) in
        [("traces", "resource_spans"), ("metrics", "resource_metrics"), ("logs", "resource_logs")]
    {
        let what = format!("{signal} at the test agent");
        wait::until(&what, LIMIT, async || {
            let came = agent.session(signal).await?.to_string();
            ensure!(came.contains(part) && came.contains("checkout"), "{came}");
            Ok(())
        })
        .await?;
    }
    collector.stop().await
}
