//! How things went.

use std::time::Duration;

use bellwether_core::course;
use bellwether_core::impact::Protected;
use bellwether_core::money::Totals;
use bellwether_core::state::ComponentState;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Amount, Time, amounts};

/// What was at risk, lost and protected over time. Currencies are never added up.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImpactHistory {
    /// When the period begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// How long a step is.
    pub step_seconds: u64,
    /// The steps, one after the other; the first may begin before the period.
    pub steps: Vec<ImpactStep>,
    /// What the period came to.
    pub total: ImpactTotals,
    /// What the period of the same length right before it came to.
    pub before: ImpactTotals,
}

/// One step of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImpactStep {
    /// When it begins.
    pub at: Time,
    /// What it came to.
    #[serde(flatten)]
    pub totals: ImpactTotals,
}

/// What some time came to.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ImpactTotals {
    /// Opportunities that were at risk at any time in it, each once.
    pub at_risk: Vec<Amount>,
    /// What was lost in it; not by incidents that were false.
    pub lost: Vec<Amount>,
    /// Opportunities that were at risk and returned to safety in it, each once.
    pub protected: Vec<Amount>,
}

impl ImpactTotals {
    /// Makes it of sums.
    pub fn new(at_risk: &Totals, lost: &Totals, protected: &Protected) -> Self {
        Self {
            at_risk: amounts(at_risk),
            lost: amounts(lost),
            protected: amounts(&protected.total),
        }
    }
}

/// How healthy the product was over time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScoreHistory {
    /// When the period begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// How long a step is.
    pub step_seconds: u64,
    /// The steps, one after the other; the first may begin before the period.
    pub steps: Vec<ScoreStep>,
    /// The average of the period, weighted by time, to the hundredth as text; `null` where
    /// nothing was known.
    pub average: Option<String>,
    /// The same of the period of the same length right before it.
    pub before: Option<String>,
}

/// One step of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScoreStep {
    /// When it begins.
    pub at: Time,
    /// The average, to the hundredth as text; `null` where nothing was known.
    pub average: Option<String>,
}

/// Uptime by component and by customer, in months of UTC.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UptimeHistory {
    /// The months, such as `2026-11`, oldest first.
    pub months: Vec<String>,
    /// Every component of the catalog, in its order.
    pub components: Vec<UptimeOf>,
    /// Every customer of the catalog that needs any component: it is as the worst of those.
    pub customers: Vec<UptimeOf>,
}

/// The uptime of a component or a customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UptimeOf {
    /// Its id in the catalog.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Each of the months, oldest first.
    pub months: Vec<MonthOfUptime>,
}

/// One month of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MonthOfUptime {
    /// Which month.
    pub month: String,
    /// How it was.
    #[serde(flatten)]
    pub uptime: Uptime,
}

/// How long something was how.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Uptime {
    /// Which share of the measured time it was up, in percent to the thousandth as text: degraded
    /// is up, a partial outage is not. `null` where nothing was measured.
    pub percent: Option<String>,
    /// For how long it was known how it is, without maintenance.
    pub measured_seconds: u64,
    /// In a partial or a major outage.
    pub down_seconds: u64,
    /// Worse than it should be, and working.
    pub degraded_seconds: u64,
    /// Under maintenance, which is not measured.
    pub maintenance_seconds: u64,
    /// Not known, which is not measured.
    pub unknown_seconds: u64,
}

impl From<&course::Uptime> for Uptime {
    fn from(it: &course::Uptime) -> Self {
        let secs = |time: Duration| time.as_secs();
        Self {
            percent: it.percent().map(|it| text(it, 3)),
            measured_seconds: secs(it.measured()),
            down_seconds: secs(it.down()),
            degraded_seconds: secs(it.of(ComponentState::DegradedPerformance)),
            maintenance_seconds: secs(it.of(ComponentState::UnderMaintenance)),
            unknown_seconds: secs(it.of(ComponentState::Unknown)),
        }
    }
}

/// Writes a number with so many digits at most. It is never rounded up to a whole that it is not.
pub(crate) fn text(number: Decimal, digits: u32) -> String {
    number
        .round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::ToZero)
        .normalize()
        .to_string()
}

/// What was measured over time.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// When the period begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// How long a step is.
    pub step_seconds: u64,
    /// The steps in which anything was measured, oldest first; the first may begin before the
    /// period. What is older than 30 days is there by the hour or the day.
    pub steps: Vec<SeriesStep>,
}

/// What was measured in one step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeriesStep {
    /// When it begins.
    pub at: Time,
    /// How often it was measured.
    pub count: u64,
    /// How often it was not as it should be.
    pub failed: u64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// On average.
    pub average: f64,
}
