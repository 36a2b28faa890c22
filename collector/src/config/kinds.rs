//! What the part of a name before the slash stands for. One table for each part of the file: what
//! is read, and what the published schema allows, come from the same rows.

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A kind of receiver or processor.
pub(super) struct Kind<R: 'static> {
    /// The part of a name before the slash.
    pub(super) name: &'static str,
    /// Whether there may be several, told apart by what stands behind the slash.
    pub(super) many: bool,
    /// The schema of its settings.
    pub(super) schema: fn() -> Schema,
    /// How they are read.
    pub(super) read: R,
}

impl<R> Kind<R> {
    /// Finds a kind.
    pub(super) fn find(kinds: &'static [Self], name: &str) -> Option<&'static Self> {
        kinds.iter().find(|it| it.name == name)
    }

    /// Returns the names of kinds.
    pub(super) fn names(kinds: &[Self]) -> Vec<&'static str> {
        kinds.iter().map(|it| it.name).collect()
    }
}

/// Returns the schema of a type.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    SchemaGenerator::default().into_root_schema_for::<T>()
}
