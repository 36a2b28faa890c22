//! Rules over the states of components by which a state would follow from itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use bellwether_core::catalog::{Catalog, Flaw};
use bellwether_core::ids::{ComponentId, RuleId};

use super::{Mode, Rule};

/// What the state of a component follows from, and by what.
type Follows<'r> = BTreeMap<&'r ComponentId, Vec<(&'r ComponentId, By<'r>)>>;

#[derive(Clone, Copy)]
enum By<'r> {
    /// It stands on it, or uses it.
    Catalog,
    Rule(&'r RuleId),
}

/// Returns a flaw for each circle, at a rule that is a part of it: a state that follows from
/// itself would hold itself up for ever.
pub fn circles(rules: &[Rule], catalog: &Catalog) -> Vec<(RuleId, Flaw)> {
    let follows = follows(rules, catalog);
    let mut told: BTreeSet<&RuleId> = BTreeSet::new();
    let mut flaws = Vec::new();
    for rule in rules.iter().filter(|it| it.common.mode == Mode::Enforce) {
        for asked in rule.asks() {
            let of = &rule.common.component;
            let Some(path) = path(&follows, asked, of).filter(|_| !told.contains(&rule.id)) else {
                continue;
            };
            told.extend(path.iter().filter_map(|(_, by)| match by {
                By::Rule(id) => Some(*id),
                By::Catalog => None,
            }));
            let mut message = format!(
                "the state of `{of}` follows from itself: from that of `{asked}` by this rule"
            );
            for (to, by) in path {
                // a string takes everything
                let _ = match by {
                    By::Catalog => {
                        write!(message, ", that from `{to}`, which it stands on or uses")
                    }
                    By::Rule(id) => write!(message, ", that from `{to}` by rule `{id}`"),
                };
            }
            let help = "ask for components whose states do not follow from this one";
            let flaw = Flaw::new(format!("rules.{}.when", rule.id), message, Some(help.to_owned()));
            flaws.push((rule.id.clone(), flaw));
        }
    }
    flaws
}

fn follows<'r>(rules: &'r [Rule], catalog: &'r Catalog) -> Follows<'r> {
    let mut follows = Follows::new();
    for it in catalog.components() {
        let below = it.depends_on.iter().chain(&it.uses).map(|below| (below, By::Catalog));
        follows.entry(&it.id).or_default().extend(below);
    }
    for rule in rules.iter().filter(|it| it.common.mode == Mode::Enforce) {
        let asked = rule.asks().iter().map(|asked| (asked, By::Rule(&rule.id)));
        follows.entry(&rule.common.component).or_default().extend(asked);
    }
    follows
}

/// Returns the shortest way from one component to another, without the first of them.
fn path<'r>(
    follows: &Follows<'r>,
    from: &'r ComponentId,
    to: &ComponentId,
) -> Option<Vec<(&'r ComponentId, By<'r>)>> {
    let mut came: BTreeMap<&ComponentId, Option<(&ComponentId, By<'r>)>> =
        BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if at == to {
            let mut steps = Vec::new();
            let mut at = at;
            while let Some(Some((before, by))) = came.get(at) {
                steps.push((at, *by));
                at = before;
            }
            steps.reverse();
            return Some(steps);
        }
        for (next, by) in follows.get(at).into_iter().flatten() {
            if !came.contains_key(next) {
                came.insert(next, Some((at, *by)));
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::play::{build, catalog};

    /// Makes composite rules of what each component asks for; `b` stands on `c`.
    fn flaws(rules: &[(&str, &str, &str, &str)]) -> Vec<(String, String)> {
        let catalog = catalog(&json!({ "components": {
            "a": {}, "b": { "depends_on": ["c"] }, "c": {}, "d": {},
        } }));
        let built: Vec<Rule> = rules
            .iter()
            .map(|(id, component, when, mode)| {
                let settings = json!({
                    "component": component, "kind": "composite", "when": when, "mode": mode,
                });
                build(id, &settings, &catalog).unwrap()
            })
            .collect();
        let flaws = circles(&built, &catalog).into_iter();
        flaws.map(|(_, it)| (it.path, it.message)).collect()
    }

    #[test]
    fn a_state_that_follows_from_itself_is_a_flaw_with_the_way_round() {
        let told = flaws(&[
            ("one", "a", "state.b == 'major_outage'", "enforce"),
            ("two", "c", "state.a == 'major_outage' || state.d == 'major_outage'", "enforce"),
        ]);
        let way = "the state of `a` follows from itself: from that of `b` by this rule, \
                   that from `c`, which it stands on or uses, that from `a` by rule `two`";
        assert_eq!(told, [("rules.one.when".to_owned(), way.to_owned())]);
    }

    #[test]
    fn what_only_observes_and_what_ends_somewhere_is_none() {
        for (mode, third) in
            [("observe", "state.a != 'operational'"), ("enforce", "state.d != 'operational'")]
        {
            let rules = [
                ("one", "a", "state.b == 'major_outage'", "enforce"),
                ("two", "c", third, mode),
                ("three", "a", "state.c == 'major_outage'", "enforce"),
            ];
            assert_eq!(flaws(&rules), []);
        }
    }
}
