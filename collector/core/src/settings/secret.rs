use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A text that must never be seen: an API key, a token, a password, a URL that holds one.
///
/// It can be read from settings and handed to the one place that sends it, and nothing else:
/// `Debug` writes `***`, there is no `Display`, and it does not serialise.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text. Call it only where it leaves for its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_string`: there serde_json repeats a number in its own error.
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Reads a text, and refuses everything else without repeating it as serde's own errors would.
struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret as text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Secret, E> {
        if text.trim().is_empty() {
            return Err(E::custom("the secret is empty: give it a value or leave the key out"));
        }
        Ok(Secret(text))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Err(not_text())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Err(not_text())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Err(not_text())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Err(not_text())
    }
}

fn not_text<E: de::Error>() -> E {
    E::custom("a secret is text: put it in quotes")
}

impl schemars::JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A secret. Never printed. Best written as `${env:NAME}` or `${file:path}`.",
            "minLength": 1,
            "writeOnly": true,
            "examples": ["${env:API_KEY}"],
            "x-secret": true,
        })
    }
}
