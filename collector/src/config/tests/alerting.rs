use super::*;

/// The example of the documents, with channels that there are.
const FILE: &str = r#"exporters:
  pagerduty: { routing_key: 0123456789abcdef0123456789abcdef }
  pagerduty/second: { routing_key: fedcba9876543210fedcba9876543210 }
  slack/emergency: { webhook_url: "https://hooks.slack.com/services/T/B/x" }
  slack/zebra: { bot_token: xoxb-1, channel: C0ZEBRA }
  slack/zebra-owner: { bot_token: xoxb-1, channel: C0OWNER }
  slack/executives: { bot_token: xoxb-1, channel: C0EXEC }
processors: { health: { catalog: catalog.yaml } }
alerting:
  routes:
    - { when: 'severity == "emergency"', to: [pagerduty, slack/emergency], escalate: executives }
    - { when: '"zebra" in customers',    to: [slack/zebra, owner], escalate: executives }
    - { to: [slack/emergency] }
  escalation:
    executives:
      - { after: 0s,  to: [route] }
      - { after: 10m, to: [pagerduty/second] }
      - { after: 30m, to: [slack/executives] }
  owners: { zebra-owner@marketedge.example: [slack/zebra-owner] }
"#;

fn load_policy(text: &str) -> Result<Config, String> {
    let catalog = include_str!("../../../../examples/marketedge/catalog.yaml");
    load_files(&[("bellwether.yaml", text), ("catalog.yaml", catalog)])
}

#[test]
fn who_is_told_is_checked_against_exporters_and_catalog() {
    let config = load_policy(FILE).unwrap();
    assert_eq!(config.notes(), []);
    let wrong = FILE
        .replace("to: [pagerduty/second] }", "to: [pagerduty] }")
        .replace("to: [slack/zebra, owner]", "to: [pagerduty, slak/zebra]")
        .replace("\"zebra\" in", "\"zebar\" in")
        .replace("- { to: [slack/emergency] }", "- { to: [slack/emergency], stopp: true }");
    insta::assert_snapshot!("a_policy_with_mistakes", load_policy(&wrong).err().unwrap());
    let wrong = wrong.replace(", stopp: true", "");
    insta::assert_snapshot!("a_policy_with_other_mistakes", load_policy(&wrong).err().unwrap());
}

#[test]
fn a_channel_that_has_mistakes_is_no_second_one_where_it_is_named() {
    let wrong = FILE.replace("fedcba9876543210fedcba9876543210", "short");
    let told = load_policy(&wrong).err().unwrap();
    assert!(told.contains("1 mistake") || !told.contains("no channel"), "{told}");
    assert!(told.contains("routing_key"), "{told}");
}

#[test]
fn without_a_policy_every_channel_hears_and_another_policy_is_a_change() {
    let without = FILE.split("alerting:").next().unwrap();
    let before = load_policy(without).unwrap().outline;
    let after = load_policy(FILE).unwrap().outline;
    // prints of files differ from load to load, values do not
    let words = Changes::between(&before, &after).words();
    assert!(words.contains(&"alerting changed".to_owned()), "{words:?}");
}

/// An exporter that writes to owners, and nobody else.
const OWNERS: &str = "
  email/owners: { smtp: { host: smtp.example }, from: alerts@marketedge.example, to: [] }
processors:";

#[test]
fn owners_may_be_reached_by_mail_alone() {
    let by_mail = FILE
        .replace("\nprocessors:", OWNERS)
        .replace("  owners: { zebra-owner@marketedge.example: [slack/zebra-owner] }\n", "");
    let config = load_policy(&by_mail).unwrap();
    assert_eq!(config.notes(), []);
}

#[test]
fn mails_that_would_be_written_to_nobody_are_a_mistake() {
    let twice = FILE.replace("\nprocessors:", OWNERS);
    insta::assert_snapshot!("an_owner_is_reached_already", load_policy(&twice).err().unwrap());
    let unnamed =
        twice.replace("[slack/zebra, owner]", "[slack/zebra]").replace(", to: [] }", " }");
    insta::assert_snapshot!("nobody_tells_owners", load_policy(&unnamed).err().unwrap());
    let named = twice
        .replace("- { to: [slack/emergency] }", "- { to: [email/owners] }")
        .replace("zebra-owner@marketedge.example: [slack/zebra-owner]", "payments: [email/owners]");
    insta::assert_snapshot!("what_writes_to_owners_is_named", load_policy(&named).err().unwrap());
}
