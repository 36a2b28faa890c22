//! Who may do what, and what is kept of what was done.

use serde::{Deserialize, Serialize};

use crate::BoxFuture;
use crate::state::words;
use crate::store::StoreError;
use crate::time::Timestamp;

words!(
    /// What somebody may do; each role may do what those before it may.
    Role {
        /// Look at everything that concerns the product.
        Viewer = "viewer",
        /// Act on incidents.
        Operator = "operator",
        /// Read who did what.
        Admin = "admin",
    }
);

words!(
    /// What became of an act.
    Outcome {
        /// It was asked for; nothing more is known when the collector ended, or who asked went
        /// away, before it was answered.
        Asked = "asked",
        /// It was done.
        Done = "done",
        /// It was not done.
        Refused = "refused",
    }
);

/// What is kept of an act: who asked for what, when, from where, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Tells it from every other.
    pub id: String,
    /// When it was asked for.
    pub at: Timestamp,
    /// Who asked: the name of a token, whom a link was written to, who somebody without either says
    /// they are, or `loopback`.
    pub by: String,
    /// What they may do.
    pub role: Role,
    /// The address that it was asked from.
    pub from: String,
    /// What was asked for: the method and the route, such as `POST /api/v1/silences`.
    pub act: String,
    /// What it was about: the path as it was asked for.
    pub about: String,
    /// What was sent with it, as JSON, shortened.
    pub body: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused.
    pub why: Option<String>,
}

/// Keeps what people did, and reads it back.
pub trait Audit: Send + Sync {
    /// Keeps an entry, in place of an earlier one of the same id. When this returns `Ok`, the
    /// entry survives a crash.
    fn keep(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Reads the newest entries, newest first.
    fn audit(&self, limit: u32) -> BoxFuture<'_, Result<Vec<AuditEntry>, StoreError>>;
}
