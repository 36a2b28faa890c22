//! A slot for what only the service, or another part of the library, knows.

use std::time::Duration;

use super::Status;
use crate::SignalLoss;

/// A loss of telemetry that is older than this is history, not health.
const RECENT_LOSS: Duration = Duration::from_secs(300);

/// Provides observations of its own for the health endpoints.
///
/// It is asked with every request, so it must answer at once, from memory: what takes longer is a monitor's business.
/// A closure is one:
///
/// ```
/// use bellwether::health::{Details, Observation, Status};
///
/// let queue_length = || 3;
/// let queue = move || {
///     let length = queue_length();
///     let status = if length < 1000 { Status::Pass } else { Status::Warn };
///     vec![Observation::new("orders:queue_length", status).value(length as f64, "{order}")]
/// };
/// assert_eq!(queue.observe().len(), 1);
/// ```
pub trait Details: Send + Sync + 'static {
    /// Returns what is observed now.
    fn observe(&self) -> Vec<Observation>;
}

impl<F> Details for F
where
    F: Fn() -> Vec<Observation> + Send + Sync + 'static,
{
    fn observe(&self) -> Vec<Observation> {
        self()
    }
}

/// One observed thing; an entry of `checks` in the detailed answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) value: Option<(f64, String)>,
    pub(super) output: Option<String>,
    pub(super) age: Duration,
}

impl Observation {
    /// Describes what is observed, named `component:measurement`, and how it is. It counts for the whole service.
    pub fn new(name: impl Into<String>, status: Status) -> Self {
        Self { name: name.into(), status, value: None, output: None, age: Duration::ZERO }
    }

    /// Adds a number with its unit in UCUM.
    #[must_use]
    pub fn value(mut self, value: f64, unit: impl Into<String>) -> Self {
        self.value = Some((value, unit.into()));
        self
    }

    /// Adds what a person should know.
    #[must_use]
    pub fn output(mut self, output: impl Into<String>) -> Self {
        self.output = Some(output.into());
        self
    }

    /// Says how old the observation is; one that is made when it is asked for needs no word.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }
}

/// Observes what the telemetry has lost: a broken path degrades the service, and is seen without it.
pub(super) fn export_loss(signals: &[SignalLoss]) -> Vec<Observation> {
    signals.iter().map(signal_loss).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^53 may be rounded")]
fn signal_loss(loss: &SignalLoss) -> Observation {
    let recent = loss.last_loss().is_some_and(|age| age < RECENT_LOSS);
    let status = if recent || loss.failing_for().is_some() { Status::Warn } else { Status::Pass };
    let reasons = loss.dropped().filter(|(_, count)| *count > 0);
    let mut output: Vec<String> =
        reasons.map(|(reason, count)| format!("{} {count}", reason.as_str())).collect();
    if let Some(age) = loss.failing_for() {
        output.push(format!("exports have failed for {} s", age.as_secs()));
        output.extend(loss.last_error().map(ToOwned::to_owned));
    }
    let observation = Observation::new(format!("telemetry:{}", loss.signal()), status)
        .value(loss.total() as f64, "{item}");
    if output.is_empty() { observation } else { observation.output(output.join(", ")) }
}
