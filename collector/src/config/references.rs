//! Holds what exporters name of the catalog and of the rules against what is declared: what is misspelt
//! there would be a silent gap.

use bellwether_config::{Document, closest};
use bellwether_core::catalog::Catalog;
use bellwether_exporters::{Exporter, Referent};
use bellwether_health::rules::Rule;

use super::Loading;

/// What series are called that are kept of the numbers of rules.
const OF_RULES: &str = "rule:";
/// What series are called that are kept of runs of monitors and probes.
const OF_MONITORS: &str = "monitor:";

impl Loading<'_> {
    /// Holds them against a catalog and rules that have no mistakes of their own: with some of them missing,
    /// what names them would be called a mistake, too.
    pub(super) fn check_references(
        &mut self,
        exporters: &[Exporter],
        catalog: &Catalog,
        rules: &[Rule],
    ) {
        let document: &Document = self.document;
        for (exporter, it) in
            exporters.iter().flat_map(|of| of.references().iter().map(move |it| (of, it)))
        {
            let found = match &it.to {
                Referent::Component(id) if catalog.component(id).is_some() => continue,
                Referent::Component(id) => {
                    let message = format!("the catalog has no component `{id}`");
                    let known = catalog.components().map(|it| it.id.as_str());
                    let nothing =
                        "declare it in the catalog that `processors.health.catalog` names";
                    (message, nearest(id.as_str(), known, nothing))
                }
                Referent::Series(series) => match of_no_rule(series, rules) {
                    Some(wrong) => wrong,
                    None => continue,
                },
            };
            let path = format!("exporters.{}.{}", exporter.destination(), it.path);
            let (message, help) = found;
            self.problems.push(document.problem(&path, message, Some(help)));
        }
    }
}

/// Says what is wrong with a series, as far as that can be known before anything is measured.
fn of_no_rule(series: &str, rules: &[Rule]) -> Option<(String, String)> {
    if series.starts_with(OF_MONITORS) {
        return None;
    }
    let Some(rest) = series.strip_prefix(OF_RULES) else {
        let help = format!(
            "write `{OF_RULES}<rule>:<number>`, such as `rule:login-slow:p99`, or \
             `{OF_MONITORS}<service>:<monitor>`; /api/v1/series/names has the names of what is measured"
        );
        return Some((format!("there is no series `{series}`"), help));
    };
    let name = rest.split(['{', ':']).next().unwrap_or_default();
    if rules.iter().any(|it| it.id.as_str() == name) {
        return None;
    }
    let known = rules.iter().map(|it| it.id.as_str());
    let help = nearest(name, known, "declare it in a file that `processors.health.rules` names");
    Some((format!("`{series}` is a number of the rule `{name}`, and there is no such rule"), help))
}

/// Names what was meant, or all that there is.
fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>, nothing: &str) -> String {
    let known: Vec<&str> = known.collect();
    match (closest(name, known.iter().copied()), known.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => nothing.to_owned(),
        (None, known) => format!("there are {}", known.join(", ")),
    }
}
