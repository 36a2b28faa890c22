//! When opportunities were at risk, and what came back to safety.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OpportunityAtRisk;
use crate::ids::{CustomerId, IncidentId, OpportunityId};
use crate::money::{Money, Totals};
use crate::time::Timestamp;

/// A time in which an opportunity was at risk. Kept for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskSpan {
    /// Which opportunity.
    pub opportunity: OpportunityId,
    /// Its name then.
    pub name: String,
    /// Whose it is.
    pub customer: CustomerId,
    /// What it was worth then.
    pub amount: Money,
    /// Since when it was at risk.
    pub from: Timestamp,
    /// When it returned to safety; absent while it is at risk.
    pub until: Option<Timestamp>,
    /// The incidents that put it at risk.
    pub incidents: BTreeSet<IncidentId>,
}

/// Follows which opportunities are at risk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RiskWatch(BTreeMap<OpportunityId, RiskSpan>);

impl RiskWatch {
    /// Goes on from the spans that had not ended.
    pub fn restore(spans: impl IntoIterator<Item = RiskSpan>) -> Self {
        let open = spans.into_iter().filter(|it| it.until.is_none());
        Self(open.map(|it| (it.opportunity.clone(), it)).collect())
    }

    /// Takes note of what is at risk now, and by which incidents; returns the spans that began,
    /// changed or ended.
    pub fn follow(
        &mut self,
        at_risk: &[OpportunityAtRisk],
        incidents: impl Fn(&OpportunityId) -> BTreeSet<IncidentId>,
        now: Timestamp,
    ) -> Vec<RiskSpan> {
        let mut changed = Vec::new();
        for it in at_risk {
            let by = incidents(&it.id);
            let fresh = !self.0.contains_key(&it.id);
            let span = self.0.entry(it.id.clone()).or_insert_with(|| RiskSpan {
                opportunity: it.id.clone(),
                name: it.name.clone(),
                customer: it.customer.clone(),
                amount: it.amount,
                from: now,
                until: None,
                incidents: BTreeSet::new(),
            });
            if fresh || !by.is_subset(&span.incidents) {
                span.incidents.extend(by);
                changed.push(span.clone());
            }
        }
        let safe = |id: &OpportunityId| !at_risk.iter().any(|it| it.id == *id);
        let ended: Vec<OpportunityId> = self.0.keys().filter(|id| safe(id)).cloned().collect();
        for id in ended {
            let span = self.0.remove(&id);
            changed.extend(span.map(|span| RiskSpan { until: Some(now), ..span }));
        }
        changed
    }
}

/// What was protected in a period: opportunities that were at risk and returned to safety.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected {
    /// Each opportunity once.
    pub total: Totals,
    /// Each opportunity once for every customer.
    pub by_customer: BTreeMap<CustomerId, Totals>,
    /// Each opportunity once for every incident that put it at risk; where several did, their
    /// sum is more than the total.
    pub by_incident: BTreeMap<IncidentId, Totals>,
    /// The spans that it was worked out from, the last of each opportunity.
    pub spans: Vec<RiskSpan>,
}

impl Protected {
    /// Works out what was protected by spans that ended in a period.
    pub fn of(spans: impl IntoIterator<Item = RiskSpan>) -> Self {
        let mut last: BTreeMap<OpportunityId, RiskSpan> = BTreeMap::new();
        let mut incidents: BTreeMap<(IncidentId, OpportunityId), Money> = BTreeMap::new();
        for span in spans.into_iter().filter(|it| it.until.is_some()) {
            for incident in &span.incidents {
                incidents.insert((incident.clone(), span.opportunity.clone()), span.amount);
            }
            let known = last.get(&span.opportunity);
            if known.is_none_or(|known| known.until < span.until) {
                last.insert(span.opportunity.clone(), span);
            }
        }
        let mut protected = Self::default();
        for span in last.into_values() {
            protected.total.add(span.amount);
            protected.by_customer.entry(span.customer.clone()).or_default().add(span.amount);
            protected.spans.push(span);
        }
        for ((incident, _), amount) in incidents {
            protected.by_incident.entry(incident).or_default().add(amount);
        }
        protected
    }
}
