//! Mends what the auditor found of one open incident.

use bellwether_core::ruling::{Outcome, Why};

use super::attend::Attended;
use crate::audit::{Finding, What};
use crate::recipient::Recipient;
use crate::routing::Reader;

impl Attended<'_> {
    /// Alarms of something that the auditor found, once, and mends it where that can be.
    pub(super) fn audited(&mut self, finding: &Finding) {
        let text = finding.to_string();
        if !self.case.audited.insert(text.clone()) {
            return;
        }
        self.story.push(text.clone());
        let why = Why::Audit { finding: text };
        let recipient = finding.recipient.clone();
        self.rule(Some(recipient.clone()), Outcome::Withheld, why.clone());
        let quiet = self.case.acknowledged.is_some() || self.case.hushed.is_some();
        match &finding.what {
            _ if quiet => {}
            What::Missing => {
                self.case.told.remove(&recipient);
                self.open(Reader { recipient, stakeholder: false }, why, None);
            }
            What::Undelivered { .. } => self.go_round(&recipient, &why),
            What::Disturbed | What::LeftOpen => {}
        }
    }

    /// Tells others in the place of somebody who cannot be told: the next step of escalation
    /// is taken at once, and where there is none, every channel is told that was not.
    fn go_round(&mut self, around: &Recipient, why: &Why) {
        let mut any = false;
        for (name, ladder) in &mut self.case.ladders {
            let Some(steps) = self.scene.policy.escalation.get(name) else { continue };
            if ladder.left(steps) > 0 {
                ladder.hasten(steps, self.scene.steady);
                any = true;
            }
        }
        if any {
            return;
        }
        for channel in self.scene.policy.everyone() {
            let recipient = channel.destination.clone().into();
            if recipient != *around && !self.case.told.contains_key(&recipient) {
                self.open(Reader { recipient, stakeholder: false }, why.clone(), None);
            }
        }
    }
}
