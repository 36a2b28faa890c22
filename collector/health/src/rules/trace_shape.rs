//! `trace_shape`: an operation succeeds without what it usually does, or logs errors while it says
//! that all is well. The failure that looks like success.

use std::time::Duration;

use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Common, Judge, Kind, Scene};
use crate::observe::Operation;
use crate::sample::{Labels, Sample, Verdict};
use crate::shapes::{Judgement, Usual};

/// What an operation did longer ago says nothing about now.
const RECENT: Duration = Duration::from_secs(15 * 60);

/// Settings of a `trace_shape` rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Settings {
    #[serde(flatten)]
    common: Common,
    /// The operation, as the span of the request is called; unless set each one of the component,
    /// by itself.
    operation: Option<String>,
}

pub(super) const KIND: Kind = Kind {
    name: "trace_shape",
    schema: || schemars::schema_for!(Settings),
    build: |settings, _| {
        let settings: Settings = super::read(settings)?;
        Ok((settings.common, Box::new(TraceShape { operation: settings.operation })))
    },
    // a cache that fills looks the same: recorded until somebody says that it tells people
    default: |_, _| Some(serde_json::json!({ "mode": "observe" })),
};

struct TraceShape {
    operation: Option<String>,
}

impl Judge for TraceShape {
    fn judge(&self, scene: &Scene<'_>) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut whole = Verdict::Quiet;
        for (operation, usual) in scene.shapes.operations() {
            if !self.is_about(operation, scene) {
                continue;
            }
            let verdict = verdict(operation, usual, scene);
            if self.operation.is_some() {
                return vec![Sample::of(verdict)];
            }
            let labels = Labels::from([
                ("operation".to_owned(), operation.name.to_string()),
                ("service.name".to_owned(), operation.service.to_string()),
            ]);
            if verdict.is_result() {
                whole = Verdict::Good;
            }
            let known = scene.alerts.is_some_and(|it| it.contains_key(&labels));
            if known || matches!(verdict, Verdict::Bad { .. }) {
                samples.push(Sample { labels, ..Sample::of(verdict) });
            }
        }
        samples.push(Sample::of(whole));
        samples
    }

    fn replaces_default(&self) -> bool {
        self.operation.is_none()
    }
}

impl TraceShape {
    fn is_about(&self, operation: &Operation, scene: &Scene<'_>) -> bool {
        let named = self.operation.as_deref().is_none_or(|it| *it == *operation.name);
        named && scene.index.is_some_and(|it| operation.components.contains(&it))
    }
}

fn verdict(operation: &Operation, usual: &Usual, scene: &Scene<'_>) -> Verdict {
    if scene.now.since(usual.last()) > RECENT {
        return Verdict::Quiet;
    }
    let share = |share: f64| format!("{} %", (share * 1_000.0).round() / 10.0);
    let (state, reason) = match usual.judge() {
        Judgement::Unknown => return Verdict::Quiet,
        Judgement::AsUsual => return Verdict::Good,
        Judgement::Between => return Verdict::Between,
        Judgement::Without(child, usually) => (
            ComponentState::PartialOutage,
            Reason::ChildMissing {
                service: operation.service.clone(),
                operation: operation.name.to_string(),
                child: child.to_string(),
                usually: share(usually),
            },
        ),
        Judgement::LogsErrors(usually) => (
            ComponentState::DegradedPerformance,
            Reason::ErrorsHidden {
                service: operation.service.clone(),
                operation: operation.name.to_string(),
                usually: share(usually),
            },
        ),
    };
    Verdict::Bad { state, fault_at: usual.last(), reasons: vec![reason] }
}

#[cfg(test)]
mod tests;
