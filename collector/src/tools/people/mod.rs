//! What people do about incidents from a command line: `incidents`, `ack`, `silence`. All of it
//! goes through the API of a running collector.

pub mod ack;
pub mod incidents;
mod remote;
pub mod silence;

use std::path::PathBuf;

/// The collector that is asked.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    /// The address of its API; that of this machine unless set.
    pub url: Option<String>,
    /// A file with the token to show; none is shown unless set.
    pub token_file: Option<PathBuf>,
}
