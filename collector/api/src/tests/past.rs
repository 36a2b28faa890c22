//! How things went: what is kept is put together as documented.

use axum::http::{Method, StatusCode};
use bellwether_core::impact::{Loss, RiskSpan};
use bellwether_core::store::{Observation, Summary};
use serde_json::{Value, json};

use super::memory::Memory;
use super::samples::{alert, at, snapshot};
use super::{api_over, get, good, send, text};

/// An API over a store with a bit of everything; it is 10:01:40 on Monday, 2026-11-23.
fn history() -> Memory {
    let loss = |incident: &str, from, until, lost: &str| Loss {
        incident: incident.into(),
        component: "auth".into(),
        from: at(from),
        until: at(until),
        revenue_per_hour: "4802 EUR".parse().unwrap(),
        lost: lost.parse().unwrap(),
    };
    let risk = |from, until: Option<i64>| RiskSpan {
        opportunity: "zebra-cinema".into(),
        name: "Zebra cinema analytics".to_owned(),
        customer: "zebra".into(),
        amount: "925000 GBP".parse().unwrap(),
        from: at(from),
        until: until.map(at),
        incidents: ["inc-1".into()].into(),
    };
    let observed = |when, value, failed| Observation {
        series: "monitor:api:login".to_owned(),
        at: at(when),
        value,
        failed,
    };
    Memory {
        alerts: vec![alert("admin-slow")],
        losses: vec![loss("inc-1", -60, 0, "80 EUR"), loss("inc-2", 0, 60, "20.005 EUR")],
        risks: vec![risk(-60, Some(-30)), risk(30, None)],
        observations: vec![
            observed(10, 1.0, false),
            observed(20, 0.0, true),
            observed(70, 1.0, false),
        ],
        summaries: vec![Summary {
            series: "monitor:api:login".to_owned(),
            from: at(-3_600),
            count: 60,
            failed: 6,
            sum: 54.0,
            min: 0.0,
            max: 1.0,
        }],
        ..Memory::with_history()
    }
}

const HOUR: &str = "from=2026-11-23T09:59:00Z&until=2026-11-23T10:01:00Z";

#[tokio::test]
async fn money_is_told_step_by_step_and_beside_what_was_before() {
    let (api, _hand) = api_over(snapshot(), history());
    insta::assert_json_snapshot!(good(&api, &format!("/api/v1/impact?{HOUR}&points=10")).await);
}

#[tokio::test]
async fn the_score_and_uptime_follow_from_changes_of_state() {
    let (api, _hand) = api_over(snapshot(), history());
    let scores = good(&api, &format!("/api/v1/health-score?{HOUR}&points=10")).await;
    // nothing is known of anything before the first change, which is at the very end
    assert_eq!((&scores["average"], &scores["steps"][0]["average"]), (&Value::Null, &Value::Null));
    assert_eq!(scores["step_seconds"], 60);
    let scores = good(&api, "/api/v1/health-score").await;
    // admin is out and the others are not known: (8 x 50 + 2 x 50 + 2 x 0) / 12
    assert_eq!(scores["average"], "41.66");
    insta::assert_json_snapshot!("uptime", good(&api, "/api/v1/uptime?months=2").await);
}

#[tokio::test]
async fn what_is_too_much_for_one_answer_is_not_added_up_in_part() {
    let mut memory = history();
    let one = memory.risks.remove(0);
    memory.risks = vec![one; 100_001];
    let (api, _hand) = api_over(snapshot(), memory);
    for path in [&format!("impact?{HOUR}"), "reports/2026-11"] {
        let (status, answer) = get(&api, &format!("/api/v1/{path}")).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("too_much")),
            "{path}"
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("there are more than 100000 times of risk"), "{message}");
    }
}

#[tokio::test]
async fn what_was_measured_is_put_together_by_steps() {
    let (api, _hand) = api_over(snapshot(), history());
    let path = "/api/v1/series?name=monitor:api:login&from=2026-11-23T08:00:00Z&points=1000";
    let series = good(&api, path).await;
    assert_eq!(series["step_seconds"], 60);
    let step = |at: &str, count, failed, min, average| json!({ "at": at, "count": count, "failed": failed, "min": min, "max": 1.0, "average": average });
    assert_eq!(
        series["steps"],
        json!([
            step("2026-11-23T09:00:00.000Z", 60, 6, 0.0, 0.9),
            step("2026-11-23T10:00:00.000Z", 2, 1, 0.0, 0.5),
            step("2026-11-23T10:01:00.000Z", 1, 0, 1.0, 1.0),
        ])
    );
}

#[tokio::test]
async fn what_is_measured_can_be_found() {
    let (api, _hand) = api_over(snapshot(), history());
    let names = good(&api, "/api/v1/series/names?prefix=monitor:").await;
    assert_eq!(names, json!({ "series": ["monitor:api:login"] }));
    let names = good(&api, "/api/v1/series/names?prefix=rule:").await;
    assert_eq!(names, json!({ "series": [] }));
}

#[tokio::test]
async fn a_month_and_a_week_are_reported() {
    let (api, _hand) = api_over(snapshot(), history());
    let month = good(&api, "/api/v1/reports/2026-11").await;
    insta::assert_json_snapshot!("report", month);
    let week = good(&api, "/api/v1/reports/2026-W48").await;
    assert_eq!(week["figures"]["incidents"], month["figures"]["incidents"]);
    let december = get(&api, "/api/v1/reports/2026-12").await;
    assert_eq!(
        (december.0, &december.1["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    for name in ["november", "2026-13", "2026-W54", "9999-12", "2026-11%00"] {
        let (status, answer) = get(&api, &format!("/api/v1/reports/{name}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}: {answer}");
    }
}

/// Guarantee: the page brings no style of its own, since its policy allows none; the mail fetches
/// nothing from anywhere.
#[tokio::test]
async fn a_report_is_a_page_and_a_mail() {
    let (api, _hand) = api_over(snapshot(), history());
    for (form, good, bad) in [("page", "class=", "style="), ("mail", "style=", "class=")] {
        let answer = send(&api, Method::GET, &format!("/api/v1/reports/2026-11/{form}")).await;
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let body = text(answer).await;
        assert!(body.contains(good) && !body.contains(bad), "{form}: {body}");
        for part in ["<script", "http://", "https://", "src="] {
            assert!(!body.contains(part), "{part}: {body}");
        }
        assert!(form == "page" || !body.contains("href="), "{body}");
        insta::assert_snapshot!(format!("report_{form}"), body.replace("><", ">\n<"));
    }
}

#[tokio::test]
async fn the_catalog_the_rules_and_what_they_found_are_shown() {
    let (api, _hand) = api_over(snapshot(), history());
    insta::assert_json_snapshot!("catalog", good(&api, "/api/v1/catalog").await);
    insta::assert_json_snapshot!("rules", good(&api, "/api/v1/rules").await);
    insta::assert_json_snapshot!("alerts", good(&api, "/api/v1/alerts?rule=admin-slow").await);
}

#[tokio::test]
async fn wrong_periods_are_refused_with_a_reason_and_a_failing_store_is_told() {
    let (api, _hand) = api_over(snapshot(), Memory::broken());
    for (path, part) in [
        ("impact?from=yesterday", "`yesterday` is no moment: write RFC 3339"),
        ("health-score?points=1", "points is 1: write 2 to 1000"),
        ("uptime?months=25", "months is 25: write 1 to 24"),
        ("series", "missing field `name`"),
        ("alerts?limit=0", "limit is 0: write 1 to 1000"),
        ("impact?step=1h", "unknown field `step`"),
    ] {
        let (status, answer) = get(&api, &format!("/api/v1/{path}")).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_query"))
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{path}: {message}");
    }
    for path in [
        "impact",
        "health-score",
        "uptime",
        "series?name=a",
        "series/names",
        "alerts",
        "reports/2026-11",
    ] {
        let (status, answer) = get(&api, &format!("/api/v1/{path}")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer["error"]["code"], "store_unavailable");
    }
}
