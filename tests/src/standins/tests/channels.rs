//! PagerDuty, Slack and a webhook.

use axum::http::{Method, StatusCode};
use ring::hmac;
use serde_json::{Value, json};

use super::support::{body, call, expect, header, json, mutated, now, parsed};
use crate::standins::pagerduty::{AlertStatus, Pagerduty, PagerdutyConfig};
use crate::standins::slack::{Slack, SlackConfig};
use crate::standins::webhook::{Webhook, WebhookConfig};
use crate::standins::{Call, Vendor, Verdict};

fn trigger() -> Value {
    json!({"routing_key": PagerdutyConfig::default().routing_keys[0], "event_action": "trigger",
        "dedup_key": "inc-7", "client": "acme-health", "client_url": "https://h.example/i/7",
        "payload": {"summary": "checkout unhealthy", "source": "checkout@eu-1",
            "severity": "critical", "timestamp": "2026-11-23T10:02:11.000Z",
            "component": "checkout", "group": "shop", "class": "error_ratio",
            "custom_details": {"burn_rate": 14.2}},
        "links": [{"href": "https://h.example/i/7", "text": "Incident"}]})
}

fn event(value: &Value) -> Call {
    json(call(Method::POST, "/v2/enqueue"), value)
}

fn resolve() -> Value {
    json!({"routing_key": PagerdutyConfig::default().routing_keys[0],
        "event_action": "resolve", "dedup_key": "inc-7"})
}

#[test]
fn a_key_pages_once_while_it_is_open_and_again_after_it_was_resolved() {
    let pagerduty = Pagerduty::new(PagerdutyConfig::default());
    for _ in 0..2 {
        let answer = parsed(&expect(&pagerduty, &event(&trigger()), 202));
        assert_eq!(answer["dedup_key"], "inc-7");
    }
    assert_eq!((pagerduty.pages("inc-7"), pagerduty.alerts()[0].events), (1, 2));
    for _ in 0..2 {
        // the second finds nothing open: taken and dropped
        expect(&pagerduty, &event(&resolve()), 202);
    }
    assert_eq!(pagerduty.alerts()[0].status, AlertStatus::Resolved);
    expect(&pagerduty, &event(&trigger()), 202);
    assert_eq!(pagerduty.pages("inc-7"), 2);
}

#[test]
fn pagerduty_refuses_what_its_schema_does_and_too_many_events() {
    let pagerduty = Pagerduty::new(PagerdutyConfig::default());
    for (pointer, value) in [
        ("/routing_key", json!("short")),
        ("/routing_key", json!("another0routing0key0000000000001")),
        ("/event_action", json!("open")),
        ("/dedup_key", json!("x".repeat(256))),
        ("/payload/severity", json!("emergency")),
        ("/payload/summary", json!("x".repeat(1_025))),
        ("/payload/source", Value::Null),
        ("/payload/timestamp", json!("yesterday")),
        ("/payload/custom_details", json!("text")),
        ("/links/0/href", Value::Null),
    ] {
        expect(&pagerduty, &event(&mutated(&trigger(), pointer, Some(value))), 400);
    }
    let mut without = trigger();
    without.as_object_mut().expect("an object").remove("payload");
    expect(&pagerduty, &event(&without), 400);
    let large =
        mutated(&trigger(), "/payload/custom_details", Some(json!({ "x": "y".repeat(520_000) })));
    expect(&pagerduty, &event(&large), 413);
    assert_eq!(pagerduty.alerts().len(), 0);
    for _ in 0..120 {
        expect(&pagerduty, &event(&trigger()), 202);
    }
    expect(&pagerduty, &event(&trigger()), 429);
    let key = &PagerdutyConfig::default().routing_keys[0];
    let answer = pagerduty.answer(&event(&trigger()));
    assert!(!answer.summary.to_string().contains(key), "the key is in no record");
}

fn change() -> Value {
    json!({"routing_key": PagerdutyConfig::default().routing_keys[0],
        "payload": {"summary": "checkout runs version 2, after 1", "source": "checkout",
            "timestamp": "2026-11-23T10:02:11.000Z", "custom_details": {"version": "2"}},
        "links": [{"href": "https://h.example", "text": "Status"}]})
}

#[test]
fn pagerduty_takes_change_events_and_pages_nobody_for_them() {
    let orchestration = "R0000pagerduty0routing0key000001";
    let own = PagerdutyConfig::default().routing_keys[0].clone();
    let routing_keys = vec![own, orchestration.to_owned()];
    let pagerduty = Pagerduty::new(PagerdutyConfig { routing_keys, ..PagerdutyConfig::default() });
    let event = |value: &Value| json(call(Method::POST, "/v2/change/enqueue"), value);
    let answer = parsed(&expect(&pagerduty, &event(&change()), 202));
    assert_eq!(answer, json!({"status": "success", "message": "Event processed"}));
    let mut least = change();
    least["payload"] = json!({"summary": "x"});
    least.as_object_mut().expect("an object").remove("links");
    expect(&pagerduty, &event(&least), 202);
    for (pointer, value) in [
        ("/routing_key", json!("another0routing0key0000000000001")),
        ("/routing_key", json!(orchestration)),
        ("/event_action", json!("trigger")),
        ("/dedup_key", json!("inc-7")),
        ("/payload/summary", json!("x".repeat(1_025))),
        ("/payload/summary", Value::Null),
        ("/payload/severity", json!("info")),
        ("/payload/timestamp", json!("yesterday")),
        ("/payload/custom_details", json!("text")),
        ("/links/0/href", Value::Null),
    ] {
        expect(&pagerduty, &event(&mutated(&change(), pointer, Some(value))), 400);
    }
    let large =
        mutated(&change(), "/payload/custom_details", Some(json!({ "x": "y".repeat(520_000) })));
    expect(&pagerduty, &event(&large), 413);
    assert_eq!((pagerduty.changes().len(), pagerduty.alerts().len()), (2, 0));
    // a key has one rate for both
    for _ in 0..118 {
        expect(&pagerduty, &event(&change()), 202);
    }
    expect(&pagerduty, &event(&change()), 429);
    assert_eq!(pagerduty.answer(&self::event(&trigger())).status, 429);
}

fn message() -> Value {
    json!({"text": "checkout unhealthy", "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "checkout unhealthy"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "Error ratio *12%* (SLO 1%)"}},
        {"type": "actions", "elements": [{"type": "button",
            "text": {"type": "plain_text", "text": "Open"}, "url": "https://h.example/i/7"}]}]})
}

#[test]
fn slacks_webhook_says_ok_or_what_is_wrong() {
    let slack = Slack::new(SlackConfig { messages_per_ten_seconds: 9, ..SlackConfig::default() });
    let path = SlackConfig::default().webhook_path;
    let post = |value: &Value| json(call(Method::POST, &path), value);
    assert_eq!(expect(&slack, &post(&message()), 200).body.as_ref(), b"ok");
    for (pointer, value) in [
        ("/blocks/0/text/text", json!("x".repeat(151))),
        ("/blocks/0/text/type", json!("mrkdwn")),
        ("/blocks/1/text/text", json!("x".repeat(3_001))),
        ("/blocks/1/text/text", json!("")),
        ("/blocks/2/elements", json!([])),
        ("/blocks/2/type", json!("picture")),
    ] {
        let answer = expect(&slack, &post(&mutated(&message(), pointer, Some(value))), 400);
        assert_eq!(answer.body.as_ref(), b"invalid_blocks", "{pointer}");
    }
    assert_eq!(expect(&slack, &post(&json!({})), 400).body.as_ref(), b"no_text");
    expect(&slack, &json(call(Method::POST, "/services/T0/B0/other"), &message()), 404);
    expect(&slack, &body(call(Method::POST, &path), "no JSON"), 400);
    assert_eq!(expect(&slack, &post(&message()), 429).headers[0].0, "retry-after");
    assert_eq!(slack.messages().len(), 1);
}

#[test]
fn slacks_bot_posts_changes_and_answers_in_threads() {
    let slack = Slack::new(SlackConfig::default());
    let SlackConfig { bot_token, channel: (name, id), .. } = SlackConfig::default();
    let method = |method: &str, value: &Value| {
        let call = json(call(Method::POST, &format!("/api/{method}")), value);
        header(call, "authorization", &format!("Bearer {bot_token}"))
    };
    let with = |fields: Value| {
        let mut message = message();
        let object = message.as_object_mut().expect("an object");
        object.extend(fields.as_object().expect("fields").clone());
        message
    };
    let posted = with(json!({ "channel": name }));
    let posted = parsed(&expect(&slack, &method("chat.postMessage", &posted), 200));
    assert_eq!((&posted["ok"], &posted["channel"]), (&json!(true), &json!(id)));
    let ts = &posted["ts"];
    let reply = with(json!({ "channel": id, "thread_ts": ts }));
    expect(&slack, &method("chat.postMessage", &reply), 200);
    let update = with(json!({ "channel": id, "ts": ts, "text": "over" }));
    expect(&slack, &method("chat.update", &update), 200);
    let messages = slack.messages();
    assert_eq!((messages.len(), messages[0].updates, messages[0].text.as_str()), (2, 1, "over"));
    assert_eq!(messages[1].thread_ts.as_deref(), ts.as_str());

    let refused = |call: &Call| {
        let answer = expect(&slack, call, 200);
        assert_eq!(answer.verdict, Verdict::Refused);
        parsed(&answer)["error"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        refused(&method("chat.update", &with(json!({ "channel": name, "ts": ts })))),
        "channel_not_found"
    );
    assert_eq!(
        refused(&method("chat.update", &with(json!({ "channel": id, "ts": "1" })))),
        "message_not_found"
    );
    let stranger = header(method("chat.postMessage", &reply), "authorization", "Bearer xoxb-1");
    assert_eq!(refused(&stranger), "invalid_auth");
}

fn notice() -> Value {
    json!({"version": "4", "groupKey": "{}:{incident=\"inc-7\"}", "truncatedAlerts": 0,
        "status": "firing", "receiver": "webhook", "groupLabels": {"incident": "inc-7"},
        "commonLabels": {"alertname": "routes"}, "commonAnnotations": {"summary": "out"},
        "externalURL": "https://h.example", "alerts": [{"status": "firing",
            "labels": {"alertname": "routes"}, "annotations": {"summary": "out"},
            "startsAt": "2026-11-23T10:02:11.000Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://h.example", "fingerprint": "ad74d666686e9a4c"}]})
}

fn signed_at(call: Call, secs: i64) -> Call {
    let key = hmac::Key::new(hmac::HMAC_SHA256, WebhookConfig::default().signing_key.as_bytes());
    let text = [format!("{secs}.").as_bytes(), &call.body].concat();
    let tag = hmac::sign(&key, &text);
    let hex: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    header(call, "x-signature", &format!("t={secs},v1={hex}"))
}

fn posted(value: &Value) -> Call {
    let call = header(json(call(Method::POST, "/alerts"), value), "idempotency-key", "inc-7/1");
    signed_at(call, now().as_second())
}

#[test]
fn a_webhook_believes_what_is_signed_and_takes_it_once() {
    let webhook = Webhook::new(WebhookConfig::default());
    for _ in 0..2 {
        assert_eq!(webhook.answer(&posted(&notice())).status, StatusCode::NO_CONTENT);
    }
    assert_eq!(webhook.taken().len(), 1);
    let mut changed = posted(&notice());
    changed.body = [&changed.body[..], b" "].concat().into();
    expect(&webhook, &changed, 401);
    expect(&webhook, &header(posted(&notice()), "x-signature", ""), 401);
    expect(&webhook, &signed_at(posted(&notice()), now().as_second() - 301), 401);
    expect(&webhook, &header(posted(&notice()), "idempotency-key", ""), 400);
    expect(&webhook, &header(posted(&notice()), "content-type", "text/plain"), 415);
    for (pointer, value) in [
        ("/version", json!("3")),
        ("/status", json!("open")),
        ("/alerts", json!([])),
        ("/alerts/0/status", json!("resolved")),
        ("/alerts/0/endsAt", json!("2026-11-23T10:02:11.000Z")),
        ("/alerts/0/fingerprint", json!("x")),
        ("/alerts/0/labels", json!({ "service.name": "a", "alertname": "b" })),
        ("/commonLabels", json!({ "a": 1 })),
    ] {
        expect(&webhook, &posted(&mutated(&notice(), pointer, Some(value))), 400);
    }
    let event = json!({ "specversion": "1.0", "id": "inc-7/2", "source": "urn:x", "type": "x.opened",
        "datacontenttype": "application/json", "data": notice() });
    let media = "application/cloudevents+json; charset=UTF-8";
    let send = |event: &Value| {
        let call = header(posted(event), "content-type", media);
        header(call, "idempotency-key", "inc-7/2")
    };
    assert_eq!(webhook.answer(&send(&event)).status, StatusCode::NO_CONTENT);
    expect(&webhook, &send(&mutated(&event, "/specversion", Some(json!("0.3")))), 400);
    assert_eq!(webhook.taken()[1].event_type.as_deref(), Some("x.opened"));
}
