//! Stand-ins on sockets: faults, records, control pages.

use std::time::Duration;

use prost::Message;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::support::traces;
use crate::standins::{
    Fault, FaultPlan, ResetAt, Standin, Verdict,
    datadog::{Datadog, DatadogConfig},
    newrelic::{NewRelic, NewRelicConfig},
    statuspage::{Statuspage, StatuspageConfig},
};

const SOON: Duration = Duration::from_secs(10);

fn client() -> Client {
    // Only the first test of the process installs it; the others find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(SOON).build().expect("a client")
}

async fn datadog() -> Standin<Datadog> {
    Datadog::start(DatadogConfig::default()).await.expect("a free port")
}

fn send_span(client: &Client, datadog: &Standin<Datadog>) -> RequestBuilder {
    client
        .post(format!("{}/v1/traces", datadog.base_url()))
        .header("dd-api-key", DatadogConfig::default().api_key)
        .header("content-type", "application/x-protobuf")
        .body(traces("a", vec![]).encode_to_vec())
}

#[tokio::test]
async fn answers_a_planned_status_as_often_as_asked_then_recovers() {
    let (client, datadog) = (client(), datadog().await);
    let status = |status: u16, retry_after| Fault::Answer {
        status,
        retry_after,
        body: None,
        after_storing: false,
    };
    datadog.plan(FaultPlan::times(status(500, None), 2));
    datadog.plan(FaultPlan::once(status(429, Some(2))));
    datadog.plan(FaultPlan::once(status(429, None)));
    for (wanted, retry_after) in
        [(500, None), (500, None), (429, Some("2")), (429, None), (202, None)]
    {
        let answer = send_span(&client, &datadog).send().await.expect("an answer");
        let header = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        assert_eq!((answer.status().as_u16(), header), (wanted, retry_after));
    }
    assert_eq!(datadog.spans().len(), 1, "what was turned away is not stored");
    let verdicts: Vec<Verdict> = datadog.records().iter().map(|record| record.verdict).collect();
    assert_eq!(verdicts[..4], [Verdict::Faulted; 4]);
    assert_eq!(verdicts[4], Verdict::Accepted);
}

#[tokio::test]
async fn each_vendor_asks_to_wait_in_its_own_header() {
    let client = client();
    let datadog = datadog().await;
    let newrelic = NewRelic::start(NewRelicConfig::default()).await.expect("a free port");
    let statuspage = Statuspage::start(StatuspageConfig::default()).await.expect("a free port");
    let slow = |status| {
        FaultPlan::once(Fault::Answer {
            status,
            retry_after: Some(2),
            body: None,
            after_storing: false,
        })
    };
    datadog.plan(slow(429));
    newrelic.plan(slow(429));
    statuspage.plan(slow(420));
    for (url, name, status) in [
        (format!("{}/api/v2/events", datadog.base_url()), "x-ratelimit-reset", 429),
        (format!("{}/v1/traces", newrelic.base_url()), "retry-after", 429),
        (format!("{}/v1/pages/x/components", statuspage.base_url()), "retry-after", 420),
    ] {
        let answer = client.post(url).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().get(name).map(|value| value.as_bytes()), Some(b"2".as_slice()));
    }
}

#[tokio::test]
async fn stores_first_and_answers_late() {
    let (client, datadog) = (client(), datadog().await);
    datadog.plan(FaultPlan::once(Fault::Hold));
    let impatient = send_span(&client, &datadog).timeout(Duration::from_millis(200)).send().await;
    assert!(impatient.expect_err("a timeout").is_timeout());
    let stored = datadog.until("the span", SOON, |datadog| datadog.spans().pop());
    assert_eq!(stored.await.expect("stored").name, "a");

    datadog.plan(FaultPlan::once(Fault::Hold));
    let held = send_span(&client, &datadog).send();
    let (answer, ()) = tokio::join!(held, async {
        let two = datadog
            .until("the second span", SOON, |datadog| (datadog.spans().len() == 2).then_some(()));
        two.await.expect("stored");
        datadog.release();
    });
    assert_eq!(answer.expect("an answer").status(), 202);

    datadog.plan(FaultPlan::once(Fault::Late { ms: 1 }));
    assert_eq!(send_span(&client, &datadog).send().await.expect("an answer").status(), 202);
}

#[tokio::test]
async fn fails_after_storing() {
    let (client, datadog) = (client(), datadog().await);
    let lost = Fault::Answer {
        status: 503,
        retry_after: None,
        body: Some("gone".into()),
        after_storing: true,
    };
    datadog.plan(FaultPlan::once(lost).on("POST", "/traces"));
    let answer = send_span(&client, &datadog).send().await.expect("an answer");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.text().await.expect("a body"), "gone");
    assert_eq!(datadog.spans().len(), 1);
}

#[tokio::test]
async fn changes_the_body_of_a_success() {
    let (client, datadog) = (client(), datadog().await);
    let message = "3 spans were odd".to_owned();
    datadog.plan(FaultPlan::once(Fault::PartialSuccess { rejected: 3, message: message.clone() }));
    let answer = send_span(&client, &datadog).send().await.expect("an answer");
    let body = answer.bytes().await.expect("a body");
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
    let response = ExportTraceServiceResponse::decode(body).expect("a response");
    let partial = response.partial_success.expect("a partial success");
    assert_eq!((partial.rejected_spans, partial.error_message), (3, message));

    datadog.plan(FaultPlan::once(Fault::EmptyAnswer));
    let validate = client.get(format!("{}/api/v1/validate", datadog.base_url()));
    let validate = validate.header("dd-api-key", DatadogConfig::default().api_key);
    let answer = validate.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.expect("a body").is_empty());
}

#[tokio::test]
async fn cuts_connections() {
    let (client, datadog) = (client(), datadog().await);
    datadog.plan(FaultPlan::once(Fault::Reset { at: ResetAt::Request }));
    let cut = send_span(&client, &datadog).send().await;
    assert!(cut.is_err(), "no answer at all");
    assert!(datadog.spans().is_empty());

    datadog.plan(FaultPlan::once(Fault::Reset { at: ResetAt::Answer }));
    let validate = client.get(format!("{}/api/v1/validate", datadog.base_url()));
    let answer = validate.header("dd-api-key", DatadogConfig::default().api_key).send().await;
    let answer = answer.expect("the head of an answer");
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err(), "the body breaks off");

    assert_eq!(send_span(&client, &datadog).send().await.expect("an answer").status(), 202);
    let statuses: Vec<u16> = datadog.records().iter().map(|record| record.status).collect();
    assert_eq!(statuses, [0, 0, 202]);
}

#[tokio::test]
async fn refuses_connections_until_let_in_again() {
    let (client, datadog) = (client(), datadog().await);
    assert!(send_span(&client, &datadog).send().await.is_ok());
    datadog.plan(FaultPlan::once(Fault::Refuse { ms: 3_600_000 }));
    assert!(send_span(&client, &datadog).send().await.is_err());
    datadog.clear_faults();
    assert!(send_span(&client, &datadog).send().await.is_ok());
    assert_eq!(datadog.spans().len(), 2);
}

#[tokio::test]
async fn is_controlled_and_read_over_http() {
    let (client, datadog) = (client(), datadog().await);
    let url = |path: &str| format!("{}{path}", datadog.base_url());
    let plan = json!({"fault":{"answer":{"status":500}},"times":1,"path":"/traces"});
    let planned = client.post(url("/_standin/faults")).json(&plan).send().await.expect("an answer");
    assert_eq!(planned.status(), 200);
    let wrong = json!({"fault":{"explode":{}}});
    let refused =
        client.post(url("/_standin/faults")).json(&wrong).send().await.expect("an answer");
    assert_eq!(refused.status(), 400);
    assert_eq!(send_span(&client, &datadog).send().await.expect("an answer").status(), 500);
    assert_eq!(send_span(&client, &datadog).send().await.expect("an answer").status(), 202);

    let get = async |path: &str| client.get(url(path)).send().await.expect("an answer");
    let records: Value = get("/_standin/records").await.json().await.expect("json");
    assert_eq!(records["records"].as_array().map(Vec::len), Some(2));
    assert_eq!(records["records"][1]["summary"]["services"]["shop"], json!(1));
    assert!(!records.to_string().contains(&DatadogConfig::default().api_key), "no key is kept");
    let newest: Value = get("/_standin/records?after=1").await.json().await.expect("json");
    assert_eq!(newest["records"][0]["sequence"], json!(2));
    let state: Value = get("/_standin/state").await.json().await.expect("json");
    assert_eq!(state["span_names"], json!(["a"]));
    let page = get("/").await.text().await.expect("a page");
    assert!(page.contains("What Datadog shows now") && page.contains("shop"));
    assert_eq!(
        client.delete(url("/_standin/faults")).send().await.expect("an answer").status(),
        204
    );
}

#[tokio::test]
async fn waiting_for_what_never_comes_tells_what_did_come() {
    let (client, datadog) = (client(), datadog().await);
    send_span(&client, &datadog).send().await.expect("an answer");
    let never =
        datadog.until("an alert", Duration::from_millis(1), |datadog| datadog.alerts().pop());
    let error = never.await.expect_err("no alert").to_string();
    assert!(
        error.contains("an alert was not seen") && error.contains("POST /v1/traces -> 202"),
        "{error}"
    );
}

#[tokio::test]
async fn stops_when_dropped() {
    let (client, datadog) = (client(), datadog().await);
    let again = send_span(&client, &datadog);
    send_span(&client, &datadog).send().await.expect("an answer");
    drop(datadog);
    assert!(again.send().await.is_err());
}
