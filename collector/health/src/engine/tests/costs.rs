//! What is measured feeds what failures cost. The sentences are those of the health model's "Money".

use bellwether_core::distinct::hash;
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;

use crate::testing::otlp::{int, served, spans, text};
use crate::testing::play::Play;

fn shop() -> Play {
    Play::with_defaults(json!({
        "components": {
            "shop": { "services": ["api"], "routes": ["/shop/**"], "revenue_per_hour": "3600 GBP" },
            "admin": { "services": ["api"], "routes": ["/admin/**"] },
        },
        "customers": { "zebra": { "match": { "tenant": 7 } } },
    }))
}

fn by(mut span: Span, key: &str, customer: &str) -> Span {
    span.attributes.push(text(key, customer));
    span
}

impl Play {
    fn requests(&mut self, route: &str, good: usize, bad: usize) {
        let second = self.second();
        let all =
            [vec![served(second, 1, route, 200); good], vec![served(second, 1, route, 500); bad]];
        self.send(Signal::Traces, &spans("api", all.concat()));
        self.pass(1);
    }
}

/// "A component's `revenue_per_hour` is lost at `revenue_per_hour x failing share`: the measured
/// share of failing server spans".
#[test]
fn the_share_that_fails_is_the_share_that_is_lost() {
    let mut play = shop();
    play.requests("/shop/x", 70, 30);
    assert_eq!(play.state("shop"), ComponentState::PartialOutage);
    assert_eq!(play.last.impact.expected_loss.to_string(), "1,080 GBP");
    // what fails elsewhere costs nothing here
    play.requests("/admin/x", 0, 500);
    assert_eq!(play.last.impact.expected_loss.to_string(), "1,080 GBP");
}

/// An unmounted route is no error of the server, and fails all the same.
#[test]
fn a_request_that_no_route_answered_failed() {
    let mut play = shop();
    let second = play.second();
    let unanswered = |path: &str, status| {
        let mut span = served(second, 1, "/", status);
        span.attributes = vec![
            text("http.request.method", "GET"),
            text("url.path", path),
            int("http.response.status_code", status),
        ];
        span
    };
    let all = vec![
        unanswered("/shop/1", 404),
        unanswered("/shop/2", 404),
        served(second, 1, "/shop/{id}", 404),
        served(second, 1, "/shop/{id}", 200),
    ];
    play.send(Signal::Traces, &spans("api", all));
    play.pass(1);
    let traffic = play.last.measured["shop"];
    assert_eq!((traffic.total, traffic.failed), (4, 2));
}

/// "Customers affected = distinct customers on failing signals".
#[test]
fn who_met_failures_is_told_once_a_step() {
    let mut play = shop();
    let second = play.second();
    let (good, bad) = (served(second, 1, "/shop/x", 200), served(second, 1, "/shop/x", 500));
    let mut tenant = bad.clone();
    tenant.attributes.push(int("tenant", 7));
    let all = vec![
        by(bad.clone(), "business.customer.id", "kudu"),
        by(bad.clone(), "business.customer.id", "kudu"),
        by(good, "business.customer.id", "gnu"),
        by(bad.clone(), "business.customer", "other"),
        tenant,
        bad,
        by(served(second, 1, "/admin/x", 500), "business.customer.id", "eland"),
    ];
    play.send(Signal::Traces, &spans("api", all));
    play.pass(1);
    let mut wanted = vec![hash("kudu"), hash("zebra")];
    wanted.sort_unstable();
    assert_eq!(play.last.failing["shop"], wanted, "the catalog's id where it has one");
    assert_eq!(play.last.failing["admin"], [hash("eland")]);
    play.pass(1);
    assert!(play.last.failing.is_empty());
}

/// "Memory stays flat under a flood of made-up customer ids."
#[test]
fn a_flood_of_made_up_customers_is_bounded() {
    let mut play = shop();
    let second = play.second();
    let bad = served(second, 1, "/shop/x", 500);
    for flood in 0..30 {
        let one = |it| by(bad.clone(), "business.customer.id", &format!("{flood}-{it}"));
        play.send(Signal::Traces, &spans("api", (0..1_000).map(one).collect()));
    }
    play.pass(1);
    assert_eq!(play.last.failing["shop"].len(), 20_000);
}
