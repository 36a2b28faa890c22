use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A way to one place in a JSON document, such as `$.data.tokens[0].access_token`: the part of
/// JSONPath (RFC 9535) that leads to at most one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

/// Says why a text is not a way to a place in a JSON document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` leads nowhere: write `$` and then `.name`, `['name']` or `[0]`, such as `$.access_token`"
)]
pub struct JsonPathError(String);

impl JsonPath {
    /// Follows the way; nothing when it leads nowhere in this document.
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            Step::Key(key) => value.as_object()?.get(key),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }
}

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, JsonPathError> {
        let steps = text.trim().strip_prefix('$').and_then(steps);
        steps.map(Self).ok_or_else(|| JsonPathError(text.to_owned()))
    }
}

fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = if let Some(after) = rest.strip_prefix("['") {
            let (key, after) = after.split_once("']")?;
            (Step::Key(key.to_owned()), after)
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            (Step::Index(index.parse().ok()?), after)
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, after) = after.split_at(end);
            let is_name = |key: &str| {
                !key.is_empty()
                    && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
            };
            (Step::Key(key.to_owned()).only_if(is_name(key))?, after)
        };
        steps.push(step);
    }
    Some(steps)
}

impl Step {
    fn only_if(self, holds: bool) -> Option<Self> {
        holds.then_some(self)
    }
}

impl TryFrom<String> for JsonPath {
    type Error = JsonPathError;

    fn try_from(text: String) -> Result<Self, JsonPathError> {
        text.parse()
    }
}

impl From<JsonPath> for String {
    fn from(path: JsonPath) -> Self {
        path.to_string()
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(f, "['{key}']"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

impl JsonSchema for JsonPath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JsonPath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A way to one place in a JSON document.",
            "pattern": r"^\s*\$",
            "examples": ["$.access_token"],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_way_leads_to_one_value_or_nowhere() {
        let document = json!({ "a": { "b-c": [1, { "d e": true }] }, "x": null });
        for (path, found) in [
            ("$", Some(document.clone())),
            ("$.a.b-c[0]", Some(json!(1))),
            ("$.a['b-c'][1]['d e']", Some(json!(true))),
            ("$.x", Some(json!(null))),
            ("$.a.b-c[2]", None),
            ("$.a.b-c.d", None),
            ("$.nope", None),
        ] {
            let path: JsonPath = path.parse().unwrap();
            assert_eq!(path.find(&document), found.as_ref(), "{path}");
            assert_eq!(path.to_string().parse::<JsonPath>().unwrap(), path);
        }
        for text in ["", "a", "$a", "$.", "$..a", "$[", "$[x]", "$['a'", "$.a b", "$.*", "$[-1]"] {
            assert!(text.parse::<JsonPath>().is_err(), "{text}");
        }
    }
}
