//! The way for people into the health plane: what they do is done there, where all state is.

use std::sync::Arc;
use std::time::Duration;

use bellwether_alerts::{Finding, Policy};
use bellwether_core::BoxFuture;
use bellwether_core::act::{Act, Acts, Done, Refused};
use bellwether_core::catalog::Catalog;
use bellwether_core::facts::Removal;
use bellwether_core::incident::Incident;
use bellwether_core::route::Route;
use bellwether_core::store::Records;
use bellwether_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::auditor::Auditor;

/// How many acts may wait for the health plane.
const MOST: usize = 64;

/// What the health plane is asked.
pub(super) enum Ask {
    /// To do something.
    Act(Act, oneshot::Sender<Result<Done, Refused>>),
    /// To take the removal of routes for meant.
    Accept(Removal, oneshot::Sender<Result<Vec<Route>, Refused>>),
    /// To write what a person says into an incident that is over.
    Amend(Box<Incident>, Act, oneshot::Sender<Result<Done, Refused>>),
    /// What the auditor goes by; not answered while something is not stored.
    Review(oneshot::Sender<Review>),
    /// What the auditor found of each incident that it looked at.
    Found(Vec<(Incident, Vec<Finding>)>),
}

/// What the auditor goes by.
pub(super) struct Review {
    pub(super) policy: Arc<Policy>,
    pub(super) catalog: Catalog,
    /// Those that are open.
    pub(super) incidents: Vec<Incident>,
    pub(super) at: Timestamp,
}

/// Does what people ask for.
pub(super) struct Door {
    asks: mpsc::Sender<Ask>,
    records: Arc<dyn Records>,
}

/// Returns a door, and what the health plane takes from it.
pub(super) fn door(records: Arc<dyn Records>) -> (Door, mpsc::Receiver<Ask>) {
    let (asks, asked) = mpsc::channel(MOST);
    (Door { asks, records }, asked)
}

impl Door {
    /// Returns the auditor, who comes in here too, every so often.
    pub(super) fn auditor(&self, every: Duration) -> Auditor {
        Auditor { asks: self.asks.clone(), records: Arc::clone(&self.records), every }
    }
}

impl Door {
    /// Asks, and waits for the answer.
    async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Refused>>) -> Ask,
    ) -> Result<T, Refused> {
        let stopping = || Refused::Later("the collector is stopping".to_owned());
        let (answer, came) = oneshot::channel();
        // those who wait are few: more are asked to come again
        self.asks.try_send(ask(answer)).map_err(|_| {
            Refused::Later("too many acts wait, or the collector is stopping".to_owned())
        })?;
        came.await.map_err(|_| stopping())?
    }
}

impl Acts for Door {
    fn accept(&self, removal: Removal) -> BoxFuture<'_, Result<Vec<Route>, Refused>> {
        Box::pin(self.ask(|answer| Ask::Accept(removal, answer)))
    }

    fn act(&self, act: Act) -> BoxFuture<'_, Result<Done, Refused>> {
        Box::pin(async move {
            let done = self.ask(|answer| Ask::Act(act.clone(), answer)).await;
            let may_be_over = matches!(act, Act::Note { .. } | Act::Judge { .. });
            match (&done, act.incident()) {
                (Err(Refused::Unknown(_)), Some(id)) if may_be_over => {
                    let read = self.records.incident(id).await;
                    let found =
                        read.map_err(|_| Refused::Later("the history cannot be read".to_owned()))?;
                    match found {
                        Some(incident) if !incident.is_open() => {
                            self.ask(|answer| Ask::Amend(Box::new(incident), act, answer)).await
                        }
                        _ => done,
                    }
                }
                _ => done,
            }
        })
    }
}
