//! `retry_on_failure`: how often and how long a failed request is tried again.

use std::time::Duration;

use bellwether_core::settings::HumanDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problem;
use crate::timing::Timing;

/// How a request that failed is tried again; keys mean what they mean in the OpenTelemetry
/// Collector. Without any, it is tried for as long as it takes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetryOnFailure {
    /// Whether it is tried again at all; otherwise it is given up, and counted.
    pub enabled: Option<bool>,
    /// The wait after the first failure; 1s unless set.
    pub initial_interval: Option<HumanDuration>,
    /// The longest wait; 30s unless set.
    pub max_interval: Option<HumanDuration>,
    /// After how long it is given up, and counted; never, or 0s, unless set.
    pub max_elapsed_time: Option<HumanDuration>,
    /// How much longer each wait is than the one before; 2 unless set.
    pub multiplier: Option<f64>,
    /// Taken, and not needed: each wait is between a half and the whole.
    pub randomization_factor: Option<f64>,
}

impl RetryOnFailure {
    /// Checks it, and puts it into the timing.
    pub(crate) fn apply(&self, timing: &mut Timing, problems: &mut Vec<Problem>) {
        let mut wrong = |key: &str, message: &str| {
            problems.push(Problem::new(format!("retry_on_failure.{key}"), message));
        };
        if let Some(first) = self.initial_interval {
            timing.first_retry = first.get();
            timing.max_retry = timing.max_retry.max(first.get());
        }
        if let Some(longest) = self.max_interval {
            timing.max_retry = longest.get();
        }
        if timing.first_retry.is_zero() {
            wrong("initial_interval", "a failing destination needs a rest: write at least `100ms`");
        }
        if timing.max_retry < timing.first_retry {
            wrong("max_interval", "must not be shorter than `initial_interval`");
        }
        if let Some(factor) = self.multiplier {
            timing.multiplier = factor;
            if !(1.0..=100.0).contains(&factor) {
                wrong("multiplier", "must be from 1 to 100");
            }
        }
        let given_up = self.max_elapsed_time.map(Duration::from).filter(|it| !it.is_zero());
        timing.give_up = if self.enabled == Some(false) { Some(Duration::ZERO) } else { given_up };
    }
}
