//! How a destination is reached and spoken to, which may change while its worker runs.

use std::sync::Arc;

use bellwether_core::queue::Queue;
use tokio::sync::watch;

use super::SignalVendor;
use crate::redact::Redact;
use crate::settings::QueueSettings;
use crate::timing::Timing;
use crate::transport::Transport;

/// What a worker needs to know of its destination.
#[derive(Clone)]
pub struct Fit {
    pub(crate) vendor: Arc<dyn SignalVendor>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) timing: Timing,
    pub(crate) redact: Redact,
    pub(crate) settings: QueueSettings,
}

impl Fit {
    /// Says how OTLP waits.
    pub fn queue(&self) -> QueueSettings {
        self.settings
    }
}

/// Gives a running worker new settings: it keeps its queue and what is on its way, and makes its
/// next call with them.
pub struct Fitting {
    pub(crate) fits: watch::Sender<Fit>,
    /// The queue that the worker empties.
    pub(crate) queue: Arc<dyn Queue>,
}
