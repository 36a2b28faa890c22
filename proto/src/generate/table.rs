//! Writes the table of metrics, for whoever renders them.

use std::fmt::Write;

use crate::registry::{Attribute, Group, GroupKind, Registry};

const HEAD: &str = "\
// @generated from proto/registry by `cargo run -p bellwether-proto --bin semconv`; do not edit.
//! Describes every metric of Bellwether.

use crate::metric::{Instrument, Metric};
";

/// Renders one constant for each metric, sorted by name, and a list of them all.
pub(super) fn metrics(registry: &Registry) -> String {
    let mut groups: Vec<&Group> =
        registry.groups.iter().filter(|it| it.kind == GroupKind::Metric).collect();
    groups.sort_by_key(|it| it.signal_name());
    let mut out = HEAD.to_owned();
    // writing to a `String` cannot fail
    for group in &groups {
        let _ = write!(out, "{}", Described(group));
    }
    out.push_str("\n/// Lists every metric, by name.\npub const ALL: &[&Metric] = &[\n");
    for group in &groups {
        let _ = writeln!(out, "    &{},", constant(group));
    }
    out.push_str("];\n");
    out
}

fn constant(group: &Group) -> String {
    group.signal_name().unwrap_or_default().replace('.', "_").to_uppercase()
}

struct Described<'a>(&'a Group);

impl std::fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let group = self.0;
        let instrument = match group.instrument.as_deref() {
            Some("counter") => "Counter",
            Some("updowncounter") => "UpDownCounter",
            Some("histogram") => "Histogram",
            _ => "Gauge",
        };
        let attributes: Vec<&str> = group.attributes.iter().map(Attribute::name).collect();
        writeln!(f, "\n/// Describes `{}`.", group.signal_name().unwrap_or_default())?;
        writeln!(f, "pub const {}: Metric = Metric {{", constant(group))?;
        writeln!(f, "    name: {:?},", group.signal_name().unwrap_or_default())?;
        writeln!(f, "    instrument: Instrument::{instrument},")?;
        writeln!(f, "    unit: {:?},", group.unit.as_deref().unwrap_or("1"))?;
        writeln!(f, "    brief: {:?},", group.brief)?;
        writeln!(f, "    attributes: &{attributes:?},")?;
        writeln!(f, "}};")
    }
}
