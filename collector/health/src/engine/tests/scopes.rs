//! Whose signals a rule looks at, and what people see of an alert that flaps.

use bellwether_core::alert::Phase;
use bellwether_core::ingest::Signal;
use bellwether_core::state::ComponentState::{MajorOutage, Operational};
use serde_json::{Value, json};

use crate::testing::otlp::{served, spans};
use crate::testing::play::Play;

/// Two components of one service, and one that has all that the service does.
fn marketedge() -> Value {
    json!({ "components": {
        "auth": { "criticality": "critical", "services": ["api"], "routes": ["/api/v1/auth/**"] },
        "admin": { "criticality": "high", "services": ["api"], "routes": ["/api/v1/admin/**"], "depends_on": ["auth"] },
        "all": { "services": ["api"] },
    } })
}

fn errors(component: &str, scope: &str) -> Value {
    json!({
        "component": component, "kind": "threshold", "match": { "span.kind": "server" }, "scope": scope,
        "indicator": "error_ratio", "above": "5%", "clear": "2%", "window": "1m", "min_events": 5,
        "state": "major_outage", "severity": "emergency",
    })
}

impl Play {
    fn answers(&mut self, route: &str, status: i64, count: usize) {
        let span = served(self.second(), 1, route, status);
        self.send(Signal::Traces, &spans("api", vec![span; count]));
    }
}

/// Must be seen: "admin's errors do not fire `auth-errors`".
#[test]
fn admins_errors_do_not_fire_auth_errors() {
    let rules = [
        ("auth-errors", errors("auth", "component")),
        ("admin-errors", errors("admin", "component")),
        ("all-errors", errors("all", "component")),
        ("any-errors", errors("auth", "all")),
    ];
    let mut play = Play::of(marketedge(), &rules);
    for _ in 0..20 {
        play.answers("/api/v1/auth/login", 200, 10);
        play.answers("/api/v1/admin/dashboard", 500, 10);
        play.pass(1);
        assert_eq!(play.phase("auth-errors"), Phase::Inactive);
    }
    // where two components match one signal, both count it; `scope: all` lifts the restriction
    assert_eq!(play.active(), ["admin-errors", "all-errors", "any-errors"]);
    assert_eq!(play.state("admin"), MajorOutage);

    let mut play = Play::of(marketedge(), &rules[..2]);
    play.answers("/api/v1/auth/login", 500, 10);
    play.answers("/api/v1/admin/dashboard", 200, 10);
    play.pass(1);
    assert_eq!(play.active(), ["auth-errors"], "nor the other way round");
}

/// Sentence 6: "Flapping: [...] no fire/resolve pairs, the worse state is shown".
#[test]
fn s6_what_flaps_is_shown_as_out_until_it_is_steady() {
    let rule = json!({
        "component": "auth", "kind": "threshold", "indicator": "error_ratio", "above": "50%",
        "window": "10s", "state": "major_outage", "keep_firing_for": "0s",
    });
    let mut play = Play::of(marketedge(), &[("r", rule)]);
    let (mut fired, mut seen) = (0, Vec::new());
    let mut step = |play: &mut Play, status: i64| {
        play.answers("/api/v1/auth/login", status, 5);
        let before = play.fires("r");
        play.pass(1);
        fired += usize::from(!before && play.fires("r"));
        seen.push(play.state("auth"));
        play.now = play.now.plus(std::time::Duration::from_secs(9));
    };
    for turn in 0..20 {
        step(&mut play, if turn % 2 == 0 { 500 } else { 200 });
    }
    for _ in 0..25 {
        step(&mut play, 200);
    }
    assert_eq!(fired, 3, "two failures, and one that is all the others");
    assert!(seen[5..20].iter().all(|it| *it == MajorOutage), "{seen:?}");
    assert_eq!(seen.last(), Some(&Operational));
    let turns = seen.windows(2).filter(|it| it[0] != it[1]).count();
    assert_eq!(turns, 5, "{seen:?}");
}
