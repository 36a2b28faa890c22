//! The published schemas, held by a validator that is not ours against what the check says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use bellwether_collector::config::{self, Subject, schema_of};
use serde_json::{Value, json};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a file of the example for production as it is, without substitution.
fn example(name: &str) -> anyhow::Result<Value> {
    let text =
        std::fs::read_to_string(project().join("examples/marketedge/production").join(name))?;
    Ok(serde_saphyr::from_str(&text)?)
}

/// Reads a schema and documents, and says of each what is wrong with it, or null.
const VALIDATE: &str = "
import json, sys
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
given = json.load(sys.stdin)
Draft202012Validator.check_schema(given['schema'])
validator = Draft202012Validator(given['schema'])
found = (best_match(validator.iter_errors(it)) for it in given['documents'])
json.dump([it and f'{it.json_path}: {it.message[:200]}' for it in found], sys.stdout)
";

fn validate(subject: Subject, documents: &[Value]) -> anyhow::Result<Vec<Option<String>>> {
    let python = project().join(".cache/validators/bin/python");
    ensure!(python.is_file(), "the validator is missing: run `scripts/setup validators`");
    let mut child = Command::new(python)
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let given = json!({ "schema": schema_of(subject), "documents": documents });
    serde_json::to_writer(child.stdin.take().context("a pipe")?, &given)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the validator failed, see above");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Returns a document once for each place in it, with that place changed, and the place.
fn changed(document: &Value, change: impl Fn(&Value) -> Option<Value>) -> Vec<(String, Value)> {
    let mut places = vec![String::new()];
    let mut all = Vec::new();
    while let Some(place) = places.pop() {
        let Some(here) = document.pointer(&place) else { continue };
        let below: Vec<String> = match here {
            Value::Object(map) => {
                map.keys().map(|it| it.replace('~', "~0").replace('/', "~1")).collect()
            }
            Value::Array(items) => (0..items.len()).map(|it| it.to_string()).collect(),
            _ => Vec::new(),
        };
        places.extend(below.iter().map(|it| format!("{place}/{it}")));
        let mut copy = document.clone();
        if let (Some(other), Some(at)) = (change(here), copy.pointer_mut(&place)) {
            *at = other;
            all.push((place, copy));
        }
    }
    all
}

/// A key that no part of any file has.
const BOGUS: &str = "bogus_key";

/// Adds the key to what has keys.
fn with_bogus_key(value: &Value) -> Option<Value> {
    let mut keys = value.as_object()?.clone();
    keys.insert(BOGUS.to_owned(), json!([[]]));
    Some(Value::Object(keys))
}

/// Puts keys where a single value belongs.
fn keys_instead(value: &Value) -> Option<Value> {
    let single = !value.is_object() && !value.is_array();
    single.then(|| json!({ BOGUS: [[]] }))
}

/// Returns what the check has to say about a set of files of which one may be changed.
fn told(folder: &Path, changed: Option<(&str, &Value)>) -> anyhow::Result<BTreeSet<String>> {
    for (file, _) in FILES {
        let document = match changed {
            Some((name, document)) if name == file => document.clone(),
            _ => example(file)?,
        };
        std::fs::write(folder.join(file), document.to_string())?;
    }
    let problems = config::load(Some(&folder.join("bellwether.yaml"))).err();
    Ok(problems.iter().flat_map(|it| it.iter()).map(|it| it.message.clone()).collect())
}

const FILES: [(&str, Subject); 3] = [
    ("bellwether.yaml", Subject::Configuration),
    ("catalog.yaml", Subject::Catalog),
    ("rules.yaml", Subject::Rules),
];

/// Scenario: somebody's editor holds the example against the published schemas.
/// Guarantee: it has nothing to say, nor about the smallest and the demo's configuration.
#[test]
fn the_example_passes() -> anyhow::Result<()> {
    for (name, subject) in FILES {
        assert_eq!(validate(subject, &[example(name)?])?, [None], "{name}");
    }
    let others = [json!({}), example("../demo.yaml")?, json!({ "receivers": { "otlp": null } })];
    assert_eq!(validate(Subject::Configuration, &others)?, [None, None, None]);
    Ok(())
}

/// Scenario: a key that nobody knows is put into every part of every file, and keys where single
/// values belong.
/// Guarantee: the schema refuses exactly what the check refuses.
#[test]
fn schema_and_check_refuse_the_same() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    // such as variables that are not set here
    let before = told(folder.path(), None)?;
    let mut tried = 0;
    for (name, subject) in FILES {
        let document = example(name)?;
        let mut cases = changed(&document, with_bogus_key);
        cases.extend(changed(&document, keys_instead));
        let documents: Vec<Value> = cases.iter().map(|(_, it)| it.clone()).collect();
        for ((place, document), by_schema) in cases.iter().zip(validate(subject, &documents)?) {
            let now = told(folder.path(), Some((name, document)))?;
            let by_check: Vec<&String> = now.difference(&before).collect();
            assert_eq!(
                by_schema.is_some(),
                !by_check.is_empty(),
                "{name}#{place}\nschema: {by_schema:?}\ncheck: {by_check:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
    Ok(())
}
