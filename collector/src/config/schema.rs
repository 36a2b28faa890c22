//! JSON Schemas of the files that people write, for editors and other validators.

use bellwether_config::{completed, published, schema};
use bellwether_core::catalog::RawCatalog;
use bellwether_health::rules;
use serde_json::{Map, Value, json};

use super::health::RuleFile;
use super::kinds::Kind;
use super::raw::Raw;
use super::{extensions, processors, receivers};

/// A file that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Subject {
    /// The configuration, such as bellwether.yaml.
    Configuration,
    /// The catalog.
    Catalog,
    /// A file with rules.
    Rules,
}

/// Returns the JSON Schema (draft 2020-12) of a file, before substitution.
pub fn schema_of(subject: Subject) -> Value {
    let (mut schema, title) = match subject {
        Subject::Configuration => (configuration(), "Bellwether's configuration"),
        Subject::Catalog => (schema::<RawCatalog>(), "Bellwether's catalog"),
        Subject::Rules => (rules(), "Rules of Bellwether"),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!(title));
    }
    published(schema)
}

fn configuration() -> Value {
    let mut whole = Whole(schema::<Raw>());
    let exporters = bellwether_exporters::kinds().iter();
    let exporters: Vec<_> = exporters.map(|it| (it.name, true, it.root_schema())).collect();
    whole.names("receivers", rows(receivers::KINDS));
    whole.names("processors", rows(processors::KINDS));
    whole.names("exporters", exporters);
    whole.names("extensions", rows(extensions::KINDS));
    if let Some(pipelines) = whole.0.pointer_mut("/$defs/Service/properties/pipelines") {
        pipelines["propertyNames"] = json!({ "pattern": "^(traces|metrics|logs)(/.*)?$" });
    }
    whole.0
}

fn rows<R>(kinds: &[Kind<R>]) -> Vec<(&'static str, bool, schemars::Schema)> {
    kinds.iter().map(|it| (it.name, it.many, (it.schema)())).collect()
}

fn rules() -> Value {
    let mut whole = Whole(schema::<RuleFile>());
    let mut by_kind = Vec::new();
    for kind in rules::KINDS {
        let settings = whole.add(&format!("rule.{}", kind.name), (kind.schema)());
        by_kind.push(json!({
            "if": { "properties": { "kind": { "const": kind.name } }, "required": ["kind"] },
            "then": settings,
        }));
    }
    let kinds: Vec<&str> = rules::KINDS.iter().map(|it| it.name).collect();
    let rule = json!({
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "enum": kinds, "description": "The kind of the rule." } },
        "allOf": by_kind,
    });
    if let Some(rules) = whole.0.pointer_mut("/properties/rules") {
        rules["additionalProperties"] = rule;
    }
    whole.0
}

/// A schema that others are put into.
struct Whole(Value);

impl Whole {
    /// Lets a part of the file have names of these kinds, and no others.
    fn names(&mut self, part: &str, kinds: Vec<(&str, bool, schemars::Schema)>) {
        let mut patterns = Map::new();
        for (name, many, schema) in kinds {
            let pattern = if many { format!("^{name}(/.*)?$") } else { format!("^{name}$") };
            let what = part.trim_end_matches('s');
            patterns.insert(pattern, self.add(&format!("{what}.{name}"), schema));
        }
        if let Some(Value::Object(part)) = self.0.pointer_mut(&format!("/properties/{part}")) {
            part.insert("patternProperties".to_owned(), Value::Object(patterns));
            part.insert("additionalProperties".to_owned(), json!(false));
        }
    }

    /// Puts a schema among the definitions; returns a reference to it.
    fn add(&mut self, name: &str, schema: schemars::Schema) -> Value {
        let mut schema = completed(schema);
        let mut below = Vec::new();
        if let Value::Object(object) = &mut schema {
            object.remove("$schema");
            if let Some(Value::Object(definitions)) = object.remove("$defs") {
                below = definitions.into_iter().collect();
            }
        }
        below.push((String::new(), schema));
        for (key, mut definition) in below {
            refer(&mut definition, name);
            self.define(&within(name, &key), definition);
        }
        reference(name)
    }

    fn define(&mut self, name: &str, schema: Value) {
        if let Value::Object(whole) = &mut self.0
            && let Value::Object(all) = whole.entry("$defs").or_insert_with(|| json!({}))
        {
            all.insert(name.to_owned(), schema);
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Names a definition of a schema that was put into another one.
fn within(outer: &str, key: &str) -> String {
    if key.is_empty() { outer.to_owned() } else { format!("{outer}.{key}") }
}

/// Leads references to where the definitions are now.
fn refer(schema: &mut Value, outer: &str) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|it| refer(it, outer)),
        Value::Object(object) => {
            if let Some(Value::String(to)) = object.get_mut("$ref")
                && let Some(key) = to.strip_prefix("#/$defs/")
            {
                *to = format!("#/$defs/{}", within(outer, key));
            }
            object.values_mut().for_each(|it| refer(it, outer));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `see` with every reference of a schema.
    fn references(schema: &Value, see: &mut impl FnMut(&str)) {
        match schema {
            Value::Array(items) => items.iter().for_each(|it| references(it, see)),
            Value::Object(object) => {
                if let Some(Value::String(to)) = object.get("$ref") {
                    see(to);
                }
                object.values().for_each(|it| references(it, see));
            }
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_kind_is_there() {
        for subject in [Subject::Configuration, Subject::Catalog, Subject::Rules] {
            let schema = schema_of(subject);
            references(&schema, &mut |to| {
                let found = schema.pointer(to.trim_start_matches('#'));
                assert!(found.is_some(), "{subject:?}: {to}");
            });
        }
        let schema = schema_of(Subject::Configuration);
        for (part, kinds) in [
            ("receivers", Kind::names(receivers::KINDS)),
            ("processors", Kind::names(processors::KINDS)),
            ("extensions", Kind::names(extensions::KINDS)),
            ("exporters", bellwether_exporters::kinds().iter().map(|it| it.name).collect()),
        ] {
            let patterns = &schema["properties"][part]["anyOf"][0]["patternProperties"];
            let patterns = patterns
                .as_object()
                .or_else(|| schema["properties"][part]["patternProperties"].as_object());
            assert_eq!(patterns.unwrap().len(), kinds.len(), "{part}");
        }
    }
}
