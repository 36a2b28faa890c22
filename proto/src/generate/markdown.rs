//! Writes the docs page.

use crate::registry::{
    Attribute, Example, Group, GroupKind, Registry, RequirementLevel, ValueKind,
};

const HEAD: &str = "\
<!-- Generated from proto/registry by `cargo run -p bellwether-proto --bin semconv`; do not edit. -->
# Telemetry

What Bellwether's library puts on telemetry, what the collector looks for in it, and what the collector says about
itself. Standard OpenTelemetry names come first; the names below are used where the standard has no word. Any
OpenTelemetry SDK can write them.
";

/// Renders the page: spans, events, metrics, then attributes and their values.
pub(super) fn page(registry: &Registry) -> String {
    let mut out = HEAD.to_owned();
    for (kind, title) in
        [(GroupKind::Span, "Spans"), (GroupKind::Event, "Events"), (GroupKind::Metric, "Metrics")]
    {
        out.push_str(&format!("\n## {title}\n"));
        if kind == GroupKind::Event {
            out.push_str("\nAn event is an OTLP log record with an event name.\n");
        }
        for group in registry.groups.iter().filter(|g| g.kind == kind) {
            signal(&mut out, group);
        }
    }
    out.push_str("\n## Attributes\n");
    for group in registry.groups.iter().filter(|g| g.kind == GroupKind::AttributeGroup) {
        attribute_group(&mut out, group);
    }
    out
}

fn signal(out: &mut String, group: &Group) {
    let name = group.signal_name().unwrap_or_default();
    let facts = match group.kind {
        GroupKind::Span => format!(" Kind `{}`.", group.span_kind.as_deref().unwrap_or("internal")),
        GroupKind::Metric => format!(
            " {}, unit `{}`.",
            group.instrument.as_deref().unwrap_or("-"),
            group.unit.as_deref().unwrap_or("1")
        ),
        _ => String::new(),
    };
    let note = group.note.as_ref().map(|n| format!(" {n}")).unwrap_or_default();
    out.push_str(&format!("\n### `{name}`\n{}{facts}{note}\n", group.brief));
    if group.attributes.is_empty() {
        return;
    }
    out.push_str("\n| attribute | requirement |\n| --- | --- |\n");
    for attribute in &group.attributes {
        let level = match &attribute.requirement_level {
            None => "recommended".to_owned(),
            Some(RequirementLevel::Plain(level)) => level.clone(),
            Some(RequirementLevel::Conditional { conditionally_required }) => {
                format!("required {conditionally_required}")
            }
        };
        out.push_str(&format!("| `{}` | {level} |\n", attribute.name()));
    }
}

fn attribute_group(out: &mut String, group: &Group) {
    let title = group.display_name.as_deref().unwrap_or(&group.id);
    out.push_str(&format!("\n### {title}\n{}\n", group.brief));
    out.push_str(
        "\n| attribute | type | meaning | values or examples |\n| --- | --- | --- | --- |\n",
    );
    for attribute in &group.attributes {
        let (kind, values) = kind_and_values(attribute);
        let brief = attribute.brief.as_deref().unwrap_or_default();
        out.push_str(&format!("| `{}` | {kind} | {brief} | {values} |\n", attribute.name()));
    }
}

fn kind_and_values(attribute: &Attribute) -> (String, String) {
    match &attribute.kind {
        None => ("standard".to_owned(), String::new()),
        Some(ValueKind::Plain(kind)) => {
            let examples: Vec<String> = attribute.examples.iter().map(example).collect();
            (kind.clone(), examples.join(", "))
        }
        Some(ValueKind::Enum { members }) => {
            let values = members.iter().map(|m| format!("`{}` ({})", m.value, m.brief));
            ("string".to_owned(), values.collect::<Vec<_>>().join(", "))
        }
    }
}

fn example(example: &Example) -> String {
    match example {
        Example::Int(value) => format!("`{value}`"),
        Example::Double(value) => format!("`{value}`"),
        Example::List(values) => format!("`{values:?}`"),
        Example::Text(value) => format!("`{value}`"),
    }
}
