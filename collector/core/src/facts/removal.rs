use serde::{Deserialize, Serialize};

use crate::ids::Service;
use crate::route::{Route, RoutePattern};
use crate::time::Timestamp;

/// What a person says: that routes of a service are gone, or will be, on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// Whose routes.
    pub service: Service,
    /// Which ones: all that fit one of these.
    pub routes: Vec<RoutePattern>,
    /// Who says so.
    pub by: String,
    /// Why they are gone.
    pub why: String,
}

/// That somebody meant a route to be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When that was said.
    pub at: Timestamp,
    /// Who said it.
    pub by: String,
    /// Why it is gone.
    pub why: String,
}

/// Says why a removal is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRemoval {
    /// Nothing ever came of the service.
    #[error("no service `{service}` is known{}", list(known))]
    Service {
        /// What was written.
        service: Service,
        /// Those that are known.
        known: Vec<String>,
    },
    /// The service never served such a route.
    #[error("`{service}` never served a route that fits `{pattern}`")]
    Route {
        /// Whose route it should be.
        service: Service,
        /// What was written.
        pattern: RoutePattern,
    },
}

fn list(known: &[String]) -> String {
    match known {
        [] => ": nothing came of any yet".to_owned(),
        known => format!("; known are {}", known.join(", ")),
    }
}

impl super::ServiceRecord {
    /// Takes the removal of routes for meant from `now` on, and returns which those are.
    ///
    /// # Errors
    /// Says which pattern fits no route that the service ever served; then nothing is taken.
    pub fn accept(&mut self, removal: &Removal, now: Timestamp) -> Result<Vec<Route>, NoRemoval> {
        let served = || self.routes.keys().chain(self.answered.keys());
        if let Some(pattern) =
            removal.routes.iter().find(|it| !served().any(|route| it.matches(route)))
        {
            return Err(NoRemoval::Route {
                service: self.service.clone(),
                pattern: pattern.clone(),
            });
        }
        let meant = served().filter(|route| removal.routes.iter().any(|it| it.matches(route)));
        let meant: std::collections::BTreeSet<Route> = meant.cloned().collect();
        for route in &meant {
            let Removal { by, why, .. } = removal;
            let acceptance = Acceptance { at: now, by: by.clone(), why: why.clone() };
            self.accepted.insert(route.clone(), acceptance);
        }
        Ok(meant.into_iter().collect())
    }
}
