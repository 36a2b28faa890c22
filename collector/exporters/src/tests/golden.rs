//! What leaves the process, as golden files. Changes to them are read, never accepted blindly.

use std::io::Read;
use std::time::Duration;

use bellwether_core::ids::IncidentId;
use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::ingest::Signal;
use bellwether_core::links::{Deed, Links, NoLinks};
use bellwether_core::notice::{Body, Change, Notice, Owed};
use bellwether_core::state::{ComponentState, Severity};
use bellwether_core::store::Receipts;
use bellwether_core::time::Timestamp;
use bytes::Bytes;
use serde_json::{Value, json};

use super::samples::{
    START, about, deployment, destination, incident, later, maintenance, resolved, settings, state,
};
use crate::call::{Answer, Call};
use crate::metrics::{Point, Points};
use crate::notices::{Due, Step};
use crate::registry::read_parts;
use crate::signals::{Compression, Packed};

/// Shows a call as it would stand on the wire, keys hidden.
fn shown(call: &Call) -> Value {
    let headers: serde_json::Map<String, Value> = call
        .headers
        .iter()
        .map(|(name, value)| {
            let text = value.to_str().unwrap();
            (name.to_string(), if value.is_sensitive() { json!("(hidden)") } else { json!(text) })
        })
        .collect();
    let mut body = call.body.to_bytes().to_vec();
    if call.headers.get("content-encoding").is_some() {
        let packed = std::mem::take(&mut body);
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
    }
    let body: Value =
        serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
    json!({ "method": call.method.as_str(), "url": call.url, "headers": headers, "body": body })
}

fn due<'a>(owed: &'a Owed, receipts: &'a Receipts, now: Timestamp) -> Due<'a> {
    Due { owed, receipts, now, since: START, doubtful: false, links: &NoLinks }
}

/// Renders the first call of a notice, with what a vendor answered before.
fn first(kind: &str, notice: Notice, receipts: &Receipts, now: Duration) -> Value {
    first_with(kind, settings(kind), notice, receipts, now)
}

fn first_with(
    kind: &str,
    settings: Value,
    notice: Notice,
    receipts: &Receipts,
    now: Duration,
) -> Value {
    let vendor = read_parts(kind, settings).unwrap().notices.unwrap();
    let owed = Owed { number: 1, attempts: 0, notice };
    let mut delivery = vendor.begin(due(&owed, receipts, START.plus(now)));
    let mut calls = Vec::new();
    let mut step = delivery.next(None);
    // what is only asked has an answer, so that what is told comes
    while let Step::Call(call) = &step {
        calls.push(shown(call));
        let none = match call.what {
            "look for incident" | "look for maintenance" => json!([]),
            "check incident" => json!({
                "id": "i9", "status": "scheduled",
                "metadata": { "jira": { "key": "OPS-1" }, "bellwether": { "maintenance": "upgrade", "at": "0" } },
            }),
            "look at components" => {
                json!(["c1", "c2", "c3"].map(|id| json!({ "id": id, "status": "operational" })))
            }
            _ => break,
        };
        let body = Bytes::from(none.to_string());
        step = delivery.next(Some(&Answer { status: 200, body, ..Answer::default() }));
    }
    assert!(matches!(step, Step::Call(_)), "{step:?}");
    if calls.len() == 1 { calls.remove(0) } else { Value::Array(calls) }
}

#[test]
fn otlp() {
    for kind in ["datadog", "newrelic", "otlp", "otlphttp"] {
        let vendor = read_parts(kind, settings(kind)).unwrap().signals.unwrap();
        let packed =
            || Packed { body: Bytes::from_static(b"otlp").into(), compression: Compression::None };
        let calls: Vec<Value> = Signal::ALL.map(|it| shown(&vendor.call(it, packed()))).into();
        insta::assert_json_snapshot!(format!("otlp_{kind}"), calls);
    }
    let datadog = read_parts("datadog", settings("datadog")).unwrap().signals.unwrap();
    insta::assert_json_snapshot!("probe_datadog", shown(&datadog.probe().unwrap()));
}

#[test]
fn deployments() {
    let none = Receipts::new();
    let deployed = deployment("pagerduty", "marketedge-api", "2", 5);
    let event = first("pagerduty", deployed.clone(), &none, Duration::from_secs(6));
    insta::assert_json_snapshot!("deployed_pagerduty", event);
    let mut back = deployed;
    let Body::Deployment { deployment } = &mut back.body else { unreachable!("it is one") };
    deployment.again = true;
    deployment.service = "x\u{1f600}".repeat(10_000).as_str().into();
    let long = || (0..500).map(|it| (format!("c{it}").as_str().into(), "y".repeat(500)));
    deployment.components = long().collect();
    let settings =
        json!({ "routing_key": settings("pagerduty")["routing_key"], "change_events": true });
    let event = first_with("pagerduty", settings, back, &none, Duration::ZERO)["body"].clone();
    assert_eq!(event["payload"]["summary"].as_str().unwrap().chars().count(), 1_024);
    assert_eq!(event["payload"]["custom_details"]["components"].as_array().unwrap().len(), 100);
    assert!(event.get("links").is_none() && event.to_string().len() < 512_000);
}

/// Those that are told of incidents.
const KINDS: [&str; 7] =
    ["datadog", "email", "newrelic", "pagerduty", "slack", "statuspage", "webhook"];

#[test]
fn incidents() {
    let none = Receipts::new();
    for kind in KINDS {
        let opened = first(kind, about(kind, &incident()), &none, Duration::from_secs(2));
        insta::assert_json_snapshot!(format!("opened_{kind}"), opened);
    }
    let known = json!({
        "id": "i9", "revision": 1, "status": "investigating", "impact": "major",
        "name": "Admin panel: major outage",
    });
    let receipts = Receipts::from([("incident:inc-4f1c".to_owned(), known)]);
    let over = resolved(&incident(), 2_340);
    for kind in KINDS {
        let told = if kind == "statuspage" { &receipts } else { &none };
        let notice = about(kind, &over);
        let resolved = first(kind, notice, told, Duration::from_secs(2_341));
        insta::assert_json_snapshot!(format!("resolved_{kind}"), resolved);
    }
    let mut identified = later(&incident(), 60);
    identified.status = IncidentStatus::Identified;
    identified.severity = Severity::Emergency;
    let notice = about("statuspage", &identified);
    let updated = first("statuspage", notice, &receipts, Duration::from_secs(61));
    insta::assert_json_snapshot!("updated_statuspage", updated);
}

#[test]
fn cloudevents() {
    let mut settings = settings("webhook");
    settings["format"] = json!("cloudevents");
    let notice = about("webhook", &incident());
    let event = first_with("webhook", settings, notice, &Receipts::new(), Duration::ZERO);
    insta::assert_json_snapshot!("opened_cloudevents", event);
}

#[test]
fn components() {
    let notice = state("statuspage", "admin", ComponentState::MajorOutage, 0);
    let call = first("statuspage", notice, &Receipts::new(), Duration::ZERO);
    insta::assert_json_snapshot!("component_statuspage", call);
    let mut checks = settings("datadog");
    checks["service_checks"] = json!({ "host": "collector-1" });
    let notice = state("datadog", "admin", ComponentState::MajorOutage, 0);
    let call = first_with("datadog", checks, notice, &Receipts::new(), Duration::ZERO);
    insta::assert_json_snapshot!("component_datadog", call);
}

#[test]
fn maintenances() {
    let none = Receipts::new();
    let known = json!({ "id": "i9", "at": 0 });
    let receipts = Receipts::from([("maintenance:upgrade".to_owned(), known)]);
    for (name, change, begins, told) in [
        ("announced", Change::Opened, 7_200, &none),
        ("begun", Change::Opened, 0, &none),
        ("moved", Change::Updated, 10_800, &receipts),
        ("called_off", Change::Resolved, 10_800, &receipts),
    ] {
        let calls =
            first("statuspage", maintenance(change, 1, begins), told, Duration::from_secs(1));
        insta::assert_json_snapshot!(format!("{name}_statuspage"), calls);
    }
}

#[test]
fn points() {
    let mut page = settings("statuspage");
    page["metrics"] = json!({ "m1": { "uptime": "auth" }, "m2": { "series": "rule:slow:p99" } });
    let vendor = read_parts("statuspage", page).unwrap().metrics.unwrap();
    let at = |secs, value| Point { at: START.plus(Duration::from_secs(secs)), value };
    let points = Points::from([
        ("m1".to_owned(), [at(0, 100.0), at(60, 58.25)].into()),
        ("m2".to_owned(), [at(60, 0.213)].into()),
    ]);
    let calls = [shown(&vendor.call(&points)), shown(&vendor.list(1))];
    insta::assert_json_snapshot!("points_statuspage", calls);
}

/// Makes an incident that is beyond every limit.
fn huge() -> Incident {
    let mut huge = incident();
    huge.component_name = "ж".repeat(600);
    huge.causes = vec!["ü".repeat(3_000); 50];
    huge.affected = (0..300)
        .map(|n| {
            (format!("part-{n}-{}", "x".repeat(300)).as_str().into(), ComponentState::MajorOutage)
        })
        .collect();
    huge.affected.insert("admin".into(), ComponentState::MajorOutage);
    huge
}

#[test]
fn vendors_limits_hold_for_any_incident() {
    let none = Receipts::new();
    let chars = |value: &Value| value.as_str().unwrap().chars().count();

    let call = first("datadog", about("datadog", &huge()), &none, Duration::ZERO);
    let event = &call["body"]["data"]["attributes"];
    assert_eq!((chars(&event["title"]), chars(&event["message"])), (500, 4_000));
    assert_eq!(event["tags"].as_array().unwrap().len(), 100);
    assert!(event["attributes"]["custom"]["affected"].as_object().unwrap().len() <= 100);

    let call = first("newrelic", about("newrelic", &huge()), &none, Duration::ZERO);
    for (name, value) in call["body"][0].as_object().unwrap() {
        assert!(value.is_number() || value.is_string(), "{name}: {value}");
        assert!(!value.is_string() || chars(value) <= 4_095, "{name}");
    }

    let call = first("pagerduty", about("pagerduty", &huge()), &none, Duration::ZERO);
    let event = &call["body"];
    assert_eq!(chars(&event["payload"]["summary"]), 614);
    assert!(call["body"].to_string().len() < 512_000);

    let call = first("email", about("email", &huge()), &none, Duration::ZERO);
    let mail = call["body"].as_str().unwrap();
    assert!(mail.lines().all(|line| line.len() <= 998), "no line is too long");

    let call = first("slack", about("slack", &huge()), &none, Duration::ZERO);
    let blocks = call["body"]["blocks"].as_array().unwrap();
    assert!(chars(&blocks[0]["text"]["text"]) <= 150 && chars(&blocks[1]["text"]["text"]) <= 3_000);

    let calls = first("statuspage", about("statuspage", &huge()), &none, Duration::ZERO);
    let told = &calls[1]["body"]["incident"];
    assert_eq!(chars(&told["name"]), 255);
    assert!(chars(&told["body"]) <= 25_000);
}

#[test]
fn a_notice_that_is_too_old_for_the_vendor_is_told_without_its_time() {
    let none = Receipts::new();
    let day = Duration::from_secs(25 * 3_600);
    let call = first("datadog", about("datadog", &incident()), &none, day);
    assert!(call["body"]["data"]["attributes"].get("timestamp").is_none());
    let call = first("newrelic", about("newrelic", &incident()), &none, day);
    assert!(call["body"][0].get("timestamp").is_none());
}

/// Makes links that say what they are.
#[derive(Debug)]
struct Plain;

impl Links for Plain {
    fn link(
        &self,
        deed: Deed,
        incident: &IncidentId,
        person: &str,
        _: Timestamp,
    ) -> Option<String> {
        Some(format!("/links/{deed}/{incident}?by={person}"))
    }
}

/// Guarantee: who is told by Slack or a mail of what lasts has links by which to act, as whom the
/// message was written to; of what is over there are none, and none where nobody said how the
/// collector is reached.
#[test]
fn messages_have_links_by_which_people_act() {
    let body = |kind: &str, settings: Value, incident: &Incident| {
        let vendor = read_parts(kind, settings).unwrap().notices.unwrap();
        let owed = Owed { number: 1, attempts: 0, notice: about(kind, incident) };
        let receipts = Receipts::new();
        let due = Due { links: &Plain, ..due(&owed, &receipts, START) };
        match vendor.begin(due).next(None) {
            Step::Call(call) => shown(&call)["body"].to_string().replace("=\\r\\n", ""),
            other => panic!("{other:?}"),
        }
    };
    for kind in ["slack", "email"] {
        let told = body(kind, settings(kind), &incident());
        for deed in Deed::ALL {
            let link = format!("https://health.example/links/{deed}/{}?by", incident().id);
            // quoted-printable writes `=` in another way
            let found = told.split_once(&link).map(|(_, rest)| rest.replace("=3D", "="));
            assert!(found.is_some_and(|it| it.starts_with(&format!("={kind}"))), "{told}");
        }
        assert!(
            !body(kind, settings(kind), &resolved(&incident(), 60)).contains("/links/"),
            "{kind}"
        );
        let mut nowhere = settings(kind);
        nowhere.as_object_mut().unwrap().remove("external_url");
        assert!(!body(kind, nowhere, &incident()).contains("/links/"), "{kind}");
    }
    let mut one = settings("email");
    one["to"] = json!(["ann@x.example"]);
    assert!(body("email", one, &incident()).contains("ann@x.example"));
}

#[test]
fn a_component_notice_is_nothing_for_those_who_follow_incidents() {
    for kind in KINDS.into_iter().filter(|it| *it != "statuspage") {
        let vendor = read_parts(kind, settings(kind)).unwrap().notices.unwrap();
        let notice = Notice {
            destination: destination(kind),
            body: Body::Component { component: "a".into(), state: ComponentState::Operational },
            ..about(kind, &incident())
        };
        let owed = Owed { number: 1, attempts: 0, notice };
        let receipts = Receipts::new();
        assert!(matches!(vendor.begin(due(&owed, &receipts, START)).next(None), Step::Skip { .. }));
    }
}
