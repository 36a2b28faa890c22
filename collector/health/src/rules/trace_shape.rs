//! `trace_shape`: an operation succeeds without what it usually does, or logs errors while it says
//! that all is well. The failure that looks like success.

use std::collections::HashSet;
use std::time::Duration;

use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use bellwether_proto::semconv;
use schemars::JsonSchema;
use serde::Deserialize;

use super::rest::{View, after, next};
use super::{Common, Judge, Kind, Scene};
use crate::observe::Operation;
use crate::sample::{Labels, Sample, Verdict};
use crate::shapes::{Judgement, Usual};

/// What an operation did longer ago says nothing about now.
const RECENT: Duration = Duration::from_secs(15 * 60);

/// The label that names the operation.
const OPERATION: &str = "operation";

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
        let known = known(scene);
        let mut samples = Vec::new();
        let mut whole = Verdict::Quiet;
        for (operation, usual) in self.operations(scene) {
            let verdict = verdict(operation, usual, scene);
            if self.operation.is_some() {
                return vec![Sample::of(verdict)];
            }
            if verdict.is_result() {
                whole = Verdict::Good;
            }
            let is_known = known.contains(&(&*operation.name, operation.service.as_str()));
            if is_known || matches!(verdict, Verdict::Bad { .. }) {
                let labels = Labels::from([
                    (OPERATION.to_owned(), operation.name.to_string()),
                    (semconv::SERVICE_NAME.to_owned(), operation.service.to_string()),
                ]);
                samples.push(Sample { labels, ..Sample::of(verdict) });
            }
        }
        samples.push(Sample::of(whole));
        samples
    }

    fn looks_at(&self) -> Option<&'static [View]> {
        Some(&[View::Shapes])
    }

    /// What ran is recent until then.
    fn holds_until(&self, scene: &Scene<'_>) -> Timestamp {
        let ends = self.operations(scene).map(|(_, usual)| after(usual.last().plus(RECENT)));
        next(ends, scene.now)
    }

    fn replaces_default(&self) -> bool {
        self.operation.is_none()
    }
}

impl TraceShape {
    /// Returns the operations that the rule is about.
    fn operations<'a>(
        &'a self,
        scene: &Scene<'a>,
    ) -> impl Iterator<Item = (&'a Operation, &'a Usual)> {
        let of_component = scene.index.map(|it| scene.shapes.operations(it));
        let named = |it: &(&Operation, &Usual)| {
            self.operation.as_deref().is_none_or(|name| *name == *it.0.name)
        };
        of_component.into_iter().flatten().filter(named)
    }
}

/// Returns the operations that have an alert, with the services whose they are.
fn known<'a>(scene: &Scene<'a>) -> HashSet<(&'a str, &'a str)> {
    let labels = scene.alerts.into_iter().flat_map(|it| it.keys());
    let pair = |it: &'a Labels| Some((&**it.get(OPERATION)?, &**it.get(semconv::SERVICE_NAME)?));
    labels.filter_map(pair).collect()
}

fn verdict(operation: &Operation, usual: &Usual, scene: &Scene<'_>) -> Verdict {
    if scene.now.since(usual.last()) > RECENT {
        return Verdict::Quiet;
    }
    let share = |share: f64| format!("{} %", (share * 1_000.0).round() / 10.0);
    let (state, reason) = match usual.judgement() {
        Judgement::Unknown => return Verdict::Quiet,
        Judgement::AsUsual => return Verdict::Good,
        Judgement::Between => return Verdict::Between,
        Judgement::Without(child, usually) => (
            ComponentState::PartialOutage,
            Reason::ChildMissing {
                service: operation.service.clone(),
                operation: operation.name.to_string(),
                child: child.to_string(),
                usually: share(*usually),
            },
        ),
        Judgement::LogsErrors(usually) => (
            ComponentState::DegradedPerformance,
            Reason::ErrorsHidden {
                service: operation.service.clone(),
                operation: operation.name.to_string(),
                usually: share(*usually),
            },
        ),
    };
    Verdict::Bad { state, fault_at: usual.last(), reasons: vec![reason] }
}

#[cfg(test)]
mod tests;
