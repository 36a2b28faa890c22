//! What open incidents cost: the loss so far, the customers that met failures, and when
//! opportunities were at risk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::distinct::{Count, Distinct, hash};
use bellwether_core::ids::{IncidentId, OpportunityId};
use bellwether_core::impact::{Loss, Meter, RiskSpan, RiskWatch, loss_rates};
use bellwether_core::incident::Incident;
use bellwether_core::store::Snapshot;
use bellwether_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Standing;

/// The accounts of open incidents.
#[derive(Default)]
pub(crate) struct Ledger {
    accounts: BTreeMap<IncidentId, Account>,
    watch: RiskWatch,
}

/// The account of one incident.
#[derive(Serialize, Deserialize)]
struct Account {
    meter: Meter,
    customers: Distinct,
    /// How many customers there were when it was last kept, and when that was.
    #[serde(skip)]
    kept: (Count, Timestamp),
}

/// An account is kept at least this often while it changes.
const KEEP: Duration = Duration::from_secs(60);

/// What is to be stored of a step.
#[derive(Default)]
pub(crate) struct Entries {
    pub(crate) losses: Vec<Loss>,
    pub(crate) risks: Vec<RiskSpan>,
    pub(crate) snapshots: Vec<Snapshot>,
}

impl Ledger {
    /// Goes on from what was stored. An incident without an account goes on from what its own
    /// record says.
    pub(crate) fn restore<'a>(
        open: impl Iterator<Item = &'a Incident>,
        snapshots: &[Snapshot],
        risks: &[RiskSpan],
    ) -> Self {
        let account = |incident: &Incident| {
            let stored = snapshots.iter().find(|it| it.name == name(&incident.id));
            let read = |it: &Snapshot| -> Option<Account> {
                let mut account: Account = serde_json::from_slice(it.body.as_deref()?).ok()?;
                account.kept = (account.customers.count(), it.at);
                Some(account)
            };
            stored.and_then(read).unwrap_or_else(|| {
                let lost = incident.impact.revenue_lost.clone();
                Account::new(Meter::after(lost, incident.updated_at))
            })
        };
        let accounts = open.map(|it| (it.id.clone(), account(it))).collect();
        Self { accounts, watch: RiskWatch::restore(risks.to_vec()) }
    }

    /// Reads the meter of an incident that goes on, with its newest state, and notes the result
    /// in it.
    pub(crate) fn read(
        &mut self,
        incident: &mut Incident,
        standing: &Standing<'_>,
        entries: &mut Entries,
        now: Timestamp,
    ) {
        let account = self
            .accounts
            .entry(incident.id.clone())
            .or_insert_with(|| Account::new(Meter::new(now)));
        let rates = loss_rates(standing.catalog, &incident.affected, standing.measured);
        let losses = account.meter.read(&incident.id, rates, now);
        let failing = incident.affected.keys().filter_map(|it| standing.failing.get(it));
        failing.flatten().for_each(|it| account.customers.insert(*it));
        let at_risk = incident.impact.opportunities.iter();
        at_risk.for_each(|it| account.customers.insert(hash(it.customer.as_str())));
        let came = account.customers.count() != account.kept.0;
        if !losses.is_empty() || (came && now.since(account.kept.1) >= KEEP) {
            entries.snapshots.push(account.snapshot(&incident.id, now));
        }
        entries.losses.extend(losses);
        account.note(incident);
    }

    /// Closes the account of an incident that is over, and notes the result in it.
    pub(crate) fn close(&mut self, incident: &mut Incident, entries: &mut Entries, now: Timestamp) {
        let Some(mut account) = self.accounts.remove(&incident.id) else { return };
        entries.losses.extend(account.meter.end(&incident.id, now));
        entries.snapshots.push(Snapshot { name: name(&incident.id), at: now, body: None });
        account.note(incident);
    }

    /// Keeps the account of an incident that changed.
    pub(crate) fn keep(&mut self, incident: &Incident, entries: &mut Entries, now: Timestamp) {
        let account = self.accounts.get_mut(&incident.id);
        entries.snapshots.extend(account.map(|it| it.snapshot(&incident.id, now)));
    }

    /// Follows which opportunities are at risk, by whatever incident.
    pub(crate) fn follow<'a>(
        &mut self,
        standing: &Standing<'_>,
        open: impl Iterator<Item = &'a Incident> + Clone,
        entries: &mut Entries,
        now: Timestamp,
    ) {
        let by = |id: &OpportunityId| -> BTreeSet<IncidentId> {
            let puts = |it: &&Incident| it.impact.opportunities.iter().any(|at| at.id == *id);
            open.clone().filter(puts).map(|it| it.id.clone()).collect()
        };
        entries.risks.extend(self.watch.follow(&standing.impact.opportunities, by, now));
    }
}

impl Account {
    fn new(meter: Meter) -> Self {
        Self { meter, customers: Distinct::default(), kept: Default::default() }
    }

    fn note(&self, incident: &mut Incident) {
        incident.impact.revenue_lost = self.meter.lost().clone();
        incident.impact.customers_affected = self.customers.count();
    }

    fn snapshot(&mut self, id: &IncidentId, now: Timestamp) -> Snapshot {
        self.kept = (self.customers.count(), now);
        // of what this is made of, nothing can fail to be written
        let body = serde_json::to_vec(self).ok().map(Into::into);
        Snapshot { name: name(id), at: now, body }
    }
}

fn name(id: &IncidentId) -> String {
    format!("account:{id}")
}
