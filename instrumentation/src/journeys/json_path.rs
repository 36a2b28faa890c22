//! Ways to one place in a JSON document: the part of JSONPath (RFC 9535) that leads to one value at most.

use serde_json::Value;

/// A way such as `$.data.tokens[0].access_token`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonPath(Vec<Turn>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// Reads a way: `$`, then `.name`, `['any name']` and `[0]` in any order; `None` when the text is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('$')?;
        let mut turns = Vec::new();
        while !rest.is_empty() {
            let (turn, after) = turn(rest)?;
            turns.push(turn);
            rest = after;
        }
        Some(Self(turns))
    }

    /// Follows the way; `None` when it leads nowhere in this document.
    pub(super) fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(document, |value, turn| match turn {
            Turn::Key(key) => value.get(key.as_str()),
            Turn::Index(index) => value.get(*index),
        })
    }
}

fn turn(text: &str) -> Option<(Turn, &str)> {
    if let Some(after) = text.strip_prefix("['") {
        let (key, after) = after.split_once("']")?;
        return Some((Turn::Key(key.to_owned()), after));
    }
    if let Some(after) = text.strip_prefix('[') {
        let (index, after) = after.split_once(']')?;
        return Some((Turn::Index(index.parse().ok()?), after));
    }
    let after = text.strip_prefix('.')?;
    let end = after.find(['.', '[']).unwrap_or(after.len());
    let (key, after) = after.split_at(end);
    let is_name = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    is_name.then(|| (Turn::Key(key.to_owned()), after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_way_leads_to_one_value_or_nowhere() {
        let document = json!({ "a": { "b": [1, { "c d": true }] }, "x-y": null });
        for (way, found) in [
            ("$", Some(document.clone())),
            ("$.a.b[0]", Some(json!(1))),
            (" $['a'].b[1]['c d'] ", Some(json!(true))),
            ("$.x-y", Some(json!(null))),
            ("$.a.b[2]", None),
            ("$.a.b.c", None),
            ("$.a[0]", None),
        ] {
            assert_eq!(JsonPath::parse(way).unwrap().find(&document), found.as_ref(), "{way}");
        }
        for text in ["", "a", "$a", "$.", "$..a", "$[", "$[x]", "$['a'", "$.a b", "$.*", "$[-1]"] {
            assert_eq!(JsonPath::parse(text), None, "{text}");
        }
    }
}
