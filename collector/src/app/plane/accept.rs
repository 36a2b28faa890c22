//! What people decide about what was found: that routes are gone on purpose.

use bellwether_api::{NotDone, Operate};
use bellwether_core::BoxFuture;
use bellwether_core::facts::Removal;
use bellwether_core::route::Route;
use bellwether_core::store::Commit;
use tokio::sync::{mpsc, oneshot};

use super::Plane;

/// Something that a person asks for.
pub(in crate::app) struct Desire {
    removal: Removal,
    /// Answered when it holds.
    done: oneshot::Sender<Result<Vec<Route>, NotDone>>,
}

/// Takes what people ask for to the health plane.
pub(in crate::app) struct Ear(pub(in crate::app) mpsc::Sender<Desire>);

impl Operate for Ear {
    fn accept(&self, removal: Removal) -> BoxFuture<'_, Result<Vec<Route>, NotDone>> {
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let desire = Desire { removal, done };
            self.0.send(desire).await.map_err(|_| NotDone::Store)?;
            answer.await.map_err(|_| NotDone::Store)?
        })
    }
}

impl Plane {
    /// Takes the removal of routes for meant once that is stored.
    pub(super) async fn accept(&mut self, desire: Desire) {
        let Desire { removal, done } = desire;
        let outcome = self.accept_removal(&removal).await;
        // who asked may have gone, and it holds all the same
        let _ = done.send(outcome);
    }

    async fn accept_removal(&mut self, removal: &Removal) -> Result<Vec<Route>, NotDone> {
        let (record, routes) = self.engine.without(removal, self.clock.now())?;
        let commit = Commit { services: vec![record.clone()], ..Commit::default() };
        if let Err(error) = self.store.commit(commit).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "a removal of routes not stored; whoever asked is told");
            return Err(NotDone::Store);
        }
        let Removal { service, by, why, .. } = removal;
        tracing::info!(%service, by, why, routes = routes.len(), "routes are gone on purpose");
        // what waits for the store is older, and must not be written over it
        self.unstored.services.retain(|it| it.service != record.service);
        self.engine.keep(record);
        Ok(routes)
    }
}
