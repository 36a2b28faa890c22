use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::Status as SpanStatus;
use opentelemetry_sdk::trace::SpanData;
use tokio::time::{Instant, sleep};

use super::OnFailure::{Abort, Degrade};
use super::*;
use crate::checks::{CheckResult, NotPassed, custom};
use crate::facts::testing::{FakeCollector, Manner};

const SLACK: Duration = Duration::from_millis(100);

fn telemetry(manner: Manner) -> (Telemetry, Arc<FakeCollector>) {
    let collector = Arc::new(FakeCollector::new(manner));
    let telemetry = Telemetry::with_transport(Arc::clone(&collector) as _);
    (telemetry, collector)
}

fn ok_after(time: Duration) -> impl Check {
    custom(move || async move {
        sleep(time).await;
        Ok::<(), NotPassed>(())
    })
}

fn fails(message: &'static str) -> impl Check {
    custom(move || async move { Err::<(), _>(NotPassed::failed(message)) })
}

fn hangs() -> impl Check {
    custom(std::future::pending::<CheckResult>)
}

fn attribute<'s>(span: &'s SpanData, key: &str) -> Option<&'s opentelemetry::Value> {
    let found = span.attributes.iter().find(|kv| kv.key.as_str() == key)?;
    Some(&found.value)
}

#[tokio::test(start_paused = true)]
async fn checks_run_at_the_same_time_and_ready_does_not_wait_for_the_collector() {
    let (telemetry, _) = telemetry(Manner::NeverAnswers);
    let start = Instant::now();
    let report = Startup::new(&telemetry)
        .check("a", "auth", Abort, ok_after(Duration::from_secs(3)))
        .check("b", "auth", Abort, ok_after(Duration::from_secs(7)))
        .in_tasks()
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Ready);
    assert!(start.elapsed() < Duration::from_secs(7) + SLACK, "{:?}", start.elapsed());
    assert_eq!(report.checks()[0].took().as_secs(), 3, "each with its own time");
}

#[tokio::test(start_paused = true)]
async fn hanging_checks_time_out_and_the_others_count() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let start = Instant::now();
    let report = Startup::new(&telemetry)
        .check("hangs", "auth", Degrade, hangs())
        .check("fine", "auth", Abort, ok_after(Duration::from_secs(1)))
        .in_tasks()
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Degraded);
    let outcomes: Vec<_> = report.checks().iter().map(CheckReport::outcome).collect();
    assert_eq!(outcomes, [CheckOutcome::TimedOut, CheckOutcome::Passed]);
    assert!(start.elapsed() >= CHECK_BUDGET && start.elapsed() < CHECK_BUDGET + SLACK);
}

#[tokio::test(start_paused = true)]
async fn an_abort_ends_within_the_budget_when_the_collector_never_answers() {
    for manner in [Manner::NeverAnswers, Manner::Refuses] {
        let (telemetry, collector) = telemetry(manner);
        let start = Instant::now();
        let report =
            Startup::new(&telemetry).check("hangs", "auth", Abort, hangs()).in_tasks().run().await;
        assert_eq!(report.outcome(), Outcome::Aborted);
        assert_eq!(report.delivery(), Delivery::NotDelivered);
        assert!(start.elapsed() < BUDGET, "{:?}", start.elapsed());
        assert!(!collector.spans.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_waits_for_a_silent_collector_no_longer_than_the_flush_may_take() {
    let (telemetry, _collector) = telemetry(Manner::NeverAnswers);
    let start = Instant::now();
    let report =
        Startup::new(&telemetry).check("bad", "auth", Abort, fails("no")).in_tasks().run().await;
    assert_eq!(report.delivery(), Delivery::NotDelivered);
    assert!(start.elapsed() >= FLUSH_BUDGET && start.elapsed() < FLUSH_BUDGET + SLACK);
}

/// On the real clock: the flush of the batches is a real thread, for which a paused clock would not wait.
#[tokio::test]
async fn an_abort_is_over_as_soon_as_the_collector_knows() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let start = Instant::now();
    let report =
        Startup::new(&telemetry).check("bad", "auth", Abort, fails("no")).in_tasks().run().await;
    assert_eq!(report.delivery(), Delivery::Delivered);
    assert!(start.elapsed() < CHECK_BUDGET, "{:?}", start.elapsed());
}

/// The clock is paused, the threads are real: they block until the test is over, and the deadline comes all the same.
#[tokio::test(start_paused = true)]
async fn checks_that_block_their_thread_hold_up_nobody() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let blocks = || {
        let blocked = Arc::clone(&blocked);
        custom(move || {
            let blocked = Arc::clone(&blocked);
            async move {
                // Ends when `release` is dropped.
                let _ = blocked.lock().map(|blocked| blocked.recv());
                Ok::<(), NotPassed>(())
            }
        })
    };
    let start = Instant::now();
    let report = Startup::new(&telemetry)
        .check("first", "auth", Degrade, blocks())
        .check("second", "auth", Degrade, blocks())
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Degraded);
    assert_eq!(report.failed(), 2);
    assert!(start.elapsed() < CHECK_BUDGET + SLACK);
    drop(release);
}

#[tokio::test]
async fn checks_on_threads_use_the_timers_and_sockets_of_the_service() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connects = custom(move || async move {
        sleep(Duration::from_millis(1)).await;
        tokio::net::TcpStream::connect(address).await.map(|_| ())
    });
    let panics = custom(async || -> CheckResult { panic!("oh") });
    let report = Startup::new(&telemetry)
        .check("connects", "auth", Abort, connects)
        .check("panics", "auth", Degrade, panics)
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Degraded, "{report}");
    assert_eq!(report.summary(), "panics: the check panicked: oh");
}

#[tokio::test(start_paused = true)]
async fn the_spans_are_those_of_the_telemetry_conventions() {
    let (telemetry, collector) = telemetry(Manner::Acknowledges);
    Startup::new(&telemetry)
        .check("fine", "auth", Abort, ok_after(Duration::from_secs(1)))
        .check("bad", "database", Abort, fails("no database"))
        .check("slow", "admin", Degrade, hangs())
        .check(
            "unknown",
            "admin",
            Degrade,
            custom(async || Err::<(), _>(NotPassed::skipped("cannot confirm"))),
        )
        .in_tasks()
        .run()
        .await;
    let sent = collector.spans.lock().unwrap();
    let spans = sent.first().unwrap();
    let root = spans.iter().find(|span| span.name == "startup.validation").unwrap();
    assert_eq!(attribute(root, "startup.outcome"), Some(&"aborted".into()));
    assert_eq!(attribute(root, "startup.checks.total"), Some(&4.into()));
    assert_eq!(attribute(root, "startup.checks.failed"), Some(&2.into()));
    assert_eq!(attribute(root, "startup.duration"), Some(&8.0.into()));
    assert!(matches!(root.status, SpanStatus::Error { .. }));

    let mut children: Vec<String> = Vec::new();
    for span in spans.iter().filter(|span| span.name != root.name) {
        assert_eq!(span.parent_span_id, root.span_context.span_id());
        assert_eq!(attribute(span, "startup.check.kind"), Some(&"custom".into()));
        let text = |key| attribute(span, key).map(|v| v.as_str().into_owned());
        let status = match &span.status {
            SpanStatus::Error { description } => description.to_string(),
            other => format!("{other:?}"),
        };
        children.push(format!(
            "{} | {} | {} | {} | {} | {} | {status}",
            span.name,
            text("startup.check.name").unwrap_or_default(),
            text("business.component").unwrap_or_default(),
            text("startup.check.on_failure").unwrap_or_default(),
            text("startup.check.outcome").unwrap_or_default(),
            text("error.type").unwrap_or_default(),
        ));
    }
    children.sort();
    assert_eq!(
        children,
        [
            "startup.check bad | bad | database | abort | failed | failed | no database",
            "startup.check fine | fine | auth | abort | passed |  | Unset",
            "startup.check slow | slow | admin | degrade | timed_out | timeout | \
             no answer within the 8 s that it had",
            "startup.check unknown | unknown | admin | degrade | skipped | skipped | cannot confirm",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn disabled_telemetry_still_validates() {
    let report = Startup::new(&Telemetry::disabled())
        .check("bad", "auth", Abort, fails("no"))
        .in_tasks()
        .run()
        .await;
    assert_eq!(report.outcome(), Outcome::Aborted);
    assert_eq!(report.delivery(), Delivery::Disabled);
}

mod dependencies;
mod property;
mod recovery;
