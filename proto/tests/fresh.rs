//! Proves that what is committed is what the registry says.

use std::collections::BTreeSet;

use bellwether_proto::generate;
use bellwether_proto::registry::Registry;
use bellwether_proto::semconv;

#[test]
fn generated_files_are_fresh() {
    for file in generate::all(generate::workspace_root()).expect("the registry is sound") {
        let committed = std::fs::read_to_string(&file.path).unwrap_or_default();
        assert!(
            committed == file.text,
            "{} is stale: run `cargo run -p bellwether-proto --bin semconv`",
            file.path.display()
        );
    }
}

#[test]
fn library_and_collector_share_the_same_names() {
    let root = generate::workspace_root();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    assert_eq!(read("proto/src/semconv.rs"), read("instrumentation/src/semconv.rs"));
}

#[test]
fn constants_are_named_after_what_they_say() {
    assert_eq!(semconv::BUSINESS_COMPONENT, "business.component");
    assert_eq!(semconv::STARTUP_VALIDATION, "startup.validation");
    assert_eq!(semconv::STARTUP_CHECK, "startup.check");
    assert_eq!(semconv::SERVICE_ROUTES, "service.routes");
    assert_eq!(semconv::HTTP_RESPONSE_STATUS_CODE, "http.response.status_code");
    assert_eq!(semconv::startup_outcome::READY, "ready");
    assert_eq!(semconv::startup_check_outcome::TIMED_OUT, "timed_out");
    assert_eq!(semconv::component_state::MAJOR_OUTAGE, "major_outage");
}

#[test]
fn every_declared_attribute_is_used_or_free_standing() {
    // Attributes that belong on any signal of a service rather than on one of ours.
    let free = ["business.customer.id"];
    let registry =
        Registry::load(&generate::workspace_root().join("proto/registry")).expect("sound");
    let used: BTreeSet<&str> = registry
        .groups
        .iter()
        .flat_map(|g| &g.attributes)
        .filter_map(|a| a.reference.as_deref())
        .collect();
    let unused: Vec<&str> =
        registry.declared().into_keys().filter(|name| !used.contains(name)).collect();
    assert_eq!(unused, free);
}

#[test]
fn contradictions_are_named() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry");
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let write = |text: &str| std::fs::write(folder.join("a.yaml"), text).expect("written");
    let error = || Registry::load(&folder).expect_err("refused").to_string();

    write("groups: [{id: event.a, type: event, brief: A.}]");
    assert!(error().starts_with("in group event.a: it has no name"), "{}", error());
    write("groups: [{id: a, type: attribute_group, brief: A., attributes: [{ref: b.c}]}]");
    assert_eq!(error(), "in group a: nobody declares b.c");
    write(
        "groups: [{id: a, type: attribute_group, brief: A., attributes: [{id: b.c, type: int}]}]",
    );
    assert_eq!(error(), "in group a: attribute b.c needs `type` and `brief`");
    write("groups: [{id: a, type: attribute_group, brif: A.}]");
    assert!(error().contains("brif"), "{}", error());
}
