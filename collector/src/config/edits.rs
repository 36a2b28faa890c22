//! What is taken out of attributes on the way: the `attributes` and `resource` processors.

use std::collections::BTreeSet;

use bellwether_core::settings::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Loading;

/// The attributes processor: attributes of spans, log records and data points.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AttributesProcessor")]
pub(super) struct Attributes {
    /// What is done, by key.
    actions: Vec<Action>,
    /// The secret that hashes are made with. Those who do not have it cannot find out what was
    /// hashed by trying; those who have the same make the same hashes.
    hash_key: Option<Secret>,
}

/// The resource processor: attributes of resources.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ResourceProcessor")]
pub(super) struct Resource {
    /// What is done, by key.
    attributes: Vec<Action>,
    /// The secret that hashes are made with.
    hash_key: Option<Secret>,
}

/// What is done with the attribute of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Action {
    /// The key.
    key: String,
    /// What is done.
    action: Verb,
}

/// What can be done with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Verb {
    /// It is removed.
    Delete,
    /// Its value becomes 32 hex digits, the same wherever the value is the same.
    Hash,
}

/// Checked actions on attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actions {
    pub(crate) delete: BTreeSet<String>,
    pub(crate) hash: BTreeSet<String>,
    /// There whenever something is hashed.
    pub(crate) hash_key: Option<Secret>,
}

/// A processor that does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    /// Judges what passes, and says whose it is.
    Health,
    /// Takes something out of the attributes of spans, log records and data points.
    Attributes(Actions),
    /// Takes something out of the attributes of resources.
    Resource(Actions),
}

impl Loading<'_> {
    pub(super) fn attributes_processor(&mut self, name: &str) -> Option<Processor> {
        let section = self.document.section(&format!("processors.{name}"))?;
        let Attributes { actions, hash_key } = self.problems.take(section.read())?;
        self.actions(name, "actions", actions, hash_key).map(Processor::Attributes)
    }

    pub(super) fn resource_processor(&mut self, name: &str) -> Option<Processor> {
        let section = self.document.section(&format!("processors.{name}"))?;
        let Resource { attributes, hash_key } = self.problems.take(section.read())?;
        self.actions(name, "attributes", attributes, hash_key).map(Processor::Resource)
    }

    fn actions(
        &mut self,
        name: &str,
        list: &str,
        actions: Vec<Action>,
        hash_key: Option<Secret>,
    ) -> Option<Actions> {
        let path = format!("processors.{name}.{list}");
        if actions.is_empty() {
            self.flaw(&path, "it does nothing", "write `- { key: user.email, action: delete }`");
            return None;
        }
        let mut checked = Actions { hash_key, ..Actions::default() };
        for (at, Action { key, action }) in actions.into_iter().enumerate() {
            if key.is_empty() {
                self.flaw(&format!("{path}[{at}].key"), "the key is empty", "name an attribute");
                return None;
            }
            match action {
                Verb::Delete => checked.delete.insert(key),
                Verb::Hash if checked.hash_key.is_none() => {
                    let help = "write `hash_key: \"${env:NAME}\"`; collectors that share it make the same hashes";
                    let message = "hashing needs a secret, or anybody finds the values by trying";
                    self.flaw(&format!("{path}[{at}].action"), message, help);
                    return None;
                }
                Verb::Hash => checked.hash.insert(key),
            };
        }
        Some(checked)
    }
}
