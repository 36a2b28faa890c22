//! `bellwether incidents`: what is open, and everything about one.

use std::io::Write;

use bellwether_api::view::{
    Amount, Decision, Draft, Escalation, EscalationState, EscalationStep, Incident, Note,
};
use serde_json::{Value, json};

use crate::tools::ToolError;
use crate::tools::client::{Address, Client, wait_for};

/// What to show.
#[derive(Clone, Debug)]
pub struct Request {
    /// Only this one, with all that is known of it.
    pub id: Option<String>,
    /// Those that are over, too.
    pub all: bool,
    /// How many at most.
    pub limit: u32,
    /// Prints JSON.
    pub json: bool,
    /// Who is asked.
    pub collector: Address,
}

/// Shows incidents.
///
/// # Errors
/// Says why the collector does not answer, or that it knows no such incident.
pub fn run(request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let client = Client::new(&request.collector)?;
    match &request.id {
        Some(id) => one(&client, id, request.json, out),
        None => list(&client, request, out),
    }
}

fn list(client: &Client, request: &Request, out: &mut impl Write) -> Result<(), ToolError> {
    let path = format!("/api/v1/incidents?limit={}", request.limit);
    let mut answer = wait_for(client.get(&path))?;
    let mut incidents: Vec<Incident> =
        read(answer.get_mut("incidents").map(Value::take).unwrap_or_default())?;
    incidents.retain(|it| request.all || it.resolved_at.is_none());
    if request.json {
        return Ok(writeln!(out, "{:#}", json!({ "incidents": incidents }))?);
    }
    if incidents.is_empty() {
        return Ok(writeln!(out, "no incident is open")?);
    }
    for it in &incidents {
        let whose = match &it.response.acknowledged {
            Some(acknowledged) => format!("acknowledged by {}", acknowledged.by),
            None if it.resolved_at.is_some() => it.status.to_string(),
            None => "nobody works on it".to_owned(),
        };
        let at_risk =
            Amount::sum(&it.impact.revenue_at_risk).unwrap_or_else(|| "nothing".to_owned());
        writeln!(out, "{}  {:9}  {}", it.id, it.severity.as_str(), it.title)?;
        writeln!(out, "  since {}; at risk {at_risk}; {whose}", it.opened_at)?;
    }
    Ok(())
}

fn one(client: &Client, id: &str, json: bool, out: &mut impl Write) -> Result<(), ToolError> {
    let incident = wait_for(client.get(&format!("/api/v1/incidents/{id}")))?;
    let escalation = wait_for(client.get(&format!("/api/v1/incidents/{id}/escalation")))?;
    let path = format!("/api/v1/incidents/{id}/decisions");
    let mut decisions = wait_for(client.get(&path))?;
    let decisions = decisions.get_mut("decisions").map(Value::take).unwrap_or_default();
    let mut drafts = wait_for(client.get(&format!("/api/v1/incidents/{id}/drafts")))?;
    let drafts = drafts.get_mut("drafts").map(Value::take).unwrap_or_default();
    if json {
        let whole = json!({
            "incident": incident,
            "escalation": escalation.get("steps"),
            "decisions": decisions,
            "drafts": drafts,
        });
        return Ok(writeln!(out, "{whole:#}")?);
    }
    let decisions: Vec<Decision> = read(decisions)?;
    write!(out, "{}", told(&read(incident)?, &read(escalation)?, &decisions))?;
    for Draft { destination, headline, text } in read::<Vec<Draft>>(drafts)? {
        writeln!(out, "drafted for {destination}, to be published:\n  {headline}\n  {text}")?;
    }
    Ok(())
}

/// Tells everything that is known of an incident.
fn told(it: &Incident, escalation: &Escalation, decisions: &[Decision]) -> String {
    let mut lines = vec![format!("{} {} ({})", it.id, it.title, it.severity)];
    lines.push(format!("  {} since {}", it.status, it.opened_at));
    if let Some(owner) = &it.response.owner {
        lines.push(format!("  owner {owner}"));
    }
    if let Some(acknowledged) = &it.response.acknowledged {
        lines.push(format!("  acknowledged by {}, until {}", acknowledged.by, acknowledged.until));
    }
    if let Some(verdict) = it.response.verdict {
        lines.push(format!("  verdict {verdict}"));
    }
    if let Some(amount) = Amount::sum(&it.impact.revenue_at_risk) {
        lines.push(format!("  revenue at risk {amount}"));
    }
    lines.extend(it.causes.iter().map(|cause| format!("  because {cause}")));
    lines.extend(it.affected.iter().map(|(id, state)| format!("  affects {id}: {state}")));
    let note = |it: &Note| format!("  {}  {}: {}", it.at, it.by, it.text);
    lines.extend(it.response.notes.iter().map(note));
    lines.extend(it.timeline.iter().map(|it| format!("  {}  {}", it.at, it.text)));
    if !escalation.steps.is_empty() {
        lines.push("who is told when nobody acknowledges:".to_owned());
        lines.extend(escalation.steps.iter().map(|it| format!("  {}", step(it))));
    }
    if !decisions.is_empty() {
        lines.push("who was told, and why:".to_owned());
        let decision =
            |it: &Decision| format!("  {}  {} {}: {}", it.at, it.whom(), it.outcome, it.why);
        lines.extend(decisions.iter().map(decision));
    }
    lines.join("\n") + "\n"
}

/// Tells how a step of an escalation stands.
fn step(it: &EscalationStep) -> String {
    let to = if it.to.is_empty() { "nobody".to_owned() } else { it.to.join(", ") };
    let at = it.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    let stands = match (it.state, &it.why) {
        (EscalationState::Over, _) => "over".to_owned(),
        (EscalationState::Pending, _) => format!("to come{at}"),
        (EscalationState::Stopped, why) => {
            let why = why.as_deref().unwrap_or_default();
            let unless = it.at.as_ref().map(|at| format!("; goes on at {at} unless said again"));
            format!("stopped: {why}{}", unless.unwrap_or_default())
        }
    };
    format!("step {} of {}: {to}: {stands}", it.step, it.policy)
}

pub(super) fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ToolError> {
    serde_json::from_value(value)
        .map_err(|error| ToolError::Other(format!("the answer is not as expected: {error}")))
}
