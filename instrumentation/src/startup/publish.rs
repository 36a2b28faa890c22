//! Tells the outcome to everybody who is not standing at the terminal.

use std::io::Write;
use std::time::Duration;

use futures_util::future::join;
use opentelemetry::KeyValue;
use tokio::time::Instant;

use super::outcome::Outcome;
use super::report::{Counts, Delivery, Report, ReportFormat};
use super::spans::Recorder;
use super::status::Status;
use crate::facts::StartupState;
use crate::semconv::{
    STARTUP_CHECK_DURATION, STARTUP_CHECK_KIND, STARTUP_CHECK_NAME, STARTUP_CHECK_OUTCOME,
};
use crate::telemetry::Shared;

/// Records how long each check took.
pub(super) fn durations(shared: &Shared, report: &Report) {
    let histogram = shared
        .meter()
        .f64_histogram(STARTUP_CHECK_DURATION)
        .with_unit("s")
        .with_description("How long a startup check took.")
        .build();
    for check in report.checks() {
        histogram.record(
            check.took().as_secs_f64(),
            &[
                KeyValue::new(STARTUP_CHECK_NAME, check.name().to_owned()),
                KeyValue::new(STARTUP_CHECK_KIND, check.kind().as_str()),
                KeyValue::new(STARTUP_CHECK_OUTCOME, check.outcome().as_str()),
            ],
        );
    }
}

/// Logs the outcome and sends the spans; waits for them only when the process is about to end.
pub(super) async fn outcome(
    shared: &Shared,
    recorder: Recorder,
    report: &Report,
    deadline: Instant,
) -> Delivery {
    let (outcome, failed) = (report.outcome(), report.failed());
    let (total, summary) = (report.checks().len(), report.summary());
    match outcome {
        Outcome::Ready => tracing::info!(checks = total, "startup validated: ready"),
        Outcome::Degraded => {
            tracing::warn!(checks = total, failed, %summary, "startup validated: degraded");
        }
        Outcome::Aborted => {
            tracing::error!(checks = total, failed, %summary, "startup aborted");
        }
    }
    let counts = Counts { total, failed };
    shared.startup().set(match outcome {
        Outcome::Ready => Status::Ready,
        Outcome::Degraded => {
            let open = report.checks().iter().filter(|check| !check.is_settled());
            Status::Degraded(open.cloned().collect())
        }
        Outcome::Aborted => Status::Aborted,
    });
    let abort = (outcome == Outcome::Aborted).then_some(summary);
    let spans = recorder.finish(outcome, counts, report.took(), abort);
    let Some(delivered) = shared.deliver(spans) else {
        return Delivery::Disabled;
    };
    if outcome != Outcome::Aborted {
        shared.update_facts(|state| {
            state.validating = false;
            state.startup = Some(StartupState { outcome, failed });
        });
        return Delivery::InBackground;
    }
    // The spans are what counts; the rest of the telemetry has the same time and no say.
    let flushed = async {
        let _ = tokio::time::timeout_at(deadline, shared.flush()).await;
    };
    match join(tokio::time::timeout_at(deadline, delivered), flushed).await {
        (Ok(Ok(())), ()) => Delivery::Delivered,
        _ => Delivery::NotDelivered,
    }
}

/// Sends what came of checks that were tried again, and how the startup stands now.
pub(super) fn go_on(
    shared: &Shared,
    recorder: Recorder,
    outcome: Outcome,
    counts: Counts,
    took: Duration,
) {
    let spans = recorder.finish(outcome, counts, took, None);
    // Sent until acknowledged, whether or not somebody waits.
    drop(shared.deliver(spans));
    shared.update_facts(|state| {
        state.startup = Some(StartupState { outcome, failed: counts.failed });
    });
}

/// Prints the report on standard error, in the form that the environment or else the program asks for.
pub(super) fn print(shared: &Shared, report: &Report, format: ReportFormat) {
    let text = match ReportFormat::from_environment(shared.env()).unwrap_or(format) {
        ReportFormat::Text => report.render(shared.colour_on_stderr()),
        ReportFormat::Json => report.to_json(),
    };
    // A closed standard error is no reason to start or not to start.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
