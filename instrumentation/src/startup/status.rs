//! How the startup stands, for whoever has to answer "are you ready?" while the service runs.

use tokio::sync::watch;

use super::report::CheckReport;

/// Says how the startup of the service stands now.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// No [`Startup`](super::Startup) has run.
    #[default]
    NotValidated,
    /// The checks are running.
    Validating,
    /// Every check passed or was skipped, at the start or since.
    Ready,
    /// The service runs although these checks have not passed yet; they are tried again in the background.
    Degraded(Vec<CheckReport>),
    /// A check that must pass failed; the process is about to end.
    Aborted,
}

/// Watches how the startup stands; comes from [`Telemetry::startup`](crate::Telemetry::startup). Clones are cheap.
///
/// ```
/// use bellwether::startup::Status;
///
/// # async fn answer() {
/// let telemetry = bellwether::Telemetry::disabled();
/// let startup = telemetry.startup();
/// assert_eq!(startup.status(), Status::NotValidated);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Watch {
    status: watch::Receiver<Status>,
}

impl Watch {
    /// Returns how the startup stands now. Never blocks.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until the status is another than the one that was seen last, and returns it; `None` when telemetry has
    /// ended, after which nothing changes.
    pub async fn changed(&mut self) -> Option<Status> {
        self.status.changed().await.ok()?;
        Some(self.status.borrow_and_update().clone())
    }
}

/// Holds the status and owns the task that goes on with checks which have not passed.
#[derive(Debug, Default)]
pub(crate) struct Live {
    status: watch::Sender<Status>,
    pub(super) tasks: tokio_util::task::TaskTracker,
}

impl Live {
    pub(crate) fn watch(&self) -> Watch {
        Watch { status: self.status.subscribe() }
    }

    pub(super) fn set(&self, status: Status) {
        self.status.send_if_modified(|now| {
            let changed = *now != status;
            *now = status;
            changed
        });
    }
}
