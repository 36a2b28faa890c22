use std::path::Path;

use prost::Message;

use super::*;
use crate::tools::test::writes;

const CATALOG: &str = r#"
components:
  auth: { criticality: critical, services: [api], routes: ["/auth/**"] }
  admin: { criticality: high, services: [api], routes: ["/admin/**"], depends_on: [auth] }
customers: { zebra: { name: Zebra } }
opportunities: { cinema: { customer: zebra, amount: 925000 GBP, requires: [admin] } }
"#;

const CONFIG: &str = "processors: { health: { catalog: catalog.yaml } }\n";

const LABELS: &str = r#"
labels:
  - { component: admin, start: "2026-01-05T00:01:20Z", end: "2026-01-05T00:10:00Z" }
  - { component: auth, start: "2026-01-05T00:20:00Z", end: "2026-01-05T00:21:00Z" }
"#;

/// Records of an instance that tells its routes, and another one of a later version that forgot
/// some, as protobuf behind lengths.
fn recorded() -> Vec<u8> {
    let all = ["GET /auth/me", "GET /admin/users"].as_slice();
    let mut requests = Vec::new();
    for minute in 0..2 {
        requests.push(writes::routes("1", "a", all, minute * 60));
    }
    for minute in 2..30 {
        let routes = if minute < 10 { &all[..1] } else { all };
        requests.push(writes::routes("2", "b", routes, minute * 60));
    }
    let framed = requests.into_iter().flat_map(|it| {
        let message = it.encode_to_vec();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [length.as_slice(), &message].concat()
    });
    framed.collect()
}

fn write(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    write("catalog.yaml", CATALOG.as_bytes());
    write("bellwether.yaml", CONFIG.as_bytes());
    write("labels.yaml", LABELS.as_bytes());
    write("logs.pb", &recorded());
}

fn backtest(folder: &Path, json: bool, labelled: bool) -> String {
    let (config, labels) = (folder.join("bellwether.yaml"), folder.join("labels.yaml"));
    let request = Request {
        config: Some(&config),
        from: &[folder.join("logs.pb")],
        labels: labelled.then_some(labels.as_path()),
        after: Duration::ZERO,
        json,
        progress: false,
    };
    let mut out = Vec::new();
    run(&request, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_change_is_written_and_held_against_what_was_out() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    insta::assert_snapshot!(backtest(folder.path(), false, true));
}

#[test]
fn equal_input_gives_equal_output_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let first = backtest(folder.path(), true, true);
    assert_eq!(first, backtest(folder.path(), true, true));
    let kinds: Vec<String> = first
        .lines()
        .map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap()["kind"].to_string())
        .collect();
    for kind in ["\"transition\"", "\"alert\"", "\"incident\""] {
        assert!(kinds.iter().any(|it| it == kind), "{kind} in {first}");
    }
    assert_eq!(kinds.last().map(String::as_str), Some("\"summary\""));
}

#[test]
fn a_file_that_ends_early_is_told_and_ends_the_backtest() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let file = folder.path().join("logs.pb");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.pop();
    std::fs::write(&file, bytes).unwrap();
    let config = folder.path().join("bellwether.yaml");
    let request = Request {
        config: Some(&config),
        from: &[file],
        labels: None,
        after: Duration::ZERO,
        json: false,
        progress: false,
    };
    let error = run(&request, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("the file ends within a message"), "{error}");
}

#[test]
fn wrong_labels_are_told_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let labels = folder.path().join("labels.yaml");
    let text = "labels:\n  - { component: nope, start: 2026-01-05T01:00:00Z, end: 2026-01-05T00:00:00Z }\n  - { component: auth, start: noon, end: 2026-01-05T00:00:00Z }\n";
    std::fs::write(&labels, text).unwrap();
    let config = folder.path().join("bellwether.yaml");
    let request = Request {
        config: Some(&config),
        from: &[folder.path().join("logs.pb")],
        labels: Some(&labels),
        after: Duration::ZERO,
        json: false,
        progress: false,
    };
    let error = run(&request, &mut Vec::new()).unwrap_err().to_string();
    for told in [
        "labels.yaml:2:18",
        "the catalog has no component `nope`",
        "it is over before it begins",
        "this is no time",
    ] {
        assert!(error.contains(told), "{told} in {error}");
    }
}
