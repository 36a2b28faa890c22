use super::*;

fn check(name: &str, component: &str, on_failure: OnFailure, outcome: CheckOutcome) -> CheckReport {
    CheckReport {
        name: name.to_owned(),
        component: component.to_owned(),
        on_failure,
        kind: CheckKind::Custom,
        level: Level::Basic,
        outcome,
        took: Duration::from_millis(12),
        problem: None,
    }
}

fn report(checks: Vec<CheckReport>, delivery: Delivery) -> Report {
    Report {
        service: "marketedge-api 2".to_owned(),
        checks,
        took: Duration::from_millis(8000),
        delivery,
    }
}

fn aborted() -> Report {
    let mut database = check("database", "database", OnFailure::Abort, CheckOutcome::TimedOut);
    database.took = Duration::from_secs(8);
    database.problem = Some(
        NotPassed::failed("no answer within the 8 s that checks have").advice("look at the server"),
    );
    let mut login = check("login route", "auth", OnFailure::Degrade, CheckOutcome::Failed);
    login.problem = Some(NotPassed::failed("POST /api/v1/auth/login is not mounted (404)"));
    let environment = check("environment", "database", OnFailure::Abort, CheckOutcome::Passed);
    let mut probe = check("telemetry", "auth", OnFailure::Degrade, CheckOutcome::Skipped);
    probe.problem = Some(NotPassed::skipped("cannot confirm"));
    report(vec![environment, database, login, probe], Delivery::NotDelivered)
}

#[test]
fn an_aborted_startup_says_what_to_do() {
    assert_eq!(
        aborted().to_string(),
        "\
startup of marketedge-api 2: aborted after 8.00 s

  CHECK        GUARDS    OUTCOME    TOOK    IF IT FAILS
  environment  database  passed     0.01 s  abort
  database     database  timed out  8.00 s  abort
  login route  auth      failed     0.01 s  degrade
  telemetry    auth      skipped    0.01 s  degrade

  database: no answer within the 8 s that checks have
    -> look at the server

  login route: POST /api/v1/auth/login is not mounted (404)

  telemetry: cannot confirm

The service does not start. The collector was NOT told: it did not acknowledge in time. Check OTEL_EXPORTER_OTLP_ENDPOINT.
"
    );
    assert_eq!(aborted().failed(), 2);
    assert_eq!(
        aborted().summary(),
        "database: no answer within the 8 s that checks have; \
         login route: POST /api/v1/auth/login is not mounted (404)"
    );
}

#[test]
fn a_ready_startup_is_short() {
    let checks = vec![check("environment", "database", OnFailure::Abort, CheckOutcome::Passed)];
    assert_eq!(
        report(checks, Delivery::InBackground).to_string(),
        "\
startup of marketedge-api 2: ready after 8.00 s

  CHECK        GUARDS    OUTCOME  TOOK    IF IT FAILS
  environment  database  passed   0.01 s  abort
"
    );
    assert!(report(Vec::new(), Delivery::InBackground).to_string().ends_with("no checks\n"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = aborted().render(true);
    assert!(coloured.contains("\x1b[1;31mtimed out\x1b[0m"));
    assert!(coloured.contains("\x1b[33mfailed\x1b[0m"));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trim = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    };
    assert_eq!(trim(&plain), trim(&aborted().to_string()));
}

#[test]
fn json_says_the_same_in_one_line() {
    let text = aborted().to_json();
    assert!(!text.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["service"], "marketedge-api 2");
    assert_eq!(value["outcome"], "aborted");
    assert_eq!(value["duration"], 8.0);
    assert_eq!(value["delivery"], "not_delivered");
    assert_eq!(
        value["checks"][1],
        serde_json::json!({
            "name": "database",
            "component": "database",
            "kind": "custom",
            "level": 1,
            "outcome": "timed_out",
            "on_failure": "abort",
            "duration": 8.0,
            "message": "no answer within the 8 s that checks have",
            "advice": "look at the server",
            "error_type": "failed",
        })
    );
    assert_eq!(value["checks"][0].get("message"), None, "it passed");
}

#[test]
fn the_environment_chooses_the_form() {
    let format = |pairs| ReportFormat::from_environment(&crate::env::fixed(pairs));
    assert_eq!(format(&[]), None);
    assert_eq!(format(&[("BELLWETHER_REPORT", "json")]), Some(ReportFormat::Json));
    assert_eq!(format(&[("BELLWETHER_REPORT", "text")]), Some(ReportFormat::Text));
    assert_eq!(format(&[("BELLWETHER_REPORT", "xml")]), None);
}
