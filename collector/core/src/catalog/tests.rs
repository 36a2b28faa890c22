use std::collections::BTreeMap;

use serde_json::json;

use super::*;

pub(crate) fn marketedge() -> serde_json::Value {
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

pub(crate) fn read(value: serde_json::Value) -> Result<Catalog, Vec<Flaw>> {
    Catalog::check(serde_json::from_value(value).unwrap())
}

pub(crate) fn own(states: &[(&str, ComponentState)]) -> BTreeMap<ComponentId, ComponentState> {
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
fn dependents_are_found_through_others() {
    let catalog = read(marketedge()).unwrap();
    let names: Vec<String> =
        catalog.dependents(&"database".into()).into_iter().map(Into::into).collect();
    assert_eq!(names, ["admin", "auth", "database"]);
}

fn flaws(value: serde_json::Value) -> Vec<String> {
    let flaws = read(value).unwrap_err();
    flaws.iter().map(|flaw| format!("{}: {}", flaw.path, flaw.message)).collect()
}

#[test]
fn every_flaw_is_told_at_once() {
    let told = flaws(json!({
        "components": {
            "a": { "depends_on": ["b"] },
            "b": { "uses": ["a"] },
            "c": { "depends_on": ["nope"], "spans": {}, "owners": [" "] },
            "d": { "depends_on": ["c"], "uses": ["c"], "revenue_per_hour": "1 CHF" },
            "e f": { "spans": [{ "x": 1 }, {}] }
        },
        "customers": { "empty": { "match": {} } },
        "opportunities": {
            "deal": { "customer": "nobody", "amount": "1 EUR", "requires": [], "at_risk_from": "operational" }
        },
        "journeys": { "j": { "customer": "nobody", "components": ["nope"], "steps": [] } },
        "exchange_rates": { "base": "GBP", "rates": { "EUR": 0.86, "GBP": 2 } }
    }));
    assert_eq!(
        told,
        [
            "components.e f: `e f` cannot be an id",
            "components.c.depends_on[0]: there is no component `nope`",
            "components.c.spans: without an attribute every signal of every service would be meant",
            "components.c.owners[0]: this is nobody",
            "components.d.uses[0]: `d` depends on `c` already",
            "components.e f.spans[1]: without an attribute every signal of every service would be meant",
            "customers.empty.match: without an attribute every signal would be this customer's",
            "opportunities.deal.customer: there is no customer `nobody`",
            "opportunities.deal.requires: an opportunity that requires nothing is never at risk",
            "opportunities.deal.at_risk_from: `operational` is not a failure",
            "exchange_rates.rates.GBP: one GBP is one GBP",
            "exchange_rates.rates: there is no rate for CHF, in which the catalog has amounts",
            "components.a.depends_on[0]: these components stand on each other in a circle: a -> b -> a",
            "journeys.j.components[0]: there is no component `nope`",
            "journeys.j.customer: there is no customer `nobody`",
            "journeys.j.steps: a journey without steps leads nowhere",
        ]
    );
}

#[test]
fn the_way_around_every_circle_is_told() {
    let told = flaws(json!({ "components": {
        "above": { "depends_on": ["x"] },
        "x": { "depends_on": ["ground", "y"] }, "y": { "uses": ["z"] }, "z": { "depends_on": ["x"] },
        "self": { "uses": ["self"] },
        "ground": {}
    } }));
    assert_eq!(
        told,
        [
            "components.x.depends_on[1]: these components stand on each other in a circle: x -> y -> z -> x",
            "components.self.uses[0]: these components stand on each other in a circle: self -> self",
        ]
    );
}

#[test]
fn there_is_room_for_so_much_and_no_more() {
    let components: serde_json::Map<String, serde_json::Value> = (0..513)
        .map(|n| (format!("c{n}"), json!({ "spans": { (n % 25).to_string(): 1 } })))
        .collect();
    assert_eq!(
        flaws(json!({ "components": components })),
        [
            "components: 513 components are too many: there is room for 512",
            "components: `spans` and `match` look at 25 different attributes: there is room for 24",
        ]
    );
}

#[test]
fn a_number_finds_its_component() {
    let catalog = read(marketedge()).unwrap();
    for (index, component) in catalog.indexed() {
        assert_eq!(catalog.index(&component.id), Some(index));
        assert_eq!(catalog.at(index), Some(component));
    }
    assert_eq!(catalog.index(&"nope".into()), None);
}
