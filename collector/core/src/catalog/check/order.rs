use std::collections::{BTreeMap, BTreeSet};

use super::Flaw;
use crate::catalog::raw::RawComponent;
use crate::ids::ComponentId;

type Components = BTreeMap<ComponentId, RawComponent>;

/// Sorts components so that each comes after those that it stands on. A circle is a flaw that
/// tells the way around; every circle is told that shares no component with another.
pub(super) fn order(components: &Components, flaws: &mut Vec<Flaw>) -> Vec<ComponentId> {
    let mut ordered: Vec<ComponentId> = Vec::with_capacity(components.len());
    let mut placed: BTreeSet<&ComponentId> = BTreeSet::new();
    while placed.len() < components.len() {
        let before = placed.len();
        for (id, component) in components {
            if !placed.contains(id) && below(component).all(|it| is_placed(it, &placed, components))
            {
                placed.insert(id);
                ordered.push(id.clone());
            }
        }
        if placed.len() == before {
            let circle = circle(components, &placed);
            flaws.extend(flaw(&circle, components));
            // as if they did not stand on each other, so that what comes after is looked at too
            placed.extend(circle);
        }
    }
    ordered
}

fn below(component: &RawComponent) -> impl Iterator<Item = &ComponentId> {
    component.depends_on.iter().chain(&component.uses)
}

/// A component that does not exist is a flaw of its own.
fn is_placed(id: &ComponentId, placed: &BTreeSet<&ComponentId>, all: &Components) -> bool {
    placed.contains(id) || !all.contains_key(id)
}

/// Walks down through what is not placed, where everything stands on something that is not
/// placed either, until it comes to where it was before.
fn circle<'a>(components: &'a Components, placed: &BTreeSet<&ComponentId>) -> Vec<&'a ComponentId> {
    let mut way: Vec<&ComponentId> = Vec::new();
    let mut next = components.iter().find(|(id, _)| !placed.contains(id));
    while let Some((id, component)) = next {
        if let Some(start) = way.iter().position(|it| *it == id) {
            return way.split_off(start);
        }
        way.push(id);
        next = below(component)
            .find(|it| !is_placed(it, placed, components))
            .and_then(|it| components.get_key_value(it));
    }
    way
}

fn flaw(circle: &[&ComponentId], components: &Components) -> Option<Flaw> {
    let first = circle.first()?;
    let second = circle.get(1).unwrap_or(first);
    let component = components.get(*first)?;
    let place = |list: &[ComponentId]| list.iter().position(|it| it == *second);
    let (key, at) = match place(&component.depends_on) {
        Some(at) => ("depends_on", at),
        None => ("uses", place(&component.uses)?),
    };
    let names: Vec<&str> = circle.iter().chain([first]).map(|id| id.as_str()).collect();
    Some(Flaw::new(
        format!("components.{first}.{key}[{at}]"),
        format!("these components stand on each other in a circle: {}", names.join(" -> ")),
        "take one of these dependencies out".to_owned(),
    ))
}
