//! Ready dashboards: those who draw them can read them, and what they ask is answered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwether_core::state::ComponentState;
use bellwether_tests::harness::http;
use bellwether_tests::harness::process::{Deployment, Setup, reserve};
use bellwether_tests::harness::schemas::{read_by_grafana, refused};
use bellwether_tests::harness::vendors::Vendors;
use bellwether_tests::harness::wait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Longest wait for any one thing, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the dashboards that are committed for a product.
fn committed(product: &str) -> anyhow::Result<Vec<Value>> {
    let folder = project().join("dashboards").join(product);
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        Ok(serde_json::from_slice(&std::fs::read(file?.path())?)?)
    };
    std::fs::read_dir(folder)?.map(read).collect()
}

/// Returns every string behind `key`, however deep.
fn behind<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(key).and_then(Value::as_str));
            fields.values().for_each(|it| behind(it, key, found));
        }
        Value::Array(items) => items.iter().for_each(|it| behind(it, key, found)),
        _ => {}
    }
}

/// Names what of `given` is not in `read`.
fn lost(given: &Value, read: &Value, at: &str, found: &mut Vec<String>) {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            for (key, value) in given {
                lost(value, read.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"), found);
            }
        }
        (Value::Array(given), Value::Array(read)) if given.len() == read.len() => {
            for (no, (given, read)) in given.iter().zip(read).enumerate() {
                lost(given, read, &format!("{at}/{no}"), found);
            }
        }
        (Value::Number(given), Value::Number(read)) if given.as_f64() == read.as_f64() => {}
        (given, read) if given == read => {}
        _ => found.push(format!("{at}: {given} was read as {read}")),
    }
}

/// Scenario: the dashboards for Grafana are read by Grafana's own models, and written again; so is one
/// with a key that nobody knows.
/// Guarantee: nothing of ours is lost on the way; what nobody knows is.
#[tokio::test]
async fn grafanas_own_models_know_all_that_is_in_its_dashboards() -> anyhow::Result<()> {
    let mut dashboards = committed("grafana")?;
    ensure!(dashboards.len() == 3, "{} dashboards", dashboards.len());
    let mut wrong = dashboards[0].clone();
    wrong["panels"][1]["options"]["colourMode"] = "value".into();
    dashboards.push(wrong);
    let read = read_by_grafana(&dashboards).await?;
    let losses = dashboards.iter().zip(&read).map(|(given, read)| {
        let mut found = Vec::new();
        lost(given, read, "", &mut found);
        found
    });
    let mut losses: Vec<_> = losses.collect();
    let wrong = losses.pop().context("the wrong one")?;
    assert_eq!(wrong, ["/panels/1/options/colourMode: \"value\" was read as null"]);
    assert!(losses.iter().all(Vec::is_empty), "{losses:#?}");
    Ok(())
}

/// Scenario: the dashboards for Datadog, and one with a kind of widget that there is not.
/// Guarantee: Datadog's own OpenAPI document takes the first and refuses the last.
#[tokio::test]
async fn datadogs_dashboards_are_as_its_openapi_has_them() -> anyhow::Result<()> {
    let mut dashboards = committed("datadog")?;
    ensure!(dashboards.len() == 4, "{} dashboards", dashboards.len());
    let mut wrong = dashboards[0].clone();
    wrong["widgets"][0]["definition"]["widgets"][0]["definition"]["type"] = "number".into();
    dashboards.push(wrong);
    let documents: Vec<_> = dashboards.into_iter().map(|it| ("Dashboard", it)).collect();
    let mut found = refused(&documents).await?;
    assert!(found.pop().flatten().is_some());
    assert_eq!(found, vec![None; 4]);
    Ok(())
}

/// Says what New Relic's documented limits have against a dashboard.
fn against_newrelics_limits(dashboard: &Value) -> Vec<String> {
    const VISUALIZATIONS: [&str; 3] = ["viz.billboard", "viz.line", "viz.markdown"];
    let mut found = Vec::new();
    let mut say = |wrong: bool, what: String| found.extend(wrong.then_some(what));
    let text = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let pages = list(&dashboard["pages"]);
    say(pages.is_empty() || pages.len() > 20, format!("{} pages", pages.len()));
    say(!(1..=255).contains(&text(&dashboard["name"])), "the name".to_owned());
    say(dashboard["permissions"] != "PUBLIC_READ_WRITE", "permissions".to_owned());
    for page in &pages {
        let widgets = list(&page["widgets"]);
        say(widgets.is_empty() || widgets.len() > 100, format!("{} widgets", widgets.len()));
        say(!(1..=255).contains(&text(&page["name"])), format!("page {}", page["name"]));
        say(text(&page["description"]) > 1024, format!("description {}", page["description"]));
        for widget in &widgets {
            let layout = |key: &str| widget["layout"][key].as_u64().unwrap_or_default();
            let title = &widget["title"];
            say(text(title) > 255, format!("title {title}"));
            let (column, width, height) = (layout("column"), layout("width"), layout("height"));
            say(column == 0 || width == 0 || column + width > 13, format!("columns of {title}"));
            say(layout("row") == 0 || !(1..=32).contains(&height), format!("rows of {title}"));
            let drawn = widget["visualization"]["id"].as_str().unwrap_or_default();
            say(!VISUALIZATIONS.contains(&drawn), format!("{drawn} of {title}"));
            let queries = list(&widget["rawConfiguration"]["nrqlQueries"]);
            let markdown = drawn == "viz.markdown";
            say(
                markdown != queries.is_empty() || queries.len() > 20,
                format!("queries of {title}"),
            );
            for query in queries {
                let accounts = list(&query["accountIds"]);
                say(!accounts.iter().all(Value::is_u64), format!("accounts of {title}"));
                say(!(1..=4096).contains(&text(&query["query"])), format!("a query of {title}"));
            }
        }
    }
    found
}

/// Scenario: the dashboard for New Relic, and the same with mistakes.
/// Guarantee: it keeps New Relic's documented limits, and the check sees each of the mistakes.
#[test]
fn newrelics_dashboard_keeps_its_limits() -> anyhow::Result<()> {
    let dashboards = committed("newrelic")?;
    let [dashboard] = dashboards.as_slice() else { anyhow::bail!("there is one dashboard") };
    assert_eq!(against_newrelics_limits(dashboard), Vec::<String>::new());
    let widget = "/pages/0/widgets/1";
    for (at, wrong) in [
        ("/name".to_owned(), json!("")),
        ("/pages/0/widgets".to_owned(), json!([])),
        (format!("{widget}/layout/width"), json!(13)),
        (format!("{widget}/layout/height"), json!(33)),
        (format!("{widget}/title"), json!("x".repeat(256))),
        (format!("{widget}/visualization/id"), json!("viz.number")),
        (format!("{widget}/rawConfiguration/nrqlQueries"), json!([])),
    ] {
        let mut changed = dashboard.clone();
        *changed.pointer_mut(&at).with_context(|| at.clone())? = wrong;
        assert_ne!(against_newrelics_limits(&changed), Vec::<String>::new(), "{at}");
    }
    Ok(())
}

/// A Prometheus that scrapes a collector. It ends when dropped.
struct Prometheus {
    base: String,
    client: reqwest::Client,
    _folder: TempDir,
    _child: Child,
}

impl Prometheus {
    async fn scraping(collector: &str) -> anyhow::Result<Self> {
        let program = project().join(".cache/promtool/prometheus");
        ensure!(program.is_file(), "Prometheus is missing: run `scripts/setup promtool`");
        let (folder, address) = (TempDir::new()?, reserve()?);
        let target = collector.trim_start_matches("http://");
        let config = format!(
            "global: {{ scrape_interval: 1s }}\n\
             scrape_configs: [{{ job_name: bellwether, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
        );
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config)?;
        let child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let prometheus = Self {
            base: format!("http://{address}"),
            client: http::client()?,
            _folder: folder,
            _child: child,
        };
        wait::until("Prometheus", LIMIT, async || prometheus.ask("up").await).await?;
        Ok(prometheus)
    }

    /// Asks what stands now, with the variables of a dashboard filled in.
    async fn ask(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let query = query.replace("$__rate_interval", "1m").replace("$instance", ".*");
        let url = format!("{}/api/v1/query", self.base);
        let url = reqwest::Url::parse_with_params(&url, [("query", &query)])?;
        let answer: Value = self.client.get(url).send().await?.json().await?;
        ensure!(answer["status"] == "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned().context("a list")
    }
}

/// Returns what of the names in `asked`, given within backticks or before a brace, `emitted` lacks.
fn never_sent<'a>(asked: &[&'a str], emitted: &BTreeSet<String>) -> Vec<&'a str> {
    let known = |query: &&&str| {
        let names = bellwether_proto::metrics::ALL.iter().map(|it| it.name);
        let named: Vec<_> = names
            .filter(|it| query.contains(&format!("`{it}`")) || query.contains(&format!(":{it}{{")))
            .collect();
        !named.is_empty() && named.iter().all(|it| emitted.contains(*it))
    };
    asked.iter().filter(|it| !known(it)).copied().collect()
}

/// Scenario: the demo's story, with one request that is refused: a version of the service without its
/// admin router is deployed. A real Prometheus scrapes the collector.
/// Guarantee: every panel of every Grafana dashboard has an answer with numbers in it, but for what
/// was given up, of which there is nothing; the number on the first panel is 925,000 GBP; every
/// metric that Datadog's and New Relic's dashboards ask for has come to that vendor.
#[tokio::test]
async fn every_panel_is_answered_in_the_story() -> anyhow::Result<()> {
    let vendors = Vendors::start().await?;
    let setup = Setup::with_vendors(&vendors.addresses(), Duration::from_millis(500))?;
    let collector = setup.start().await?;
    let prometheus = Prometheus::scraping(collector.base()).await?;
    let database = format!("sqlite://{}", setup.folder().join("marketedge.db").display());
    let version = |version| Deployment::new(version, &database, &setup.otlp_url());
    let service = version("1").start().await?;
    service.visit().await?;
    wait::until("admin to be well", LIMIT, async || {
        collector.is("admin", ComponentState::Operational).await
    })
    .await?;
    service.stop().await?;
    let service = version("2").without_admin().start().await?;
    service.visit().await?;
    let broken = http::client()?.post(format!("http://{}/v1/logs", setup.otlp_http()));
    let broken = broken.header("content-type", "application/x-protobuf").body("no").send().await?;
    assert_eq!(broken.status(), 400);

    let mut asked = Vec::new();
    let grafana = committed("grafana")?;
    grafana.iter().for_each(|it| behind(it, "expr", &mut asked));
    ensure!(asked.len() > 35, "{} questions", asked.len());
    wait::until("answers", LIMIT, async || {
        // sent when it happens, and nothing of it has happened
        let happens = |query: &&&str| !query.contains("collector_destination_dropped_requests");
        for query in asked.iter().filter(happens) {
            let answer = prometheus.ask(query).await?;
            let number = |it: &Value| it["value"][1].as_str().is_some_and(|it| it != "NaN");
            ensure!(answer.iter().any(number), "{query} is answered by {answer:?}");
        }
        Ok(())
    })
    .await?;
    let mut first = Vec::new();
    let business = grafana.iter().find(|it| it["uid"] == "bellwether-business");
    behind(&business.context("the board")?["panels"][1], "expr", &mut first);
    let at_risk = prometheus.ask(first[0]).await?;
    let of = |currency: &str| {
        at_risk
            .iter()
            .find(|it| it["metric"]["business_currency"] == currency)
            .map(|it| &it["value"][1])
    };
    assert_eq!(of("GBP"), Some(&json!("925000")), "{at_risk:?}");
    assert_eq!(at_risk.len(), 1, "no zero beside it: {at_risk:?}");

    for product in ["datadog", "newrelic"] {
        let (boards, mut asked) = (committed(product)?, Vec::new());
        boards.iter().for_each(|it| behind(it, "query", &mut asked));
        ensure!(asked.len() > 35, "{} questions", asked.len());
        asked.retain(|it| !it.contains("collector.destination.dropped.requests"));
        wait::until("metrics at the vendor", LIMIT, async || {
            let emitted = match product {
                "datadog" => vendors.datadog.metric_names(),
                _ => vendors.newrelic.metric_names(),
            };
            let missing = never_sent(&asked, &emitted);
            ensure!(missing.is_empty(), "{product} was never sent what these ask: {missing:#?}");
            Ok(())
        })
        .await?;
    }
    service.stop().await?;
    collector.stop().await
}
