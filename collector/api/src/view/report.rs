//! What a month or a week came to.

use std::collections::BTreeMap;
use std::time::Duration;

use bellwether_core::ids::{ComponentId, CustomerId, IncidentId, RuleId};
use bellwether_core::incident::{self, Verdict};
use bellwether_core::report::{self, Figures, Times};
use bellwether_core::state::{ComponentState, Severity};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use super::past::text;
use super::{Amount, Time, Uptime, amounts};

/// What a month or a week came to, and what the one before it did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Which.
    pub period: ReportPeriod,
    /// When this was worked out.
    pub made_at: Time,
    /// What it came to.
    pub figures: ReportFigures,
    /// What the month or week before came to.
    pub before: ReportFigures,
    /// The incidents that were opened in it: the loudest first, then the longest; 100 at most.
    pub incidents: Vec<ReportIncident>,
    /// How many more there were.
    pub incidents_left_out: usize,
    /// What people said of what each rule found. Of incidents that are older than 90 days it is
    /// not known any more which rules they were of.
    pub rules: Vec<RuleVerdicts>,
    /// The uptime of every component of the catalog, in its order.
    pub components: Vec<ReportUptime>,
    /// The uptime of every customer that needs any component, and its money.
    pub customers: Vec<ReportCustomer>,
}

/// Which time a report is about.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportPeriod {
    /// As it is asked for, such as `2026-11` or `2026-W48`.
    pub name: String,
    /// When it begins.
    pub from: Time,
    /// When it ends; the report tells of it up to now.
    pub until: Time,
    /// Whether it is over.
    pub over: bool,
}

/// What a period came to, in figures.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportFigures {
    /// How many incidents were opened in it.
    pub incidents: usize,
    /// The same by severity.
    pub by_severity: BTreeMap<Severity, usize>,
    /// How many were open at its end.
    pub open_at_end: usize,
    /// How long things took, of incidents that are neither false nor duplicates.
    pub time_to: TimesTo,
    /// What people said of the incidents.
    pub verdicts: Verdicts,
    /// Opportunities that were at risk at any time in it, each once.
    pub revenue_at_risk: Vec<Amount>,
    /// What was lost in it; not by incidents that were false.
    pub revenue_lost: Vec<Amount>,
    /// Opportunities that were at risk and returned to safety in it, each once; never added to
    /// what was lost.
    pub revenue_protected: Vec<Amount>,
    /// The health score on average, to the hundredth as text; `null` where nothing was known.
    pub health_score: Option<String>,
}

/// How long things took.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TimesTo {
    /// From when a fault first showed until an incident was opened.
    pub detect: Took,
    /// From its opening until somebody first said that they work on it.
    pub acknowledge: Took,
    /// From when the fault first showed until it was over.
    pub repair: Took,
}

/// How long something took, in seconds; `null` where it never happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Took {
    /// Over how many incidents.
    pub count: usize,
    /// On average.
    pub mean_seconds: Option<f64>,
    /// Half of them took no longer.
    pub median_seconds: Option<f64>,
    /// The longest.
    pub worst_seconds: Option<f64>,
}

/// What people said of incidents.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verdicts {
    /// Something was wrong.
    pub real: usize,
    /// Nothing was.
    #[serde(rename = "false")]
    pub false_: usize,
    /// Another incident tells of the same.
    pub duplicate: usize,
    /// Nobody said yet.
    pub open: usize,
    /// The share of those with a verdict that were false, in percent to the hundredth as text;
    /// `null` without any.
    pub false_percent: Option<String>,
}

/// What people said of what a rule found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleVerdicts {
    /// Which rule.
    pub rule: RuleId,
    /// What they said.
    #[serde(flatten)]
    pub verdicts: Verdicts,
}

/// An incident in a few words.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportIncident {
    /// Its id.
    pub id: IncidentId,
    /// Its headline.
    pub title: String,
    /// The component that was the cause.
    pub component: ComponentId,
    /// The worst state of that.
    pub worst: ComponentState,
    /// How loud it was.
    pub severity: Severity,
    /// When the fault first showed.
    pub fault_at: Time,
    /// When it was opened.
    pub opened_at: Time,
    /// When it was resolved.
    pub resolved_at: Option<Time>,
    /// From the fault to the opening, in seconds.
    pub detected_after_seconds: f64,
    /// From the opening until somebody worked on it, in seconds.
    pub acknowledged_after_seconds: Option<f64>,
    /// From the fault to the end, in seconds.
    pub repaired_after_seconds: Option<f64>,
    /// What it turned out to be.
    pub verdict: Option<Verdict>,
    /// The most that was at risk.
    pub revenue_at_risk: Vec<Amount>,
    /// What it lost.
    pub revenue_lost: Vec<Amount>,
    /// The customers who met failures, or whose opportunities were at risk.
    pub customers: Vec<CustomerId>,
}

/// The uptime of a component.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportUptime {
    /// Its id.
    pub id: ComponentId,
    /// Its name.
    pub name: String,
    /// How it was.
    #[serde(flatten)]
    pub uptime: Uptime,
}

/// A customer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportCustomer {
    /// Its id.
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// How what it needs was; as the worst of that.
    #[serde(flatten)]
    pub uptime: Uptime,
    /// Its opportunities that were at risk at any time in it, each once.
    pub revenue_at_risk: Vec<Amount>,
    /// Those that returned to safety, each once.
    pub revenue_protected: Vec<Amount>,
}

impl ReportFigures {
    /// Writes figures down.
    pub fn new(figures: &Figures, score: Option<Decimal>) -> Self {
        Self {
            incidents: figures.opened,
            by_severity: figures.by_severity.clone(),
            open_at_end: figures.open_at_end,
            time_to: TimesTo {
                detect: figures.detect.into(),
                acknowledge: figures.acknowledge.into(),
                repair: figures.repair.into(),
            },
            verdicts: figures.verdicts.into(),
            revenue_at_risk: amounts(&figures.at_risk),
            revenue_lost: amounts(&figures.lost),
            revenue_protected: amounts(&figures.protected.total),
            health_score: score.map(|it| text(it, 2)),
        }
    }
}

/// Returns seconds to the millisecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

impl From<Times> for Took {
    fn from(it: Times) -> Self {
        Self {
            count: it.count,
            mean_seconds: it.mean.map(seconds),
            median_seconds: it.median.map(seconds),
            worst_seconds: it.worst.map(seconds),
        }
    }
}

impl From<report::Verdicts> for Verdicts {
    fn from(it: report::Verdicts) -> Self {
        Self {
            real: it.real,
            false_: it.false_,
            duplicate: it.duplicate,
            open: it.open,
            false_percent: it.false_percent().map(|it| text(it, 2)),
        }
    }
}

impl From<&incident::Incident> for ReportIncident {
    fn from(it: &incident::Incident) -> Self {
        Self {
            id: it.id.clone(),
            title: it.title(),
            component: it.component.clone(),
            worst: it.worst,
            severity: it.severity,
            fault_at: it.fault_at.into(),
            opened_at: it.opened_at.into(),
            resolved_at: it.resolved_at.map(Time::from),
            detected_after_seconds: seconds(report::to_detect(it)),
            acknowledged_after_seconds: report::to_acknowledge(it).map(seconds),
            repaired_after_seconds: report::to_repair(it).map(seconds),
            verdict: it.response.verdict,
            revenue_at_risk: amounts(&it.impact.revenue_at_risk),
            revenue_lost: amounts(&it.impact.revenue_lost),
            customers: it.customers.iter().cloned().collect(),
        }
    }
}
