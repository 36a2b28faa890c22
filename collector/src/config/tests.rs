mod alerting;
mod doors;
mod pipelines;

use super::*;

/// Writes files into a folder of their own and loads the first.
fn load_files(files: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let place = format!("{}/", folder.path().display());
    load(Some(&folder.path().join(files[0].0)))
        .map_err(|problems| problems.render(false).replace(&place, ""))
}

fn load_text(text: &str) -> Result<Config, String> {
    load_files(&[("bellwether.yaml", text)])
}

const CATALOG: &str = "components:\n  admin: { routes: [\"/admin/**\"], services: [api] }\n";

const TWO: &str = "exporters: { otlphttp/a: { endpoint: \"http://127.0.0.1:1\" }, otlphttp/b: { endpoint: \"http://127.0.0.1:2\" } }\n";

/// Returns what the one OTLP receiver speaks.
fn otlp(config: &Config) -> &receivers::Protocols {
    let Receiver::Otlp(otlp) = &config.receivers["otlp"] else { panic!("another kind") };
    &otlp.protocols
}

#[test]
fn an_empty_file_works() {
    let config = load_text("").unwrap();
    let protocols = otlp(&config);
    assert_eq!(protocols.grpc.as_ref().unwrap().endpoint.to_string(), "127.0.0.1:4317");
    assert_eq!(protocols.http.as_ref().unwrap().endpoint.to_string(), "127.0.0.1:4318");
    assert_eq!(config.dashboard.endpoint.to_string(), "127.0.0.1:8088");
    assert_eq!(config.storage.folder, PathBuf::from("bellwether-data"));
    assert_eq!(config.storage.postgres, None);
    assert_eq!(config.evaluate_every, Duration::from_secs(1));
    assert_eq!(config.pipelines.len(), 3);
    assert!(config.pipelines.iter().all(|it| it.is_observed() && it.receivers.contains("otlp")));
    assert_eq!(config.notes(), []);
}

#[test]
fn history_can_lie_in_postgresql() {
    let storage = |text: &str| {
        load_text(&format!("extensions: {{ storage: {{ path: /data, postgres: \"{text}\" }} }}"))
    };
    let config = storage("postgres://u:s3cret@db.internal/bellwether").unwrap();
    assert_eq!(config.storage.folder, PathBuf::from("/data"), "queues lie there");
    assert!(config.storage.postgres.is_some());
    let wrong = storage("mysql://u:s3cret@db.internal/bellwether").err().unwrap().to_string();
    assert!(wrong.contains("this is not the URL of a PostgreSQL database"), "{wrong}");
    assert!(!wrong.contains("s3cret"), "{wrong}");
}

#[test]
fn a_protocol_that_is_not_named_is_not_spoken() {
    let protocols = |named: &str| {
        let config = load_text(&format!("receivers: {{ otlp: {{ protocols: {named} }} }}"));
        let config = config.unwrap();
        let receivers::Protocols { grpc, http } = otlp(&config);
        let port = |it: Option<&bellwether_core::settings::Endpoint>| it.map(|it| it.port());
        (port(grpc.as_ref().map(|it| &it.endpoint)), port(http.as_ref().map(|it| &it.endpoint)))
    };
    assert_eq!(protocols("{}"), (Some(4317), Some(4318)), "none is named");
    assert_eq!(protocols("{ grpc: }"), (Some(4317), None));
    assert_eq!(protocols("{ http: { endpoint: \"127.0.0.1:1\" } }"), (None, Some(1)));
    assert_eq!(protocols("{ grpc: , http: }"), (Some(4317), Some(4318)));
}

/// What a person sees who made many mistakes at once, in three files.
#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let told = load_files(&[
        (
            "bellwether.yaml",
            "receivers:\n  otpl:\n    protocols: {}\n\
             processors:\n  health: { catalog: catalog.yaml, rules: [rules.yaml, absent.yaml], evaluate_every: 0s }\n\
             exporters:\n  datdog: {}\n  otlphttp: { endpoint: nowhere }\n\
             extensions:\n  dashboard: { endpoint: \"0.0.0.0:8088\", auth: { without_token: viewer } }\n\
             service:\n  pipelines:\n    traces: { receivers: [otlp], processors: [batch, helth], exporters: [jaeger] }\n    trace: {}\n",
        ),
        ("catalog.yaml", CATALOG),
        (
            "rules.yaml",
            "rules:\n  a: { component: admin, kind: rotues }\n  b: { component: nope, kind: routes }\n  \
             c: { component: admin, kind: routes, succeses: 2, for: 10 parsecs }\n  d: { component: admin }\n",
        ),
    ])
    .err()
    .unwrap();
    insta::assert_snapshot!(told);
}

/// Everything that a catalog can say, written as people write it.
#[test]
fn a_catalog_says_what_the_business_is() {
    let catalog = r#"
components:
  auth: { name: Authentication, criticality: critical, services: [api], routes: ["/auth/**"], depends_on: [database], uses: [sessions], revenue_per_hour: 1200 GBP }
  admin: { services: [api], owners: [admin@x.example], routes: ["/admin/**"], removed_routes: ["GET /admin/old"], depends_on: [auth, database] }
  database: { criticality: critical, services: [api], spans: { db.system.name: postgresql } }
  sessions: { services: [api], spans: [{ db.system.name: redis }, { db.system.name: [valkey, dragonfly*], server.port: 6379 }] }
customers:
  zebra: { name: Zebra Associates, match: { business.customer.id: zebra }, owner: zebra-owner@x.example }
opportunities:
  zebra-cinema: { customer: zebra, amount: 925000 GBP, requires: [auth, admin], at_risk_from: partial_outage }
journeys:
  zebra-admin:
    customer: zebra
    components: [auth, admin]
    every: 60s
    credentials: { username: zebra-probe, password: "${env:NOT_SET_ANYWHERE:-s3cret}" }
    steps:
      - { name: log in, request: { method: POST, url: "https://api.x.example/login", json: { username: "{{username}}", password: "{{password}}" } }, expect: { status: 200 }, extract: { token: "$.access_token" } }
      - { name: open admin, request: { url: "https://api.x.example/admin", headers: { authorization: "Bearer {{token}}" } }, expect: { status: [200, 204], headers: { content-type: "text/*" } } }
exchange_rates: { base: GBP, rates: { EUR: 0.86, USD: 0.79 } }
horizon: 2h
"#;
    let config = load_files(&[
        ("bellwether.yaml", "processors: { health: { catalog: catalog.yaml } }"),
        ("catalog.yaml", catalog),
    ])
    .unwrap();
    let catalog = config.catalog;
    assert_eq!(catalog.components().count(), 4);
    assert_eq!(catalog.component(&"sessions".into()).unwrap().spans.len(), 2);
    assert_eq!(catalog.journeys()[0].steps.len(), 2);
    assert_eq!(catalog.horizon(), Duration::from_secs(7_200));
    assert!(catalog.exchange_rates().unwrap().knows("EUR".parse().unwrap()));
}

#[test]
fn what_is_wrong_in_a_journey_has_its_place_and_no_secret() {
    let told = load_files(&[
        ("bellwether.yaml", "processors: { health: { catalog: catalog.yaml } }"),
        (
            "catalog.yaml",
            "components:\n  a: {}\njourneys:\n  j:\n    components: [a]\n    credentials: { password: hunter2 }\n    \
             steps:\n      - { name: x, request: { url: \"https://x.example\", headers: { a: \"key-4711 {{pasword}}\" }, bdy: \"\" } }\n",
        ),
    ])
    .err()
    .unwrap();
    assert!(told.contains("did you mean `body`?"), "{told}");
    assert!(!told.contains("hunter2") && !told.contains("4711"), "{told}");
}

#[test]
fn a_flaw_of_the_catalog_has_its_place_in_the_catalog() {
    let told = load_files(&[
        ("bellwether.yaml", "processors: { health: { catalog: catalog.yaml } }"),
        ("catalog.yaml", "components:\n  admin:\n    depends_on: [auht]\n"),
    ])
    .err()
    .unwrap();
    assert!(told.contains("catalog.yaml:3:18"), "{told}");
    assert!(told.contains("there is no component `auht`"), "{told}");
}

#[test]
fn other_machines_may_come_in_only_when_that_is_said_aloud() {
    for protocol in ["grpc", "http"] {
        let open = format!(
            "receivers: {{ otlp: {{ protocols: {{ {protocol}: {{ endpoint: \"0.0.0.0:4317\" }} }} }} }}\n"
        );
        let told = load_text(&open).err().unwrap();
        assert!(told.contains("open to other machines, without authentication"), "{told}");
        let meant = format!("{open}service: {{ allow_unauthenticated: true }}\n");
        assert!(load_text(&meant).is_ok());
    }
}

#[test]
fn the_dashboard_listens_elsewhere_where_tokens_are_asked_for() {
    let on = |more: &str| {
        load_text(&format!("extensions: {{ dashboard: {{ endpoint: \"0.0.0.0:8088\"{more} }} }}\n"))
    };
    let notes = on("").unwrap();
    let notes: Vec<String> = notes.notes().iter().map(|it| it.message.clone()).collect();
    assert!(notes.iter().any(|it| it.contains("plain text")), "{notes:?}");
    assert!(on(", auth: { without_token: nobody }").is_ok());
    let told = on(", auth: { without_token: operator }").err().unwrap();
    assert!(told.contains("open to other machines, without authentication"), "{told}");
    assert!(told.contains("leave `auth.without_token` out"), "{told}");
}

#[test]
fn a_mistake_beside_the_name_of_a_file_hides_none_of_the_file() {
    let told = load_files(&[
        (
            "bellwether.yaml",
            "processors: { health: { catalog: catalog.yaml, rules: [absent.yaml], evaluate_every: 1, enrich: maybe } }",
        ),
        ("catalog.yaml", "components: { a: { critcality: high } }"),
    ])
    .err()
    .unwrap();
    for part in ["found the number `1`", "`maybe`", "did you mean `criticality`?"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = load_files(&[(
        "bellwether.yaml",
        "processors: { health: { rules: [absent.yaml], evaluate_every: 1 } }",
    )])
    .err()
    .unwrap();
    assert!(told.contains("absent.yaml") && told.contains("found the number `1`"), "{told}");
}

#[test]
fn a_catalog_that_is_wrong_hides_no_mistake_of_a_rule() {
    let told = load_files(&[
        ("bellwether.yaml", "processors: { health: { catalog: catalog.yaml, rules: [rules.yaml] } }"),
        ("catalog.yaml", "components: { a: { critcality: high } }"),
        (
            "rules.yaml",
            "rules:\n  a: { component: a, kind: rotues }\n  b: { component: a, kind: routes, min_evnts: 2 }\n  \
             c: { component: a, kind: routes }\n",
        ),
    ])
    .err()
    .unwrap();
    for part in ["`criticality`?", "`rotues`", "`min_events`?", "3 problems"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let told = load(Some(Path::new("/nowhere/bellwether.yaml"))).err().unwrap().render(false);
    assert!(told.contains("`/nowhere/bellwether.yaml` cannot be read"), "{told}");
}

#[test]
fn what_may_surprise_is_noted() {
    let config = load_files(&[("bellwether.yaml", &format!(
        "receivers: {{ otlp: , otlp/second: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:0\" }} }} }} }}\n\
         processors: {{ batch: {{ timeout: 5s }}, memory_limiter/2: {{ limit_mib: 400 }} }}\n\
         {TWO}\
         service:\n  extensions: [dashboard]\n  pipelines:\n    \
         traces: {{ receivers: [otlp], processors: [memory_limiter/2, batch, batch/other], exporters: [otlphttp/a] }}\n"
    ))])
    .unwrap();
    let notes: Vec<String> = config
        .notes()
        .iter()
        .map(|it| {
            let note = it.to_string();
            note[note.find("bellwether.yaml").unwrap()..].to_owned()
        })
        .collect();
    insta::assert_snapshot!(notes.join("\n"));
}

#[test]
fn what_has_no_effect_at_an_exporter_is_noted() {
    let config = load_text(
        "exporters:\n  otlp:\n    endpoint: a.example:4317\n    tls: { insecure_skip_verify: true }\n    \
         sending_queue: { enabled: true, queue_size: 1000, num_consumers: 4, batch: { flush_timeout: 1s } }\n",
    )
    .unwrap();
    let notes: Vec<String> = config.notes().iter().map(|it| it.to_string()).collect();
    assert_eq!(notes.len(), 3, "{notes:?}");
    for (note, part) in notes.iter().zip(["insecure_skip_verify", "queue_size", "flush_timeout"]) {
        assert!(note.contains(part), "{note}");
    }
}

#[test]
fn who_comes_from_the_opentelemetry_collector_is_told_what_to_do_instead() {
    let told = load_text(
        "receivers: { jaeger: { protocols: { grpc: } } }\nprocessors: { tail_sampling: , health/2: }\n\
         exporters: { debug: , prometheusremotewrite: { endpoint: x } }\n\
         extensions: { zpages: }\nservice:\n  extensions: [health_check]\n  pipelines: { traces: { receivers: [jager], exporters: [debug] } }\n",
    )
    .err()
    .unwrap();
    insta::assert_snapshot!(told);
}

#[test]
fn telemetry_of_the_opentelemetry_collector_is_taken_with_a_note() {
    let config = load_text("service: { telemetry: { metrics: { level: normal } } }\n").unwrap();
    let notes: Vec<String> = config.notes().iter().map(|it| it.to_string()).collect();
    assert!(notes.iter().any(|it| it.contains("`telemetry` has no effect")), "{notes:?}");
}

/// Guarantee: what a status page is to show and the configuration does not have is refused where it is named,
/// with what was meant: it would be a silent gap.
#[test]
fn what_a_status_page_names_is_held_against_the_catalog_and_the_rules() {
    let read = |components: &str, series: &str| {
        let text = format!(
            "exporters:\n  statuspage:\n    api_key: k\n    page_id: p1\n    components: {components}\n    \
             metrics: {{ m1: {{ series: \"{series}\" }} }}\n\
             processors: {{ health: {{ catalog: catalog.yaml, rules: [rules.yaml] }} }}\n"
        );
        let rules = "rules: { login-slow: { component: admin, kind: threshold, indicator: p99, above: 1s, window: 1m } }\n";
        load_files(&[("bellwether.yaml", &text), ("catalog.yaml", CATALOG), ("rules.yaml", rules)])
    };
    for series in
        ["rule:login-slow:p99", "rule:login-slow{http.route=/a:b}:p99", "monitor:api:login"]
    {
        assert!(read("{ admin: c1 }", series).is_ok(), "{series}");
    }
    let told = [
        read("{ amdin: c1 }", "rule:login-slwo:p99"),
        read("{ reports: c1 }", "p99"),
        read("{ admin: c1 }", "rule:x:p99"),
    ];
    insta::assert_snapshot!(told.map(|it| it.err().unwrap()).join("\n"));
}

/// Guarantee: that is told beside other mistakes, unless it may come of one: in a catalog that is wrong nothing is
/// found.
#[test]
fn what_a_status_page_names_is_told_beside_other_mistakes() {
    let read = |exporters: &str, catalog: &str| {
        let page = "statuspage: { api_key: k, page_id: p1, components: { amdin: c1 } }";
        let text = format!(
            "exporters: {{ {page}, {exporters} }}\nprocessors: {{ health: {{ catalog: catalog.yaml }} }}\n"
        );
        load_files(&[("bellwether.yaml", &text), ("catalog.yaml", catalog)]).err().unwrap()
    };
    let missing = "the catalog has no component `amdin`";
    let told = read("otlphttp: { endpoint: ftp://x }", CATALOG);
    assert!(told.contains(missing) && told.contains("2 problems"), "{told}");
    let told = read("otlphttp: { endpoint: \"http://x\" }", "components: { admin: 1 }");
    assert!(!told.contains(missing), "{told}");
}

/// Two rules over states, in two files, each of which the other follows from.
#[test]
fn rules_by_which_a_state_follows_from_itself_are_refused_with_the_way_round() {
    let composite = |id: &str, component: &str, of: &str| {
        format!(
            "rules:\n  {id}:\n    component: {component}\n    kind: composite\n    when: state.{of} == 'major_outage'\n"
        )
    };
    let told = load_files(&[
        (
            "bellwether.yaml",
            "processors:\n  health: { catalog: catalog.yaml, rules: [one.yaml, two.yaml] }\n",
        ),
        ("catalog.yaml", "components: { a: {}, b: { uses: [c] }, c: {} }\n"),
        ("one.yaml", &composite("one", "a", "b")),
        ("two.yaml", &composite("two", "c", "a")),
    ])
    .err()
    .unwrap();
    insta::assert_snapshot!(told);
}
