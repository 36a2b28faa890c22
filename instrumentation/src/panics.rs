//! Panics, which otherwise leave a line on standard error and nothing else.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};

use crate::telemetry::Shared;

/// How long a program that is built to abort on a panic waits for the record of it to go out.
const LAST_FLUSH: Duration = Duration::from_secs(2);

/// Records panics from now on; the hook that was there before still runs, and ends what it ended before.
pub(crate) fn record(shared: Weak<Shared>) {
    static FLUSHING: AtomicBool = AtomicBool::new(false);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        let Some(shared) = shared.upgrade() else { return };
        write(&shared, info);
        // A panic in a task does not end the process, and nothing may make its thread wait. One that unwinds out of main
        // drops the handle, which flushes. Only a program that aborts has no later.
        if cfg!(panic = "abort") {
            shared.flush_within(LAST_FLUSH);
        } else if !FLUSHING.swap(true, Ordering::AcqRel) {
            shared.flush_in_background(|| FLUSHING.store(false, Ordering::Release));
        }
    }));
}

/// Writes a log record by the semantic conventions of exceptions; the span under way gives it its trace.
fn write(shared: &Shared, info: &PanicHookInfo<'_>) {
    let logger = shared.providers().logger.logger_with_scope(crate::scope());
    let message = info.payload_as_str().unwrap_or("the panic has no message").to_owned();
    let mut record = logger.create_log_record();
    record.set_event_name("exception");
    record.set_timestamp(opentelemetry::time::now());
    record.set_severity_number(Severity::Fatal);
    record.set_severity_text(Severity::Fatal.name());
    record.set_body(AnyValue::from(format!("panicked: {message}")));
    record.add_attribute("exception.type", "panic");
    record.add_attribute("exception.message", message);
    if let Some(place) = info.location() {
        record.add_attribute("code.file.path", place.file().to_owned());
        record.add_attribute("code.line.number", i64::from(place.line()));
    }
    if let Some(thread) = std::thread::current().name() {
        record.add_attribute("thread.name", thread.to_owned());
    }
    // Taken when RUST_BACKTRACE asks for it, as Rust itself does.
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        record.add_attribute("exception.stacktrace", trace.to_string());
    }
    logger.emit(record);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};

    use super::*;
    use crate::providers::Providers;
    use crate::telemetry::{Parts, Telemetry};

    #[test]
    fn a_panic_is_a_record_and_the_hook_before_still_runs() {
        static BEFORE: AtomicUsize = AtomicUsize::new(0);
        let logs = InMemoryLogExporter::default();
        let logger = SdkLoggerProvider::builder().with_simple_exporter(logs.clone()).build();
        let providers = Providers { logger, ..Providers::disabled() };
        let telemetry = Telemetry::new(Parts { providers, ..Parts::silent() });

        let original = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {
            BEFORE.fetch_add(1, Ordering::Relaxed);
        }));
        telemetry.record_panics();
        let thread = std::thread::Builder::new().name("worker-7".to_owned());
        let ended = thread.spawn(|| panic!("the till is empty")).unwrap().join();
        std::panic::set_hook(original);

        assert!(ended.is_err());
        assert!(BEFORE.load(Ordering::Relaxed) >= 1);
        let logs = logs.get_emitted_logs().unwrap();
        let told = logs
            .iter()
            .map(|log| format!("{:?}", log.record))
            .find(|text| text.contains("the till is empty"));
        let told = told.unwrap_or_else(|| panic!("{logs:?}"));
        for expected in ["exception.type", "panics.rs", "worker-7", "Fatal"] {
            assert!(told.contains(expected), "{expected}: {told}");
        }
    }
}
