//! How those are reached who answer for something.

use super::*;
use crate::recipient::Recipient;

const ZEBRA: &str = "zebra-owner@marketedge.example";

fn by(channel: &str) -> Recipient {
    Destination::new(channel).into()
}

fn tells(to: &[&str]) -> Value {
    json!({ "routes": [{ "to": to }] })
}

/// Returns what is wrong with channels, as `channel: path: message (help)`.
fn idle(raw: Value, channels: Vec<Channel>, catalog: &Catalog) -> Vec<String> {
    let (policy, _) = checked_with(raw, channels).unwrap();
    policy.idle(catalog).iter().map(|(it, flaw)| format!("{it}: {}", text(flaw))).collect()
}

#[test]
fn owners_have_the_channel_that_writes_to_the_fewest_others() {
    let mut many = channels();
    many.push(Channel {
        destination: "email/all".into(),
        once: None,
        reaches: vec![ZEBRA.to_owned(), "b@marketedge.example".to_owned()],
        named_only: false,
    });
    let policy = Policy::everybody(many);
    assert_eq!(policy.owner("Zebra-Owner@marketedge.example"), [by("email/zebra-owner")]);
    assert_eq!(policy.owner("slack/zebra"), [by("slack/zebra")]);
    assert_eq!(policy.owner("nobody@marketedge.example"), []);
    let raw = json!({ "owners": { "ann": ["slack/zebra", "pagerduty"] } });
    assert_eq!(checked(raw).unwrap().0.owner("ann"), [by("slack/zebra"), by("pagerduty")]);
}

#[test]
fn owners_whom_nothing_else_reaches_are_written_to_by_name() {
    let mut channels = writing_channels();
    channels.insert(0, writing("email/z"));
    let raw = json!({ "owners": { "eve@marketedge.example": ["slack/zebra", "email/z"] } });
    let policy = checked_with(raw, channels).unwrap().0;
    let person = |by: &str, address| Recipient::person(&by.into(), address);
    assert_eq!(policy.owner(ZEBRA), [person("email/owners", ZEBRA)], "the first by name");
    let eve = "eve@marketedge.example";
    assert_eq!(policy.owner(eve), [by("slack/zebra"), person("email/z", eve)], "as it is written");
    assert_eq!(policy.owner("executives@marketedge.example"), [by("email/executives")]);
    assert_eq!(policy.owner("team payments"), [], "is no address");
    assert_eq!(policy.owner("email/owners"), [], "and neither is it a channel for anybody");
}

#[test]
fn what_writes_to_whoever_is_named_cannot_be_named_itself() {
    let flaws = |raw: Value| -> Vec<String> {
        let flaws = checked_with(raw, writing_channels()).err().unwrap_or_default();
        flaws.iter().map(text).collect()
    };
    assert_eq!(flaws(tells(&["owner"])), [""; 0], "there is a way to an owner");
    let found = flaws(tells(&["email/owners"]));
    assert!(found[0].starts_with("routes[0].to[0]: `email/owners` has `to: []`"), "{found:?}");
    assert!(found[0].contains("write `owner`"), "{found:?}");
    let found = flaws(json!({ "owners": { "team": ["email/owners"] } }));
    assert!(found[0].contains("`team` is no address to write to"), "{found:?}");
}

#[test]
fn a_channel_that_would_write_to_nobody_is_a_mistake() {
    assert_eq!(idle(tells(&["owner"]), writing_channels(), &catalog()), [""; 0]);
    let found = idle(tells(&["slack/zebra"]), writing_channels(), &catalog());
    assert!(found[0].starts_with("email/owners: to: ") && found.len() == 1, "{found:?}");
    assert!(found[0].contains("no step of an escalation tells `owner`"), "{found:?}");
    let mut reached = channels();
    reached.push(writing("email/owners"));
    let found = idle(tells(&["owner"]), reached, &catalog());
    assert!(found[0].contains("each of them is reached in another way"), "{found:?}");
    let mut two = writing_channels();
    two.push(writing("email/two"));
    let found = idle(tells(&["owner"]), two.clone(), &catalog());
    assert!(found[0].starts_with("email/two: ") && found.len() == 1, "{found:?}");
    assert!(found[0].contains("`email/owners` comes before it by name"), "{found:?}");
    let mut named = tells(&["owner"]);
    named["owners"] = json!({ ZEBRA: ["email/owners", "email/two"] });
    assert_eq!(idle(named, two, &catalog()), [""; 0]);
}

#[test]
fn where_nobody_reads_of_what_is_nobodys_that_is_told() {
    let (_, notes) = checked_with(tells(&["owner"]), vec![writing("email/owners")]).unwrap();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].message.contains("for which no owner answers reaches nobody"), "{notes:?}");
}
