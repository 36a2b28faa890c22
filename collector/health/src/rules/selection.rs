//! Which signals a rule is about, as it is written.

use std::sync::Arc;

use bellwether_core::attribute::Predicate;
use bellwether_core::settings::HumanDuration;
use bellwether_expr::{Condition, Refusal, compile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Common;
use super::timing::Misfit;
use crate::query::{Filter, Query};
use crate::subject::SignalKind;

/// Which signals a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Selection {
    /// Spans (unless set), points of metrics or log records.
    #[serde(default)]
    pub(super) signal: SignalKind,
    /// The name of the metric; needed where the signal is `metrics`.
    pub(super) metric: Option<String>,
    /// The name of the event that the log records are.
    event: Option<String>,
    /// What attributes and own fields (such as `span.kind`) have to be.
    #[serde(default, rename = "match")]
    matches: Predicate,
    /// A condition on them, in CEL, that has to hold as well.
    when: Option<String>,
    /// The attributes by whose values signals are told apart; each group is judged by itself.
    #[serde(default)]
    group_by: Vec<String>,
    /// More groups than this are not told apart; 10,000 unless set.
    #[schemars(range(min = 1, max = 1_000_000))]
    max_groups: Option<usize>,
    /// Whose signals count: those of the rule's component, or everybody's.
    #[serde(default)]
    scope: Scope,
    /// How late a signal may come and still count where it belongs; 30s unless set.
    lateness: Option<HumanDuration>,
}

/// Whose signals count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Scope {
    /// Those that the catalog gives the rule's component.
    #[default]
    Component,
    /// All.
    All,
}

impl Selection {
    /// Makes a query of it that counts what is selected.
    pub(super) fn query(&self, common: &Common) -> Result<Query, Misfit> {
        let mut query = Query::of(self.signal);
        self.check_names()?;
        let name = self.metric.as_deref().or(self.event.as_deref());
        query.name = name.map(Arc::from);
        query.component = match self.scope {
            Scope::Component => Some(common.component.clone()),
            Scope::All => None,
        };
        query.filter = Filter { matches: self.matches.clone(), when: self.condition()? };
        query.group_by = self.group_by.iter().map(|it| Arc::from(it.as_str())).collect();
        query.most_groups = self.max_groups.unwrap_or(query.most_groups);
        query.lateness = self.lateness.map_or(query.lateness, HumanDuration::get);
        Ok(query)
    }

    /// Compiles another condition on the same signals.
    pub(super) fn compile(&self, key: &'static str, text: &str) -> Result<Filter, Misfit> {
        let when = condition(key, text, self.signal)?;
        Ok(Filter { matches: Predicate::default(), when: Some(when) })
    }

    fn condition(&self) -> Result<Option<Arc<dyn Condition>>, Misfit> {
        self.when.as_deref().map(|text| condition("when", text, self.signal)).transpose()
    }

    fn check_names(&self) -> Result<(), Misfit> {
        let wrong = match (self.signal, &self.metric, &self.event) {
            (SignalKind::Metrics, None, _) => Some(("signal", "which metric? it has no name here")),
            (SignalKind::Spans | SignalKind::Logs, Some(_), _) => {
                Some(("metric", "only points of metrics have the name of a metric"))
            }
            (SignalKind::Spans | SignalKind::Metrics, _, Some(_)) => {
                Some(("event", "only log records are events"))
            }
            _ => None,
        };
        if let Some((key, message)) = wrong {
            return Err(Misfit::new(
                key,
                message,
                "`signal: metrics` goes with `metric`, `signal: logs` may have an `event`",
            ));
        }
        let vocabulary = self.signal.vocabulary();
        let named = self.matches.keys().map(|name| ("match", name));
        let grouped = self.group_by.iter().map(|name| ("group_by", name.as_str()));
        for (key, name) in named.chain(grouped) {
            vocabulary.check(name).map_err(|it| refused(key, it))?;
        }
        Ok(())
    }

    /// Says what is selected, for people.
    pub(super) fn describe(&self) -> String {
        match (&self.metric, &self.event) {
            (Some(name), _) => format!("points of {name}"),
            (None, Some(name)) => format!("events {name}"),
            (None, None) => self.signal.as_str().to_owned(),
        }
    }
}

fn condition(
    key: &'static str,
    text: &str,
    signal: SignalKind,
) -> Result<Arc<dyn Condition>, Misfit> {
    compile(text, &signal.vocabulary()).map_err(|it| refused(key, it))
}

pub(super) fn refused(key: &'static str, refusal: Refusal) -> Misfit {
    Misfit { key, message: refusal.message, help: refusal.help }
}
