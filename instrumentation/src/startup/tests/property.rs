//! Whatever the checks do, the validation ends in time and decides as the table says.
//!
//! The oracle knows nothing of channels, tasks and clocks: it computes when each check must end from the plan alone.

use proptest::prelude::*;

use super::*;

/// How one try of a made-up check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    Passes,
    Fails,
    Skips,
    Panics,
    Hangs,
}

/// A made-up check.
#[derive(Debug, Clone)]
struct Plan {
    on_failure: OnFailure,
    /// How its tries end, in turn, each after its milliseconds; the last one repeats.
    tries: Vec<(Try, u64)>,
    after: Vec<usize>,
    timeout: Option<u64>,
    retry: bool,
}

fn plan(index: usize) -> impl Strategy<Value = Plan> {
    let how = prop_oneof![
        4 => Just(Try::Passes),
        4 => Just(Try::Fails),
        1 => Just(Try::Skips),
        1 => Just(Try::Panics),
        1 => Just(Try::Hangs),
    ];
    // Multiples of 100 ms and three: no sum of a few of them meets a deadline or a pause, which are multiples of 100 ms,
    // so that what ends first does not hang on a tie.
    let latency = (0_u64..60).prop_map(|n| n * 100 + 3);
    let after = if index == 0 {
        Just(Vec::new()).boxed()
    } else {
        proptest::collection::vec(0..index, 0..3).boxed()
    };
    (
        prop_oneof![Just(Abort), Just(Degrade)],
        proptest::collection::vec((how, latency), 1..5),
        after,
        proptest::option::of((1_u64..100).prop_map(|n| n * 100)),
        any::<bool>(),
    )
        .prop_map(|(on_failure, tries, after, timeout, retry)| Plan {
            on_failure,
            tries,
            after,
            timeout,
            retry,
        })
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    (0_usize..10).prop_flat_map(|count| (0..count).map(plan).collect::<Vec<_>>())
}

/// What the oracle says of one check: how it ends, whether others may go on, and after how many milliseconds.
#[derive(Debug, Clone, Copy)]
struct Expected {
    outcome: CheckOutcome,
    clear: bool,
    ends: u64,
}

const BUDGET_MS: u64 = 8_000;

fn oracle(plans: &[Plan]) -> Vec<Expected> {
    let mut all: Vec<Expected> = Vec::new();
    for plan in plans {
        let before: Vec<Expected> = plan.after.iter().map(|index| all[*index]).collect();
        let blocked = before.iter().filter(|it| !it.clear).map(|it| it.ends).min();
        all.push(match blocked {
            Some(ends) => Expected { outcome: CheckOutcome::Skipped, clear: false, ends },
            None => alone(plan, before.iter().map(|it| it.ends).max().unwrap_or(0)),
        });
    }
    all
}

fn alone(plan: &Plan, begins: u64) -> Expected {
    let deadline = BUDGET_MS.min(begins + plan.timeout.unwrap_or(BUDGET_MS));
    let late = |tried: usize| Expected {
        outcome: if tried == 0 { CheckOutcome::TimedOut } else { CheckOutcome::Failed },
        clear: false,
        ends: deadline,
    };
    let (mut now, mut pause) = (begins, 100);
    for tried in 0.. {
        let (how, latency) = plan.tries[tried.min(plan.tries.len() - 1)];
        now += latency;
        if how == Try::Hangs || now >= deadline {
            return late(tried);
        }
        match how {
            Try::Passes => {
                return Expected { outcome: CheckOutcome::Passed, clear: true, ends: now };
            }
            Try::Skips => {
                return Expected { outcome: CheckOutcome::Skipped, clear: true, ends: now };
            }
            _ if plan.retry && now + pause < deadline => now += pause,
            _ => return Expected { outcome: CheckOutcome::Failed, clear: false, ends: now },
        }
        pause = (pause * 2).min(1_000);
    }
    unreachable!("a check ends at its deadline at the latest")
}

/// The table: the worst of the failures decides, and nothing else.
fn table(plans: &[Plan], expected: &[Expected]) -> Outcome {
    let failed = |on_failure: OnFailure| {
        plans.iter().zip(expected).any(|(plan, it)| {
            plan.on_failure == on_failure
                && (it.outcome == CheckOutcome::Failed || it.outcome == CheckOutcome::TimedOut)
        })
    };
    match (failed(Abort), failed(Degrade)) {
        (true, _) => Outcome::Aborted,
        (false, true) => Outcome::Degraded,
        (false, false) => Outcome::Ready,
    }
}

fn startup(telemetry: &Telemetry, plans: &[Plan]) -> Startup {
    let name = |index: usize| format!("check {index}");
    let mut startup = Startup::new(telemetry);
    for (index, plan) in plans.iter().enumerate() {
        let tries = plan.tries.clone();
        let tried = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let check = custom(move || {
            let tried = tried.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let (how, latency) = tries[tried.min(tries.len() - 1)];
            async move {
                sleep(Duration::from_millis(latency)).await;
                match how {
                    Try::Passes => Ok(()),
                    Try::Fails => Err(NotPassed::failed("no")),
                    Try::Skips => Err(NotPassed::skipped("who knows")),
                    Try::Panics => std::panic::resume_unwind(Box::new("oh")),
                    Try::Hangs => std::future::pending().await,
                }
            }
        });
        startup = startup.check(name(index), "component", plan.on_failure, check);
        for prerequisite in &plan.after {
            startup = startup.after(name(*prerequisite));
        }
        if let Some(timeout) = plan.timeout {
            startup = startup.timeout(Duration::from_millis(timeout));
        }
        if plan.retry {
            startup = startup.retry();
        }
    }
    startup.in_tasks()
}

fn manner() -> impl Strategy<Value = Manner> {
    prop_oneof![Just(Manner::Acknowledges), Just(Manner::Refuses), Just(Manner::NeverAnswers)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Scenario: random checks with random latencies, hanging ones included, outcomes, prerequisites, timeouts and
    /// retries, and a collector that acknowledges, refuses or never answers.
    /// Guarantee: `run()` returns within the budget and 100 ms, every check ends as the plan implies, and the startup is
    /// ready, degraded or aborted exactly as the table says.
    #[test]
    fn the_budget_holds_and_the_table_decides(plans in plans(), manner in manner()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let (report, elapsed) = runtime.block_on(async {
            let (telemetry, _collector) = telemetry(manner);
            let start = Instant::now();
            let report = startup(&telemetry, &plans).run().await;
            (report, start.elapsed())
        });
        let expected = oracle(&plans);
        let wanted: Vec<CheckOutcome> = expected.iter().map(|it| it.outcome).collect();
        let found: Vec<CheckOutcome> = report.checks().iter().map(CheckReport::outcome).collect();
        prop_assert_eq!(found, wanted);
        prop_assert_eq!(report.outcome(), table(&plans, &expected));

        let checks = Duration::from_millis(expected.iter().map(|it| it.ends).max().unwrap_or(0));
        let flush = if report.outcome() == Outcome::Aborted { FLUSH_BUDGET } else { Duration::ZERO };
        prop_assert!(elapsed <= checks + flush + SLACK, "{elapsed:?}, checks {checks:?}");
        prop_assert!(elapsed <= BUDGET + SLACK, "{elapsed:?}");
    }
}
