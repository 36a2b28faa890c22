//! From the fault to a firing monitor, at any phase.

use proptest::prelude::*;

use super::*;

/// How the thing that is watched behaves once it is broken.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Refuses,
    FailsAfter(u64),
    Hangs,
    Panics,
    /// Answers wrongly, refuses and hangs by turns.
    Changing,
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Refuses),
        (0_u64..40_000).prop_map(Fault::FailsAfter),
        Just(Fault::Hangs),
        Just(Fault::Panics),
        Just(Fault::Changing),
    ]
}

/// Breaks at `fault_at`. An answer is decided when it is asked for and takes `latency`: the worst case, in which a run
/// that began before the fault still passes after it.
fn breaks_at(fault_at: Instant, fault: Fault, latency: Duration) -> impl Check {
    let run = AtomicUsize::new(0);
    custom(move || {
        let run = run.fetch_add(1, Ordering::Relaxed);
        let broken = Instant::now() >= fault_at;
        async move {
            if !broken {
                sleep(latency).await;
                return Ok(());
            }
            match fault {
                Fault::FailsAfter(ms) => sleep(Duration::from_millis(ms)).await,
                Fault::Hangs => std::future::pending().await,
                Fault::Panics => panic!("broken"),
                Fault::Changing if run.is_multiple_of(2) => std::future::pending().await,
                Fault::Refuses | Fault::Changing => {}
            }
            Err(NotPassed::failed("broken"))
        }
    })
}

/// Returns the time from the fault to the firing monitor, on a paused clock.
fn detect(interval: u64, phase: u64, timeout: u64, latency: u64, fault: Fault) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async move {
        let telemetry = Telemetry::disabled();
        let fault_at = Instant::now() + Duration::from_millis(phase);
        let check = breaks_at(fault_at, fault, Duration::from_millis(latency));
        let monitor = Monitor::new("watched", "auth", check)
            .every(Duration::from_secs(interval))
            .timeout(Duration::from_millis(timeout));
        let promised = monitor.detects_within();
        let monitoring = Monitors::new(&telemetry).add(monitor).in_tasks().start();
        let failing = until(&monitoring, "watched", MonitorState::Failing).await;
        let took = failing.since().saturating_duration_since(fault_at);
        assert!(took <= promised + Duration::from_millis(10), "{took:?}, promised {promised:?}");
        took
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Scenario: a service has run for a while when what a monitor watches breaks, at any moment between two runs or
    /// within one, and from then on refuses, answers late, hangs, panics, or all by turns; jitter is drawn anew in every
    /// case, and the timeout may be set to anything.
    /// Guarantee: the monitor fires less than 60 s after the fault at an interval of 30 s, and less than 120 s after it
    /// at 60 s.
    #[test]
    fn a_fault_is_found_out_in_time(
        slow in any::<bool>(),
        phase in 0_u64..400_000,
        timeout in prop_oneof![Just(10_000_u64), 100_u64..120_000],
        latency in 0_u64..12_000,
        fault in faults(),
    ) {
        let interval = if slow { 60 } else { 30 };
        // Slower than its timeout it would not be well before the fault.
        let latency = latency.min(timeout - 1);
        let took = detect(interval, phase, timeout, latency, fault);
        prop_assert!(took < Duration::from_secs(2 * interval), "{took:?}");
    }
}

/// The worst case by hand: the fault comes right after a run has begun that still passes, and then everything hangs.
#[test]
fn the_worst_case_is_the_promised_one() {
    for (interval, limit) in [(30, 60), (60, 120)] {
        let took = detect(interval, 1, 60_000, 12_000, Fault::Hangs);
        assert!(took < Duration::from_secs(limit), "{took:?}");
        assert!(took > Duration::from_secs(interval + 20), "the timeouts were used: {took:?}");
    }
}
