use std::path::Path;

const CATALOG: &str = r#"
components:
  auth: { criticality: critical, services: [api], routes: ["/auth/**"], depends_on: [database] }
  admin: { criticality: high, services: [api], routes: ["/admin/**"], depends_on: [auth] }
  database: { criticality: critical }
customers: { zebra: { name: Zebra } }
opportunities: { cinema: { customer: zebra, amount: 925000 GBP, requires: [admin] } }
"#;

const RULES: &str = r#"
rules:
  admin-missing: { component: admin, kind: routes, state: major_outage }
"#;

const CONFIG: &str = r#"
processors: { health: { catalog: catalog.yaml, rules: [rules.yaml] } }
exporters: { statuspage: { api_key: k, page_id: p1, components: { admin: c1 }, incidents: publish } }
"#;

const STORY: &str = r#"
config: bellwether.yaml
tests:
  - name: an admin panel that the second version forgot
    every: 30s
    series:
      - routes: { service: api, version: "1", instance: a, routes: [GET /auth/me, GET /admin/users] }
        values: 1x2
      - routes: { service: api, version: "2", instance: b, routes: [GET /auth/me] }
        values: _x3 1x10
    expect:
      - { at: 80s, states: { admin: operational, auth: operational }, alerts: [], messages: [], revenue_at_risk: [] }
      - at: 100s
        states: { admin: major_outage, auth: operational }
        own: { admin: major_outage }
        alerts: [{ rule: admin-missing }]
        messages:
          - { to: statuspage, component: admin, change: opened }
          - { to: statuspage, component: admin, state: major_outage }
        revenue_at_risk: [925000 GBP]
"#;

/// Runs a file of tests beside a configuration; the number that failed, and what was written.
fn run(story: &str) -> Result<(usize, String), String> {
    run_with(CATALOG, RULES, story)
}

fn run_with(catalog: &str, rules: &str, story: &str) -> Result<(usize, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("catalog.yaml", catalog);
    write("rules.yaml", rules);
    write("bellwether.yaml", CONFIG);
    write("rules.test.yaml", story);
    let mut out = Vec::new();
    let file = folder.path().join("rules.test.yaml");
    let plain = |text: String, folder: &Path| text.replace(&format!("{}/", folder.display()), "");
    match super::run(&file, &mut out) {
        Ok(failed) => Ok((failed, plain(String::from_utf8(out).unwrap(), folder.path()))),
        Err(error) => Err(plain(error.to_string(), folder.path())),
    }
}

#[test]
fn a_story_that_comes_true_passes() {
    let (failed, said) = run(STORY).unwrap();
    assert_eq!(
        said,
        "rules.test.yaml\n  ok    an admin panel that the second version forgot\n1 test, 0 failed\n"
    );
    assert_eq!(failed, 0);
}

#[test]
fn what_is_not_as_expected_is_told_with_what_was_and_why() {
    let wrong = STORY
        .replace("{ admin: major_outage, auth: operational }\n", "{ admin: operational }\n")
        .replace("own: { admin: major_outage }", "own: { admin: partial_outage }")
        .replace("alerts: [{ rule: admin-missing }]", "alerts: []")
        .replace("change: opened", "change: resolved")
        .replace("revenue_at_risk: [925000 GBP]", "revenue_at_risk: [1 GBP]");
    let (failed, said) = run(&wrong).unwrap();
    assert_eq!(failed, 1);
    insta::assert_snapshot!(said);
}

#[test]
fn mistakes_are_told_all_at_once_with_their_places() {
    let wrong = r#"
config: bellwether.yaml
tests:
  - name: wrong in many ways
    start: yesterday
    every: 0s
    series:
      - { values: 1x }
      - { spans: { service: a }, logs: { service: a }, values: "" }
    expect:
      - { at: 2m, states: { nope: operational } }
      - { at: 1m, alerts: [{ rule: nope }], messages: [{ to: nope, component: admin }] }
  - { name: nothing, series: [], expect: [] }
"#;
    insta::assert_snapshot!(run(wrong).unwrap_err());
    let unknown = "config: bellwether.yaml\ntests: []\ntest: []\n";
    let said = run(unknown).unwrap_err();
    assert!(said.contains("rules.test.yaml:3:1"), "{said}");
    let said = run("config: other.yaml\ntests: []\n").unwrap_err();
    assert!(said.contains("`other.yaml` cannot be read"), "{said}");
}

/// Must be seen, from OTLP to money: 925,000 GBP once while both auth and admin are out, and also
/// while only the database is out and there is no traffic; zero after.
#[test]
fn money_must_be_seen() {
    let catalog = r#"
components:
  auth: { criticality: critical, services: [api], routes: ["/auth/**"], depends_on: [database] }
  admin: { criticality: high, services: [api], routes: ["/admin/**"], depends_on: [auth, database] }
  database: { criticality: critical, services: [api], spans: { db.system.name: postgresql } }
customers: { zebra: { name: Zebra } }
opportunities: { cinema: { customer: zebra, amount: 925000 GBP, requires: [auth, admin] } }
"#;
    let rules = r#"
rules:
  auth-errors: { component: auth, kind: threshold, match: { span.kind: server }, indicator: error_ratio, above: 5%, clear: 2%, window: 1m, min_events: 5, state: major_outage, severity: emergency }
  database-down: { component: database, kind: monitor, monitor: database, state: major_outage, severity: emergency }
"#;
    let story = r#"
config: bellwether.yaml
tests:
  - name: both are out, and well again
    every: 10s
    series:
      - spans: { service: api, attributes: { http.request.method: GET, http.route: /auth/me } }
        values: 10x2 0x9 10x30
      - spans: { service: api, status: error, attributes: { http.request.method: GET, http.route: /auth/me } }
        values: 0x2 10x9 0x30
      - spans: { service: api, attributes: { http.request.method: GET, http.route: "/admin/x" } }
        values: 10x2 0x9 10x30
      - spans: { service: api, status: error, attributes: { http.request.method: GET, http.route: "/admin/x" } }
        values: 0x2 10x9 0x30
    expect:
      - { at: 20s, revenue_at_risk: [] }
      - { at: 120s, own: { auth: major_outage, admin: major_outage }, revenue_at_risk: [925000 GBP] }
      - { at: 300s, states: { auth: operational, admin: operational }, revenue_at_risk: [] }
  - name: the errors of admin are not those of auth
    every: 10s
    series:
      - spans: { service: api, attributes: { http.request.method: GET, http.route: /auth/me } }
        values: 10x20
      - spans: { service: api, status: error, attributes: { http.request.method: GET, http.route: "/admin/x" } }
        values: 10x20
    expect:
      - at: 120s
        states: { auth: operational, admin: major_outage }
        alerts: [{ rule: admin-threshold }]
        revenue_at_risk: [925000 GBP]
  - name: only the database is out, and nobody asks
    every: 10s
    series:
      - monitor: { service: api, name: database, component: database }
        values: 1x2 0x9 1x30
    expect:
      - { at: 20s, revenue_at_risk: [] }
      - at: 100s
        own: { database: major_outage }
        states: { auth: major_outage, admin: major_outage }
        revenue_at_risk: [925000 GBP]
      - { at: 300s, states: { database: operational, auth: operational }, alerts: [], revenue_at_risk: [] }
"#;
    let (failed, said) = run_with(catalog, rules, story).unwrap();
    assert_eq!(failed, 0, "{said}");
}
