//! Settings: what is accepted, what is refused and how that is said.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::samples::{SECRET, destination, settings};
use crate::{build, kinds};

fn refusal(name: &str, settings: Value) -> String {
    let error = build(&destination(name), settings.clone());
    let error = error.expect_err(&settings.to_string()).to_string();
    assert!(!error.contains(SECRET), "{error}");
    error
}

/// Returns the sample of `email` with other values.
fn mail(other: Value) -> Value {
    let mut all = settings("email");
    for (key, value) in other.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

#[test]
fn every_kind_builds_from_its_sample_and_has_a_described_schema() {
    for kind in kinds() {
        let exporter =
            build(&destination(&format!("{}/two", kind.name)), settings(kind.name)).unwrap();
        assert_eq!(exporter.status().kind, kind.name);
        assert!(exporter.takes_signals() || exporter.notice_policy().is_some());
        assert_eq!(kind.root_schema().get("type"), Some(&json!("object")));
        let mut generator = SchemaGenerator::default();
        (kind.schema)(&mut generator);
        let definitions = Value::Object(generator.take_definitions(true));
        for (name, schema) in definitions.as_object().unwrap() {
            let properties = schema["properties"].as_object().into_iter().flatten();
            for (key, property) in properties {
                assert!(property["description"].is_string(), "{}: {name}.{key}", kind.name);
            }
        }
    }
}

#[test]
fn mistakes_are_told_with_place_and_advice() {
    for (name, settings, part) in [
        (
            "datadgo",
            json!({}),
            "there are `datadog`, `email`, `newrelic`, `otlp`, `otlphttp`, `pagerduty`",
        ),
        ("webhook", json!({ "url": "hooks.example" }), "url: must be a URL"),
        ("webhook", json!({ "url": format!("ftp://h/{SECRET}") }), "url: must begin with"),
        ("pagerduty", json!({ "routing_key": "R-1" }), "routing_key: is no integration key"),
        (
            "pagerduty",
            json!({ "routing_key": "R123456789abcdef0123456789abcdef", "change_events": true }),
            "change_events: asks for what PagerDuty refuses with this `routing_key`",
        ),
        ("slack", json!({}), "webhook_url: write either"),
        ("slack", json!({ "bot_token": SECRET }), "channel: is needed for a bot"),
        ("email", json!({}), "missing field `smtp`"),
        ("email", mail(json!({ "from": "alerts" })), "from: is no address: write"),
        ("email", mail(json!({ "to": ["ada@a.example", "b\nc@d"] })), "to[1]: is no address"),
        ("email", mail(json!({ "reply_to": "x@y@z" })), "reply_to: is no address"),
        ("email", mail(json!({ "smtp": { "host": "smtp.example:25" } })), "smtp.host: must be"),
        (
            "email",
            mail(json!({ "smtp": { "host": "a", "username": "u" } })),
            "smtp.username: needs",
        ),
        (
            "email",
            mail(json!({ "smtp": { "host": "a", "password": SECRET } })),
            "smtp.password: needs",
        ),
        (
            "email",
            mail(
                json!({ "smtp": { "host": "a", "encryption": "none", "username": "u", "password": SECRET } }),
            ),
            "smtp.password: would be sent in the clear",
        ),
        (
            "email",
            mail(json!({ "smtp": { "host": "a", "port": 465 } })),
            "add `encryption: implicit`",
        ),
        ("email", mail(json!({ "tls": { "insecure": true } })), "tls.insecure: is not for mails"),
        (
            "email",
            mail(json!({ "templates": { "text": "Hello\n{{ nobody }}", "headline": "{% if %}" } })),
            "templates.text: line 2 of the template: undefined value",
        ),
        (
            "email",
            mail(
                json!({ "templates": { "html": "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}" } }),
            ),
            "templates.html: line 1 of the template: engine ran out of fuel",
        ),
        (
            "slack",
            json!({ "webhook_url": "https://h/x", "templates": { "html": "x" } }),
            "templates.html: is for",
        ),
        ("datadog", json!(null), "missing field `api`"),
        ("datadog", json!({ "api": { "key": SECRET } }), "api.app_key: events need"),
        ("datadog", json!({ "api": { "key": SECRET, "site": "datadog.eu" } }), "datadoghq.eu"),
        ("datadog", json!({ "api": { "key": "a\nb", "app_key": "c" } }), "api.key: holds"),
        (
            "datadog",
            json!({ "api": { "key": SECRET }, "incidents": "off", "service_checks": { "host": "" } }),
            "service_checks.host: must be",
        ),
        ("newrelic", json!({ "license_key": SECRET }), "account_id: events need"),
        ("newrelic", json!({ "license_key": SECRET, "account_id": "x1" }), "number of an account"),
        ("otlphttp", json!({ "endpoint": "localhost:4318" }), "endpoint: must begin with"),
        ("otlphttp", json!({ "endpoint": "https://u:p@h" }), "must not hold a user"),
        ("otlphttp", json!({ "endpoint": "http://h", "timeout": "0s" }), "timeout: "),
        ("otlphttp", json!({ "endpoint": "http://h", "head": 1 }), "unknown field `head`"),
        ("otlp", json!({ "endpoint": "otlp.example" }), "endpoint: must be a host and a port"),
        (
            "otlp",
            json!({ "endpoint": "h:1", "tls": { "cert_file": "a", "key_pem": SECRET, "key_file": "b" } }),
            "tls.key_pem: stands beside its `_file`",
        ),
        ("otlp", json!({ "endpoint": "h:1", "tls": { "cert_file": "a" } }), "tls.cert_file: a "),
        (
            "otlp",
            json!({ "endpoint": "h:1", "sending_queue": { "size": "0B", "enabled": false } }),
            "sending_queue.enabled: there always is a queue: leave it out, or set `storage: memory`; \
             sending_queue.size: nothing fits",
        ),
        (
            "otlp",
            json!({ "endpoint": "h:1", "sending_queue": { "storage": "redis" } }),
            "there is no storage `redis`",
        ),
        (
            "otlp",
            json!({ "endpoint": "h:1", "retry_on_failure": { "multiplier": 0.5 } }),
            "retry_on_failure.multiplier: must be",
        ),
        (
            "statuspage",
            json!({ "api_key": SECRET, "page_id": "p/1", "components": { "a": "c1", "b": "c1" } }),
            "page_id: is not an id of Statuspage: it has letters and digits only; components.b: is the same",
        ),
        ("statuspage", json!({ "api_key": SECRET, "page_id": "p", "components": {} }), "names no"),
        (
            "statuspage",
            json!({
                "api_key": SECRET, "page_id": "p", "components": { "a": "c" },
                "metrics": { "m1": { "uptime": "b" }, "m2": {} },
            }),
            "metrics.m1: `uptime` names a component that is not under `components`; metrics.m2: needs either",
        ),
        (
            "statuspage",
            json!({
                "api_key": SECRET, "page_id": "p", "components": { "a": "c" },
                "templates": { "resolved": "{{ component }}: {{ causes }}" },
            }),
            "templates.resolved: line 1 of the template: undefined value",
        ),
    ] {
        let error = refusal(name, settings);
        assert!(error.contains(part), "{error}");
        assert!(error.starts_with(&format!("exporters.{name}: ")), "{error}");
    }
}

#[test]
fn incidents_can_be_turned_off() {
    for (name, settings) in [
        ("datadog", json!({ "api": { "key": SECRET }, "incidents": "off" })),
        ("newrelic", json!({ "license_key": SECRET, "incidents": "off" })),
    ] {
        assert_eq!(build(&destination(name), settings).unwrap().notice_policy(), None);
    }
    let mut quiet = settings("statuspage");
    quiet["incidents"] = json!("off");
    quiet["hold"] = json!({ "open": "1s" });
    let policy = build(&destination("statuspage"), quiet).unwrap().notice_policy().unwrap();
    assert!(policy.follows_components && !policy.follows_incidents && policy.newest_only);
    assert_eq!((policy.hold_open.as_secs(), policy.hold_resolve.as_secs()), (1, 120));
}

#[test]
fn nothing_shows_a_secret() {
    for kind in kinds() {
        let exporter = build(&destination(kind.name), settings(kind.name)).unwrap();
        assert!(!format!("{exporter:?}").contains(SECRET));
        assert!(!serde_json::to_string(&exporter.status().snapshot()).unwrap().contains(SECRET));
    }
}

#[test]
fn queues_are_as_the_opentelemetry_collector_would_have_them() {
    use crate::settings::{Policy, QueueSettings, Storage};
    let defaults = QueueSettings {
        storage: Storage::Disk,
        size: 256 << 20,
        policy: Policy::Block,
        in_flight: 10,
        batch: 1 << 20,
    };
    for (queue, expected) in [
        (json!({}), defaults),
        (
            json!({ "enabled": true, "queue_size": 1000, "num_consumers": 4 }),
            QueueSettings { in_flight: 4, ..defaults },
        ),
        (
            json!({ "queue_size": 5000, "sizer": "bytes" }),
            QueueSettings { size: 5_000, ..defaults },
        ),
        (
            json!({ "storage": "file_storage/queues", "size": "1MiB" }),
            QueueSettings { size: 1 << 20, ..defaults },
        ),
        (
            json!({ "storage": "memory", "policy": "drop_oldest" }),
            QueueSettings { storage: Storage::Memory, policy: Policy::DropOldest, ..defaults },
        ),
        (
            json!({ "batch": { "flush_timeout": "200ms", "min_size": 10, "max_size": 2_000_000, "sizer": "bytes" } }),
            QueueSettings { batch: 2_000_000, ..defaults },
        ),
        (json!({ "batch": { "max_size": 8192, "sizer": "items" } }), defaults),
    ] {
        let settings = json!({ "endpoint": "h:1", "sending_queue": queue });
        let built = build(&destination("otlp"), settings).unwrap();
        assert_eq!(built.queue(), Some(expected), "{queue}");
    }
}
