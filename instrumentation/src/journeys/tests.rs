//! Walks through a router of this process, and what a walk tells.

use std::sync::Arc;

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use serde_json::json;

use super::*;
use crate::Telemetry;
use crate::facts::testing::{FakeCollector, Manner};
use crate::monitors::{Level, Monitor, Monitors};
use crate::telemetry::Parts;

const ID: &str = "zebra-admin";

fn log_in() -> Step {
    Step::post("log in", "/login")
        .json(json!({ "username": "{{username}}", "password": ["{{password}}"] }))
        .extract("token", "$.tokens[0].value")
}

fn open_admin() -> Step {
    Step::get("open admin", "/admin?t={{token}}").header("authorization", "Bearer {{token}}")
}

fn journey() -> Journey {
    Journey::new(ID)
        .customer("zebra")
        .component("auth")
        .component("admin")
        .credential("username", "zebra-probe")
        .credential("password", "s3cret")
        .step(log_in())
        .step(open_admin())
}

#[test]
fn every_mistake_is_found_before_anything_is_asked() {
    assert_eq!(journey().verify(), Ok(()));
    let wrong = Journey::new("wrong")
        .credential("user-name", "x")
        .step(Step::get("a", "api.example/{{token}}").extract("token", "access_token"))
        .step(Step::get("b", "{{token}}").header("x", "{{oops").expect_status(99))
        .step(Step::post("c", "http://a").json(json!({ "k": ["{{password}}"] })));
    assert_eq!(
        wrong.verify().unwrap_err().problems().collect::<Vec<_>>(),
        [
            "the credential user-name: what steps use by name has a name of letters, digits and `_`",
            "step 1, a: the URL begins with none of http://, https://, / and {{",
            "step 1, a: the URL: nothing is called `token` here; give it as a credential, or extract it in an earlier step",
            "step 1, a: `access_token` leads nowhere: write `$` and then `.key`, `['any key']` or `[0]`",
            "step 2, b: the header x: `{{` without `}}` after it",
            "step 2, b: a status is a number from 100 to 599",
            "step 3, c: the JSON: nothing is called `password` here; give it as a credential, or extract it in an earlier \
             step",
        ]
    );
    let empty = Journey::new("empty").verify().unwrap_err();
    assert_eq!(empty.to_string(), "the journey `empty` cannot be walked: it has no steps");
}

#[tokio::test]
async fn a_journey_that_is_written_wrong_fails_when_it_is_walked() {
    let problem = Journey::new("empty").run().await.unwrap_err();
    assert_eq!(problem.error_type, "invalid_journey");
    assert!(!problem.skipped);
}

#[test]
fn a_monitor_has_the_rhythm_of_its_journey() {
    let monitor = Monitor::journey(journey().every(Duration::from_secs(120)));
    let plan = &monitor.plan;
    assert_eq!((plan.name.as_str(), plan.component.as_str()), (ID, "admin"));
    assert_eq!(plan.customer.as_deref(), Some("zebra"));
    assert_eq!((plan.level(), plan.interval), (Level::Business, Duration::from_secs(120)));
    assert_eq!(plan.timeout(), 2 * TIMEOUT);
    let tight = Monitor::journey(journey().every(Duration::from_secs(20)));
    assert!(tight.detects_within() < Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn every_journey_of_the_business_map_gets_a_monitor() {
    let catalog = crate::business::Catalog::new()
        .journey(journey())
        .journey(Journey::new("acme").step(Step::get("look", "/")));
    let telemetry = Telemetry::new(Parts { catalog, ..Parts::silent() });
    let monitoring = Monitors::new(&telemetry).journeys().in_tasks().start();
    let names: Vec<String> =
        monitoring.statuses().iter().map(|status| status.name().to_owned()).collect();
    assert_eq!(names, ["acme", ID]);
}

#[cfg(feature = "axum")]
mod in_process {
    use axum::Json;
    use axum::extract::RawQuery;
    use axum::http::{HeaderMap, StatusCode};
    use serde_json::Value;

    use super::*;
    use crate::routing::{Router, get, post};

    async fn login(Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
        let known = json!({ "username": "zebra-probe", "password": ["s3cret"] });
        let status = if body == known { StatusCode::CREATED } else { StatusCode::UNAUTHORIZED };
        (status, Json(json!({ "tokens": [{ "value": "t/1" }] })))
    }

    async fn admin(RawQuery(query): RawQuery, headers: HeaderMap) -> StatusCode {
        let token = headers.get("authorization").and_then(|it| it.to_str().ok());
        match (token, query.as_deref()) {
            (Some("Bearer t/1"), Some("t=t%2F1")) if headers.contains_key("traceparent") => {
                StatusCode::OK
            }
            _ => StatusCode::FORBIDDEN,
        }
    }

    fn app() -> Router {
        Router::new().route("/login", post(login)).route("/admin", get(admin))
    }

    /// Runs a monitor of the journey once, and returns the spans that it sent.
    async fn spans_of(journey: Journey) -> Vec<SpanData> {
        let collector = Arc::new(FakeCollector::new(Manner::Acknowledges));
        let telemetry = Telemetry::with_transport(Arc::clone(&collector) as _);
        let monitoring =
            Monitors::new(&telemetry).add(Monitor::journey(journey)).in_tasks().start();
        let mut status = monitoring.watch(ID).unwrap();
        status.wait_for(|status| status.last().is_some()).await.unwrap();
        monitoring.stop().await;
        telemetry.shutdown().await;
        let mut spans: Vec<SpanData> =
            collector.spans.lock().unwrap().iter().flatten().cloned().collect();
        spans.sort_by_key(|span| span.name.clone());
        spans
    }

    fn text(span: &SpanData, key: &str) -> String {
        let found = span.attributes.iter().find(|it| it.key.as_str() == key);
        found.map(|it| it.value.to_string()).unwrap_or_default()
    }

    fn told(span: &SpanData) -> String {
        let keys = ["business.journey", "business.journey.step", "business.customer"];
        let more = ["http.request.method", "http.response.status_code", "error.type"];
        let all: Vec<String> = keys.iter().chain(&more).map(|key| text(span, key)).collect();
        format!("{} | {}", span.name, all.join(" | "))
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_is_a_span_within_that_of_its_monitor() {
        let spans = spans_of(journey().in_process(&app())).await;
        let told: Vec<String> = spans.iter().map(told).collect();
        assert_eq!(
            told,
            [
                "journey.step log in | zebra-admin | log in | zebra | POST | 201 | ",
                "journey.step open admin | zebra-admin | open admin | zebra | GET | 200 | ",
                "monitor.check zebra-admin | zebra-admin |  | zebra |  |  | ",
            ]
        );
        let [first, second, monitor] = spans.as_slice() else { panic!("{spans:?}") };
        for step in [first, second] {
            assert_eq!(step.parent_span_id, monitor.span_context.span_id());
            assert_eq!(step.span_context.trace_id(), monitor.span_context.trace_id());
            assert_eq!(step.span_kind, SpanKind::Client);
        }
        assert_eq!(text(monitor, "monitor.outcome"), "passed");
    }

    #[tokio::test(start_paused = true)]
    async fn the_step_that_fails_is_named_and_no_secret_is() {
        let spans = spans_of(journey().credential("password", "wr0ng").in_process(&app())).await;
        let [step, monitor] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(
            told(step),
            "journey.step log in | zebra-admin | log in | zebra | POST | 401 | 401"
        );
        let described = |span: &SpanData| match &span.status {
            Status::Error { description } => description.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            described(monitor),
            "step 1 of 2, log in: POST /login: answered 401 Unauthorized instead of 2xx"
        );
        assert!(!format!("{spans:?}").contains("wr0ng"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_hangs_ends_after_its_time_and_is_named() {
        let hangs = Router::new().route("/login", post(std::future::pending::<()>));
        let spans = spans_of(journey().timeout(Duration::from_secs(3)).in_process(&hangs)).await;
        let [step, monitor] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!(text(step, "error.type"), "timeout");
        let message = format!("{:?}", monitor.status);
        let expected =
            "step 1 of 2, log in: POST /login: no answer within the 3000 ms that a step has";
        assert!(message.contains(expected), "{message}");
    }

    #[tokio::test(start_paused = true)]
    async fn slow_steps_pass_and_a_walk_that_hangs_ends_with_the_budget() {
        use crate::startup::{CHECK_BUDGET, CheckOutcome, OnFailure::Degrade, Startup};
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Json(json!({ "tokens": [{ "value": "t" }] }))
        };
        let slow = Router::new().route("/login", post(slow)).route("/admin", get(slow));
        let hangs = Router::new().route("/login", post(std::future::pending::<()>));
        let report = Startup::new(&Telemetry::disabled())
            .in_tasks()
            .check("slow", "admin", Degrade, journey().in_process(&slow))
            .check("hangs", "admin", Degrade, journey().in_process(&hangs))
            .run()
            .await;
        let [slow, hangs] = report.checks() else { panic!("{report}") };
        assert_eq!((slow.outcome(), slow.took().as_secs()), (CheckOutcome::Passed, 6), "{report}");
        assert_eq!(hangs.outcome(), CheckOutcome::TimedOut, "{report}");
        assert!(report.took() <= CHECK_BUDGET, "{report}");
    }

    /// Outside of a check that anybody records.
    #[tokio::test]
    async fn without_anybody_to_record_it_a_walk_is_walked() {
        let no_trace = journey().in_process(&app()).run().await.unwrap_err();
        assert!(no_trace.message().starts_with("step 2 of 2, open admin"), "{no_trace}");
    }

    #[tokio::test]
    async fn what_comes_back_is_held_against_what_is_expected() {
        let answer = || async {
            ([("x-role", "admin;level=2")], Json(json!({ "role": "admin", "n": 2, "none": null })))
        };
        let app = Router::new().route("/", get(answer));
        let step = || Step::get("look", "/");
        for (step, problem) in [
            (step().expect_status(204).expect_status(200), ""),
            (step().expect_status(204).expect_status(205), "answered 200 OK instead of 204 or 205"),
            (step().expect_header("X-Role", "admin*"), ""),
            (step().expect_header("x-role", "admin"), "the header x-role is not `admin`"),
            (step().expect_header("x-none", "*"), "the header x-none is not `*`"),
            (step().expect_body("\"role\""), ""),
            (step().expect_body("owner"), "the answer does not contain `owner`"),
            (step().expect_json("$.role", "ad*").expect_json("$.n", 2), ""),
            (step().expect_json("$.role", "owner"), "`$.role` is not `owner`"),
            (step().expect_json("$.rule", "*"), "`$.rule` is not `*`"),
            (step().extract("x", "$.nothing"), "there is nothing at `$.nothing`"),
            (step().extract("x", "$.none"), "`$.none` is no text, number or truth value"),
        ] {
            let result = Journey::new("look").step(step).in_process(&app).run().await;
            let message = result.err().map(|it| it.message().to_owned()).unwrap_or_default();
            let expected = format!("step 1 of 1, look: GET /: {problem}");
            assert_eq!(message, if problem.is_empty() { "" } else { expected.as_str() });
        }
    }

    #[tokio::test]
    async fn sessions_work_and_forms_are_sent() {
        let open = |body: String| async move {
            assert_eq!(body, "user=z%26b&note=a%20b");
            [("set-cookie", "session=5e1f; Path=/; HttpOnly")]
        };
        let inside = |headers: HeaderMap| async move {
            let cookie = headers.get("cookie").and_then(|it| it.to_str().ok());
            if cookie == Some("session=5e1f") { StatusCode::OK } else { StatusCode::FORBIDDEN }
        };
        let app = Router::new().route("/login", post(open)).route("/inside", get(inside));
        let journey = Journey::new("session")
            .credential("user", "z&b")
            .step(Step::post("log in", "/login").form("user", "{{user}}").form("note", "a b"))
            .step(Step::get("look inside", "/inside"));
        assert_eq!(journey.in_process(&app).run().await, Ok(()));
    }
}
