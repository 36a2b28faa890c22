//! What the telemetry lost: counted by signal and reason, and readable without the path that lost it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};

use crate::semconv::{REASON, SIGNAL, TELEMETRY_EXPORT_DROPPED, signal};

mod logs;
mod metrics;
mod queue;
mod traces;

pub(crate) use logs::LogsQueue;
pub(crate) use metrics::CountedMetrics;
pub(crate) use traces::SpansQueue;

/// Why items of telemetry were never delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LossReason {
    /// More was made than could be sent, and the queue was full.
    QueueFull,
    /// The receiver did not answer in time.
    TimedOut,
    /// The receiver could not be reached, or refused.
    ExportFailed,
}

impl LossReason {
    const ALL: [Self; 3] = [Self::QueueFull, Self::TimedOut, Self::ExportFailed];

    /// Returns the word of the attribute `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::TimedOut => "timed_out",
            Self::ExportFailed => "export_failed",
        }
    }
}

/// What one signal has lost since the service started; comes from [`Telemetry::export_loss`](crate::Telemetry::export_loss).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalLoss {
    signal: &'static str,
    dropped: [u64; 3],
    failing_for: Option<Duration>,
    last_loss: Option<Duration>,
    last_error: Option<String>,
}

impl SignalLoss {
    /// Returns `traces`, `metrics` or `logs`.
    pub fn signal(&self) -> &'static str {
        self.signal
    }

    /// Lists how many items were lost for each reason: spans, metric points or log records.
    pub fn dropped(&self) -> impl Iterator<Item = (LossReason, u64)> {
        LossReason::ALL.into_iter().zip(self.dropped)
    }

    /// Returns how many items were lost in all.
    pub fn total(&self) -> u64 {
        self.dropped.iter().sum()
    }

    /// Returns for how long exports have failed without a success in between; `None` while they succeed.
    pub fn failing_for(&self) -> Option<Duration> {
        self.failing_for
    }

    /// Returns how long ago something was lost last.
    pub fn last_loss(&self) -> Option<Duration> {
        self.last_loss
    }

    /// Returns what the last failed export said.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

/// Counts the losses of one signal.
#[derive(Debug)]
pub(crate) struct Losses {
    signal: &'static str,
    dropped: [AtomicU64; 3],
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failing_since: Option<Instant>,
    last_loss: Option<Instant>,
    last_error: Option<String>,
}

impl Losses {
    fn new(signal: &'static str) -> Self {
        Self { signal, dropped: Default::default(), state: Mutex::default() }
    }

    pub(crate) fn drop_items(&self, reason: LossReason, items: u64) {
        let counts = LossReason::ALL.iter().zip(&self.dropped);
        for (_, count) in counts.filter(|(it, _)| **it == reason) {
            count.fetch_add(items, Ordering::Relaxed);
        }
        self.state().last_loss = Some(Instant::now());
    }

    /// Takes note of how an export of `items` ended, and passes it on.
    fn exported(&self, items: u64, result: OTelSdkResult) -> OTelSdkResult {
        let reason = match &result {
            Ok(()) => {
                if self.state().failing_since.take().is_some() {
                    tracing::info!(signal = self.signal, "telemetry is exported again");
                }
                return result;
            }
            // The end of the process is no trouble of the path.
            Err(OTelSdkError::AlreadyShutdown) => return result,
            Err(OTelSdkError::Timeout(_)) => LossReason::TimedOut,
            Err(OTelSdkError::InternalFailure(_)) => LossReason::ExportFailed,
        };
        self.drop_items(reason, items);
        let error = result.as_ref().err().map(ToString::to_string);
        let mut state = self.state();
        let news = state.failing_since.is_none();
        state.failing_since.get_or_insert_with(Instant::now);
        state.last_error.clone_from(&error);
        drop(state);
        if news {
            let error = error.unwrap_or_default();
            tracing::warn!(
                signal = self.signal,
                error,
                items,
                "telemetry cannot be exported and is lost"
            );
        }
        result
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, now: Instant) -> SignalLoss {
        let state = self.state();
        let age = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        SignalLoss {
            signal: self.signal,
            dropped: [0, 1, 2].map(|at: usize| {
                self.dropped.get(at).map_or(0, |count| count.load(Ordering::Relaxed))
            }),
            failing_for: age(state.failing_since),
            last_loss: age(state.last_loss),
            last_error: state.last_error.clone(),
        }
    }
}

/// Counts the losses of all signals.
#[derive(Debug)]
pub(crate) struct Loss {
    pub(crate) traces: Losses,
    pub(crate) metrics: Losses,
    pub(crate) logs: Losses,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            traces: Losses::new(signal::TRACES),
            metrics: Losses::new(signal::METRICS),
            logs: Losses::new(signal::LOGS),
        }
    }
}

impl Loss {
    pub(crate) fn report(&self, now: Instant) -> Vec<SignalLoss> {
        [&self.traces, &self.metrics, &self.logs].map(|it| it.report(now)).into()
    }
}

/// Exports the counts as `telemetry.export.dropped`, for when the path works again.
pub(crate) fn observe(loss: &std::sync::Arc<Loss>, meter: &Meter) {
    let loss = std::sync::Arc::clone(loss);
    let _registered = meter
        .u64_observable_counter(TELEMETRY_EXPORT_DROPPED)
        .with_unit("{item}")
        .with_description("Items of telemetry that were never delivered.")
        .with_callback(move |observer| {
            for losses in [&loss.traces, &loss.metrics, &loss.logs] {
                for (reason, count) in LossReason::ALL.iter().zip(&losses.dropped) {
                    let attributes = [
                        KeyValue::new(SIGNAL, losses.signal),
                        KeyValue::new(REASON, reason.as_str()),
                    ];
                    observer.observe(count.load(Ordering::Relaxed), &attributes);
                }
            }
        })
        .build();
}

#[cfg(test)]
mod tests;
