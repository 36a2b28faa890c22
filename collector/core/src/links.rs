//! Links in messages, by which people act on one incident without signing in.

use std::fmt;

use crate::ids::IncidentId;
use crate::state::words;
use crate::time::Timestamp;

words!(
    /// What a link does.
    Deed {
        /// Says that whoever follows it works on the incident.
        Acknowledge = "acknowledge",
        /// Silences the incident until it is resolved.
        Silence = "silence",
    }
);

/// Makes links that nobody else can make.
pub trait Links: Send + Sync + fmt::Debug {
    /// Returns path and query of a link by which `person` may do one thing about one incident, for
    /// a while from `now` on; absent where links are not wanted.
    fn link(
        &self,
        deed: Deed,
        incident: &IncidentId,
        person: &str,
        now: Timestamp,
    ) -> Option<String>;
}

/// Makes none.
#[derive(Clone, Copy, Debug)]
pub struct NoLinks;

impl Links for NoLinks {
    fn link(&self, _: Deed, _: &IncidentId, _: &str, _: Timestamp) -> Option<String> {
        None
    }
}
