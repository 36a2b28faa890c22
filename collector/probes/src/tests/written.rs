//! Probes as they are written.

use bellwether_core::catalog::Catalog;
use serde_json::json;

use crate::Probes;

#[test]
fn every_mistake_is_found_at_its_place() {
    let catalog =
        json!({ "components": { "auth": {} }, "customers": { "zebra": { "name": "Z" } } });
    let catalog = Catalog::check(serde_json::from_value(catalog).unwrap()).unwrap();
    let probes: Probes = serde_json::from_value(json!({
        "good": { "http": { "url": "https://a.example/x", "valid_for": "14d" }, "component": "auth", "customer": "zebra" },
        "both": { "tcp": { "address": "a:1" }, "tls": { "address": "a:1" }, "component": "auth" },
        "none": { "component": "auth" },
        "http": { "http": { "url": "ftp://x", "method": "", "expect": { "status": 99 } }, "every": "0s", "timeout": "0s", "component": "nope", "customer": "nobody" },
        "plain": { "http": { "url": "http://x/{{y}}", "valid_for": "1d" }, "component": "auth" },
        "tcp": { "tcp": { "address": "db" }, "component": "auth" },
    }))
    .unwrap();
    let flaws = probes.flaws(&catalog);
    let paths: Vec<&str> = flaws.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "both",
            "http.every",
            "http.timeout",
            "http.http.url",
            "http.http.method",
            "http.http.expect.status",
            "http.component",
            "http.customer",
            "none",
            "plain.http.url",
            "plain.http.valid_for",
            "tcp.tcp.address",
        ]
    );
}

#[test]
fn addresses_are_a_host_and_a_port() {
    for (text, right) in [
        ("a.example:443", true),
        ("[::1]:443", true),
        ("127.0.0.1:1", true),
        ("a", false),
        (":1", false),
        ("a:0", false),
        ("::1:5", false),
        ("https://a:1", false),
    ] {
        let probes = json!({ "x": { "tcp": { "address": text }, "component": "auth" } });
        let probes: Probes = serde_json::from_value(probes).unwrap();
        let catalog = json!({ "components": { "auth": {} } });
        let catalog = Catalog::check(serde_json::from_value(catalog).unwrap()).unwrap();
        assert_eq!(probes.flaws(&catalog).is_empty(), right, "{text}");
    }
}
