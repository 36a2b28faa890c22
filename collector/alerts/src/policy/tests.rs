mod owners;

use bellwether_core::catalog::Catalog;
use serde_json::{Value, json};

use super::*;

pub(crate) fn catalog() -> Catalog {
    let raw = json!({
        "components": {
            "auth": { "criticality": "critical", "depends_on": ["database"], "revenue_per_hour": "1200 GBP" },
            "admin": { "name": "Admin panel", "criticality": "high", "depends_on": ["auth", "database"] },
            "database": { "criticality": "critical" },
        },
        "customers": { "zebra": { "owner": "zebra-owner@marketedge.example" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"] },
        },
    });
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

/// The channels of the example: two keys of PagerDuty, and a third that has the first one's.
pub(crate) fn channels() -> Vec<Channel> {
    let channel = |name: &str, once: Option<u64>, reaches: &[&str]| Channel {
        destination: name.into(),
        once,
        reaches: reaches.iter().map(|it| (*it).to_owned()).collect(),
        named_only: false,
    };
    vec![
        channel("pagerduty", Some(1), &[]),
        channel("pagerduty/second", Some(2), &[]),
        channel("pagerduty/copy", Some(1), &[]),
        channel("slack/emergency", None, &[]),
        channel("slack/zebra", None, &[]),
        channel("email/executives", None, &["executives@marketedge.example"]),
        channel("email/zebra-owner", None, &["zebra-owner@marketedge.example"]),
    ]
}

pub(crate) fn example() -> Value {
    json!({
        "routes": [
            { "when": "severity == \"emergency\"", "to": ["pagerduty", "slack/emergency"], "escalate": "executives" },
            { "when": "\"zebra\" in customers", "to": ["slack/zebra", "owner"], "escalate": "executives" },
            { "to": ["slack/emergency"] },
        ],
        "escalation": { "executives": [
            { "after": "0s", "to": ["route"] },
            { "after": "10m", "to": ["pagerduty/second"] },
            { "after": "30m", "to": ["email/executives"] },
        ] },
    })
}

/// Returns the channels without the one that Zebra's owner has of their own, and with one that
/// writes to whoever a notice names.
pub(crate) fn writing_channels() -> Vec<Channel> {
    let mut channels = channels();
    channels.retain(|it| it.destination.as_str() != "email/zebra-owner");
    channels.push(writing("email/owners"));
    channels
}

pub(crate) fn writing(name: &str) -> Channel {
    Channel { destination: name.into(), once: None, reaches: Vec::new(), named_only: true }
}

pub(crate) fn checked(raw: Value) -> Result<(Policy, Vec<Flaw>), Vec<Flaw>> {
    checked_with(raw, channels())
}

pub(crate) fn checked_with(
    raw: Value,
    channels: Vec<Channel>,
) -> Result<(Policy, Vec<Flaw>), Vec<Flaw>> {
    let raw = serde_json::from_value(raw).unwrap();
    Policy::check(raw, channels, &["statuspage".into()], &catalog())
}

/// Returns the flaws of a policy, as `path: message (help)`.
fn flaws(raw: Value) -> Vec<String> {
    checked(raw).err().unwrap_or_default().iter().map(text).collect()
}

fn text(it: &Flaw) -> String {
    format!("{}: {} ({})", it.path, it.message, it.help.as_deref().unwrap_or_default())
}

fn only(raw: Value, path: &str, message: &str, help: &str) {
    let found = flaws(raw);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(&format!("{path}: ")), "{}", found[0]);
    assert!(found[0].contains(message) && found[0].contains(help), "{}", found[0]);
}

#[test]
fn the_example_has_no_flaw_and_surprises_nobody() {
    let (policy, notes) = checked(example()).unwrap();
    assert_eq!((policy.routes.len(), notes), (3, vec![]));
    assert_eq!(
        policy.owner("zebra-owner@marketedge.example"),
        [Destination::new("email/zebra-owner").into()]
    );
    assert_eq!(policy.timing, Timing::default());
}

#[test]
fn unknown_names_are_told_with_what_was_meant() {
    let to = |name: &str| json!({ "routes": [{ "to": [name] }] });
    only(
        to("slak/emergency"),
        "routes[0].to[0]",
        "no channel `slak/emergency`",
        "did you mean `slack/emergency`?",
    );
    only(
        to("statuspage"),
        "routes[0].to[0]",
        "follows every incident without a route",
        "leave it out",
    );
    only(to("route"), "routes[0].to[0]", "a route cannot name itself", "steps of escalation");
    only(
        json!({ "routes": [{ "to": ["pagerduty", "pagerduty"] }] }),
        "routes[0].to[1]",
        "named twice",
        "leave one",
    );
    let raw = json!({ "routes": [{ "to": ["pagerduty"], "mute": ["nihgt"] }], "time_intervals": { "night": { "from": "22:00", "to": "06:00" } } });
    only(raw, "routes[0].mute[0]", "no time interval `nihgt`", "did you mean `night`?");
    let mut raw = example();
    raw["routes"][1]["escalate"] = json!("execs");
    only(raw, "routes[1].escalate", "no escalation policy `execs`", "there are executives");
}

#[test]
fn conditions_are_held_against_what_there_is() {
    let when = |text: &str| json!({ "routes": [{ "when": text, "to": ["pagerduty"] }] });
    only(when("severty == 'high'"), "routes[0].when", "no `severty`", "did you mean `severity`?");
    only(when("severity == 'emergncy'"), "routes[0].when", "holds for no incident", "emergency");
    only(when("'zebar' in customers"), "routes[0].when", "holds for no incident", "");
    only(when("component == 'admn' && severity == 'low'"), "routes[0].when", "no incident", "");
    for good in [
        "labels.`service.name` == 'x'",
        "component == 'admin'",
        "everything",
        "state != 'major_outage'",
    ] {
        assert_eq!(flaws(when(good)), [""; 0], "{good}");
    }
}

#[test]
fn a_route_that_is_never_looked_at_or_tells_nobody_is_a_mistake() {
    let raw =
        json!({ "routes": [{ "to": ["pagerduty"], "stop": true }, { "to": ["slack/zebra"] }] });
    only(raw, "routes[1]", "routes[0] always holds and stops", "before that one");
    only(json!({ "routes": [{ "to": [] }] }), "routes[0]", "tells nobody", "silence");
    let nobody = Catalog::default();
    let raw: Alerting = serde_json::from_value(json!({ "routes": [{ "to": ["owner"] }] })).unwrap();
    let flaws = Policy::check(raw, channels(), &[], &nobody).unwrap_err();
    assert!(flaws[0].message.contains("names nobody who answers"), "{flaws:?}");
}

#[test]
fn s11_steps_that_page_nobody_or_cannot_be_reached_are_mistakes() {
    const SECOND: &str = "escalation.executives[1]";
    const KEY: &str = "another routing key";
    let step = |after: &str, to: &[&str]| json!({ "after": after, "to": to });
    let steps = |first: Value, second: Value| {
        let mut raw = example();
        raw["escalation"]["executives"] = json!([first, second]);
        raw
    };
    let mut again = steps(step("0s", &["pagerduty"]), step("10m", &["pagerduty"]));
    again["routes"][0]["to"] = json!(["slack/emergency"]);
    only(again, SECOND, "escalation.executives[0] told the same key before", KEY);
    let mut copy = steps(step("0s", &["route"]), step("10m", &["pagerduty/copy"]));
    assert_eq!(flaws(copy.clone()), [""; 0], "the other route does not tell that key");
    copy["routes"][1]["to"] = json!(["pagerduty"]);
    only(copy, SECOND, "told the same key before", KEY);
    // somebody hears it all the same
    let mut beside = steps(step("0s", &["route"]), step("10m", &["pagerduty", "slack/zebra"]));
    beside["routes"][1]["to"] = json!(["pagerduty"]);
    assert_eq!(flaws(beside), [""; 0]);
    let order = steps(step("10m", &["route"]), step("10m", &["slack/zebra"]));
    let after = "escalation.executives[1].after";
    only(order, after, "not come after the step before", "order of time");
    only(steps(step("0s", &["route"]), step("10m", &[])), SECOND, "pages nobody", "name whom");
    let mut unused = example();
    unused["escalation"]["others"] = json!([step("0s", &["pagerduty"])]);
    only(unused, "escalation.others", "none of its steps can be reached", "escalate: others");
    let mut named = example();
    named["routes"] = json!([{ "to": [], "escalate": "executives" }]);
    only(named, "escalation.executives[0]", "routes[0] names no channel", "");
}

#[test]
fn who_is_paged_once_only_is_told_so() {
    let raw = json!({
        "routes": [{ "to": ["pagerduty"], "escalate": "second" }],
        "escalation": { "second": [{ "after": "10m", "to": ["pagerduty/second"] }] },
    });
    let (_, notes) = checked(raw).unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].message.contains("nobody is paged again"), "{notes:?}");
}

#[test]
fn times_are_checked() {
    let window = |window: Value| json!({ "maintenance": { "upgrade": window } });
    let once =
        json!({ "components": ["database"], "from": "2026-12-06T02:00", "to": "2026-12-06T01:00" });
    only(window(once), "maintenance.upgrade.to", "ends before it begins", "later");
    let unclear = json!({ "components": ["database"], "from": "2026-12-06T02:00" });
    only(window(unclear), "maintenance.upgrade", "not clear when", "`from` and `to`");
    let zone = json!({ "components": ["databse"], "at": "02:00", "lasts": "1h", "time_zone": "Europe/Lodnon" });
    assert_eq!(flaws(window(zone)).len(), 2, "the component and the time zone");
    let clock = json!({ "components": ["database"], "at": "25:00", "lasts": "1h" });
    only(window(clock), "maintenance.upgrade.at", "`25:00` is no time of the day", "09:00");
    let silence = json!({ "silences": [{ "when": "component == 'admin'", "author": "", "reason": "move", "until": "soon" }] });
    assert_eq!(flaws(silence).len(), 2, "the author and the time");
    only(json!({ "repeat_interval": "0s" }), "repeat_interval", "longer than 0s", "4h");
    let good = json!({ "components": ["database"], "weekdays": ["sunday"], "at": "02:00", "lasts": "1h", "time_zone": "Europe/London" });
    assert_eq!(flaws(window(good)), [""; 0]);
}
