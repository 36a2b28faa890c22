//! What people and the auditor ask of the health plane.

use bellwether_alerts::{Decision, Finding, amend};
use bellwether_core::act::{Act, Done, Refused};
use bellwether_core::incident::Incident;
use bellwether_core::store::Commit;

use super::Plane;
use crate::app::acts::{Ask, Review};

impl Plane {
    /// Does what is asked, and answers when it is stored.
    pub(super) async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Act(act, answer) => {
                // whoever asked may have gone, and it is done all the same
                let _ = answer.send(self.act(act).await);
            }
            Ask::Accept(removal, answer) => {
                let _ = answer.send(self.accept(&removal).await);
            }
            Ask::Amend(incident, act, answer) => {
                let _ = answer.send(self.amend(*incident, &act).await);
            }
            Ask::Review(answer) => {
                if self.unstored.is_empty() {
                    let _ = answer.send(Review {
                        policy: self.desk.policy().clone(),
                        catalog: self.engine.catalog().clone(),
                        incidents: self.desk.open().cloned().collect(),
                        at: self.clock.now(),
                    });
                }
            }
            Ask::Found(found) => self.found(found).await,
        }
    }

    async fn act(&mut self, act: Act) -> Result<Done, Refused> {
        let now = self.clock.now();
        let (decision, done) = self.desk.act(act, self.engine.catalog(), now)?;
        self.told.extend(decision.incidents.iter().cloned());
        self.keep(decision).await?;
        Ok(done)
    }

    async fn amend(&mut self, incident: Incident, act: &Act) -> Result<Done, Refused> {
        let amended = amend(incident, act, self.clock.now())?;
        let incidents = vec![amended.clone()];
        self.keep(Decision { incidents, ..Decision::default() }).await?;
        Ok(Done::Incident(Box::new(amended)))
    }

    /// Stores what was decided.
    async fn keep(&mut self, decision: Decision) -> Result<(), Refused> {
        let mut commit = Commit::default();
        decision.put_into(&mut commit);
        let later = "it holds, and is stored when the store can; the collector's log says why it cannot now";
        self.store(commit).await.map_err(|_| Refused::Later(later.to_owned()))
    }

    /// Alarms of what the auditor found, and mends what can be mended.
    async fn found(&mut self, found: Vec<(Incident, Vec<Finding>)>) {
        let now = self.clock.now();
        self.audit.clear();
        let mut decision = Decision::default();
        for (incident, findings) in found {
            for finding in &findings {
                let finding = finding.to_string();
                tracing::error!(incident = %incident.id, finding, "who was told is not as it should be");
                self.audit.push(format!("{}: {finding}", incident.id));
            }
            decision.append(self.desk.found(&incident, findings, self.engine.catalog(), now));
        }
        self.told.extend(decision.incidents.iter().cloned());
        // what is not stored is stored with the next evaluation
        let _ = self.keep(decision).await;
    }
}
