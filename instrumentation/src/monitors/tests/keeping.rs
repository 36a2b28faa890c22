//! What keeps a monitor survives: panics that are not the check's.

use tracing::Level;
use tracing_subscriber::layer::{Context, SubscriberExt};

use super::*;

/// A layer of the service that panics at the first lines that monitors log.
struct Breaks {
    lines: Arc<AtomicUsize>,
    most: usize,
}

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Breaks {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let of_monitors = metadata.target().starts_with("bellwether::monitors");
        if of_monitors && *metadata.level() <= Level::WARN {
            let line = self.lines.fetch_add(1, Ordering::Relaxed);
            assert!(line >= self.most, "the layer is broken");
        }
    }
}

/// Scenario: the keeping of a monitor panics, because a layer of the service does, at each line that the monitor
/// logs: that its check did not pass, that it fires, and that its keeping panicked.
/// Guarantee: the keeping begins again each time with what was known. The fault is found out within two intervals,
/// and so is its end; it makes no difference whether the layer breaks once or for good.
#[tokio::test(start_paused = true)]
async fn a_keeper_that_panics_begins_again_and_still_finds_out() {
    for most in [1, usize::MAX] {
        let lines = Arc::new(AtomicUsize::new(0));
        let layer = Breaks { lines: Arc::clone(&lines), most };
        let subscriber = tracing_subscriber::registry().with(layer);
        let _installed = tracing::subscriber::set_default(subscriber);
        let broken = Arc::new(AtomicBool::new(false));
        let (telemetry, _) = telemetry(Manner::Acknowledges);
        let monitoring = Monitors::new(&telemetry)
            .add(Monitor::new("database", "database", switched(&broken)))
            .in_tasks()
            .start();
        until(&monitoring, "database", MonitorState::Well).await;
        broken.store(true, Ordering::Relaxed);
        let fault = Instant::now();
        let failing = until(&monitoring, "database", MonitorState::Failing).await;
        assert!(failing.since() - fault < 60 * SECOND, "{:?}", failing.since() - fault);
        assert_eq!(failing.consecutive_failures(), 2, "what was known before the panic counts");
        broken.store(false, Ordering::Relaxed);
        until(&monitoring, "database", MonitorState::Well).await;
        // One line for the first failure, one for the panic, one for the firing, and one more if that panicked too.
        assert_eq!(lines.load(Ordering::Relaxed), if most == 1 { 3 } else { 4 });
    }
}
