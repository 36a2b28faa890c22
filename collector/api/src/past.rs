//! How things went: money, health, uptime.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use bellwether_core::course::Course;
use bellwether_core::ids::ComponentId;
use bellwether_core::impact::RiskSpan;
use bellwether_core::money::Totals;
use bellwether_core::period::{Calendar, Period};
use bellwether_core::report::{self, Kept};
use bellwether_core::time::Timestamp;
use serde::Deserialize;

use crate::api::Api;
use crate::error::ApiError;
use crate::range::{MOST_MONTHS, Range, USUAL_MONTHS, read, within};
use crate::view::past::text;
use crate::view::{
    ImpactHistory, ImpactStep, ImpactTotals, MonthOfUptime, ScoreHistory, ScoreStep, UptimeHistory,
    UptimeOf,
};

/// What of a period is looked at: with more of it there is no answer, for what is added up of a part
/// would pass for the whole.
const MOST: Most =
    Most { incidents: 10_000, losses: 500_000, risks: 100_000, transitions: 200_000 };

/// How many records of each kind.
#[derive(Clone, Copy)]
struct Most {
    incidents: u32,
    losses: u32,
    risks: u32,
    transitions: u32,
}

/// Reads what was kept of a period.
pub(crate) async fn kept(api: &Api, period: Period) -> Result<Kept, ApiError> {
    let Most { incidents, losses, risks, .. } = MOST;
    let (found, lost, at_risk) = (
        api.ask(|store| store.incidents_between(period, incidents + 1)).await?,
        api.ask(|store| store.losses_between(period, losses + 1)).await?,
        api.ask(|store| store.risks_between(period, risks + 1)).await?,
    );
    Ok(Kept {
        incidents: whole(found, incidents, "incidents", period)?,
        losses: whole(lost, losses, "lines of what was lost", period)?,
        risks: whole(at_risk, risks, "times of risk", period)?,
    })
}

/// Passes on what was found, unless there is more of it than so many.
fn whole<T>(found: Vec<T>, most: u32, what: &str, period: Period) -> Result<Vec<T>, ApiError> {
    if found.len() <= most as usize {
        return Ok(found);
    }
    let Period { from, until } = period;
    Err(ApiError::too_much(format!(
        "from {from} until {until} there are more than {most} {what}, which is too much for one \
         answer: ask for a shorter time"
    )))
}

pub(crate) async fn impact(
    State(api): State<Api>,
    query: Result<Query<Range>, QueryRejection>,
) -> Result<Json<ImpactHistory>, ApiError> {
    let (period, points) = read(query)?.period(api.now())?;
    let before = period.before();
    let kept = kept(&api, Period { from: before.from, until: period.until }).await?;
    let steps = period.steps(points);
    let totals = |steps: &[Period]| -> Vec<ImpactTotals> {
        let lost = kept.lost(steps);
        steps.iter().zip(&lost).map(|(step, lost)| totals(&kept.risks, lost, *step)).collect()
    };
    let step = |(it, totals): (&Period, _)| ImpactStep { at: it.from.into(), totals };
    let mut both = totals(&[before, period]).into_iter();
    let (before, total) = (both.next().unwrap_or_default(), both.next().unwrap_or_default());
    Ok(Json(ImpactHistory {
        from: period.from.into(),
        until: period.until.into(),
        step_seconds: period.step(points).as_secs(),
        steps: steps.iter().zip(totals(&steps)).map(step).collect(),
        total,
        before,
    }))
}

fn totals(risks: &[RiskSpan], lost: &Totals, period: Period) -> ImpactTotals {
    let mut at_risk = Totals::default();
    report::at_risk(risks, period).iter().for_each(|it| at_risk.add(it.amount));
    ImpactTotals::new(&at_risk, lost, &report::protected(risks, period))
}

pub(crate) async fn scores(
    State(api): State<Api>,
    query: Result<Query<Range>, QueryRejection>,
) -> Result<Json<ScoreHistory>, ApiError> {
    let (period, points) = read(query)?.period(api.now())?;
    let before = period.before();
    let whole = Period { from: before.from, until: period.until };
    let known = api.known();
    let course = course(&api, whole).await?;
    let score = |it: Option<_>| it.map(|it| text(it, 2));
    let of = |steps: &[Period]| course.scores(&known.catalog, steps).into_iter().map(score);
    let steps = clipped(&period.steps(points), period.until);
    let step = |(step, average): (&Period, _)| ScoreStep { at: step.from.into(), average };
    let mut both = of(&[before, period]);
    Ok(Json(ScoreHistory {
        from: period.from.into(),
        until: period.until.into(),
        step_seconds: period.step(points).as_secs(),
        steps: steps.iter().zip(of(&steps)).map(step).collect(),
        before: both.next().flatten(),
        average: both.next().flatten(),
    }))
}

/// Ends the last step where the period does.
fn clipped(steps: &[Period], until: Timestamp) -> Vec<Period> {
    steps.iter().map(|it| Period { until: it.until.min(until), ..*it }).collect()
}

/// Reads how components went in a period.
pub(crate) async fn course(api: &Api, period: Period) -> Result<Course, ApiError> {
    let most = MOST.transitions;
    let found = api.ask(|store| store.transitions_between(period, most + 1)).await?;
    Ok(Course::new(whole(found, most, "changes of state", period)?))
}

/// How many months.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Months {
    months: u32,
}

impl Default for Months {
    fn default() -> Self {
        Self { months: USUAL_MONTHS }
    }
}

pub(crate) async fn uptime(
    State(api): State<Api>,
    query: Result<Query<Months>, QueryRejection>,
) -> Result<Json<UptimeHistory>, ApiError> {
    let count = within("months", read(query)?.months, 1, MOST_MONTHS)?;
    let now = api.now();
    let newest_first = std::iter::successors(Calendar::month_of(now), Calendar::before);
    let months = newest_first.take(count as usize).filter_map(|it| Some((it, it.period()?)));
    let mut months: Vec<(Calendar, Period)> = months.collect();
    months.reverse();
    let from = months.first().map_or(now, |(_, it)| it.from);
    let course = course(&api, Period { from, until: now }).await?;
    let known = api.known();
    let month = |components: &BTreeSet<ComponentId>, (month, period): &(Calendar, Period)| {
        let uptime = (&course.uptime(components, period.up_to(now))).into();
        MonthOfUptime { month: month.to_string(), uptime }
    };
    let row = |id: &str, name: &str, components: &BTreeSet<ComponentId>| UptimeOf {
        id: id.to_owned(),
        name: name.to_owned(),
        months: months.iter().map(|it| month(components, it)).collect(),
    };
    let customers = known.catalog.customers().filter_map(|(id, it)| {
        let needed = known.catalog.needed_by(id);
        (!needed.is_empty()).then(|| row(id.as_str(), &it.name, &needed))
    });
    let component = |it: &bellwether_core::catalog::Component| {
        row(it.id.as_str(), &it.name, &BTreeSet::from([it.id.clone()]))
    };
    Ok(Json(UptimeHistory {
        months: months.iter().map(|(month, _)| month.to_string()).collect(),
        components: known.catalog.components().map(component).collect(),
        customers: customers.collect(),
    }))
}
