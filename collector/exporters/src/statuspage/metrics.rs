//! Metrics of the page: whether components are up, and what was measured, such as response times.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bellwether_core::ids::ComponentId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{NO_PAGE, PER_PAGE, Page, judge};
use super::settings::{NO_ID, is_id};
use crate::call::{Answer, Call};
use crate::metrics::{Listed, Measure, MetricVendor, Point, Points};
use crate::settings::Problem;
use crate::verdict::Verdict;

/// What a metric of the page shows: one of the two.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "statuspage_metric")]
pub struct PageMetric {
    /// For which share of each minute this component was up, in percent: degraded is up. What is not
    /// known, and maintenance, does not count.
    pub uptime: Option<ComponentId>,
    /// The average of what was measured under this name, such as `rule:login-slow:p99`.
    pub series: Option<String>,
}

/// Checks metrics, and says what each of them tells.
pub(super) fn measures(
    metrics: &BTreeMap<String, PageMetric>,
    components: &BTreeMap<ComponentId, String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Measure> {
    let mut measures = BTreeMap::new();
    for (id, metric) in metrics {
        let mut wrong =
            |message: &str| problems.push(Problem::new(format!("metrics.{id}"), message));
        if !is_id(id) {
            wrong(NO_ID);
        }
        let measure = match (&metric.uptime, &metric.series) {
            (Some(component), None) => {
                if !components.contains_key(component) {
                    wrong("`uptime` names a component that is not under `components`");
                }
                Measure::Uptime(component.clone())
            }
            (None, Some(series)) => Measure::Series(series.clone()),
            _ => {
                wrong("needs either `uptime` (a component) or `series` (what was measured)");
                continue;
            }
        };
        measures.insert(id.clone(), measure);
    }
    measures
}

/// Renders points for a page.
pub(super) struct Metrics {
    pub(super) page: Arc<Page>,
    pub(super) measures: BTreeMap<String, Measure>,
}

impl MetricVendor for Metrics {
    fn metrics(&self) -> &BTreeMap<String, Measure> {
        &self.measures
    }

    fn call(&self, points: &Points) -> Call {
        let of = |points: &VecDeque<Point>| points.iter().map(point).collect::<Vec<_>>();
        let data: BTreeMap<_, _> = points.iter().map(|(id, points)| (id, of(points))).collect();
        self.page.add_points(&json!({ "data": data }))
    }

    fn judge(&self, answer: &Answer) -> Verdict {
        judge(answer)
    }

    fn list(&self, page: u32) -> Call {
        self.page.metrics(page)
    }

    fn listed(&self, answer: &Answer) -> Result<Listed, Verdict> {
        if answer.status == 404 {
            return Err(Verdict::Pause { why: NO_PAGE.to_owned() });
        }
        match judge(answer) {
            Verdict::Accepted => {}
            verdict => return Err(verdict),
        }
        let Some(Value::Array(all)) = answer.json() else {
            let why = "the list of metrics is no list".to_owned();
            return Err(Verdict::Retry { after: None, why });
        };
        let ids = all.iter().filter_map(|it| Some(it.get("id")?.as_str()?.to_owned()));
        Ok(Listed { ids: ids.collect(), more: all.len() >= PER_PAGE })
    }
}

fn point(point: &Point) -> Value {
    json!({ "timestamp": point.at.secs(), "value": point.value })
}
