//! Documents held against what is not ours: Datadog's OpenAPI, Grafana's own models.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::ensure;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Says of each document what its schema finds wrong with it, or null.
const VALIDATE: &str = "
import json, sys
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
given = json.load(sys.stdin)
schemas = json.load(open(given['schemas']))
found = []
for name, document in given['documents']:
    error = best_match(Draft4Validator(schemas[name]).iter_errors(document))
    found.append(error and f'{error.json_path}: {error.message[:200]}')
json.dump(found, sys.stdout)
";

/// Reads dashboards with Grafana's own models, writes them again, and returns what came out.
const READ_BY_GRAFANA: &str = "
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
read = [Dashboard.from_json(given) for given in json.load(sys.stdin)]
print(JSONEncoder().encode(read))
";

/// Says of each document, beside the name of its schema in Datadog's OpenAPI, why it is refused.
///
/// # Errors
/// Fails without the validator, which `scripts/setup validators` installs.
pub async fn refused(documents: &[(&str, Value)]) -> anyhow::Result<Vec<Option<String>>> {
    let schemas = home().join("datadog.json");
    ensure!(schemas.is_file(), "Datadog's schemas are missing: run `scripts/setup validators`");
    let given = json!({ "schemas": schemas, "documents": documents });
    Ok(serde_json::from_value(python(VALIDATE, &given).await?)?)
}

/// Returns dashboards as Grafana's own models have them.
///
/// # Errors
/// Fails without the models, which `scripts/setup validators` installs, and when one of them cannot
/// be read.
pub async fn read_by_grafana(dashboards: &[Value]) -> anyhow::Result<Vec<Value>> {
    Ok(serde_json::from_value(python(READ_BY_GRAFANA, &json!(dashboards)).await?)?)
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/validators")
}

async fn python(program: &str, given: &Value) -> anyhow::Result<Value> {
    let mut child = Command::new(home().join("bin/python"))
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
    input.write_all(given.to_string().as_bytes()).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "the validator failed, see above");
    Ok(serde_json::from_slice(&output.stdout)?)
}
