//! The machinery as its callers use it: documents of a made-up product.

mod bounds;
mod good;
mod places;
mod secrets;
mod wrong;

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::{Document, Lookup, Problems};

/// A product with one of everything that settings are made of.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Product {
    /// The objectives to hold.
    slos: Vec<Slo>,
    /// Where to listen.
    receivers: Option<Receivers>,
    /// Probes by name.
    probes: BTreeMap<String, Probe>,
    /// Rules by name.
    rules: BTreeMap<String, Rule>,
    /// Exporters by kind and name.
    exporters: BTreeMap<String, serde_json::Value>,
    /// How much is told.
    level: Level,
    /// Whether to think again.
    strict: bool,
    /// Names in other systems.
    labels: BTreeMap<String, String>,
    /// What is owned.
    assets: BTreeMap<Id, Span>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Slo {
    /// What people call it.
    name: String,
    /// The share of good events. A number from 0 to 1.
    objective: f64,
    window: Option<Span>,
    #[serde(default)]
    port: u16,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Receivers {
    grpc: Option<Listener>,
    http: Option<Listener>,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Listener {
    endpoint: String,
}

impl Default for Listener {
    fn default() -> Self {
        Self { endpoint: "127.0.0.1:0".to_owned() }
    }
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Probe {
    Http { url: String, every: Option<Span> },
    Tls { address: String },
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Rule {
    Threshold { above: f64, window: Span },
    Absence { after: After },
    BurnRate(Burn),
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Burn {
    objective: f64,
    window: Span,
}

/// Either a word or a length of time.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
enum After {
    Seconds(u32),
    Word(Learn),
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Learn {
    Learn,
}

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Little.
    Basic,
    /// The usual.
    #[default]
    Normal,
    /// All.
    Detailed,
}

/// A name of lower case letters, whose schema has a pattern.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Id(String);

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = text.bytes().all(|b| b.is_ascii_lowercase());
        if fits { Ok(Self(text)) } else { Err(format!("`{text}` is not a name: use a to z")) }
    }
}

impl JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z]+$" })
    }
}

/// What an exporter reads for itself.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Vendor {
    /// The key of the account.
    api_key: Hidden,
    app_key: Option<Hidden>,
    page_id: Option<String>,
    site: Option<String>,
    every: Option<Span>,
    batch: Option<u32>,
}

/// Stands in for the secret type of another crate, whose schema is all that counts here.
///
/// Tells too much when it refuses a text, as a careless vendor's type might.
#[derive(PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Hidden(String);

impl TryFrom<String> for Hidden {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("bad-") { Err(format!("`{text}` is too bad")) } else { Ok(Self(text)) }
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl JsonSchema for Hidden {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hidden".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-secret": true, "examples": ["${env:API_KEY}"] })
    }
}

/// Stands in for the duration type of another crate: whole seconds, such as `30s`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Span(u64);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.strip_suffix('s').and_then(|number| number.parse().ok());
        number.map(Self).ok_or_else(|| format!("`{text}` is not a duration, such as `30s`"))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+s$", "examples": ["30s"] })
    }
}

/// Knows a few variables and files.
fn lookup() -> Lookup {
    let env = |name: &str| match name {
        "PORT" => Some("8080".to_owned()),
        "OBJECTIVE" => Some("0.99".to_owned()),
        "NAME" => Some("login".to_owned()),
        "STRICT" => Some("true".to_owned()),
        "EMPTY" => Some(String::new()),
        "TOKEN" => Some("tok-5eCr3t".to_owned()),
        "TRICK" => Some("x\nlevel: detailed # ${env:TOKEN}".to_owned()),
        _ => None,
    };
    let file = |path: &str| match path {
        "key.txt" => Ok("k3y-fr0m-file\n".to_owned()),
        "bad.txt" => Ok("bad-from-file".to_owned()),
        "empty.txt" => Ok("\n".to_owned()),
        _ => Err("no such file".to_owned()),
    };
    Lookup::new(env, file)
}

fn read<T: serde::de::DeserializeOwned + JsonSchema>(text: &str) -> Result<T, Problems> {
    Document::parse("bellwether.yaml", text, &lookup())?.read()
}

fn problems(text: &str) -> Problems {
    read::<Product>(text).expect_err(text)
}
