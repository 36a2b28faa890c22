//! Makes a schema one for editors and other people's validators: they see a file before
//! substitution, and know nothing of our marks.

use serde_json::{Map, Value, json};

use super::{FILE_OF, REQUIRED_SECRETS};

/// What takes the place of a value that is substituted.
const SUBSTITUTION: &str = r"\$\{(env|file):";

/// Lets a schema say to others what the check says by itself: where a value may be a
/// substitution, that a secret or its twin has to be there, and that a key with nothing after it
/// is a key left out, or a section with nothing but defaults.
pub fn published(mut schema: Value) -> Value {
    node(&mut schema);
    schema
}

fn node(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for key in ["properties", "patternProperties", "$defs"] {
        if let Some(below) = object.get_mut(key).and_then(Value::as_object_mut) {
            below.values_mut().for_each(node);
        }
    }
    for key in ["additionalProperties", "items", "if", "then"] {
        object.get_mut(key).into_iter().for_each(node);
    }
    if let Some(choices) = object.remove("oneOf") {
        // a substitution fits more than one
        object.insert("anyOf".to_owned(), choices);
    }
    for key in ["anyOf", "allOf"] {
        let below = object.get_mut(key).and_then(Value::as_array_mut);
        below.into_iter().flatten().for_each(node);
    }
    require_secrets(object);
    nothing_is_left_out(object);
    if is_narrow(object) {
        let original = std::mem::take(object);
        for key in ["description", "default", "examples"] {
            object.extend(original.get(key).map(|it| (key.to_owned(), it.clone())));
        }
        let substitution = json!({ "type": "string", "pattern": SUBSTITUTION });
        object.insert("anyOf".to_owned(), json!([original, substitution]));
    }
}

/// Says whether a single value has to look some way that a substitution does not.
fn is_narrow(object: &Map<String, Value>) -> bool {
    let is = |kind: &str| match object.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|it| it == kind),
        _ => false,
    };
    let words = object.get("enum").is_some();
    let number = ["integer", "number", "boolean"].into_iter().any(is);
    // a text with a form; what is text besides takes anything
    let text = is("string") && (object.contains_key("pattern") || object.contains_key("const"));
    words || number && !is("string") || text
}

fn require_secrets(object: &mut Map<String, Value>) {
    let Some(Value::Array(secrets)) = object.get(REQUIRED_SECRETS).cloned() else { return };
    let either = |key: &str| json!({ "anyOf": [{ "required": [key] }, { "required": [format!("{key}_file")] }] });
    let either: Vec<Value> = secrets.iter().filter_map(Value::as_str).map(either).collect();
    if let Value::Array(all) = object.entry("allOf").or_insert_with(|| json!([])) {
        all.extend(either);
    }
}

/// A key that need not be there may have nothing after it, and so may one whose value is keys of
/// which none has to be there.
fn nothing_is_left_out(object: &mut Map<String, Value>) {
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required =
        |key: &String| required.as_array().into_iter().flatten().any(|it| it.as_str() == Some(key));
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (key, schema) in properties.iter_mut() {
            // the kind of something tells alternatives apart
            if !is_required(key) && schema.get("const").is_none() && schema.get(FILE_OF).is_none() {
                nullable(schema);
            }
        }
    }
    if let Some(below) = object.get_mut("patternProperties").and_then(Value::as_object_mut) {
        below.values_mut().for_each(nullable);
    }
}

fn nullable(schema: &mut Value) {
    let original = schema.take();
    *schema = match original {
        Value::Object(object) if object.contains_key("$ref") || object.contains_key("anyOf") => {
            let description = object.get("description").cloned();
            let mut both = json!({ "anyOf": [object, { "type": "null" }] });
            if let (Some(description), Some(both)) = (description, both.as_object_mut()) {
                both.insert("description".to_owned(), description);
            }
            both
        }
        Value::Object(mut object) => {
            match object.get_mut("type") {
                Some(Value::Array(kinds)) if !kinds.iter().any(|it| it == "null") => {
                    kinds.push(json!("null"));
                }
                Some(kind @ Value::String(_)) if kind != "null" => {
                    *kind = json!([kind.clone(), "null"]);
                }
                _ => {}
            }
            Value::Object(object)
        }
        other => other,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_told_what_the_check_knows_by_itself() {
        let plain = json!({
            "type": "object",
            "properties": {
                "port": { "type": "integer", "description": "The port." },
                "name": { "type": "string" },
                "tls": { "$ref": "#/$defs/Tls" },
            },
            "required": ["name"],
            "x-required-secrets": ["key"],
            "$defs": { "Tls": { "type": "object", "properties": { "kind": { "const": "mutual" } } } },
        });
        let published = published(plain);
        let substitution = json!({ "type": "string", "pattern": SUBSTITUTION });
        assert_eq!(
            published["properties"]["port"],
            json!({
                "description": "The port.",
                "anyOf": [
                    { "anyOf": [{ "type": "integer", "description": "The port." }, substitution], "description": "The port." },
                    { "type": "null" },
                ],
            })
        );
        assert_eq!(published["properties"]["name"], json!({ "type": "string" }));
        assert_eq!(
            published["properties"]["tls"],
            json!({ "anyOf": [{ "$ref": "#/$defs/Tls" }, { "type": "null" }] })
        );
        assert_eq!(published["allOf"][0]["anyOf"][1], json!({ "required": ["key_file"] }));
        assert_eq!(published["$defs"]["Tls"]["properties"]["kind"], json!({ "const": "mutual" }));
    }
}
