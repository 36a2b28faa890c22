//! What was measured.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use bellwether_core::period::Period;
use bellwether_core::store::{Span, Summary};
use bellwether_core::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::error::ApiError;
use crate::range::{Moment, Range, read, within};
use crate::routes::{MOST, USUAL};
use crate::view::{Series, SeriesStep};

/// Of longer periods what was measured is read by the day.
const BY_THE_DAY: Duration = Duration::from_secs(62 * 86_400);

/// Which names.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Which {
    prefix: String,
    limit: u32,
}

impl Default for Which {
    fn default() -> Self {
        Self { prefix: String::new(), limit: USUAL }
    }
}

/// What is measured.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SeriesNames {
    /// The names of series, sorted.
    series: Vec<String>,
}

pub(crate) async fn names(
    State(api): State<Api>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<SeriesNames>, ApiError> {
    let Which { prefix, limit } = read(query)?;
    let limit = within("limit", limit, 1, MOST)?;
    let series = api.ask(|store| store.series(&prefix, limit)).await?;
    Ok(Json(SeriesNames { series }))
}

/// Which series, and which time of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfSeries {
    name: String,
    from: Option<Moment>,
    until: Option<Moment>,
    points: Option<u32>,
}

pub(crate) async fn steps(
    State(api): State<Api>,
    query: Result<Query<OfSeries>, QueryRejection>,
) -> Result<Json<Series>, ApiError> {
    let OfSeries { name, from, until, points } = read(query)?;
    let (period, points) = Range::new(from, until, points).period(api.now())?;
    let Period { from, until } = period;
    let span = if period.length() > BY_THE_DAY { Span::Day } else { Span::Hour };
    let mut found = api.ask(|store| store.summaries(&name, span, span.begin(from), until)).await?;
    let detail = api.ask(|store| store.observations(&name, from, until)).await?;
    found.extend(detail.iter().map(|it| Summary { from: it.at, ..Summary::of(it, span) }));
    let steps = period.steps(points);
    let mut by_step: BTreeMap<Timestamp, Summary> = BTreeMap::new();
    for summary in found {
        // the hour in which the period begins counts to its first step
        let after = steps.partition_point(|it| it.from <= summary.from);
        let Some(step) = steps.get(after.saturating_sub(1)) else { continue };
        by_step.entry(step.from).and_modify(|it| it.add(&summary)).or_insert(summary);
    }
    let steps = by_step.into_iter().map(|(at, it)| SeriesStep {
        at: at.into(),
        count: it.count,
        failed: it.failed,
        min: it.min,
        max: it.max,
        average: it.sum / it.count as f64,
    });
    Ok(Json(Series {
        from: from.into(),
        until: until.into(),
        step_seconds: period.step(points).as_secs(),
        steps: steps.collect(),
        name,
    }))
}
