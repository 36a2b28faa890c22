//! What customers read in words of one's own. Templates get nothing that customers must not know.

use bellwether_core::incident::{Incident, IncidentStatus};
use bellwether_core::state::{ComponentState, Severity};
use minijinja::value::Serde;
use minijinja::{Environment, Error, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::texts::{self, Seen};
use crate::notices::{jinja, mistake, sample};
use crate::settings::Problem;
use crate::text::{cut, for_customers};

const HEADLINE: &str = "headline";

/// Templates in the place of the usual words, in the language of Jinja. They know `component`,
/// `state`, `since`, `resolved_at`, `impact` and `first`, and nothing of what is inside.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "statuspage_templates")]
pub struct CustomerTemplates {
    /// The headline of an incident.
    pub headline: Option<String>,
    /// What is said while the cause is looked for.
    pub investigating: Option<String>,
    /// What is said once the cause is known.
    pub identified: Option<String>,
    /// What is said while it is watched whether all is well.
    pub monitoring: Option<String>,
    /// What is said when all is well.
    pub resolved: Option<String>,
}

/// What customers may know.
#[derive(Serialize)]
struct ForCustomers<'a> {
    component: &'a str,
    state: String,
    since: String,
    resolved_at: String,
    impact: &'static str,
    first: bool,
}

/// The words of a page.
#[derive(Debug)]
pub(super) struct Words(Environment<'static>);

impl Words {
    /// Compiles templates, tries each, and complains about those that are wrong.
    pub(super) fn new(settings: &CustomerTemplates, problems: &mut Vec<Problem>) -> Self {
        let mut environment = jinja();
        let own = [
            (HEADLINE, &settings.headline),
            ("investigating", &settings.investigating),
            ("identified", &settings.identified),
            ("monitoring", &settings.monitoring),
            ("resolved", &settings.resolved),
        ];
        for (name, source) in own {
            let Some(source) = source else { continue };
            let added = environment.add_template_owned(name, source.clone());
            let tried = added.and_then(|()| tried(&environment, name));
            if let Err(error) = tried {
                let known = "`component`, `state`, `since`, `resolved_at`, `impact` and `first`";
                let message = format!("{}; there are {known}", mistake(&error));
                problems.push(Problem::new(format!("templates.{name}"), message));
            }
        }
        Self(environment)
    }

    /// Returns the headline.
    pub(super) fn name(&self, seen: &Seen<'_>, incident: &Incident) -> String {
        let own = fill(&self.0, HEADLINE, seen, incident, false).ok();
        own.map_or_else(|| texts::name(seen), |it| cut(&it, texts::NAME))
    }

    /// Returns what is said at this point of an incident.
    pub(super) fn body(&self, seen: &Seen<'_>, incident: &Incident, first: bool) -> String {
        let own = fill(&self.0, incident.status.as_str(), seen, incident, first).ok();
        own.map_or_else(|| texts::body(seen, incident, first), |it| cut(&it, texts::BODY))
    }
}

fn fill(
    environment: &Environment<'_>,
    name: &str,
    seen: &Seen<'_>,
    incident: &Incident,
    first: bool,
) -> Result<String, Error> {
    let known = ForCustomers {
        component: seen.what.unwrap_or("our service"),
        state: seen.worst.as_str().replace('_', " "),
        since: for_customers(incident.fault_at),
        resolved_at: incident.resolved_at.map(for_customers).unwrap_or_default(),
        impact: texts::impact(incident.severity),
        first,
    };
    let filled = environment.get_template(name)?.render(Value::from(Serde(known)))?;
    Ok(filled.trim().to_owned())
}

fn tried(environment: &Environment<'_>, name: &str) -> Result<(), Error> {
    let mut incident =
        sample::incident(bellwether_core::notice::Change::Resolved, Default::default());
    incident.status = IncidentStatus::from_word(name).unwrap_or(IncidentStatus::Investigating);
    incident.severity = Severity::Critical;
    let seen = Seen { what: Some("Sample"), worst: ComponentState::MajorOutage };
    for first in [true, false] {
        fill(environment, name, &seen, &incident, first)?;
    }
    Ok(())
}
