//! Checks that the groups of a registry agree with each other.

use std::collections::BTreeSet;

use super::{Attribute, Error, Group, GroupKind, Registry};

/// Fails on the first group that is nameless, repeated, or speaks of an attribute nobody declares.
pub(super) fn groups_agree(registry: &Registry) -> Result<(), Error> {
    let known = known_attributes(registry);
    let (mut groups, mut declared) = (BTreeSet::new(), BTreeSet::new());
    for group in &registry.groups {
        let fail = |message: String| Error::Content { group: group.id.clone(), message };
        if !groups.insert(group.id.as_str()) {
            return Err(fail("the id is used twice; rename one".to_owned()));
        }
        if let Some(problem) = nameless(group) {
            return Err(fail(problem));
        }
        for attribute in &group.attributes {
            if let Some(problem) = problem_with(attribute, &known) {
                return Err(fail(problem));
            }
            if let Some(name) = &attribute.id
                && !declared.insert(name.as_str())
            {
                return Err(fail(format!("attribute {name} is declared twice; use `ref`")));
            }
        }
    }
    Ok(())
}

/// Collects what is declared here and the standard names, which come with a brief where they are introduced.
fn known_attributes(registry: &Registry) -> BTreeSet<&str> {
    let attributes = registry.groups.iter().flat_map(|g| &g.attributes);
    attributes.filter(|a| a.brief.is_some()).map(Attribute::name).collect()
}

fn nameless(group: &Group) -> Option<String> {
    let needs_name = group.kind != GroupKind::AttributeGroup;
    (needs_name && group.signal_name().is_none()).then(|| {
        "it has no name; a span's id begins with `span.`, an event has `name`, a metric `metric_name`"
            .to_owned()
    })
}

fn problem_with(attribute: &Attribute, known: &BTreeSet<&str>) -> Option<String> {
    match (&attribute.id, &attribute.reference) {
        (Some(_), None) if attribute.kind.is_some() && attribute.brief.is_some() => None,
        (Some(name), None) => Some(format!("attribute {name} needs `type` and `brief`")),
        (None, Some(name)) if known.contains(name.as_str()) => None,
        (None, Some(name)) => Some(format!("nobody declares {name}")),
        _ => Some("an attribute has either `id` or `ref`".to_owned()),
    }
}
