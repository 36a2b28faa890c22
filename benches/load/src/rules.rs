//! The business map and the 100 rules that ours evaluates meanwhile.
//!
//! Twenty of them match the stream, of five kinds: every span meets six of them, and a request seven.
//! Each part of the shop has 250 groups by route, so that 1,000 are live.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::spans::{Shape, service};

/// How many components the services of the stream belong to.
const PARTS: usize = 4;

/// How many components the stream has nothing of.
const OTHERS: usize = 40;

/// How many customers the stream names.
const CUSTOMERS: usize = 200;

/// The rules that have to fire: one span in fifty fails, and what is unwell follows from that.
pub const MUST_FIRE: [&str; 9] = [
    "burn-0", "burn-1", "burn-2", "burn-3", "errors-0", "errors-1", "errors-2", "errors-3",
    "unwell",
];

/// Writes the catalog: the parts of the shop, all requests, the shop itself, and components that
/// the stream is not about.
pub fn catalog() -> String {
    let mut text = "components:\n".to_owned();
    let each = Shape::default().services / PARTS;
    for part in 0..PARTS {
        let services: Vec<String> = (part * each..(part + 1) * each).map(service).collect();
        let services = services.join(", ");
        let _ = writeln!(text, "  part-{part}: {{ criticality: high, services: [{services}] }}");
    }
    text.push_str("  web: { criticality: high, routes: [\"/api/v1/**\"] }\n  shop: {}\n");
    for other in 0..OTHERS {
        let _ = writeln!(
            text,
            "  other-{other}: {{ services: [elsewhere-{other}], routes: [\"/elsewhere/{other}/**\"] }}"
        );
    }
    text.push_str("customers:\n");
    for customer in 0..CUSTOMERS {
        let _ = writeln!(text, "  customer-{customer:03}: {{}}");
    }
    text
}

/// Writes the rules.
pub fn rules() -> String {
    let mut text = "rules:\n".to_owned();
    let mut rule = |id: String, component: &str, says: &str| {
        let _ = writeln!(text, "  {id}: {{ component: {component}, {says} }}");
    };
    for part in 0..PARTS {
        let component = format!("part-{part}");
        for (name, says) in [
            (
                "slow",
                "kind: threshold, indicator: p95, above: 10s, window: 1m, group_by: [http.route]",
            ),
            ("errors", "kind: threshold, indicator: error_ratio, above: 1%, window: 1m"),
            ("burn", "kind: burn_rate, objective: 99.9%"),
            ("silent", "kind: absence, after: 2m, group_by: [service.name]"),
        ] {
            rule(format!("{name}-{part}"), &component, says);
        }
    }
    let all = "scope: all, kind: threshold, window: 1m";
    rule("traffic".to_owned(), "shop", &format!("{all}, indicator: rate, above: 10000000"));
    rule("longest".to_owned(), "shop", &format!("{all}, indicator: max, above: 60s"));
    rule("routes".to_owned(), "web", "kind: routes");
    let unwell = "kind: composite, when: \"state.`part-0` != 'operational'\"";
    rule("unwell".to_owned(), "shop", unwell);
    for other in 0..OTHERS {
        let component = format!("other-{other}");
        let slow = "kind: threshold, indicator: p99, above: 1s, window: 5m";
        rule(format!("slow-{component}"), &component, slow);
        rule(format!("burn-{component}"), &component, "kind: burn_rate, objective: 99%");
    }
    text
}

/// Returns the rules that have to fire and are not among those that fired.
pub fn silent(fired: &str) -> Vec<&'static str> {
    let fired: BTreeSet<&str> = fired.split(", ").collect();
    MUST_FIRE.into_iter().filter(|it| !fired.contains(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_hundred_and_twenty_match() {
        let rules = rules();
        let rules: Vec<&str> = rules.lines().skip(1).collect();
        assert_eq!(rules.len(), 100);
        let others = rules.iter().filter(|it| it.contains("component: other-"));
        assert_eq!(others.count(), 80);
    }

    #[test]
    fn rules_that_should_have_fired_are_named() {
        assert_eq!(silent("none").len(), MUST_FIRE.len());
        assert!(silent(&MUST_FIRE.join(", ")).is_empty());
        assert_eq!(silent(&MUST_FIRE[1..].join(", ")), ["burn-0"]);
        let rules = rules();
        assert!(MUST_FIRE.iter().all(|it| rules.contains(&format!("  {it}: "))));
    }
}
