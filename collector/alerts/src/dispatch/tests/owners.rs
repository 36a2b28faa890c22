//! Owners whom only a channel writes to that writes to whoever a notice names.

use bellwether_core::catalog::Catalog;
use bellwether_core::state::ComponentState::MajorOutage;

use super::*;
use crate::policy::tests::{checked_with, writing_channels};
use crate::recipient::Recipient;

const MINUTE: u64 = 60;
const ZEBRA: &str = "email/owners <zebra-owner@marketedge.example>";

/// The catalog, with others who answer for components, one of them in other letters.
pub(crate) fn owned(admin: &str, auth: &str) -> Catalog {
    let raw = json!({
        "components": {
            "auth": { "criticality": "critical", "depends_on": ["database"], "owners": [auth] },
            "admin": { "criticality": "high", "depends_on": ["auth"], "owners": [admin, "team admin"] },
            "database": { "criticality": "critical", "owners": ["Zebra-Owner@marketedge.example"] },
        },
        "customers": { "zebra": { "owner": "zebra-owner@marketedge.example" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"] },
        },
    });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

fn story(raw: Value) -> Story {
    let policy = checked_with(raw, writing_channels()).unwrap().0;
    let catalog = owned("admin@marketedge.example", "auth@marketedge.example");
    Story { catalog, ..Story::by(Arc::new(policy)) }
}

fn routed() -> Value {
    json!({ "routes": [{ "to": ["owner", "slack/emergency"] }] })
}

/// Scenario: the admin panel goes down; its owners and Zebra's are only in the catalog.
/// Guarantee: both are written to, in one notice, hear that somebody works on it and that it is over,
/// also after a restart; who is no address is told as not reached.
#[test]
fn those_who_were_told_hear_the_end_also_after_a_restart() {
    let mut story = story(routed());
    story.fire("admin", MajorOutage);
    story.pass(1);
    let both = "email/owners <admin@marketedge.example> <zebra-owner@marketedge.example>";
    assert_eq!(story.told(), [format!("{both} opened"), "slack/emergency opened".to_owned()]);
    assert_eq!(story.whys(ZEBRA), ["told: alerting.routes[0] holds"]);
    assert!(story.of_all().contains(&"withheld: no channel leads to team admin".to_owned()));
    story.restart();
    story.pass(MINUTE);
    assert_eq!(story.told(), [""; 0], "nobody twice");
    assert_eq!(story.audit(&story.incident()), []);
    story.acknowledge("ann");
    story.restart();
    let told = story.told();
    assert_eq!(told[0], format!("{both} acknowledged"));
    story.mend("admin");
    story.pass(1);
    assert_eq!(story.told()[0], format!("{both} resolved"));
    let over = story.incidents.values().next().unwrap().clone();
    story.pass(MINUTE);
    assert_eq!(story.audit(&over), []);
}

/// Scenario: the catalog names another owner of the admin panel; then the cause turns out to be the
/// database, whose owner is Zebra's in other letters.
/// Guarantee: who is new is told, and only they; nobody who was told is told as new, and each of them
/// hears the end.
#[test]
fn who_comes_in_later_is_told_and_nobody_twice() {
    let mut story = story(routed());
    story.fire("admin", MajorOutage);
    story.pass(MINUTE);
    story.told();
    story.catalog = owned("another@marketedge.example", "auth@marketedge.example");
    story.pass(1);
    assert_eq!(story.told(), ["email/owners <another@marketedge.example> opened"]);
    story.fire("database", MajorOutage);
    story.pass(1);
    let told = story.told();
    let all = "email/owners <admin@marketedge.example> <another@marketedge.example> <zebra-owner@marketedge.example>";
    assert!(told.contains(&format!("{all} updated")), "{told:?}");
    assert!(told.iter().all(|it| it.ends_with("updated")), "{told:?}");
    assert_eq!(story.audit(&story.incident()), []);
    story.active.clear();
    story.pass(MINUTE);
    assert!(story.told().contains(&format!("{all} resolved")), "each who was told");
}

/// Scenario: a step of an escalation names owners.
/// Guarantee: it says whom it will write to, and writes to them at its time and not before; who
/// answers for it only afterwards is written to as well.
#[test]
fn steps_write_to_owners_too() {
    let mut story = story(json!({
        "routes": [{ "to": ["slack/emergency"], "escalate": "owners" }],
        "escalation": { "owners": [{ "after": "10m", "to": ["owner"] }] },
    }));
    story.fire("auth", MajorOutage);
    story.pass(10 * MINUTE);
    let steps = &story.desk.escalations(&story.catalog, story.now)[0].steps;
    let to: Vec<String> = steps[0].to.iter().map(Recipient::to_string).collect();
    assert_eq!(to, ["email/owners <auth@marketedge.example>", ZEBRA]);
    assert_eq!(story.told(), ["slack/emergency opened"]);
    story.pass(1);
    let told = story.told();
    assert_eq!(
        told,
        ["email/owners <auth@marketedge.example> <zebra-owner@marketedge.example> opened"]
    );
    story.catalog = owned("admin@marketedge.example", "auth-2@marketedge.example");
    story.pass(1);
    assert_eq!(
        story.told(),
        ["email/owners <auth-2@marketedge.example> opened"],
        "once the step is taken"
    );
}

/// Scenario: the store loses what an owner was to be told; then the mail to another one is refused.
/// Guarantee: the auditor finds whom it was, by their address; the one is told, and for the other
/// everybody is.
#[test]
fn the_auditor_knows_who_was_written_to() {
    let mut story = story(routed());
    story.fire("admin", MajorOutage);
    story.pass(MINUTE);
    for (_, notices) in &mut story.transactions {
        for notice in notices {
            if let Body::Incident { recipients, .. } = &mut notice.body {
                recipients.retain(|it| !it.starts_with("admin"));
            }
        }
    }
    let found = story.audit(&story.incident());
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    let admin = "email/owners <admin@marketedge.example>";
    assert_eq!(texts, [format!("{admin} should have been told by now, and was not")]);
    story.told();
    let incident = story.incident();
    let decision = story.desk.found(&incident, found, &story.catalog, story.now);
    story.store(decision);
    assert_eq!(story.told(), [format!("{admin} opened")]);
    story.states.insert("email/owners".into(), "refused");
    let found = story.audit(&story.incident());
    assert_eq!(found.len(), 2, "nobody whom it writes to: {found:?}");
    let decision = story.desk.found(&incident, found, &story.catalog, story.now);
    story.store(decision);
    let told = story.told();
    assert!(told.contains(&"pagerduty opened".to_owned()), "{told:?}");
    assert!(!told.iter().any(|it| it.starts_with("email/owners")), "{told:?}");
}

/// Scenario: nobody answers for what is out, and then no route is left.
/// Guarantee: every channel that has readers is told, and the one that has none is not.
#[test]
fn whoever_everybody_is_reads() {
    let mut story =
        story(json!({ "routes": [{ "when": "component == \"admin\"", "to": ["owner"] }] }));
    story.fire("database", MajorOutage);
    story.pass(1);
    let told = story.told();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(!told.iter().any(|it| it.starts_with("email/owners")), "{told:?}");
    story.pass(2 * MINUTE);
    assert_eq!(story.audit(&story.incident()), []);
}
