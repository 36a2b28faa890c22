//! Which configuration is in force, and which one is not.

use bellwether_api::view::{Configuration, RefusedConfiguration};
use bellwether_core::time::Timestamp;

/// Which configuration is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::app) struct Standing {
    /// The file; absent when the defaults hold.
    pub(super) file: Option<String>,
    pub(super) loaded_at: Timestamp,
    /// The newer one that has mistakes, when it was read and what they are.
    pub(super) refused: Option<(Timestamp, Vec<String>)>,
    pub(super) needs_restart: Vec<String>,
}

impl Standing {
    /// Begins with what the collector was started with.
    pub(in crate::app) fn new(loaded_at: Timestamp) -> Self {
        Self { loaded_at, ..Self::default() }
    }

    /// Says whether a newer one was refused.
    pub(in crate::app) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Says in plain words what is wrong with it.
    pub(in crate::app) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((_, problems)) = &self.refused {
            let count = match problems.len() {
                1 => "1 mistake".to_owned(),
                n => format!("{n} mistakes"),
            };
            warnings
                .push(format!("the configuration on disk has {count}; the one before it goes on"));
        }
        if !self.needs_restart.is_empty() {
            let what = self.needs_restart.join(", ");
            warnings.push(format!("{what} was changed, and takes a restart to hold"));
        }
        warnings
    }
}

impl From<Standing> for Configuration {
    fn from(standing: Standing) -> Self {
        let refused = |(at, problems): (Timestamp, Vec<String>)| RefusedConfiguration {
            at: at.into(),
            problems,
        };
        Self {
            file: standing.file,
            loaded_at: Some(standing.loaded_at.into()),
            refused: standing.refused.map(refused),
            needs_restart: standing.needs_restart,
        }
    }
}
