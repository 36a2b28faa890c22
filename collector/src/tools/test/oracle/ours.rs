//! What our rules say of a story: the way of `bellwether test`.

use std::fmt::Write;

use bellwether_core::alert::{Alert, Phase};

use super::theirs::NOT_HELD;
use super::{Family, Key, Phases, Rule, Story};
use crate::tools::test::{file, run};

/// Follows every alert of a story from evaluation to evaluation.
pub(super) fn phases(family: &Family, story: &Story) -> Phases {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("catalog.yaml", "components: { shop: {} }\n");
    write("rules.yaml", &rules(family));
    let every = family.evaluated.as_secs();
    let processor = "catalog: catalog.yaml, rules: [rules.yaml]";
    let config = format!("processors: {{ health: {{ {processor}, evaluate_every: {every}s }} }}\n");
    write("bellwether.yaml", &config);
    write("rules.test.yaml", &test(family, story));
    let checked = file::read(&folder.path().join("rules.test.yaml"));
    let checked = checked.unwrap_or_else(|error| panic!("{error}"));
    let config = crate::config::load(Some(&checked.config)).unwrap();

    let mut told = Phases::new();
    let mut evaluations = 0;
    run::watch(&checked.tests[0], config, |_, alerts| {
        for (key, alert) in alerts {
            let rule = family.rules.iter().find(|it| it.name == key.rule.as_str());
            // a loss of data is an alert of its own
            let lost = key.labels.contains_key("bellwether.alert");
            let Some(rule) = rule.filter(|_| !lost) else { continue };
            let of: Key = (rule.name, key.labels.get("shop").cloned().unwrap_or_default());
            let letters = told.entry(of).or_insert_with(|| ".".repeat(evaluations));
            // an alert that flapped goes ways of its own from then on
            let held = !alert.flapping && !letters.ends_with(NOT_HELD);
            letters.push(if held { letter(alert) } else { NOT_HELD });
        }
        evaluations += 1;
        // of a group that is well nothing is said
        told.values_mut().filter(|it| it.len() < evaluations).for_each(|it| it.push('.'));
    });
    assert_eq!(evaluations, family.evaluations(story));
    for rule in &family.rules {
        let none = || ".".repeat(evaluations);
        if !told.keys().any(|it| it.0 == rule.name) {
            told.insert((rule.name, String::new()), none());
        }
    }
    told
}

fn letter(alert: &Alert) -> char {
    match alert.phase {
        Phase::Inactive | Phase::Resolved => '.',
        Phase::Pending => 'p',
        Phase::Firing | Phase::Recovering => 'f',
    }
}

fn rules(family: &Family) -> String {
    let mut text = "rules:\n".to_owned();
    for Rule { name, ours, hold, keep, .. } in &family.rules {
        let (hold, keep) = (hold.as_secs(), keep.as_secs());
        let timing = format!("for: {hold}s, keep_firing_for: {keep}s");
        writeln!(text, "  {name}: {{ component: shop, scope: all, {ours}, {timing} }}").unwrap();
    }
    text
}

fn test(family: &Family, story: &Story) -> String {
    let every = family.every.as_secs();
    let last = every * (story.steps as u64 - 1);
    let mut text = format!(
        "config: bellwether.yaml\ntests:\n  - name: a story\n    every: {every}s\n    series:\n"
    );
    for series in &story.series {
        let values = series.values.iter().map(value).collect::<Vec<_>>().join(" ");
        writeln!(text, "      - {}\n        values: {values}", series.ours).unwrap();
    }
    writeln!(text, "    expect: [{{ at: {last}s }}]").unwrap();
    text
}

/// Writes a value as both read it.
pub(super) fn value(value: &Option<f64>) -> String {
    value.map_or("_".to_owned(), |it| it.to_string())
}

/// Returns the alerts of a rule that does not group.
pub(super) fn of<'p>(phases: &'p Phases, rule: &'static str) -> &'p str {
    &phases[&(rule, String::new())]
}
