//! The endpoints without a server: who is told what, and what becomes of old news.

use std::sync::atomic::{AtomicU8, Ordering};

use http::Request;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::status::judge;
use super::*;
use crate::checks::{Check, CheckResult, NotPassed, custom, environment};
use crate::monitors::{Level, Monitor, MonitorState, MonitorStatus, Monitors};
use crate::telemetry::Parts;

const SECOND: Duration = Duration::from_secs(1);

fn fine() -> impl Check {
    custom(async || Ok::<(), NotPassed>(()))
}

fn fails() -> impl Check {
    custom(async || Err::<(), _>(NotPassed::failed("the wall is on fire")))
}

/// Asks a path, with a token if there is one, and returns the code and the body.
fn ask(health: &Health, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = health.service().answer(&request.body(()).unwrap());
    assert_eq!(response.headers()["content-type"], "application/health+json");
    (response.status().as_u16(), serde_json::from_str(response.body()).unwrap())
}

async fn settled(monitoring: &Monitoring) {
    for status in monitoring.statuses() {
        let mut status = monitoring.watch(status.name()).unwrap();
        status.wait_for(|status| status.state() != MonitorState::Unknown).await.unwrap();
    }
}

#[test]
fn a_monitor_is_judged_as_the_table_says() {
    let monitor = || Monitor::new("m", "c", environment(["UNUSED"]));
    let degrades = monitor().degrades();
    let start = Instant::now();
    // The monitor, its runs (30 s apart), whether it is critical, seconds after the first run, the status, the state.
    for (monitor, letters, critical, later, status, state) in [
        (monitor(), "", false, 1, Status::Warn, MonitorState::Unknown),
        (monitor(), "p", false, 1, Status::Pass, MonitorState::Well),
        (monitor(), "ps", false, 40, Status::Pass, MonitorState::Well),
        (monitor(), "pf", false, 31, Status::Warn, MonitorState::Well),
        (monitor(), "f", false, 1, Status::Warn, MonitorState::Unknown),
        (monitor(), "ff", false, 31, Status::Fail, MonitorState::Failing),
        (monitor(), "ffp", false, 61, Status::Fail, MonitorState::Failing),
        (monitor(), "ffppp", false, 121, Status::Pass, MonitorState::Well),
        (degrades.clone(), "ff", true, 31, Status::Warn, MonitorState::Failing),
        (monitor(), "p", false, 90, Status::Pass, MonitorState::Well),
        (monitor(), "p", false, 91, Status::Warn, MonitorState::Unknown),
        (monitor(), "p", true, 91, Status::Fail, MonitorState::Unknown),
        (monitor(), "ff", false, 121, Status::Fail, MonitorState::Unknown),
        (degrades, "p", true, 91, Status::Warn, MonitorState::Unknown),
        (monitor(), "", true, 91, Status::Fail, MonitorState::Unknown),
        (monitor(), "psss", false, 91, Status::Warn, MonitorState::Unknown),
    ] {
        let found = MonitorStatus::after(&monitor, letters, start);
        let judged = judge(&found, critical, start + SECOND * later);
        assert_eq!((judged.status, judged.state), (status, state), "{letters} after {later} s");
    }
}

#[tokio::test(start_paused = true)]
async fn details_are_for_those_with_a_token_and_the_status_is_for_all() {
    let telemetry = Telemetry::disabled();
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("wall", "building", fails()).level(Level::Endpoint).guards("the house"))
        .add(Monitor::new("door", "building", fine()))
        .in_tasks()
        .start();
    settled(&monitoring).await;
    let queue = || vec![Observation::new("orders:queue", Status::Warn).value(7.0, "{order}")];
    let health = Health::new(&telemetry)
        .monitors(&monitoring)
        .token("operator")
        .details(queue)
        .without_startup();

    for path in ["/health", "/health/detailed"] {
        for token in [None, Some("wrong")] {
            let (code, body) = ask(&health, path, token);
            assert_eq!((code, body.to_string()), (503, r#"{"status":"fail"}"#.to_owned()));
        }
    }
    let (code, body) = ask(&health, "/health/detailed", Some("operator"));
    assert_eq!((code, &body["status"]), (503, &"fail".into()));
    assert_eq!(body["levels"]["1"]["status"], "pass");
    assert_eq!(body["levels"]["2"]["status"], "fail");
    assert_eq!(body["components"]["building"]["status"], "fail");
    let wall = &body["checks"]["building:wall"][0];
    assert_eq!(wall["state"], "failing");
    assert_eq!(wall["consecutiveFailures"], 2);
    assert_eq!(wall["guards"], "the house");
    assert!(wall["output"].as_str().unwrap().contains("the wall is on fire"), "{wall}");
    assert_eq!(body["checks"]["orders:queue"][0]["observedValue"], 7.0);
    assert_eq!(body["checks"]["telemetry:traces"][0]["status"], "pass");
    let all = body["checks"].as_object().unwrap().values();
    for check in all.flat_map(|it| it.as_array().unwrap()) {
        assert!(check["ageSeconds"].is_number(), "{check}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_trouble_is_theirs_and_nobody_else_learns_that_they_exist() {
    let telemetry = Telemetry::disabled();
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("zebra opens admin", "admin", fails()).customer("zebra"))
        .add(Monitor::new("acme opens admin", "admin", fine()).customer("acme"))
        .in_tasks()
        .start();
    settled(&monitoring).await;
    let health = Health::new(&telemetry)
        .monitors(&monitoring)
        .token("operator")
        .customer_token("zebra", "zebra-token")
        .customer_token("acme", "acme-token")
        .without_startup();
    let customer = |id: &str, token| ask(&health, &format!("/health/customers/{id}"), token);

    let (code, body) = customer("zebra", Some("zebra-token"));
    assert_eq!((code, &body["status"]), (503, &"fail".into()));
    let (code, body) = customer("acme", Some("acme-token"));
    assert_eq!((code, &body["status"]), (200, &"pass".into()));
    assert!(!body.to_string().contains("zebra"));
    assert_eq!(customer("zebra", Some("operator")).0, 503);

    let unknown = customer("nobody", Some("acme-token"));
    assert_eq!(unknown.0, 404);
    for (id, token) in [
        ("zebra", Some("acme-token")),
        ("zebra", None),
        ("nobody", None),
        ("nobody", Some("operator")),
        ("", Some("operator")),
        ("zebra/", Some("operator")),
    ] {
        assert_eq!(customer(id, token), unknown, "{id} {token:?}");
    }
    let (code, body) = ask(&health, "/health", None);
    assert_eq!((code, body["status"].as_str()), (200, Some("warn")), "not everybody's outage");
}

#[tokio::test(start_paused = true)]
async fn business_critical_is_what_was_said_so_and_an_empty_list_is_a_warning() {
    let telemetry = Telemetry::disabled();
    let health = Health::new(&telemetry);
    assert_eq!(ask(&health, "/health/business-critical", None).0, 200);
    assert_eq!(ask(&health, "/health/business-critical", None).1["status"], "warn");
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("login", "auth", fails()).business_critical())
        .add(Monitor::new("blog", "blog", fine()))
        .in_tasks()
        .start();
    settled(&monitoring).await;
    let health = health.monitors(&monitoring).token("t");
    let (code, body) = ask(&health, "/health/business-critical", Some("t"));
    assert_eq!(code, 503);
    assert_eq!(body["checks"].as_object().unwrap().len(), 1);
}

/// The keeper of a monitor dies: nothing says `pass` on the strength of what it found long ago.
#[tokio::test(start_paused = true)]
async fn old_news_is_unknown_and_never_pass() {
    let telemetry = Telemetry::disabled();
    let monitoring = Monitors::new(&telemetry)
        .add(Monitor::new("door", "building", fine()).business_critical())
        .in_tasks()
        .start();
    settled(&monitoring).await;
    let health = Health::new(&telemetry).monitors(&monitoring).token("t").without_startup();
    assert_eq!(ask(&health, "/health", None).1["status"], "pass");
    monitoring.stop().await;
    sleep(91 * SECOND).await;
    assert_eq!(ask(&health, "/health", None).0, 503);
    let (_, body) = ask(&health, "/health/detailed", Some("t"));
    let door = &body["checks"]["building:door"][0];
    assert_eq!((&door["state"], &door["status"]), (&"unknown".into(), &"fail".into()));
    assert_eq!(door["ageSeconds"], 91.0);
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_the_startup_and_follows_it() {
    use crate::business::{Catalog, Component, Criticality};
    use crate::startup::{OnFailure::Degrade, Startup};
    let catalog = Catalog::new().component(Component::new("auth", Criticality::Critical));
    let telemetry = Telemetry::new(Parts { catalog, ..Parts::silent() });
    let health = Health::new(&telemetry).token("t");
    assert_eq!(ask(&health, "/ready", None).0, 503, "nothing is proved yet");
    assert_eq!(ask(&health, "/live", None).0, 200);
    let broken = Arc::new(AtomicU8::new(1));
    let switch = Arc::clone(&broken);
    let check = custom(move || {
        let broken = switch.load(Ordering::Relaxed) > 0;
        async move { if broken { Err(NotPassed::failed("no")) } else { Ok(()) } }
    });
    Startup::new(&telemetry).check("late", "auth", Degrade, check).in_tasks().run().await;
    let (code, body) = ask(&health, "/ready", Some("t"));
    assert_eq!((code, &body["status"]), (200, &"warn".into()));
    let output = &body["checks"]["startup:validation"][0]["output"];
    assert_eq!(output, "degraded, not passed: late");
    for path in ["/health/detailed", "/health/business-critical"] {
        let (code, body) = ask(&health, path, Some("t"));
        assert_eq!((code, &body["status"]), (200, &"warn".into()), "{path}");
        assert_eq!(body["components"]["auth"]["status"], "warn", "{path}");
        assert_eq!(body["levels"]["1"]["status"], "warn", "{path}");
        let output = &body["checks"]["auth:startup late"][0]["output"];
        assert_eq!(output, "not passed since the start: no", "{path}");
    }
    broken.store(0, Ordering::Relaxed);
    let mut startup = telemetry.startup();
    while startup.status() != startup::Status::Ready {
        startup.changed().await;
    }
    assert_eq!(ask(&health, "/ready", None).1["status"], "pass");
}

#[test]
fn other_methods_and_paths_are_refused() {
    let service = Health::new(&Telemetry::disabled()).service();
    let ask = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).body(()).unwrap();
        service.answer(&request).status().as_u16()
    };
    assert_eq!(ask("POST", "/health"), 405);
    assert_eq!(ask("HEAD", "/live"), 200);
    assert_eq!(ask("GET", "/health/"), 404);
    assert_eq!(ask("GET", "/healthz"), 404);
}

/// The first result is still out: an answer does not wait for it.
#[tokio::test(start_paused = true)]
async fn before_the_first_result_nothing_is_known_and_nobody_waits() {
    let telemetry = Telemetry::disabled();
    let hangs = custom(std::future::pending::<CheckResult>);
    let monitoring =
        Monitors::new(&telemetry).add(Monitor::new("slow", "auth", hangs)).in_tasks().start();
    let health = Health::new(&telemetry).monitors(&monitoring).token("t").without_startup();
    let asked = Instant::now();
    let (code, body) = ask(&health, "/health", Some("t"));
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert_eq!((code, &body["status"]), (200, &"warn".into()));
    assert_eq!(body["checks"]["auth:slow"][0]["ageSeconds"], Value::Null);
}

#[cfg(feature = "axum")]
mod work;
