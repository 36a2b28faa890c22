//! Holds the layers: who may know whom, read from `cargo metadata`.
#![expect(clippy::expect_used, reason = "a test that cannot read the workspace fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate of the workspace may depend on, among the crates of the workspace. Peers of
/// a layer never name each other; only the collector's `app` joins them.
const ALLOWED: &[(&str, &[&str])] = &[
    // L0
    ("bellwether-proto", &[]),
    ("bellwether", &[]),
    ("bellwether-dashboards", &["bellwether-proto"]),
    // L1, pure
    ("bellwether-core", &["bellwether-proto"]),
    ("bellwether-otlp", &[]),
    ("bellwether-config", &["bellwether-core"]),
    ("bellwether-expr", &[]),
    // L2, peers
    ("bellwether-receivers", &["bellwether-core", "bellwether-otlp"]),
    (
        "bellwether-health",
        &["bellwether-core", "bellwether-expr", "bellwether-otlp", "bellwether-proto"],
    ),
    ("bellwether-alerts", &["bellwether-core", "bellwether-expr"]),
    ("bellwether-exporters", &["bellwether-core", "bellwether-otlp"]),
    ("bellwether-history", &["bellwether-core"]),
    ("bellwether-api", &["bellwether-core"]),
    ("bellwether-queue", &["bellwether-core"]),
    // asks as a service's monitors ask
    ("bellwether-probes", &["bellwether", "bellwether-core"]),
    // L3
    (
        "bellwether-collector",
        &[
            "bellwether-alerts",
            "bellwether-api",
            "bellwether-config",
            "bellwether-core",
            "bellwether-dashboards",
            "bellwether-exporters",
            "bellwether-health",
            "bellwether-history",
            "bellwether-otlp",
            "bellwether-probes",
            "bellwether-proto",
            "bellwether-queue",
            "bellwether-receivers",
        ],
    ),
    ("marketedge", &["bellwether"]),
    ("bellwether-bench", &["bellwether", "bellwether-load"]),
    ("bellwether-load", &[]),
    (
        "bellwether-cost",
        &["bellwether-core", "bellwether-health", "bellwether-history", "bellwether-load"],
    ),
    ("bellwether-latency", &["bellwether-load", "bellwether-tests"]),
    ("bellwether-glance", &["bellwether-load", "bellwether-tests"]),
];

/// Crates that would bring a runtime, a clock or a socket into a pure one.
const IMPURE: &[&str] = &["tokio", "reqwest", "axum", "tonic", "sqlx", "hyper"];

/// The crates that have to stay pure.
const PURE: &[&str] = &[
    "bellwether-proto",
    "bellwether-dashboards",
    "bellwether-core",
    "bellwether-otlp",
    "bellwether-config",
    "bellwether-expr",
    "bellwether-health",
    "bellwether-alerts",
];

/// Reads the dependencies of every member, without those for tests only.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies.iter().filter(|it| it["kind"] != "dev");
            (text(&package["name"]), normal.map(|it| text(&it["name"])).collect())
        })
        .collect()
}

/// Scenario: somebody adds a dependency between two crates of the workspace.
/// Guarantee: a crate knows layers below it and nothing beside or above it.
#[test]
fn a_crate_knows_only_layers_below_it() {
    let members = members();
    let names: BTreeSet<&String> = members.keys().collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in &members {
        if name == "bellwether-tests" {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(it, _)| it == name) else {
            wrong.push(format!("{name} has no place in the table of layers"));
            continue;
        };
        for dependency in dependencies.iter().filter(|it| names.contains(it)) {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} may not know {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Scenario: somebody adds a runtime, a server or a database to a pure crate.
/// Guarantee: what decides stays free of I/O and clocks, so that tests can turn time.
#[test]
fn pure_crates_stay_pure() {
    let members = members();
    for name in PURE {
        let dependencies = members.get(*name).unwrap_or_else(|| panic!("{name} is a member"));
        let impure: Vec<&str> =
            IMPURE.iter().copied().filter(|it| dependencies.contains(*it)).collect();
        assert!(impure.is_empty(), "{name} is pure and may not depend on {impure:?}");
    }
}

/// Scenario: somebody adds a dependency.
/// Guarantee: docs/dependencies.md says why it is here.
#[test]
fn every_dependency_is_explained() {
    let page = include_str!("../../docs/dependencies.md");
    let manifest = include_str!("../../Cargo.toml");
    let table = manifest
        .split_once("# each is explained in docs/dependencies.md\n")
        .and_then(|(_, rest)| rest.split_once("\n\n"))
        .map_or("", |(table, _)| table);
    let names: Vec<&str> = table.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 20, "the table was found");
    let missing: Vec<&&str> =
        names.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not explained: {missing:?}");
}

/// Scenario: somebody adds a package to the dashboard.
/// Guarantee: docs/dependencies.md says why it is here, and its version is exact.
#[test]
fn every_package_of_the_dashboard_is_explained() {
    let page = include_str!("../../docs/dependencies.md");
    let manifest = include_str!("../../dashboards/web/package.json");
    let manifest: serde_json::Value = serde_json::from_str(manifest).expect("JSON");
    let of = |kind: &str| manifest[kind].as_object().expect(kind).clone();
    for (name, version) in of("dependencies").into_iter().chain(of("devDependencies")) {
        assert!(page.contains(&format!("`{name}`")), "not explained: {name}");
        let exact = version.as_str().is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
        assert!(exact, "{name} may come in any version of {version}");
    }
}

/// Scenario: somebody adds a feature to the library.
/// Guarantee: its API docs and docs/instrumentation.md say what it brings and whether it is on by default.
#[test]
fn every_feature_of_the_library_is_explained() {
    let manifest = include_str!("../../instrumentation/Cargo.toml");
    let section = manifest.split_once("[features]\n").and_then(|(_, rest)| rest.split_once("\n["));
    let lines = section.map_or("", |(section, _)| section).lines();
    let features: Vec<&str> = lines.filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert!(features.len() > 5 && features[0] == "default", "{features:?}");
    let default = manifest.lines().find(|line| line.starts_with("default = ")).unwrap_or_default();
    for (page, docs) in [
        ("lib.rs", include_str!("../../instrumentation/src/lib.rs")),
        ("instrumentation.md", include_str!("../../docs/instrumentation.md")),
    ] {
        for feature in &features[1..] {
            let name = format!("`{feature}`");
            let row = |line: &&str| {
                line.contains('|') && line.split('|').nth(1).is_some_and(|it| it.contains(&name))
            };
            let rows: Vec<&str> = docs.lines().filter(row).collect();
            let on = if default.contains(&format!("\"{feature}\"")) { "yes" } else { "no" };
            let told = |line: &&str| line.split('|').nth(2).is_some_and(|it| it.trim() == on);
            assert!(
                rows.iter().any(told),
                "{page} does not say of {feature} that it is default: {on}"
            );
        }
    }
}
