//! What a month or a week came to: as JSON, as a page, as the body of a mail.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::Html;
use bellwether_core::incident::Incident;
use bellwether_core::period::{Calendar, Period};
use bellwether_core::report::{Figures, to_repair};

use crate::api::Api;
use crate::error::ApiError;
use crate::page::report::{Dress, render};
use crate::past::{course, kept};
use crate::routes::Id;
use crate::view::{
    Report, ReportCustomer, ReportFigures, ReportIncident, ReportPeriod, ReportUptime, RuleVerdicts,
};

/// The most incidents that one report tells of, one by one.
const MOST: usize = 100;

pub(crate) async fn json(State(api): State<Api>, Id(period): Id) -> Result<Json<Report>, ApiError> {
    make(&api, &period).await.map(Json)
}

pub(crate) async fn page(State(api): State<Api>, Id(period): Id) -> Result<Html<String>, ApiError> {
    Ok(Html(render(&make(&api, &period).await?, Dress::Page)))
}

pub(crate) async fn mail(State(api): State<Api>, Id(period): Id) -> Result<Html<String>, ApiError> {
    Ok(Html(render(&make(&api, &period).await?, Dress::Mail)))
}

async fn make(api: &Api, name: &str) -> Result<Report, ApiError> {
    let unknown = |error: &dyn std::fmt::Display| ApiError::not_found(error.to_string());
    let calendar: Calendar = name.parse().map_err(|error| unknown(&error))?;
    let both = calendar.period().zip(calendar.before().and_then(|it| it.period()));
    let beyond = format!("`{name}` is beyond what is counted");
    let (whole, before) = both.ok_or_else(|| unknown(&beyond))?;
    let now = api.now();
    if whole.from > now {
        return Err(unknown(&format!("`{name}` has not begun")));
    }
    let period = whole.up_to(now);
    let reach = Period { from: before.from, until: period.until };
    let kept = kept(api, reach).await?;
    let course = course(api, reach).await?;
    let known = api.known();
    let (figures, earlier) = (Figures::of(&kept, period), Figures::of(&kept, before));
    let mut scores = course.scores(&known.catalog, &[before, period]).into_iter();
    let (score_before, score) = (scores.next().flatten(), scores.next().flatten());
    let mut opened: Vec<&Incident> =
        kept.incidents.iter().filter(|it| period.contains(it.opened_at)).collect();
    let length = |it: &Incident| to_repair(it).unwrap_or_else(|| now.since(it.fault_at));
    opened.sort_by_key(|it| Reverse((it.severity, length(it))));
    let of = |(rule, it): (&_, &bellwether_core::report::Verdicts)| RuleVerdicts {
        rule: Clone::clone(rule),
        verdicts: (*it).into(),
    };
    let component = |it: &bellwether_core::catalog::Component| ReportUptime {
        id: it.id.clone(),
        name: it.name.clone(),
        uptime: (&course.uptime(&BTreeSet::from([it.id.clone()]), period)).into(),
    };
    let customers = known.catalog.customers().filter_map(|(id, it)| {
        let needed = known.catalog.needed_by(id);
        let sum = |of: &std::collections::BTreeMap<_, _>| {
            of.get(id).map(crate::view::amounts).unwrap_or_default()
        };
        (!needed.is_empty()).then(|| ReportCustomer {
            id: id.clone(),
            name: it.name.clone(),
            uptime: (&course.uptime(&needed, period)).into(),
            revenue_at_risk: sum(&figures.at_risk_by_customer),
            revenue_protected: sum(&figures.protected.by_customer),
        })
    });
    Ok(Report {
        period: ReportPeriod {
            name: calendar.to_string(),
            from: whole.from.into(),
            until: whole.until.into(),
            over: whole.until <= now,
        },
        made_at: now.into(),
        before: ReportFigures::new(&earlier, score_before),
        incidents: opened.iter().take(MOST).map(|it| ReportIncident::from(*it)).collect(),
        incidents_left_out: opened.len().saturating_sub(MOST),
        rules: figures.by_rule.iter().map(of).collect(),
        components: known.catalog.components().map(component).collect(),
        customers: customers.collect(),
        figures: ReportFigures::new(&figures, score),
    })
}
