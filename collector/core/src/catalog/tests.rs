use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn marketedge() -> serde_json::Value {
    json!({
        "components": {
            "auth": { "criticality": "critical", "depends_on": ["database"], "uses": ["sessions"], "revenue_per_hour": "1200 GBP" },
            "admin": { "name": "Admin panel", "criticality": "high", "routes": ["/api/v1/admin/**"], "depends_on": ["auth", "database"] },
            "database": { "criticality": "critical" },
            "sessions": { "criticality": "high" }
        },
        "customers": { "zebra": { "name": "Zebra Associates" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"] }
        }
    })
}

fn read(value: serde_json::Value) -> Result<Catalog, Vec<Flaw>> {
    Catalog::check(serde_json::from_value(value).unwrap())
}

fn own(states: &[(&str, ComponentState)]) -> BTreeMap<ComponentId, ComponentState> {
    let mut all: BTreeMap<_, _> = ["auth", "admin", "database", "sessions"]
        .map(|id| (ComponentId::new(id), ComponentState::Operational))
        .into();
    all.extend(states.iter().map(|(id, state)| (ComponentId::new(id), *state)));
    all
}

#[test]
fn effective_states_follow_dependencies() {
    use ComponentState::*;
    let catalog = read(marketedge()).unwrap();
    for (given, expected) in [
        (own(&[]), [Operational, Operational, Operational, Operational]),
        (own(&[("database", MajorOutage)]), [MajorOutage, MajorOutage, MajorOutage, Operational]),
        (own(&[("admin", PartialOutage)]), [PartialOutage, Operational, Operational, Operational]),
        (
            own(&[("sessions", MajorOutage)]),
            [DegradedPerformance, DegradedPerformance, Operational, MajorOutage],
        ),
        (own(&[("database", Unknown)]), [Operational, Operational, Unknown, Operational]),
        (
            own(&[("database", UnderMaintenance)]),
            [Operational, Operational, UnderMaintenance, Operational],
        ),
    ] {
        let effective = catalog.effective(&given);
        let states = ["admin", "auth", "database", "sessions"].map(|id| effective[id]);
        assert_eq!(states, expected, "{given:?}");
    }
}

#[test]
fn without_evidence_a_component_is_unknown() {
    let catalog = read(marketedge()).unwrap();
    assert!(
        catalog.effective(&BTreeMap::new()).values().all(|state| *state == ComponentState::Unknown)
    );
}

#[test]
fn an_opportunity_is_at_risk_once_however_many_components_are_out() {
    use ComponentState::*;
    let catalog = read(marketedge()).unwrap();
    for (given, at_risk, loss) in [
        (own(&[]), "nothing", "nothing"),
        (own(&[("admin", MajorOutage)]), "925,000 GBP", "nothing"),
        (own(&[("admin", DegradedPerformance)]), "nothing", "nothing"),
        (own(&[("admin", MajorOutage), ("auth", MajorOutage)]), "926,200 GBP", "1,200 GBP"),
        (own(&[("database", MajorOutage)]), "926,200 GBP", "1,200 GBP"),
    ] {
        let impact = catalog.impact(&catalog.effective(&given));
        assert_eq!(impact.revenue_at_risk.to_string(), at_risk, "{given:?}");
        assert_eq!(impact.expected_loss.to_string(), loss, "{given:?}");
        assert!(impact.opportunities.len() <= 1);
    }
    let impact = catalog.impact(&catalog.effective(&own(&[("admin", MajorOutage)])));
    assert_eq!(impact.customers(), ["Zebra Associates"]);
}

#[test]
fn dependents_are_found_through_others() {
    let catalog = read(marketedge()).unwrap();
    let names: Vec<String> =
        catalog.dependents(&"database".into()).into_iter().map(Into::into).collect();
    assert_eq!(names, ["admin", "auth", "database"]);
}

#[test]
fn every_flaw_is_told_at_once() {
    let flaws = read(json!({
        "components": {
            "a": { "depends_on": ["b"] }, "b": { "uses": ["a"] }, "c": { "depends_on": ["nope"] }
        },
        "opportunities": {
            "deal": { "customer": "nobody", "amount": "1 GBP", "requires": [], "at_risk_from": "operational" }
        }
    }))
    .unwrap_err();
    let told: Vec<String> =
        flaws.iter().map(|flaw| format!("{}: {}", flaw.path, flaw.message)).collect();
    assert_eq!(
        told,
        [
            "components.c.depends_on[0]: there is no component `nope`",
            "opportunities.deal.customer: there is no customer `nobody`",
            "opportunities.deal.requires: an opportunity that requires nothing is never at risk",
            "opportunities.deal.at_risk_from: `operational` is not a failure",
            "components.a: these components depend on each other in a circle, or on one that does: a, b",
        ]
    );
}
