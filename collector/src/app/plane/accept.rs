//! What people decide about what was found: that routes are gone on purpose.

use bellwether_core::act::Refused;
use bellwether_core::facts::Removal;
use bellwether_core::route::Route;
use bellwether_core::store::Commit;

use super::Plane;

impl Plane {
    /// Takes the removal of routes for meant once that is stored.
    pub(super) async fn accept(&mut self, removal: &Removal) -> Result<Vec<Route>, Refused> {
        let (record, routes) = self
            .engine
            .without(removal, self.clock.now())
            .map_err(|unknown| Refused::Unknown(unknown.to_string()))?;
        let commit = Commit { services: vec![record.clone()], ..Commit::default() };
        if let Err(error) = self.store.commit(commit).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "a removal of routes not stored; whoever asked is told");
            return Err(Refused::Later("it could not be stored now".to_owned()));
        }
        let Removal { service, by, why, .. } = removal;
        tracing::info!(%service, by, why, routes = routes.len(), "routes are gone on purpose");
        // what waits for the store is older, and must not be written over it
        self.unstored.services.retain(|it| it.service != record.service);
        self.engine.keep(record);
        Ok(routes)
    }
}
