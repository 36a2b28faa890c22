//! Prerequisites, timeouts and retries.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Fails `times` times, each after `latency`, and then passes.
pub(super) fn fails_first(times: u32, latency: Duration) -> (impl Check, Arc<AtomicU32>) {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let check = custom(move || {
        let tries = Arc::clone(&counted);
        async move {
            sleep(latency).await;
            if tries.fetch_add(1, Ordering::Relaxed) < times {
                return Err(NotPassed::failed("not yet"));
            }
            Ok(())
        }
    });
    (check, tries)
}

fn lines(report: &Report) -> Vec<String> {
    let line = |check: &CheckReport| {
        let message = check.problem().map_or("", NotPassed::message);
        let took = check.took().as_secs_f64();
        format!("{} {} {took:.1} {message}", check.name(), check.outcome().as_str())
    };
    report.checks().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn a_check_waits_for_its_prerequisites_and_is_skipped_when_one_fails() {
    let (telemetry, collector) = telemetry(Manner::Acknowledges);
    let report = Startup::new(&telemetry)
        .check("migrations", "database", Abort, ok_after(Duration::from_secs(1)))
        .after("database")
        .after("network")
        .check("database", "database", Abort, ok_after(Duration::from_secs(2)))
        .check("network", "database", Abort, ok_after(Duration::from_secs(1)))
        .check("cache", "database", Degrade, fails("no cache"))
        .check("session", "auth", Abort, ok_after(Duration::from_secs(1)))
        .after("cache")
        .check("login", "auth", Abort, ok_after(Duration::from_secs(1)))
        .after("session")
        .in_tasks()
        .run()
        .await;
    assert_eq!(
        lines(&report),
        [
            "migrations passed 1.0 ",
            "database passed 2.0 ",
            "network passed 1.0 ",
            "cache failed 0.0 no cache",
            "session skipped 0.0 not run: it needs `cache`, which failed",
            "login skipped 0.0 not run: it needs `session`, which was not run either",
        ]
    );
    assert_eq!(report.outcome(), Outcome::Degraded);
    collector.got_something.notified().await;
    let sent = collector.spans.lock().unwrap();
    let skipped = sent[0].iter().find(|span| span.name == "startup.check session").unwrap();
    assert_eq!(attribute(skipped, "error.type"), Some(&"prerequisite_failed".into()));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_told_holds_up_nobody() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let unknown = custom(async || Err::<(), _>(NotPassed::skipped("cannot confirm")));
    let report = Startup::new(&telemetry)
        .check("telemetry", "auth", Abort, unknown)
        .check("login", "auth", Abort, ok_after(Duration::from_secs(1)))
        .after("telemetry")
        .in_tasks()
        .run()
        .await;
    assert_eq!(lines(&report)[1], "login passed 1.0 ");
    assert_eq!(report.outcome(), Outcome::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_prerequisite_that_hangs_takes_those_behind_it_along_and_no_more_time() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let start = Instant::now();
    let report = Startup::new(&telemetry)
        .check("database", "database", Degrade, hangs())
        .check("migrations", "database", Abort, ok_after(Duration::from_secs(1)))
        .after("database")
        .check("late", "database", Degrade, ok_after(Duration::from_secs(2)))
        .after("slow")
        .check("slow", "database", Degrade, ok_after(Duration::from_secs(7)))
        .in_tasks()
        .run()
        .await;
    assert_eq!(
        lines(&report),
        [
            "database timed_out 8.0 no answer within the 8 s that it had",
            "migrations skipped 0.0 not run: it needs `database`, which timed out",
            "late timed_out 1.0 no answer within the 1 s that it had",
            "slow passed 7.0 ",
        ]
    );
    assert!(start.elapsed() < CHECK_BUDGET + SLACK);
}

#[tokio::test(start_paused = true)]
async fn a_check_has_its_own_time() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let start = Instant::now();
    let report = Startup::new(&telemetry)
        .check("hangs", "auth", Degrade, hangs())
        .timeout(Duration::from_millis(1500))
        .check("patient", "auth", Degrade, hangs())
        .timeout(Duration::from_secs(60))
        .in_tasks()
        .run()
        .await;
    assert_eq!(lines(&report)[0], "hangs timed_out 1.5 no answer within the 1.5 s that it had");
    assert_eq!(lines(&report)[1], "patient timed_out 8.0 no answer within the 8 s that it had");
    assert!(start.elapsed() < CHECK_BUDGET + SLACK);
}

#[tokio::test(start_paused = true)]
async fn a_check_is_tried_once_unless_it_says_otherwise() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let (once, tries) = fails_first(3, Duration::ZERO);
    let report =
        Startup::new(&telemetry).check("once", "auth", Degrade, once).in_tasks().run().await;
    assert_eq!(report.outcome(), Outcome::Degraded);
    assert_eq!(tries.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn retries_are_made_while_there_is_time() {
    let (telemetry, _) = telemetry(Manner::Acknowledges);
    let second_try_hangs = {
        let tries = Arc::new(AtomicU32::new(0));
        custom(move || {
            let tries = Arc::clone(&tries);
            async move {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0 => Err::<(), _>(NotPassed::failed("refused")),
                    _ => std::future::pending().await,
                }
            }
        })
    };
    let report = Startup::new(&telemetry)
        .check("mended", "auth", Abort, fails_first(3, Duration::ZERO).0)
        .retry()
        .check("broken", "auth", Degrade, fails("refused"))
        .retry()
        .timeout(Duration::from_secs(1))
        .check("then hangs", "auth", Degrade, second_try_hangs)
        .retry()
        .timeout(Duration::from_secs(1))
        .in_tasks()
        .run()
        .await;
    assert_eq!(
        lines(&report),
        [
            // 100 + 200 + 400 ms of pauses
            "mended passed 0.7 ",
            // the fourth pause would end after the timeout
            "broken failed 0.7 refused (4 tries)",
            "then hangs failed 1.0 refused (another try did not end in time)",
        ]
    );
}

#[tokio::test]
async fn a_plan_that_cannot_be_carried_out_aborts_and_says_why() {
    let telemetry = Telemetry::disabled();
    let check = || ok_after(Duration::ZERO);
    let plans: [(Startup, &str); 4] = [
        (
            Startup::new(&telemetry)
                .check("a", "x", Degrade, check())
                .after("b")
                .check("b", "x", Degrade, check())
                .after("c")
                .check("c", "x", Degrade, check())
                .after("b"),
            "these checks wait for one another: b -> c -> b",
        ),
        (
            Startup::new(&telemetry).check("a", "x", Degrade, check()).after("databse"),
            "`a` runs after `databse`, but there is no such check",
        ),
        (
            Startup::new(&telemetry).check("a", "x", Degrade, check()).check(
                "a",
                "x",
                Degrade,
                check(),
            ),
            "two checks are called `a`",
        ),
        (
            Startup::new(&telemetry).after("a"),
            "`after` stands before the first check; it applies to the check before it",
        ),
    ];
    for (plan, why) in plans {
        assert_eq!(plan.verify().unwrap_err().to_string(), why);
        let report = plan.run().await;
        assert_eq!(report.outcome(), Outcome::Aborted);
        assert_eq!(report.failed(), 1, "{report}");
        assert!(
            report.summary().ends_with(&format!("the checks cannot be run: {why}")),
            "{report}"
        );
    }
}
