//! The running monitors, for those who want to know.

use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::keeper::Keeper;
use super::monitor::Monitor;
use super::run::{Isolation, Runner};
use super::status::MonitorStatus;
use super::voice::{self, Voice};
use crate::semconv::MONITOR_STATUS;
use crate::telemetry::Shared;

/// Shows what the monitors of a service find; comes from [`Monitors::start`](super::Monitors::start).
///
/// Clones show the same monitors. Reading runs nothing and costs next to nothing.
#[derive(Clone)]
pub struct Monitoring {
    inner: Arc<Inner>,
}

struct Inner {
    statuses: Vec<watch::Receiver<MonitorStatus>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Monitoring {
    pub(super) fn start(
        shared: &Arc<Shared>,
        monitors: Vec<Monitor>,
        isolation: Isolation,
        service: Handle,
        pace: &Handle,
    ) -> Self {
        let stop = shared.stopping().child_token();
        let tasks = TaskTracker::new();
        let voice = Voice::new(shared);
        let now = Instant::now();
        let mut statuses = Vec::with_capacity(monitors.len());
        for monitor in monitors {
            let timeout = monitor.plan.timeout();
            if timeout < monitor.plan.asked_timeout {
                let ms = timeout.as_millis();
                tracing::warn!(
                    monitor = monitor.plan.name,
                    ms,
                    "the timeout of the monitor is cut"
                );
            }
            let (status, watching) = watch::channel(MonitorStatus::new(&monitor, now));
            let (service, stopping) = (service.clone(), stop.clone());
            let runner = Runner::new(monitor.check, timeout, isolation, service, stopping);
            let keeper = Keeper { runner, voice: voice.clone(), status };
            tasks.spawn_on(stop.clone().run_until_cancelled_owned(keeper.keep()), pace);
            statuses.push(watching);
        }
        let deliver = voice.deliver(Arc::clone(shared));
        tasks.spawn_on(stop.clone().run_until_cancelled_owned(deliver), pace);
        tasks.close();
        let monitoring = Self { inner: Arc::new(Inner { statuses, tasks, stop }) };
        monitoring.measure(shared);
        monitoring
    }

    /// Reports `monitor.status` at each collection for as long as somebody holds the monitors' findings or they run.
    fn measure(&self, shared: &Shared) {
        let (statuses, stop) = (self.inner.statuses.clone(), self.inner.stop.clone());
        shared
            .meter()
            .u64_observable_gauge(MONITOR_STATUS)
            .with_unit("1")
            .with_description("1 while the monitor is well, 0 while it fails.")
            .with_callback(move |observer| {
                let now = Instant::now();
                for status in statuses.iter().filter(|_| !stop.is_cancelled()) {
                    let status = status.borrow();
                    if let Some(value) = voice::gauge(&status, now) {
                        observer.observe(value, &voice::attributes(&status));
                    }
                }
            })
            .build();
    }

    /// Returns what every monitor has found so far, in the order in which they were added.
    pub fn statuses(&self) -> Vec<MonitorStatus> {
        self.inner.statuses.iter().map(|status| status.borrow().clone()).collect()
    }

    /// Returns what one monitor has found so far; `None` when there is none of that name.
    pub fn status(&self, name: &str) -> Option<MonitorStatus> {
        self.watch(name).map(|status| status.borrow().clone())
    }

    /// Returns a receiver that hears of every run of one monitor; `None` when there is none of that name.
    ///
    /// ```
    /// # use bellwether::monitors::{Monitor, MonitorState, Monitors};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let telemetry = bellwether::Telemetry::disabled();
    /// let check = bellwether::checks::custom(async || Ok::<(), std::io::Error>(()));
    /// let monitoring = Monitors::new(&telemetry).add(Monitor::new("always", "auth", check)).start();
    /// let mut status = monitoring.watch("always").unwrap();
    /// let well = status.wait_for(|status| status.state() == MonitorState::Well).await.unwrap();
    /// assert_eq!(well.consecutive_failures(), 0);
    /// # }
    /// ```
    pub fn watch(&self, name: &str) -> Option<watch::Receiver<MonitorStatus>> {
        self.inner.statuses.iter().find(|status| status.borrow().name() == name).cloned()
    }

    /// Stops the monitors before the service ends, and waits until they have. A check that blocks its thread is not
    /// waited for.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.wait().await;
    }
}

impl fmt::Debug for Monitoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.statuses().iter().map(|status| status.name().to_owned()))
            .finish()
    }
}
