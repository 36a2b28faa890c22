//! Random policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::CHANNELS;
use crate::Policy;
use crate::policy::tests::{channels, checked_with, writing_channels};

/// Any policy that the check takes; some that it refuses are left out.
pub(super) fn policies() -> impl Strategy<Value = Arc<Policy>> {
    let when = prop::sample::select(vec![
        None,
        Some("severity == \"emergency\""),
        Some("severity in [\"emergency\", \"critical\"]"),
        Some("\"zebra\" in customers"),
        Some("component == \"admin\""),
        Some("everything"),
        Some("labels.team == \"a\""),
    ]);
    let to = || prop::collection::btree_set(prop::sample::select(CHANNELS.to_vec()), 1..3);
    let escalate = prop::sample::select(vec![None, Some("one"), Some("two")]);
    let route = (when, to(), escalate, prop::bool::weighted(0.2), any::<bool>());
    let routes = prop::collection::vec(route, 0..4);
    let more = prop::sample::subsequence(vec!["route", "owner"], 0..=2);
    let step = (prop::sample::select(vec![0_u64, 1, 5, 10, 30]), to(), more);
    let steps = || prop::collection::vec(step.clone(), 1..4);
    let made = (routes, steps(), steps(), any::<bool>()).prop_map(|(routes, one, two, writes)| {
        let routes: Vec<Value> = routes
            .into_iter()
            .map(|(when, to, escalate, stop, owner)| {
                let mut to: Vec<&str> = to.into_iter().collect();
                if owner {
                    to.push("owner");
                }
                let mut route = json!({ "to": to, "stop": stop });
                if let Some(when) = when {
                    route["when"] = json!(when);
                }
                if let Some(escalate) = escalate {
                    route["escalate"] = json!(escalate);
                }
                route
            })
            .collect();
        let mut escalation = serde_json::Map::new();
        for (name, steps) in [("one", one), ("two", two)] {
            if !routes.iter().any(|it| it["escalate"] == name) {
                continue;
            }
            let steps: BTreeMap<u64, Vec<String>> = steps
                .into_iter()
                .map(|(after, to, more)| {
                    (after, to.into_iter().chain(more).map(str::to_owned).collect())
                })
                .collect();
            let step =
                |(after, to): (u64, Vec<String>)| json!({ "after": format!("{after}m"), "to": to });
            escalation.insert(name.to_owned(), steps.into_iter().map(step).collect());
        }
        (json!({ "routes": routes, "escalation": escalation }), writes)
    });
    made.prop_filter_map("the check refuses it", |(raw, writes)| {
        let channels = if writes { writing_channels() } else { channels() };
        Some(Arc::new(checked_with(raw, channels).ok()?.0))
    })
}
