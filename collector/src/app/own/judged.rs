//! What the health plane did and found, as metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_core::catalog::Catalog;
use bellwether_core::ids::{ComponentId, CustomerId, OpportunityId, RuleId};
use bellwether_core::impact::{Impact, health_score};
use bellwether_core::incident::Incident;
use bellwether_core::money::{Currency, Money};
use bellwether_core::state::{ComponentState, Criticality};
use bellwether_core::time::Timestamp;
use bellwether_health::Engine;
use bellwether_proto::metrics::{
    BUSINESS_CUSTOMERS_AFFECTED, BUSINESS_HEALTH_SCORE, BUSINESS_REVENUE_AT_RISK,
    BUSINESS_REVENUE_LOST, COLLECTOR_STORE_DURATION, COLLECTOR_STORE_FAILING, COMPONENT_HEALTH,
    HEALTH_ALERTS, HEALTH_DETECTION_DELAY, HEALTH_EVALUATION_DURATION, HEALTH_RULE_EVALUATIONS,
};
use bellwether_proto::semconv::{
    BUSINESS_COMPONENT, BUSINESS_CURRENCY, BUSINESS_CUSTOMER, BUSINESS_ESTIMATED,
    BUSINESS_OPPORTUNITY, COMPONENT_STATE, INCIDENT_ID, RULE_ID, SERVICE_CRITICALITY,
};

use super::ended::Ended;
use super::metric::{Histogram, Reading};
use crate::app::plane::Stand;

/// Bounds for what should take milliseconds.
const SHORT: &[f64] = &[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// Bounds for what should take seconds.
const LONG: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0];

/// A rule, and the state that it gave.
type Finding = (RuleId, ComponentState);

/// Counts what evaluations came to, and keeps the newest of it.
#[derive(Debug)]
pub(super) struct Judged {
    took: Histogram,
    stored: Histogram,
    evaluations: BTreeMap<RuleId, u64>,
    delays: BTreeMap<Finding, Histogram>,
    newest: Newest,
    ended: Ended,
}

/// What the newest evaluation found.
#[derive(Debug, Default)]
struct Newest {
    store_fails: bool,
    alerts: BTreeMap<Finding, u64>,
    components: Vec<(ComponentId, Criticality, ComponentState)>,
    score: Option<f64>,
    impact: Impact,
    horizon: Duration,
    incidents: Vec<Incident>,
    worth: Worth,
}

/// What the catalog says could be at risk.
#[derive(Debug, Default)]
struct Worth {
    opportunities: Vec<(OpportunityId, CustomerId, Currency)>,
    components: Vec<(ComponentId, Currency)>,
}

impl Default for Judged {
    fn default() -> Self {
        Self {
            took: Histogram::new(SHORT),
            stored: Histogram::new(SHORT),
            evaluations: BTreeMap::new(),
            delays: BTreeMap::new(),
            newest: Newest::default(),
            ended: Ended::default(),
        }
    }
}

impl Judged {
    /// Takes in an evaluation.
    pub(super) fn take(&mut self, engine: &Engine, stand: &Stand) {
        self.took.record(stand.took.judging.as_secs_f64());
        if let Some(storing) = stand.took.storing {
            self.stored.record(storing.as_secs_f64());
        }
        for rule in engine.rules().iter().map(|it| &it.id) {
            *self.evaluations.entry(rule.clone()).or_default() += 1;
        }
        let evaluation = &stand.evaluation;
        let mut alerts = BTreeMap::new();
        for alert in &evaluation.active {
            *alerts.entry((alert.key.rule.clone(), alert.state)).or_default() += 1;
        }
        for life in &evaluation.commit.lives {
            // it began to fire just now
            let began = life.fired_at == stand.at && life.resolved_at.is_none();
            if let Some(fault_at) = life.fault_at.filter(|_| began) {
                let delays = self.delays.entry((life.key.rule.clone(), life.state));
                let delays = delays.or_insert_with(|| Histogram::new(LONG));
                delays.record(life.fired_at.since(fault_at).as_secs_f64());
            }
        }
        let state = |id| evaluation.effective.get(id).copied().unwrap_or(ComponentState::Unknown);
        let catalog = engine.catalog();
        self.newest = Newest {
            store_fails: stand.store_error.is_some(),
            alerts,
            components: catalog
                .components()
                .map(|it| (it.id.clone(), it.criticality, state(&it.id)))
                .collect(),
            score: health_score(catalog, &evaluation.effective).map(|it| float(it.round_dp(2))),
            impact: evaluation.impact.clone(),
            horizon: catalog.horizon(),
            incidents: stand.incidents.clone(),
            worth: Worth::of(catalog),
        };
    }

    pub(super) fn read(&mut self, reading: &mut Reading, now: Timestamp) {
        reading.add(&HEALTH_EVALUATION_DURATION, &[], &self.took);
        reading.add(&COLLECTOR_STORE_DURATION, &[], &self.stored);
        reading.add(&COLLECTOR_STORE_FAILING, &[], self.newest.store_fails);
        for (rule, count) in &self.evaluations {
            reading.add(&HEALTH_RULE_EVALUATIONS, &[(RULE_ID, rule.as_str())], *count);
        }
        for ((rule, state), delays) in &self.delays {
            let labels = [(RULE_ID, rule.as_str()), (COMPONENT_STATE, state.as_str())];
            reading.add(&HEALTH_DETECTION_DELAY, &labels, delays);
        }
        self.newest.lasting(reading);
        let mut passing = Reading::default();
        self.newest.passing(&mut passing);
        self.ended.take(&passing, now);
        self.ended.read(&mut passing);
        reading.append(passing);
    }
}

impl Newest {
    /// Tells what always has a value.
    fn lasting(&self, reading: &mut Reading) {
        for (id, criticality, state) in &self.components {
            let labels =
                [(BUSINESS_COMPONENT, id.as_str()), (SERVICE_CRITICALITY, criticality.as_str())];
            reading.add(&COMPONENT_HEALTH, &labels, number(*state));
        }
        if let Some(score) = self.score {
            reading.add(&BUSINESS_HEALTH_SCORE, &[], score);
        }
    }

    /// Tells what begins and ends.
    fn passing(&self, reading: &mut Reading) {
        for ((rule, state), count) in &self.alerts {
            let labels = [(RULE_ID, rule.as_str()), (COMPONENT_STATE, state.as_str())];
            reading.add(&HEALTH_ALERTS, &labels, *count);
        }
        for it in &self.impact.opportunities {
            let labels =
                [(BUSINESS_OPPORTUNITY, it.id.as_str()), (BUSINESS_CUSTOMER, it.customer.as_str())];
            let metric = &BUSINESS_REVENUE_AT_RISK;
            money(reading, metric, it.amount, &labels);
        }
        for rate in &self.impact.rates {
            let labels = [(BUSINESS_COMPONENT, rate.component.as_str())];
            money(reading, &BUSINESS_REVENUE_AT_RISK, rate.over(self.horizon), &labels);
        }
        for it in &self.incidents {
            let component = [(BUSINESS_COMPONENT, it.component.as_str())];
            for lost in it.impact.revenue_lost.iter() {
                money(reading, &BUSINESS_REVENUE_LOST, lost, &component);
            }
            let affected = it.impact.customers_affected;
            let labels = [
                (INCIDENT_ID, it.id.as_str()),
                (BUSINESS_COMPONENT, it.component.as_str()),
                (BUSINESS_ESTIMATED, if affected.estimated { "true" } else { "false" }),
            ];
            reading.add(&BUSINESS_CUSTOMERS_AFFECTED, &labels, affected.count);
        }
        self.calm(reading);
    }

    /// Says of what is not at risk that nothing of it is: a backend that is sent numbers shows the
    /// last one for long.
    fn calm(&self, reading: &mut Reading) {
        let at_risk: BTreeSet<_> = self.impact.opportunities.iter().map(|it| &it.id).collect();
        for (id, customer, currency) in &self.worth.opportunities {
            if !at_risk.contains(id) {
                let labels =
                    [(BUSINESS_OPPORTUNITY, id.as_str()), (BUSINESS_CUSTOMER, customer.as_str())];
                money(reading, &BUSINESS_REVENUE_AT_RISK, Money::nothing(*currency), &labels);
            }
        }
        let losing: BTreeSet<_> = self.impact.rates.iter().map(|it| &it.component).collect();
        let out: BTreeSet<_> = self.incidents.iter().map(|it| &it.component).collect();
        for (id, currency) in &self.worth.components {
            let labels = [(BUSINESS_COMPONENT, id.as_str())];
            if !losing.contains(id) {
                money(reading, &BUSINESS_REVENUE_AT_RISK, Money::nothing(*currency), &labels);
            }
            if !out.contains(id) {
                money(reading, &BUSINESS_REVENUE_LOST, Money::nothing(*currency), &labels);
            }
        }
    }
}

impl Worth {
    fn of(catalog: &Catalog) -> Self {
        let opportunities = catalog.opportunities().iter();
        let components = catalog.components();
        Self {
            opportunities: opportunities
                .map(|it| (it.id.clone(), it.customer.clone(), it.amount.currency))
                .collect(),
            components: components
                .filter_map(|it| Some((it.id.clone(), it.revenue_per_hour?.currency)))
                .collect(),
        }
    }
}

fn money(
    reading: &mut Reading,
    metric: &'static bellwether_proto::metric::Metric,
    money: Money,
    labels: &[(&'static str, &str)],
) {
    let currency = money.currency.to_string();
    let labels: Vec<_> =
        labels.iter().copied().chain([(BUSINESS_CURRENCY, currency.as_str())]).collect();
    // to the hundredth, as everywhere; a number on a chart need not be more exact than that
    let amount = float(money.amount.round_dp(2));
    reading.add_in(metric, &format!("{{{currency}}}"), &labels, amount);
}

/// Makes of an exact number the nearest one that a metric can have.
fn float(exact: impl std::fmt::Display) -> f64 {
    exact.to_string().parse().unwrap_or_default()
}

/// Returns the number of a state, as the conventions give it.
fn number(state: ComponentState) -> i64 {
    match state {
        ComponentState::Operational => 0,
        ComponentState::DegradedPerformance => 1,
        ComponentState::PartialOutage => 2,
        ComponentState::MajorOutage => 3,
        ComponentState::Unknown => -1,
        ComponentState::UnderMaintenance => -2,
    }
}
