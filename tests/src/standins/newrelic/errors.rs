//! `NrIntegrationError`: how New Relic tells of what it dropped after a success.

use jiff::Timestamp;
use serde::Serialize;

/// One thing that was dropped or cut although the request succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NrIntegrationError {
    /// When it was noticed.
    pub at: Timestamp,
    /// `newRelicFeature`: `Metrics`, `Event API`, `Logs` or `Distributed Tracing`.
    pub feature: &'static str,
    /// `category`, such as `EventApiException`.
    pub category: &'static str,
    /// The `uuid` of the answer, for the Event API.
    pub request_id: Option<String>,
    /// What was wrong.
    pub message: String,
}
