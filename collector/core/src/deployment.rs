//! Deployments: that a service runs a version that it did not run before.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ComponentId, Service, Version};
use crate::time::Timestamp;

/// The versions that services run, with the time at which the newest process of each began.
pub type Running = BTreeMap<Service, BTreeMap<Version, Timestamp>>;

/// That a service runs another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `service.name`.
    pub service: Service,
    /// The version that it runs: `service.version`.
    pub version: Version,
    /// The version that it ran before.
    pub before: Version,
    /// Whether it ran this one before that: a rollback.
    pub again: bool,
    /// When it began to.
    pub at: Timestamp,
    /// The components that are made of the service, with what people call them.
    pub components: BTreeMap<ComponentId, String>,
}

impl Deployment {
    /// After so long nobody asks any more what changed just before.
    pub const TOLD_WITHIN: Duration = Duration::from_secs(3_600);
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, version, before, again, .. } = self;
        let again = if *again { " again" } else { "" };
        write!(f, "{service} runs version {version}{again}, after {before}")
    }
}
