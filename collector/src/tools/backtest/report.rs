//! What a backtest writes: a line for each change of state, each alert, each incident.

use std::collections::BTreeSet;
use std::io::Write;

use bellwether_core::alert::{AlertKey, AlertLife};
use bellwether_core::incident::Incident;
use bellwether_core::reason::Reason;
use bellwether_core::store::Transition;
use bellwether_core::time::Timestamp;
use serde_json::json;

use super::score::{Score, Summary};
use crate::tools::ToolError;
use crate::tools::replay::Moment;

/// Writes a backtest's findings as they come.
pub(super) struct Report<'o, W> {
    out: &'o mut W,
    json: bool,
    /// Lives of alerts that fire.
    firing: BTreeSet<(AlertKey, u64)>,
    open: BTreeSet<bellwether_core::ids::IncidentId>,
    begun: bool,
}

impl<'o, W: Write> Report<'o, W> {
    pub(super) fn new(out: &'o mut W, json: bool) -> Self {
        Self { out, json, firing: BTreeSet::new(), open: BTreeSet::new(), begun: false }
    }

    pub(super) fn tell(&mut self, moment: &Moment) -> Result<(), ToolError> {
        let at = moment.at;
        let commit = &moment.evaluation.commit;
        for transition in &commit.transitions {
            self.transition(transition)?;
        }
        for life in &commit.lives {
            self.life(life, at)?;
        }
        for incident in &moment.decision.incidents {
            self.incident(incident)?;
        }
        Ok(())
    }

    fn transition(&mut self, it: &Transition) -> Result<(), ToolError> {
        let reasons = texts(&it.reasons);
        if self.json {
            return self.line(&json!({
                "kind": "transition", "at": it.at.to_string(), "component": it.component,
                "own_before": it.own_before, "own": it.own,
                "effective_before": it.effective_before, "effective": it.effective,
                "reasons": reasons,
            }));
        }
        let mut what = format!("{} -> {}", it.effective_before, it.effective);
        if it.own != it.effective {
            what.push_str(&format!(" (by itself {})", it.own));
        }
        self.row(it.at, "state", it.component.as_str(), &what, &reasons)
    }

    fn life(&mut self, it: &AlertLife, at: Timestamp) -> Result<(), ToolError> {
        let id = (it.key.clone(), it.epoch);
        let event = match it.resolved_at {
            None if self.firing.insert(id.clone()) => "firing",
            // more of the same
            None => return Ok(()),
            Some(_) => {
                self.firing.remove(&id);
                "resolved"
            }
        };
        let reasons = texts(&it.reasons);
        if self.json {
            return self.line(&json!({
                "kind": "alert", "at": at.to_string(), "component": it.component,
                "rule": it.key.rule, "labels": it.key.labels, "event": event,
                "state": it.state, "severity": it.severity, "enforced": it.enforced,
                "fault_at": it.fault_at.map(|it| it.to_string()),
                "fired_at": it.fired_at.to_string(), "reasons": reasons,
            }));
        }
        let observed = if it.enforced { "" } else { ", only observed" };
        let what = format!("{} {event} ({}{observed})", it.key, it.severity);
        let reasons = if event == "firing" { reasons } else { Vec::new() };
        self.row(at, "alert", it.component.as_str(), &what, &reasons)
    }

    fn incident(&mut self, it: &Incident) -> Result<(), ToolError> {
        let event = match it.resolved_at {
            Some(_) => {
                self.open.remove(&it.id);
                "resolved"
            }
            None if self.open.insert(it.id.clone()) => "opened",
            None => "updated",
        };
        let at_risk = it.impact.revenue_at_risk.to_string();
        if self.json {
            return self.line(&json!({
                "kind": "incident", "at": it.updated_at.to_string(), "component": it.component,
                "id": it.id, "event": event, "title": it.title(), "severity": it.severity,
                "revenue_at_risk": at_risk, "affected": it.affected, "causes": it.causes,
            }));
        }
        if event == "updated" {
            return Ok(());
        }
        let what = format!("{} {event}: {}, {at_risk} at risk", it.id, it.title());
        self.row(it.updated_at, "incident", it.component.as_str(), &what, &[])
    }

    /// Writes how it went, and everything that waits to be written.
    pub(super) fn close(mut self, score: &Score, labelled: bool) -> Result<(), ToolError> {
        let summary = score.summary(labelled);
        if self.json {
            let mut value = json!(summary);
            value["kind"] = "summary".into();
            self.line(&value)?;
        } else {
            write!(self.out, "{}", text(&summary))?;
        }
        Ok(self.out.flush()?)
    }

    fn line(&mut self, value: &serde_json::Value) -> Result<(), ToolError> {
        Ok(writeln!(self.out, "{value}")?)
    }

    fn row(
        &mut self,
        at: Timestamp,
        kind: &str,
        component: &str,
        what: &str,
        reasons: &[String],
    ) -> Result<(), ToolError> {
        if !self.begun {
            self.begun = true;
            writeln!(self.out, "{:<24}  {:<8}  {:<16}  WHAT", "TIME", "KIND", "COMPONENT")?;
        }
        let time = at.to_string();
        writeln!(self.out, "{time:<24}  {kind:<8}  {component:<16}  {what}")?;
        for reason in reasons {
            writeln!(self.out, "{:<24}  {:<8}  {:<16}    {reason}", "", "", "")?;
        }
        Ok(())
    }
}

fn texts(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

fn text(summary: &Summary) -> String {
    let mut lines = vec![match summary.alerts {
        0 => "no alert fired".to_owned(),
        1 => "1 alert fired".to_owned(),
        alerts => format!("{alerts} alerts fired"),
    }];
    let percent = |it: f64| format!("{:.1} %", it * 100.0);
    if let (Some(labels), Some(found)) = (summary.labels, summary.found) {
        lines.push(format!("found {found} of {labels} labels"));
    }
    lines.extend(summary.precision.map(|it| format!("precision {}", percent(it))));
    lines.extend(summary.recall.map(|it| format!("recall {}", percent(it))));
    if let (Some(median), Some(p90)) = (summary.detection_delay_median, summary.detection_delay_p90)
    {
        lines.push(format!("detection delay {median:.1} s in the median, {p90:.1} s in 90 %"));
    }
    let a_day = summary.false_alerts_per_day;
    lines.extend(a_day.map(|it| format!("{it:.2} false alerts a day")));
    format!("{}\n", lines.join("\n"))
}
