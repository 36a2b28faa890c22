//! The committed OpenAPI document.

use std::path::Path;

use serde_json::Value;

use super::memory::Memory;
use super::samples::snapshot;
use super::{api_over, good};
use crate::access::Access;
use crate::openapi::document;
use crate::table::TABLE;

/// Guarantee: `docs/openapi.json` is what the program says. To write it anew:
/// `INSTA_UPDATE=always cargo test -p bellwether-api openapi`.
#[test]
fn the_committed_document_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = format!("{:#}\n", document());
    #[expect(clippy::disallowed_methods, reason = "as the tool for golden files has it")]
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == made, "docs/openapi.json is not current: write it anew, see this test");
}

#[test]
fn every_route_is_in_the_document_with_its_role() {
    let document = document();
    for row in TABLE.iter().filter(|it| it.answer.is_documented()) {
        let operation = &document["paths"][row.path][row.verb.as_str().to_lowercase()];
        assert_eq!(operation["x-role"], row.access.as_str(), "{}", row.path);
        let wants = operation.get("security").is_some();
        assert_eq!(wants, matches!(row.access, Access::Role(_)), "{}", row.path);
    }
}

#[test]
fn whatever_the_document_names_is_in_it() {
    let document = document();
    let mut names = Vec::new();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                names.extend(map.get("$ref").and_then(Value::as_str));
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let place = name.strip_prefix('#').unwrap_or(name);
        assert!(document.pointer(place).is_some(), "{name}");
    }
}

#[tokio::test]
async fn the_collector_serves_it() {
    let (api, _hand) = api_over(snapshot(), Memory::default());
    assert_eq!(good(&api, "/api/v1/openapi.json").await, document());
}
