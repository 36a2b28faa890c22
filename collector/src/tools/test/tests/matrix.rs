//! The example's matrix through the engine and the policy, under the clock of the signals.

use super::super::run as run_file;

const CATALOG: &str = include_str!("../../../../../examples/marketedge/catalog.yaml");

const CONFIG: &str = r#"
processors: { health: { catalog: catalog.yaml, evaluate_every: 5s } }
exporters:
  pagerduty: { routing_key: 0123456789abcdef0123456789abcdef }
  pagerduty/second: { routing_key: fedcba9876543210fedcba9876543210 }
  slack/emergency: { webhook_url: "https://hooks.slack.com/services/T/B/x" }
  slack/zebra: { bot_token: xoxb-1, channel: C0ZEBRA }
  slack/zebra-owner: { bot_token: xoxb-1, channel: C0OWNER }
  slack/executives: { bot_token: xoxb-1, channel: C0EXEC }
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
  updates_every: 2h
"#;

/// Monitors pass for two minutes, then those of what is broken fail for an hour.
const STORY: &str = r#"
config: bellwether.yaml
tests:
  - name: authentication is down and nobody acknowledges
    every: 30s
    series:
      - { monitor: { service: api, name: login, component: auth }, values: 1x4 0x120 }
    expect:
      - { at: 2m, messages: [] }
      - at: 4m
        states: { auth: major_outage, admin: major_outage, database: unknown }
        revenue_at_risk: [926200 GBP]
        messages:
          - { to: pagerduty, component: auth, change: opened }
          - { to: slack/emergency, component: auth, change: opened }
          - { to: slack/zebra, component: auth, change: opened }
          - { to: slack/zebra-owner, component: auth, change: opened }
      - { at: 12m, messages: [] }
      - { at: 14m, messages: [{ to: pagerduty/second, component: auth, change: opened }] }
      - { at: 32m, messages: [] }
      - { at: 34m, messages: [{ to: slack/executives, component: auth, change: opened }] }
  - name: the admin panel is down
    every: 30s
    series:
      - { monitor: { service: api, name: panel, component: admin }, values: 1x4 0x40 }
    expect:
      - at: 4m
        states: { admin: major_outage }
        revenue_at_risk: [925000 GBP]
        messages:
          - { to: slack/emergency, component: admin, change: opened }
          - { to: slack/zebra, component: admin, change: opened }
          - { to: slack/zebra-owner, component: admin, change: opened }
  - name: the database is down, and with it what stands on it
    every: 30s
    series:
      - { monitor: { service: api, name: database, component: database }, values: 1x4 0x40 }
      - { monitor: { service: api, name: login, component: auth }, values: 1x4 0x40 }
      - { monitor: { service: api, name: panel, component: admin }, values: 1x4 0x40 }
    expect:
      - at: 4m
        states: { auth: major_outage, admin: major_outage, database: major_outage }
        revenue_at_risk: [926200 GBP]
        messages:
          - { to: pagerduty, component: database, change: opened }
          - { to: slack/emergency, component: database, change: opened }
          - { to: slack/zebra, component: database, change: opened }
          - { to: slack/zebra-owner, component: database, change: opened }
  - name: auth's errors arrive first, and the database's later
    every: 30s
    series:
      - { monitor: { service: api, name: login, component: auth }, values: 1x4 0x80 }
      - { monitor: { service: api, name: database, component: database }, values: 1x10 0x80 }
    expect:
      - at: 4m
        messages:
          - { to: pagerduty, component: auth, change: opened }
          - { to: slack/emergency, component: auth, change: opened }
          - { to: slack/zebra, component: auth, change: opened }
          - { to: slack/zebra-owner, component: auth, change: opened }
      - at: 8m
        messages:
          - { to: pagerduty, component: database, change: updated }
          - { to: slack/emergency, component: database, change: updated }
          - { to: slack/zebra, component: database, change: updated }
          - { to: slack/zebra-owner, component: database, change: updated }
"#;

/// Scenario: the matrix of the example, with signals in the place of alerts.
/// Guarantee: who is told of what, and when, is as the matrix says.
#[test]
fn the_examples_matrix_holds_for_signals() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("catalog.yaml", CATALOG);
    write("bellwether.yaml", CONFIG);
    write("matrix.test.yaml", STORY);
    let mut out = Vec::new();
    let failed = run_file(&folder.path().join("matrix.test.yaml"), &mut out);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(failed.map_err(|it| it.to_string()), Ok(0), "{out}");
}
