//! How components are, as service checks.

use std::time::Duration;

use bellwether_core::ids::ComponentId;
use bellwether_core::state::ComponentState;
use bellwether_core::time::Timestamp;
use serde_json::{Value, json};

/// The name of the check.
const CHECK: &str = "bellwether.component";
/// Datadog takes checks of the last ten minutes; a minute is left for the way.
const OLDEST: Duration = Duration::from_secs(9 * 60);

/// Makes the check of a component; the newest one counts for each component.
pub(super) fn check(
    host: &str,
    component: &ComponentId,
    state: ComponentState,
    at: Timestamp,
    now: Timestamp,
) -> Value {
    let mut check = json!({
        "check": CHECK,
        "host_name": host,
        "status": status(state),
        "tags": [format!("component:{component}"), "source:bellwether"],
        "message": format!("{component} is {}", state.as_str().replace('_', " ")),
    });
    // an older one is told with the time of its arrival rather than refused
    if now.since(at) < OLDEST
        && let Some(check) = check.as_object_mut()
    {
        check.insert("timestamp".to_owned(), json!(at.secs()));
    }
    json!([check])
}

/// Returns Datadog's 0 for ok, 1 for warning, 2 for critical, 3 for unknown.
fn status(state: ComponentState) -> u8 {
    match state {
        ComponentState::Operational => 0,
        ComponentState::UnderMaintenance | ComponentState::DegradedPerformance => 1,
        ComponentState::PartialOutage | ComponentState::MajorOutage => 2,
        ComponentState::Unknown => 3,
    }
}
