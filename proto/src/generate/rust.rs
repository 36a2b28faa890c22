//! Writes the constants.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::registry::{GroupKind, Registry, ValueKind};

const HEAD: &str = "\
// @generated from proto/registry by `cargo run -p bellwether-proto --bin semconv`; do not edit.
//! Names the attributes, spans, events and metrics of Bellwether and the values of its enumerations.
";

/// Renders one constant for each name and one module for each enumeration, both sorted by name.
pub(super) fn constants(registry: &Registry) -> String {
    let mut out = HEAD.to_owned();
    for (name, docs) in names(registry) {
        out.push('\n');
        for (index, doc) in docs.iter().enumerate() {
            let blank = if index == 0 { "" } else { "///\n" };
            put(&mut out, format_args!("{blank}/// {doc}\n"));
        }
        put(&mut out, format_args!("pub const {}: &str = \"{name}\";\n", upper(name)));
    }
    for (name, attribute) in registry.declared() {
        let Some(ValueKind::Enum { members }) = &attribute.kind else {
            continue;
        };
        put(
            &mut out,
            format_args!("\n/// Lists the values of `{name}`.\npub mod {} {{\n", lower(name)),
        );
        for (index, member) in members.iter().enumerate() {
            let blank = if index == 0 { "" } else { "\n" };
            let (id, value, brief) = (upper(&member.id), &member.value, &member.brief);
            put(&mut out, format_args!("{blank}    /// Stands for: {brief}.\n"));
            put(&mut out, format_args!("    pub const {id}: &str = \"{value}\";\n"));
        }
        out.push_str("}\n");
    }
    out
}

/// Collects every name with a sentence for each thing that it names.
fn names(registry: &Registry) -> BTreeMap<&str, Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for attribute in registry.groups.iter().flat_map(|g| &g.attributes) {
        if let Some(brief) = &attribute.brief {
            let kind = match (&attribute.reference, &attribute.kind) {
                (Some(_), _) => "standard attribute".to_owned(),
                (None, Some(ValueKind::Plain(kind))) => format!("attribute (`{kind}`)"),
                (None, _) => format!("attribute (values in [`{}`])", lower(attribute.name())),
            };
            let doc = format!("Names the {kind}: {brief}");
            names.entry(attribute.name()).or_default().push(doc);
        }
    }
    for group in &registry.groups {
        let Some(name) = group.signal_name() else {
            continue;
        };
        let kind = match group.kind {
            GroupKind::AttributeGroup => continue,
            GroupKind::Span => "span".to_owned(),
            GroupKind::Event => "event".to_owned(),
            GroupKind::Metric => format!(
                "metric ({}, `{}`)",
                group.instrument.as_deref().unwrap_or("-"),
                group.unit.as_deref().unwrap_or("1")
            ),
        };
        let note = group.note.as_ref().map(|n| format!(" {n}")).unwrap_or_default();
        let doc = format!("Names the {kind}: {}{note}", group.brief);
        names.entry(name).or_default().push(doc);
    }
    names
}

fn upper(name: &str) -> String {
    lower(name).to_uppercase()
}

fn lower(name: &str) -> String {
    name.replace('.', "_")
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = out.write_fmt(text);
}
